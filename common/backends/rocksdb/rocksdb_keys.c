// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_keys.c - open addressing; see rocksdb_keys.h.
 */
#include "common/backends/rocksdb/rocksdb_keys.h"

#include <sys/random.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"

struct slot {
    uint64_t first;
    uint64_t second;
    uint64_t after; /* the offset + 1; 0: free */
};

struct rocks_keys {
    struct slot *slots;
    size_t mask;
    size_t count;
    size_t keys_max;
    uint64_t refused;
    uint64_t seeds[2];
};

struct rocks_keys *rocks_keys_new(size_t keys_max)
{
    struct rocks_keys *keys = mr_calloc(1, sizeof(*keys));
    size_t slots = 16;

    while (slots < 2 * keys_max)
        slots *= 2;
    keys->slots = mr_calloc(slots, sizeof(*keys->slots));
    keys->mask = slots - 1;
    keys->keys_max = keys_max;
    keys->refused = UINT64_MAX;
    if (getrandom(keys->seeds, sizeof(keys->seeds), 0) !=
        (ssize_t)sizeof(keys->seeds))
        MR_UNREACHABLE(); /* 16 bytes are always given */
    return keys;
}

void rocks_keys_free(struct rocks_keys *keys)
{
    mr_free(keys->slots);
    mr_free(keys);
}

void rocks_keys_reset(struct rocks_keys *keys)
{
    memset(keys->slots, 0, (keys->mask + 1) * sizeof(*keys->slots));
    keys->count = 0;
    keys->refused = UINT64_MAX;
}

/* The key's slot, or the free one where it would be. */
static struct slot *find(const struct rocks_keys *keys, struct mr_span key,
                         uint64_t hash[2])
{
    size_t at;

    hash[0] = mr_hash64(key, keys->seeds[0]);
    hash[1] = mr_hash64(key, keys->seeds[1]);
    for (at = hash[0] & keys->mask; keys->slots[at].after != 0;
         at = (at + 1) & keys->mask) {
        if (keys->slots[at].first == hash[0] &&
            keys->slots[at].second == hash[1])
            break;
    }
    return &keys->slots[at];
}

bool rocks_keys_note(struct rocks_keys *keys, struct mr_span key,
                     uint64_t offset)
{
    uint64_t hash[2];
    struct slot *slot = find(keys, key, hash);

    if (slot->after == 0 && keys->count == keys->keys_max) {
        keys->refused = offset;
        return false;
    }
    if (slot->after == 0)
        keys->count++;
    *slot = (struct slot){ hash[0], hash[1], offset + 1 };
    return true;
}

uint64_t rocks_keys_refused(const struct rocks_keys *keys)
{
    return keys->refused;
}

uint64_t rocks_keys_newest(const struct rocks_keys *keys, struct mr_span key)
{
    uint64_t hash[2];
    const struct slot *slot = find(keys, key, hash);

    return slot->after == 0 ? 0 : slot->after - 1;
}
