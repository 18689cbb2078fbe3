// SPDX-License-Identifier: Apache-2.0
/*
 * mr_time.h - points in time as text: RFC 3339, proleptic Gregorian, UTC.
 *
 * Threads: any.  I/O: none; reading a clock is ports/clock.h.
 */
#ifndef COMMON_BASE_MR_TIME_H
#define COMMON_BASE_MR_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mr_span.h"

/* "2026-01-31T12:00:00.123Z" and a zero byte. */
#define MR_TIME_TEXT_SIZE 32

/* Milliseconds since 1970 as the text above. */
void mr_time_text(int64_t time_ms, char out[MR_TIME_TEXT_SIZE]);

/* Reads "2026-01-31" or "2026-01-31T12:00[:00[.123]][Z|+01:00]" (a space
 * instead of "T" is accepted; without a zone it is UTC); false for anything
 * else, for dates that don't exist and for years outside 1 to 9999. */
bool mr_time_parse(struct mr_span text, int64_t *time_ms);

#endif
