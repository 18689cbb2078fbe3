// SPDX-License-Identifier: Apache-2.0
/*
 * model.c - see model.h.
 */
#include "tests/sim/model.h"

#include <stdlib.h>
#include <string.h>

#include "common/wire/signature.h"
#include "preprocessor/curate/policy.h"
#include "preprocessor/curate/record.h"
#include "preprocessor/curate/similar.h"

static int64_t time_of(const struct action *action)
{
    return action->raw.time_ms != 0 ? action->raw.time_ms : action->append_ms;
}

static uint64_t version_of(const struct action *action)
{
    return mr_version(MR_EPOCH_FIRST, action->offset);
}

/* Pairs of `under` whose key is not in `over`, and those of `over`. */
static struct mr_pairs fold_pairs(const struct mr_pairs *under,
                                  const struct mr_pairs *over,
                                  struct mr_arena *arena)
{
    struct mr_pairs out = { 0 };

    out.items =
        mr_arena_calloc(arena, under->count + over->count, sizeof(*out.items));
    for (size_t i = 0; i < under->count; i++) {
        bool kept = true;

        for (size_t k = 0; k < over->count; k++)
            kept =
                kept && !mr_span_equal(under->items[i].key, over->items[k].key);
        if (kept)
            out.items[out.count++] = under->items[i];
    }
    for (size_t k = 0; k < over->count; k++) {
        if (over->items[k].kind != MR_VALUE_NULL)
            out.items[out.count++] = over->items[k];
    }
    mr_pairs_sort(&out);
    return out;
}

static bool has_text(const struct model_document *document)
{
    return document->state == MR_STATE_LIVE ||
           document->state == MR_STATE_REJECTED;
}

static void put(struct model_document *document, const struct action *action)
{
    document->state =
        action->empty || action->too_long ? MR_STATE_REJECTED : MR_STATE_LIVE;
    document->content_version = document->version;
    document->put = action;
    document->metadata = action->raw.put.metadata;
    document->access = action->raw.access;
    if (!document->has_first_seen)
        document->first_seen_ms = time_of(action);
    document->has_first_seen = true;
}

static void patch(struct model_document *document, const struct action *action,
                  struct mr_arena *arena)
{
    if (document->state == 0)
        document->state = MR_STATE_DELETED;
    if (!has_text(document))
        return;
    document->metadata =
        fold_pairs(&document->metadata, &action->raw.patch.metadata, arena);
    if (action->raw.patch.has_access)
        document->access = action->raw.access;
}

static void delete (struct model_document *document)
{
    document->state = MR_STATE_DELETED;
    document->put = NULL;
    document->has_first_seen = false;
}

/* Whose the document is: the source of its last put, unless deleted since. */
static bool sweep_passes_by(const struct model_document *document,
                            struct mr_span source, const struct action *sweep)
{
    return document->state == MR_STATE_DELETED ||
           document->version >= sweep->raw.del.before ||
           !mr_span_equal(source, sweep->raw.del.source);
}

struct model_document model_fold(const struct history *history, uint32_t nth,
                                 struct mr_arena *arena)
{
    struct model_document out = { 0 };
    struct mr_span source = { 0 };
    bool known = false; /* something other than a sweep was said of it */

    for (size_t i = 0; i < history->count; i++) {
        const struct action *action = &history->actions[i];

        if (!action->appended || action->nth != nth ||
            action->kind == ACTION_BAD_KEY)
            continue;
        if (action->kind == ACTION_SWEEP && known &&
            sweep_passes_by(&out, source, action))
            continue;
        known = known || action->kind != ACTION_SWEEP;
        out.id = action->id;
        out.partition = action->partition;
        out.version = version_of(action);
        out.time_ms = time_of(action);
        if (action->kind == ACTION_PUT) {
            put(&out, action);
            source = action->raw.source;
        } else if (action->kind == ACTION_PATCH) {
            patch(&out, action, arena);
        } else if (action->kind == ACTION_POISON) {
            out.state = MR_STATE_FAILED;
            out.put = NULL;
        } else {
            delete (&out);
            source = (struct mr_span){ 0 };
        }
    }
    return out;
}

/* The newest time that `admit` has met in a partition: that of every message
 * that says something new. */
static int64_t newest_ms(const struct history *history, uint32_t partition,
                         struct mr_arena *arena)
{
    struct history before = *history;
    int64_t newest = 0;

    for (size_t i = 0; i < history->count; i++) {
        const struct action *action = &history->actions[i];

        if (!action->appended || action->partition != partition ||
            action->kind == ACTION_BAD_KEY)
            continue;
        before.count = i + 1;
        if (model_fold(&before, action->nth, arena).version ==
                version_of(action) &&
            time_of(action) > newest)
            newest = time_of(action);
    }
    return newest;
}

static void find_gone(struct model *model, const struct history *history,
                      const struct world *world, struct mr_arena *arena)
{
    int64_t newest[WORLD_PARTITIONS_MAX];

    for (uint32_t i = 0; i < world->spec.partitions; i++)
        newest[i] = newest_ms(history, i, arena);
    for (uint32_t i = 0; i < model->count; i++) {
        struct model_document *document = &model->documents[i];

        document->gone = document->state == MR_STATE_DELETED &&
                         document->time_ms <= newest[document->partition] -
                                                  world->spec.deleted_keep_ms;
    }
}

/* Fills text hash and MinHash from the signature of the content. */
static void read_signature(struct world *world,
                           const struct model_document *document,
                           struct mr_arena *arena, struct curate_record *out)
{
    uint64_t end = world_end(world, MR_TOPIC_SIGNATURES, document->partition);
    struct mr_signature signature;
    struct mr_record record;

    for (uint64_t offset = 0; offset < end; offset++) {
        if (mr_bus_fetch(
                world->place.bus, world->place.topics[MR_TOPIC_SIGNATURES],
                document->partition, offset, arena, &record, NULL) != MR_OK ||
            record.version != document->content_version ||
            !mr_span_equal(record.key, document->id))
            continue;
        if (mr_signature_parse(record.value, arena, &signature, NULL) != MR_OK)
            world_fail("a signature that can't be read");
        out->text_hash = signature.text_hash;
        out->has_minhash = signature.has_minhash;
        memcpy(out->minhash, signature.minhash, sizeof(out->minhash));
        return;
    }
    world_fail("%.*s: its content %llx has no signature",
               MR_SPAN_ARG(document->id),
               (unsigned long long)document->content_version);
}

struct candidate {
    struct model_document *document;
    struct curate_record record;
    struct mr_span priority;
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *left = a;
    const struct candidate *right = b;

    return mr_span_compare(left->priority, right->priority);
}

static size_t list_candidates(struct model *model, struct world *world,
                              struct mr_arena *arena, struct candidate *out)
{
    size_t count = 0;

    for (uint32_t i = 0; i < model->count; i++) {
        struct model_document *document = &model->documents[i];
        struct candidate *one = &out[count];

        if (document->state != MR_STATE_LIVE)
            continue;
        count++;
        one->document = document;
        one->record = (struct curate_record){
            .id = document->id,
            .state = MR_STATE_LIVE,
            .source_rank = document->put->raw.source_rank,
            .has_first_seen = true,
            .first_seen_ms = document->first_seen_ms,
            .has_content = true,
            .access_hash = mr_access_hash(&document->access),
        };
        read_signature(world, document, arena, &one->record);
        one->priority = curate_record_priority(&one->record, arena);
    }
    qsort(out, count, sizeof(*out), compare_candidates);
    return count;
}

/* The first maximal independent set, by its definition. */
static void find_duplicates(struct model *model, struct world *world,
                            struct mr_arena *arena)
{
    struct candidate candidates[HISTORY_IDS_MAX];
    size_t count = list_candidates(model, world, arena, candidates);
    unsigned rows_min = similar_rows_min(curate_config_default().similarity);

    for (size_t i = 0; i < count; i++) {
        struct model_document *document = candidates[i].document;

        for (size_t k = 0; k < i && document->state == MR_STATE_LIVE; k++) {
            if (candidates[k].document->state != MR_STATE_LIVE ||
                !similar(&candidates[i].record, &candidates[k].record, rows_min,
                         &document->rows))
                continue;
            document->state = MR_STATE_DUPLICATE;
            document->duplicate_of = candidates[k].document->id;
        }
    }
}

void model_make(struct model *model, struct history *history,
                struct world *world, struct mr_arena *arena)
{
    *model = (struct model){ .count = history->spec.ids };
    for (uint32_t i = 0; i < model->count; i++)
        model->documents[i] = model_fold(history, i, arena);
    find_gone(model, history, world, arena);
    find_duplicates(model, world, arena);
}
