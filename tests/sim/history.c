// SPDX-License-Identifier: Apache-2.0
/*
 * history.c - see history.h.
 *
 * A text is of a family: forty words that only this family has, of which a
 * variant changes one or two.  So texts of one family have a Jaccard of 3-word
 * shingles between .7 and 1, some on either side of what counts as similar,
 * and texts of two families have nothing in common but a few frequent words.
 */
#include "tests/sim/history.h"

#include <stdio.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"

#define WORDS_OF_TEXT 40u
#define VARIANTS      6u
#define LARGE_BYTES   ((size_t)MR_INLINE_BYTES_MAX + 4096)
/* Of so few words a large text of short ones has too many passages. */
#define SHORT_PASSAGE   12u
#define LARGE_BYTES_MAX ((size_t)2 * 1024 * 1024)

static const char *const sources[] = { "api", "site-a", "site-b" };
static const char *const frequent[] = { "mill", "race", "water", "wheel" };
static const char *const principals[] = { "anna", "bert" };

void history_init(struct history *history, const struct history_spec *spec)
{
    MR_ASSERT(spec->ids > 0 && spec->ids <= HISTORY_IDS_MAX);
    *history = (struct history){ .spec = *spec, .arena = mr_arena_new() };
}

void history_deinit(struct history *history)
{
    mr_arena_free(history->arena);
    mr_free(history->actions);
}

struct mr_span history_id(struct history *history, uint32_t nth)
{
    return mr_span_str(mr_arena_printf(history->arena, "doc-%u", nth));
}

static void add_words(struct mr_buf *text, uint32_t family, uint32_t variant)
{
    for (uint32_t i = 0; i < WORDS_OF_TEXT; i++) {
        bool changed =
            variant > 0 && (i == 3 * variant || (variant % 2 == 0 && i == 30));

        if (changed)
            mr_buf_printf(text, "variant%uof%u ", variant, family);
        else if (i % 10 == 9)
            mr_buf_printf(text, "%s ", frequent[(family + i / 10) % 4]);
        else
            mr_buf_printf(text, "fam%uword%u ", family, i);
        if (i % 8 == 7)
            mr_buf_str(text, "ends here. ");
    }
}

static struct mr_span copy_out(struct history *history, struct mr_buf *text)
{
    struct mr_span span = mr_arena_copy(history->arena, mr_buf_bytes(text));

    mr_buf_deinit(text);
    return span;
}

static struct mr_span text_of(struct history *history, struct action *action,
                              struct sim_random *random)
{
    uint32_t family = sim_below(random, history->spec.families);
    uint32_t variant = sim_below(random, VARIANTS);
    bool html = sim_once_in(random, 8);
    bool shorts;
    struct mr_buf text = mr_buf(LARGE_BYTES_MAX);

    (void)snprintf(action->word, sizeof(action->word), "fam%uword0", family);
    action->raw.put.content_type =
        mr_span_str(html ? "text/html" : "text/plain");
    if (html)
        mr_buf_str(&text, "<html><body><p>");
    add_words(&text, family, variant);
    if (html)
        mr_buf_str(&text, "</p></body></html>");
    if (!history->spec.large || !sim_once_in(random, 60))
        return copy_out(history, &text);
    shorts = sim_once_in(random, 2);
    action->too_long = shorts && history->spec.passage_words <= SHORT_PASSAGE;
    for (uint32_t i = 0; text.size < LARGE_BYTES; i++)
        mr_buf_printf(&text, "%s%u ", shorts ? "a" : "alphabetical", i % 50000);
    return copy_out(history, &text);
}

static struct mr_pairs pairs_of(struct history *history,
                                struct sim_random *random, bool nulls)
{
    struct mr_pairs pairs = { 0 };
    uint32_t count = sim_below(random, 4);

    pairs.items = mr_arena_calloc(history->arena, count, sizeof(*pairs.items));
    for (uint32_t i = 0; i < count; i++) {
        struct mr_pair *pair = &pairs.items[i];
        uint32_t kind = sim_below(random, nulls ? 4 : 3);

        /* Two pairs of one key are a list, but not with a null. */
        pair->key = mr_span_str(mr_arena_printf(
            history->arena, "key%u", nulls ? i : sim_below(random, 3)));
        pair->kind = (enum mr_value_kind)(MR_VALUE_TEXT + kind);
        if (pair->kind == MR_VALUE_TEXT)
            pair->text = mr_span_str(mr_arena_printf(history->arena, "text %u",
                                                     sim_below(random, 5)));
        if (pair->kind == MR_VALUE_NUMBER)
            pair->number = sim_below(random, 100);
        pair->flag = pair->kind == MR_VALUE_FLAG && sim_once_in(random, 2);
    }
    pairs.count = count;
    mr_pairs_sort(&pairs);
    return pairs;
}

static struct mr_access access_of(struct history *history,
                                  struct sim_random *random)
{
    struct mr_access access = { 0 };

    access.principals =
        mr_arena_calloc(history->arena, 1, sizeof(*access.principals));
    access.principals[0] = mr_span_str(principals[sim_below(random, 2)]);
    access.principal_count = sim_below(random, 2);
    if (sim_once_in(random, 3))
        access.owner = mr_span_str("anna");
    return access;
}

static void make_put(struct history *history, struct action *action,
                     struct sim_random *random)
{
    struct mr_raw_put *put = &action->raw.put;

    action->raw.kind = MR_KIND_PUT;
    action->body = text_of(history, action, random);
    if (sim_once_in(random, 16)) {
        action->empty = true;
        action->too_long = false;
        action->body = mr_span_str(" \n ");
    }
    put->body.bytes = action->body;
    put->metadata = pairs_of(history, random, false);
    if (!action->empty && sim_once_in(random, 3))
        put->title = mr_span_str(
            mr_arena_printf(history->arena, "Title %u", sim_below(random, 3)));
    if (sim_once_in(random, 4))
        put->url = mr_span_str(mr_arena_printf(
            history->arena, "https://example.org/%u", action->nth));
    if (sim_once_in(random, 6))
        action->raw.access = access_of(history, random);
    action->raw.lane = sim_once_in(random, 2) ? MR_LANE_PUSH : MR_LANE_BULK;
}

static void make_patch(struct history *history, struct action *action,
                       struct sim_random *random)
{
    action->raw.kind = MR_KIND_PATCH;
    action->raw.lane = MR_LANE_PUSH;
    action->raw.patch.metadata = pairs_of(history, random, true);
    action->raw.patch.has_access = sim_once_in(random, 3);
    if (action->raw.patch.has_access)
        action->raw.access = access_of(history, random);
}

static void make_delete(struct action *action, struct sim_random *random,
                        const uint64_t *ends, uint32_t partition)
{
    action->raw.kind = MR_KIND_DELETE;
    action->raw.lane = MR_LANE_PUSH;
    if (action->kind != ACTION_SWEEP)
        return;
    action->raw.source = mr_span_str(sources[sim_below(random, 3)]);
    action->raw.del.source = action->raw.source;
    action->raw.del.before = mr_version(
        MR_EPOCH_FIRST,
        ends[partition] - sim_below(random, (uint32_t)ends[partition] / 2 + 1));
}

static enum action_kind kind_of(struct sim_random *random)
{
    uint32_t dice = sim_below(random, 100);

    if (dice < 58)
        return ACTION_PUT;
    if (dice < 70)
        return ACTION_PATCH;
    if (dice < 83)
        return ACTION_DELETE;
    if (dice < 92)
        return ACTION_SWEEP;
    return dice < 98 ? ACTION_POISON : ACTION_BAD_KEY;
}

/* What a worker can't take: no message at all, or one that is cut short. */
static struct mr_span poison(struct history *history, struct sim_random *random)
{
    struct mr_raw raw = {
        .id = mr_span_str("somebody-else"),
        .kind = MR_KIND_PUT,
        .source = mr_span_str("api"),
        .lane = MR_LANE_PUSH,
        .put.content_type = mr_span_str("text/plain"),
        .put.body.bytes = mr_span_str("cut short"),
    };
    struct mr_span value;
    struct mr_raw parsed;

    MR_ASSERT(mr_raw_encode(&raw, history->arena, &value, NULL) == MR_OK);
    switch (sim_below(random, 4)) {
    case 0:
        return mr_span_str("\xff\xff\xff\xff no message");
    case 1:
        return (struct mr_span){ 0 };
    case 2:
        return value; /* under a key that is not its id */
    default:
        while (mr_raw_parse(value, history->arena, &parsed, NULL) == MR_OK)
            value.size--;
        return value;
    }
}

static void encode(struct history *history, struct action *action)
{
    struct mr_raw raw = action->raw;
    struct mr_err err;

    if (raw.put.body.bytes.size > MR_INLINE_BYTES_MAX) {
        raw.put.body = (struct mr_payload){
            .in_blob = true,
            .hash = mr_hash128(raw.put.body.bytes),
            .size = raw.put.body.bytes.size,
        };
    }
    if (mr_raw_encode(&raw, history->arena, &action->value, &err) != MR_OK) {
        (void)fprintf(stderr, "history: %s\n", err.text);
        MR_UNREACHABLE();
    }
}

static struct action *add(struct history *history)
{
    if (history->count == history->room) {
        history->room = history->room > 0 ? 2 * history->room : 64;
        history->actions = mr_realloc_array(history->actions, history->room,
                                            sizeof(*history->actions));
    }
    history->actions[history->count] = (struct action){ 0 };
    return &history->actions[history->count++];
}

struct action *history_next(struct history *history, struct sim_random *random,
                            const uint64_t *ends, int64_t now_ms)
{
    struct action *action = add(history);

    action->kind = kind_of(random);
    action->nth = sim_below(random, history->spec.ids);
    action->id = action->kind == ACTION_BAD_KEY
                     ? mr_span_str("\xff\xfe no id")
                     : history_id(history, action->nth);
    action->append_ms = now_ms;
    action->partition = mr_partition_of(action->id, history->spec.partitions);
    action->raw.id = action->id;
    action->raw.source = mr_span_str(sources[sim_below(random, 3)]);
    action->raw.source_rank = sim_below(random, 2);
    if (sim_once_in(random, 4))
        action->raw.time_ms = now_ms - sim_below(random, 20000);
    switch (action->kind) {
    case ACTION_PUT:
        make_put(history, action, random);
        break;
    case ACTION_PATCH:
        make_patch(history, action, random);
        break;
    case ACTION_DELETE:
    case ACTION_SWEEP:
        make_delete(action, random, ends, action->partition);
        break;
    case ACTION_POISON:
    case ACTION_BAD_KEY:
        action->raw = (struct mr_raw){ 0 };
        action->value = poison(history, random);
        return action;
    }
    encode(history, action);
    return action;
}

const char *history_words(struct history *history, const struct action *action)
{
    static const char *const names[] = { "put",   "patch",  "delete",
                                         "sweep", "poison", "bad key" };

    return mr_arena_printf(
        history->arena, "%lld %-7s %-6.*s raw/%u@%llu %s%s%s%s source %.*s",
        (long long)action->append_ms, names[action->kind],
        action->kind == ACTION_BAD_KEY ? 0 : (int)action->id.size,
        (const char *)action->id.data, action->partition,
        (unsigned long long)action->offset, action->word,
        action->empty ? " empty" : "", action->too_long ? " too long" : "",
        action->appended ? "" : " (not in the log)",
        MR_SPAN_ARG(action->raw.source));
}
