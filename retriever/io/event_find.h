// SPDX-License-Identifier: Apache-2.0
/*
 * event_find.h - one event by its id, without reading all of them.
 *
 * An id begins with the time at which it was made (event_log.h), its key names
 * the partition, and a partition is in order of the times of its appends: so
 * the place is bisected, and little is read from there.  In ids of builds
 * before that the digits are random, and in a copied log times may be later:
 * then the newest EVENT_FIND_MAX events of the partition are read.
 *
 * Memory:  what is found lies in the arena.
 * Threads: any.
 * I/O:     the bus.
 */
#ifndef RETRIEVER_IO_EVENT_FIND_H
#define RETRIEVER_IO_EVENT_FIND_H

#include "common/runtime/place.h"
#include "common/wire/event.h"

#define EVENT_FIND_MAX 50000u
/* How far clocks of retrievers may be apart. */
#define EVENT_EARLY_MS 10000
/* How long an event may wait to be written. */
#define EVENT_LATE_MS 3600000

/* MR_E_INVALID: that is no event's id.  MR_E_LOST: there is none. */
MR_MUST_CHECK enum mr_code event_find(const struct mr_place *place,
                                      struct mr_span id, struct mr_arena *arena,
                                      struct mr_event *out, struct mr_err *err);

#endif
