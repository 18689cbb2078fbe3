// SPDX-License-Identifier: Apache-2.0
/*
 * gate.h - how many sources read at a time, and never two of one host, so that
 * a host sees the politeness of one source.
 *
 * Memory:  a few bytes a source.  Threads: any.  I/O: none; waits.
 */
#ifndef INGESTOR_IO_GATE_H
#define INGESTOR_IO_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/mr_span.h"

struct gate;

struct gate *gate_new(size_t running_max);
/* NULL does nothing; nobody may be in it. */
void gate_free(struct gate *gate);

/* Whether one may go in at once: for the status. */
bool gate_is_open(struct gate *gate, struct mr_span host);

/* Waits for a place; false when `stop` was set first.  `host` is absent for a
 * source without one, else borrowed until the leave. */
bool gate_enter(struct gate *gate, struct mr_span host,
                const atomic_bool *stop);
void gate_leave(struct gate *gate, struct mr_span host);

/* Lets those who wait look at their `stop`. */
void gate_wake(struct gate *gate);

#endif
