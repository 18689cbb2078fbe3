// SPDX-License-Identifier: Apache-2.0
/*
 * dead_letters.c - see dead_letters.h.
 */
#include "retriever/io/dead_letters.h"

#include <inttypes.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"

#define OFFSET_BITS 48
#define OFFSET_MASK (((uint64_t)1 << OFFSET_BITS) - 1)
#define CURSOR_MAX  ((size_t)MR_PARTITIONS_MAX * 24)

/* Beside the lag: what may come while it is looked. */
#define LOOK_BACK_MORE 256u

/* Decimal numbers with dots between them. */
static bool parse_cursor(struct mr_span text, struct dead_cursor *out)
{
    uint32_t nth = 0;
    bool digits = false;

    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];

        if (byte == '.' && digits && nth + 1 < out->count) {
            nth++;
            digits = false;
            continue;
        }
        if (byte < '0' || byte > '9' || out->next[nth] > OFFSET_MASK)
            return false;
        out->next[nth] = out->next[nth] * 10 + byte - '0';
        digits = true;
    }
    return digits && nth + 1 == out->count;
}

static enum mr_code begin_at_ends(const struct mr_place *place,
                                  struct dead_cursor *out, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (uint32_t i = 0; code == MR_OK && i < out->count; i++) {
        uint64_t begin;

        code = mr_bus_bounds(place->bus, place->topics[MR_TOPIC_DEAD], i,
                             &begin, &out->next[i], err);
    }
    return code;
}

enum mr_code dead_cursor_open(const struct mr_place *place, struct mr_span text,
                              struct mr_arena *arena, struct dead_cursor *out,
                              struct mr_err *err)
{
    *out = (struct dead_cursor){
        .next = mr_arena_calloc(arena, place->partitions, sizeof(*out->next)),
        .count = place->partitions,
    };
    if (text.data == NULL)
        return begin_at_ends(place, out, err);
    if (parse_cursor(text, out))
        return MR_OK;
    return mr_fail(err, MR_E_INVALID,
                   "\"%.*s\" is no place in the list of dead letters",
                   MR_SPAN_ARG(text));
}

char *dead_cursor_text(const struct dead_cursor *cursor, struct mr_arena *arena)
{
    struct mr_buf text = mr_buf(CURSOR_MAX);
    char *out;

    for (uint32_t i = 0; i < cursor->count; i++)
        mr_buf_printf(&text, "%s%" PRIu64, i > 0 ? "." : "", cursor->next[i]);
    out = mr_arena_str(arena, mr_span_str(mr_buf_text(&text)));
    mr_buf_deinit(&text);
    return out;
}

enum mr_code dead_letters_get(const struct mr_place *place, uint32_t partition,
                              uint64_t offset, struct mr_arena *arena,
                              struct dead_letter *out, struct mr_err *err)
{
    struct mr_record record;
    enum mr_code code;

    *out = (struct dead_letter){ .partition = partition, .offset = offset };
    if (partition >= place->partitions)
        return mr_fail(err, MR_E_LOST,
                       "dead letters have partitions 0 to %u, not %u",
                       place->partitions - 1, partition);
    code = mr_bus_fetch(place->bus, place->topics[MR_TOPIC_DEAD], partition,
                        offset, arena, &record, err);
    if (code != MR_OK)
        return code;
    out->append_ms = record.append_ms;
    return mr_dead_parse(record.value, arena, &out->dead, err);
}

/* The newest letter of a partition before the cursor. */
static enum mr_code peek(const struct mr_place *place,
                         const struct dead_cursor *cursor, uint32_t partition,
                         struct mr_arena *arena, struct dead_letter *out,
                         bool *found, struct mr_err *err)
{
    uint64_t next = cursor->next[partition];
    uint64_t begin;
    uint64_t end;
    enum mr_code code = mr_bus_bounds(place->bus, place->topics[MR_TOPIC_DEAD],
                                      partition, &begin, &end, err);

    *found = code == MR_OK && next > begin;
    if (!*found)
        return code;
    if (next > end)
        next = end;
    *found = false;
    /* Offsets may have gaps: on Kafka the end of a transaction takes one. */
    while (!*found && next > begin) {
        struct mr_err why = { 0 };

        code = dead_letters_get(place, partition, --next, arena, out, &why);
        if (code != MR_OK && code != MR_E_LOST)
            return mr_fail(err, code, "%s", why.text);
        *found = code == MR_OK;
    }
    return MR_OK;
}

enum mr_code dead_letters_next(const struct mr_place *place,
                               struct dead_cursor *cursor,
                               struct mr_arena *arena, struct dead_letter *out,
                               bool *found, struct mr_err *err)
{
    *found = false;
    for (uint32_t i = 0; i < cursor->count; i++) {
        struct dead_letter one;
        bool there;
        enum mr_code code = peek(place, cursor, i, arena, &one, &there, err);

        if (code != MR_OK)
            return code;
        if (!there || (*found && one.append_ms <= out->append_ms))
            continue;
        *out = one;
        *found = true;
    }
    if (*found)
        cursor->next[out->partition] = out->offset;
    return MR_OK;
}

/* Whether something newer of the id lies on the part of `raw` that the shard
 * may not have seen. */
static enum mr_code look_back(const struct mr_place *place,
                              const struct dead_retry *retry,
                              uint32_t partition, uint64_t *newer,
                              struct mr_err *err)
{
    const struct mr_dead *dead = &retry->letter->dead;
    struct mr_arena *arena = mr_arena_new(); /* as long as a record */
    mr_topic_id raw = place->topics[MR_TOPIC_RAW];
    uint64_t from = (dead->version & OFFSET_MASK) + 1;
    uint64_t begin;
    uint64_t end;
    enum mr_code code =
        mr_bus_bounds(place->bus, raw, partition, &begin, &end, err);

    if (code == MR_OK && end > retry->lag + LOOK_BACK_MORE &&
        from < end - retry->lag - LOOK_BACK_MORE)
        from = end - retry->lag - LOOK_BACK_MORE;
    if (from < begin)
        from = begin;
    for (uint64_t at = end; code == MR_OK && at > from && *newer == 0; at--) {
        struct mr_record record;
        struct mr_err why = { 0 };

        mr_arena_reset(arena);
        code = mr_bus_fetch(place->bus, raw, partition, at - 1, arena, &record,
                            &why);
        if (code == MR_E_LOST) {
            code = MR_OK; /* a gap */
            continue;
        }
        if (code != MR_OK)
            (void)mr_fail(err, code, "%s", why.text);
        else if (mr_span_equal(record.key, dead->id))
            *newer = mr_place_version(place, at - 1);
    }
    mr_arena_free(arena);
    return code;
}

static enum mr_code find_newer(const struct mr_place *place,
                               const struct dead_retry *retry,
                               uint32_t partition, struct mr_arena *arena,
                               uint64_t *newer, struct mr_err *err)
{
    const struct mr_dead *dead = &retry->letter->dead;
    struct shard_record known;
    enum mr_code code;

    *newer = 0;
    code = look_back(place, retry, partition, newer, err);
    if (code == MR_OK && *newer == 0)
        code = peer_get(retry->peer, NULL, dead->id, arena, &known, err);
    if (code == MR_OK && *newer == 0 && known.found &&
        known.document.version > dead->version)
        *newer = known.document.version;
    return code;
}

/* The record of `raw` that the letter is about. */
static enum mr_code fetch_raw(const struct mr_place *place,
                              const struct mr_dead *dead, uint32_t partition,
                              struct mr_arena *arena, struct mr_record *out,
                              bool *found, struct mr_err *err)
{
    struct mr_err why = { 0 };
    enum mr_code code = MR_E_LOST;

    if (dead->version >> OFFSET_BITS == place->epoch)
        code = mr_bus_fetch(place->bus, place->topics[MR_TOPIC_RAW], partition,
                            dead->version & OFFSET_MASK, arena, out, &why);
    *found = code == MR_OK && mr_span_equal(out->key, dead->id);
    if (code == MR_OK || code == MR_E_LOST)
        return MR_OK;
    return mr_fail(err, code, "%s", why.text);
}

enum mr_code dead_letters_retry(const struct mr_place *place,
                                const struct dead_retry *retry,
                                struct mr_arena *arena, enum dead_fate *fate,
                                uint64_t *version, struct mr_err *err)
{
    const struct mr_dead *dead = &retry->letter->dead;
    uint32_t partition = mr_place_partition(place, dead->id);
    struct mr_record record;
    bool found;
    enum mr_code code;

    *fate = DEAD_FOREIGN;
    *version = dead->version;
    if (mr_span_starts(dead->stage, mr_span_str("source.")))
        return MR_OK;
    code = fetch_raw(place, dead, partition, arena, &record, &found, err);
    *fate = DEAD_GONE;
    if (code != MR_OK || !found)
        return code;
    *fate = DEAD_SUPERSEDED;
    code = find_newer(place, retry, partition, arena, version, err);
    if (code != MR_OK || *version != 0)
        return code;
    code = mr_bus_append(place->bus, &record, 1, err);
    if (code != MR_OK)
        return code;
    MR_ASSERT(record.partition == partition);
    *fate = DEAD_RETRIED;
    *version = mr_place_version(place, record.offset);
    return MR_OK;
}
