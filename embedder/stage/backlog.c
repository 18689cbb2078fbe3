// SPDX-License-Identifier: Apache-2.0
/*
 * backlog.c - see backlog.h.
 */
#include "embedder/stage/backlog.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_reader.h"
#include "embedder/stage/spaces.h"

#define KEY_SIZE 13u

static void put_be(uint8_t *at, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
}

static void make_key(const struct backlog_entry *entry, uint8_t key[KEY_SIZE])
{
    MR_ASSERT(entry->lane == MR_LANE_PUSH || entry->lane == MR_LANE_BULK);
    key[0] = (uint8_t)entry->lane;
    put_be(key + 1, entry->offset, 8);
    put_be(key + 9, entry->partition, 4);
}

static enum mr_code parse_key(struct mr_span key, struct backlog_entry *entry,
                              struct mr_err *err)
{
    struct mr_reader in = mr_reader(key);

    entry->lane = (enum mr_lane)mr_read_byte(&in);
    entry->offset = mr_read_u64_be(&in);
    entry->partition = mr_read_u32_be(&in);
    if (!mr_reader_done(&in) ||
        (entry->lane != MR_LANE_PUSH && entry->lane != MR_LANE_BULK))
        return mr_fail(err, MR_E_DAMAGED,
                       "embed: a key of %zu bytes in the backlog", key.size);
    return MR_OK;
}

void backlog_add(struct mr_effects *effects, const struct backlog_entry *entry)
{
    uint8_t key[KEY_SIZE];

    make_key(entry, key);
    mr_effects_put(effects, EMBED_BACKLOG, mr_span(key, KEY_SIZE), entry->id);
    mr_effects_put(effects, EMBED_WAITING, entry->id, mr_span(key, KEY_SIZE));
}

void backlog_remove(struct mr_effects *effects,
                    const struct backlog_entry *entry)
{
    uint8_t key[KEY_SIZE];

    make_key(entry, key);
    mr_effects_delete(effects, EMBED_BACKLOG, mr_span(key, KEY_SIZE));
    mr_effects_delete(effects, EMBED_WAITING, entry->id);
}

enum mr_code backlog_cancel(struct mr_state *state, struct mr_effects *effects,
                            struct mr_span id, struct mr_err *err)
{
    struct mr_span key;
    enum mr_code code = mr_state_get(state, EMBED_WAITING, id, &key, err);

    if (code != MR_OK || key.data == NULL)
        return code;
    mr_effects_delete(effects, EMBED_BACKLOG, key);
    mr_effects_delete(effects, EMBED_WAITING, id);
    return MR_OK;
}

struct listing {
    struct mr_arena *arena;
    struct backlog_entry *entries;
    size_t count;
    size_t max;
};

static enum mr_code list_one(void *context, struct mr_span key,
                             struct mr_span value, bool *stop,
                             struct mr_err *err)
{
    struct listing *listing = context;
    struct backlog_entry *entry = &listing->entries[listing->count];
    enum mr_code code = parse_key(key, entry, err);

    if (code != MR_OK)
        return code;
    entry->id = mr_arena_copy(listing->arena, value);
    *stop = ++listing->count == listing->max;
    return MR_OK;
}

enum mr_code backlog_list(struct mr_state *state, size_t max,
                          struct backlog_entry **entries, size_t *count,
                          struct mr_err *err)
{
    struct listing listing = { .arena = mr_state_arena(state), .max = max };
    enum mr_code code;

    MR_ASSERT(max > 0);
    listing.entries =
        mr_arena_calloc(listing.arena, max, sizeof(*listing.entries));
    code = mr_state_scan(state, EMBED_BACKLOG, (struct mr_range){ 0 }, list_one,
                         &listing, err);
    *entries = listing.entries;
    *count = listing.count;
    return code;
}
