// SPDX-License-Identifier: Apache-2.0
/*
 * trace.h - the trace that a record belongs to: W3C's traceparent.
 *
 *   version "-" trace id "-" parent id "-" flags
 *
 * in lower-case hexadecimal digits: 2, 32, 16 and 2 of them.  Who asks begins a
 * trace; the record that a request makes carries it as a header, and so do all
 * records that are made of it.  What is no traceparent is left out, as the
 * recommendation wants it.
 *
 * Source: W3C Recommendation "Trace Context", 2021, section 3.2.
 *
 * Threads: any.  I/O: none.
 */
#ifndef COMMON_RUNTIME_TRACE_H
#define COMMON_RUNTIME_TRACE_H

#include "common/base/mr_span.h"

#define MR_TRACE_SIZE 55u

/* The traceparent in a header's value, without what a later version may have
 * behind it; absent when it is none.  Borrowed. */
struct mr_span mr_trace_of(struct mr_span header);

#endif
