// SPDX-License-Identifier: Apache-2.0
/*
 * stored.h - one space of the store, and where its keys begin.
 *
 * A queue in a space is read from its first key and deleted from there, and
 * until the store has compacted, each scan walks over all that was deleted.
 * So it is remembered below which key nothing is stored, and a scan begins
 * there.  Private to runtime.
 *
 * Memory:  as it lies.
 * Threads: one at a time, which is the only writer of the space.
 * I/O:     that of the store.
 */
#ifndef COMMON_RUNTIME_STORED_H
#define COMMON_RUNTIME_STORED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"
#include "common/ports/store.h"

/* A longer key is cut, which is a key below it. */
#define MR_STORED_FLOOR_MAX 64u

struct mr_stored {
    struct mr_store *store; /* borrowed */
    mr_space_id space;
    bool empty; /* nothing is stored at all */
    uint8_t floor_size;
    uint8_t floor[MR_STORED_FLOOR_MAX]; /* nothing is stored below it */
};

/* Nothing is known of the space. */
void mr_stored_init(struct mr_stored *stored, struct mr_store *store,
                    mr_space_id space);

/* To be called before `key` is written. */
void mr_stored_will_put(struct mr_stored *stored, struct mr_span key);

/* As mr_store_scan(). */
MR_MUST_CHECK enum mr_code mr_stored_scan(struct mr_stored *stored,
                                          struct mr_range range,
                                          mr_store_visit *visit, void *context,
                                          struct mr_err *err);

#endif
