// SPDX-License-Identifier: Apache-2.0
/*
 * memory_map.h - an ordered map of byte keys to shared pairs.
 *
 * A pair never changes; a put replaces it.  So a scan holds the pairs it saw,
 * and an undo list those that were replaced.
 *
 * Memory:  pairs count their references; whoever is handed one by put, remove
 *          or collect owns a reference and drops it.
 * Threads: one at a time: the lock of the state.
 * I/O:     none.
 */
#ifndef COMMON_BACKENDS_MEMORY_MEMORY_MAP_H
#define COMMON_BACKENDS_MEMORY_MEMORY_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"

struct memory_pair {
    size_t references;
    struct mr_span key;
    struct mr_span value;
    uint8_t bytes[];
};

struct memory_map;

/* Copies both; one reference, the caller's. */
struct memory_pair *memory_pair_new(struct mr_span key, struct mr_span value);

/* One more reference. */
struct memory_pair *memory_pair_hold(struct memory_pair *pair);

/* One reference less; NULL does nothing. */
void memory_pair_drop(struct memory_pair *pair);

struct memory_map *memory_map_new(void);
void memory_map_free(struct memory_map *map);

/* The pair of `key`, borrowed, or NULL. */
struct memory_pair *memory_map_get(const struct memory_map *map,
                                   struct mr_span key);

/* Takes a reference of `pair`; gives what it replaced, or NULL. */
struct memory_pair *memory_map_put(struct memory_map *map,
                                   struct memory_pair *pair);

/* Gives what was there, or NULL. */
struct memory_pair *memory_map_remove(struct memory_map *map,
                                      struct mr_span key);

/*
 * The pairs from `from` (absent: the first) up to, not with, `to` (absent:
 * past the last), each with a reference, in an array freed by mr_free().
 */
struct memory_pair **memory_map_collect(const struct memory_map *map,
                                        struct mr_span from, struct mr_span to,
                                        size_t *count);

#endif
