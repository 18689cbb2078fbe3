// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_keys.h - the newest offset of each of many keys.
 *
 * Keys are held as hashes of 128 bits under a seed drawn for each table, so
 * that nobody can choose two keys that fall together.
 *
 * Memory:  one table of a size fixed at the start.
 * Threads: one at a time.
 * I/O:     none.
 */
#ifndef COMMON_BACKENDS_ROCKSDB_ROCKSDB_KEYS_H
#define COMMON_BACKENDS_ROCKSDB_ROCKSDB_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"

struct rocks_keys;

/* Room for `keys_max` keys. */
struct rocks_keys *rocks_keys_new(size_t keys_max);
void rocks_keys_free(struct rocks_keys *keys);

/* Empty again. */
void rocks_keys_reset(struct rocks_keys *keys);

/* Notes that the key was seen at an offset above all before; false and the
 * offset is noted as refused when there is no room for another key. */
bool rocks_keys_note(struct rocks_keys *keys, struct mr_span key,
                     uint64_t offset);

/* The offset that was refused, UINT64_MAX for none. */
uint64_t rocks_keys_refused(const struct rocks_keys *keys);

/* The last offset noted for the key, 0 for none. */
uint64_t rocks_keys_newest(const struct rocks_keys *keys, struct mr_span key);

#endif
