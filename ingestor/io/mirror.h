// SPDX-License-Identifier: Apache-2.0
/*
 * mirror.h - the ingestor's state on the `frontier` topic, for a bus that is
 * not on this machine.
 *
 * All that the ingestor keeps (the list of sources, their runs, each page and
 * file that was sent) lies in spaces named ingestor.<collection>*.  The mirror
 * is a store whose writes to them are commits of a reader with a changelog
 * (common/ports/bus.h): a write has happened when the cluster has it, and an
 * open makes the local spaces what the topic says.  So an ingestor on another
 * machine goes on where the last one was, and a second one of the collection
 * fences the first, whose next write is MR_E_FENCED.
 *
 *   topic <collection>.frontier, partition 0: key := space 0 key, where space
 *   is the space's name behind "ingestor.<collection>"; value: as in the store
 *   space mirror.<collection>, on this machine only: names of the spaces above
 *   that were opened here, since an open empties those it knows
 *
 * Threads: any; writes take turns.
 * I/O:     the bus, the store.
 */
#ifndef INGESTOR_IO_MIRROR_H
#define INGESTOR_IO_MIRROR_H

#include "common/runtime/place.h"

struct mirror;

/* Called once, when another ingestor has taken over; on a thread that
 * writes. */
typedef void mirror_fenced(void *context, const struct mr_err *err);

/* Takes over and restores.  `place` is borrowed; `fenced` may be NULL. */
MR_MUST_CHECK enum mr_code mirror_open(const struct mr_place *place,
                                       mirror_fenced *fenced, void *context,
                                       struct mirror **out, struct mr_err *err);

/* NULL does nothing. */
void mirror_close(struct mirror *mirror);

/* The place's store, with the ingestor's spaces mirrored.  `sync` is the
 * cluster's affair: the store is a cache. */
struct mr_store *mirror_store(struct mirror *mirror);

#endif
