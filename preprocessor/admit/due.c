// SPDX-License-Identifier: Apache-2.0
/*
 * due.c - see due.h.
 */
#include "preprocessor/admit/due.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_reader.h"

#define TIME_BYTES 8u

int64_t due_time_of(const struct mr_record *record)
{
    int64_t time_ms = record->append_ms;

    if (record->time_ms != 0 && (time_ms == 0 || record->time_ms < time_ms))
        time_ms = record->time_ms;
    if (time_ms > DUE_TIME_MAX)
        return DUE_TIME_MAX;
    return time_ms > 0 ? time_ms : 0;
}

static void put_be(uint8_t *out, uint64_t value)
{
    for (size_t i = 0; i < TIME_BYTES; i++)
        out[i] = (uint8_t)(value >> 8 * (TIME_BYTES - 1 - i));
}

static enum mr_code damaged(const char *what, size_t size, struct mr_err *err)
{
    return mr_fail(err, MR_E_DAMAGED,
                   "admit: %s (%zu bytes) is damaged; rebuild this stage's "
                   "state from the log",
                   what, size);
}

enum mr_code due_time(struct mr_state *state, int64_t *out, struct mr_err *err)
{
    struct mr_span value;
    struct mr_reader in;
    enum mr_code code =
        mr_state_get(state, ADMIT_META, mr_span_str("time"), &value, err);

    *out = 0;
    if (code != MR_OK || value.data == NULL)
        return code;
    in = mr_reader(value);
    *out = (int64_t)mr_read_u64_be(&in);
    if (!mr_reader_done(&in))
        return damaged("the time seen last", value.size, err);
    return MR_OK;
}

void due_set_time(struct mr_effects *effects, int64_t time_ms)
{
    uint8_t bytes[TIME_BYTES];

    MR_ASSERT(time_ms >= 0);
    put_be(bytes, (uint64_t)time_ms);
    mr_effects_put(effects, ADMIT_META, mr_span_str("time"),
                   mr_span(bytes, sizeof(bytes)));
}

void due_add(struct mr_state *state, struct mr_effects *effects, int64_t due_ms,
             struct mr_span id, uint64_t version)
{
    uint8_t *key = mr_arena_alloc(mr_state_arena(state), TIME_BYTES + id.size);
    uint8_t value[TIME_BYTES];

    MR_ASSERT(due_ms >= 0 && id.size > 0);
    put_be(key, (uint64_t)due_ms);
    memcpy(key + TIME_BYTES, id.data, id.size);
    put_be(value, version);
    mr_effects_put(effects, ADMIT_DUE, mr_span(key, TIME_BYTES + id.size),
                   mr_span(value, sizeof(value)));
}

struct list {
    struct mr_arena *arena;
    struct due_entry *entries;
    size_t count;
};

static enum mr_code take(void *context, struct mr_span key,
                         struct mr_span value, bool *stop, struct mr_err *err)
{
    struct list *list = context;
    struct due_entry *entry = &list->entries[list->count++];
    struct mr_reader in = mr_reader(value);

    entry->version = mr_read_u64_be(&in);
    if (!mr_reader_done(&in) || key.size <= TIME_BYTES)
        return damaged("an entry of what is due", key.size, err);
    entry->key = mr_arena_copy(list->arena, key);
    entry->id = mr_span(entry->key.data + TIME_BYTES, key.size - TIME_BYTES);
    *stop = list->count == DUE_STEP_MAX;
    return MR_OK;
}

enum mr_code due_list(struct mr_state *state, int64_t time_ms,
                      struct due_entry **out, size_t *count, struct mr_err *err)
{
    struct mr_arena *arena = mr_state_arena(state);
    struct list list = {
        .arena = arena,
        .entries = mr_arena_alloc(arena, DUE_STEP_MAX * sizeof(**out)),
    };
    uint8_t behind[TIME_BYTES];
    struct mr_range range = { .to = mr_span(behind, sizeof(behind)) };
    enum mr_code code;

    MR_ASSERT(time_ms >= 0 && time_ms <= DUE_TIME_MAX);
    put_be(behind, (uint64_t)time_ms + 1);
    code = mr_state_scan(state, ADMIT_DUE, range, take, &list, err);
    *out = list.entries;
    *count = list.count;
    return code;
}

void due_remove(struct mr_effects *effects, const struct due_entry *entry)
{
    mr_effects_delete(effects, ADMIT_DUE, entry->key);
}
