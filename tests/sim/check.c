// SPDX-License-Identifier: Apache-2.0
/*
 * check.c - see check.h: what must hold at any time, and of one world.
 */
#include "tests/sim/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_buf.h"
#include "common/wire/dead.h"
#include "tests/sim/query.h"

static bool is_known(struct world *world, const struct model_document *want,
                     bool dense)
{
    struct mr_err err;
    bool done;

    if (shard_wait(world->shards[want->partition], want->id, want->version,
                   dense, 0, &done, &err) != MR_OK)
        world_fail("%.*s: waiting: %s", MR_SPAN_ARG(want->id), err.text);
    return done;
}

static struct shard_record get(struct world *world, struct mr_span id,
                               struct mr_arena *arena)
{
    uint32_t partition = mr_place_partition(&world->place, id);
    struct shard_record record;
    struct mr_err err;

    if (shard_get(world->shards[partition], id, arena, &record, &err) != MR_OK)
        world_fail("%.*s: %s", MR_SPAN_ARG(id), err.text);
    return record;
}

/* Neither words nor meaning find it, whatever text it ever had. */
static void check_absent(struct world *world, const struct history *history,
                         uint32_t nth, const struct model_document *want,
                         struct mr_arena *arena)
{
    struct query_hits hits = { 0 };

    for (size_t i = 0; i < history->count; i++) {
        const struct action *action = &history->actions[i];

        if (action->nth != nth || action->kind != ACTION_PUT)
            continue;
        query_keyword(world, action->word, 1, arena, &hits);
        if (query_find(&hits, want->id) != NULL)
            world_fail("%.*s is found by its words, though version %" PRIx64
                       " of it, which is no more to be found, was known",
                       MR_SPAN_ARG(want->id), want->version);
    }
    query_dense(world, "anything", 1, arena, &hits);
    if (query_find(&hits, want->id) != NULL)
        world_fail("%.*s is found by meaning, though version %" PRIx64
                   " of it, which is no more to be found, was known",
                   MR_SPAN_ARG(want->id), want->version);
}

/* A shard that reads a compacted log anew may know a document from its records
 * whose text the log has lost, since a newer record of it is still to come. */
static bool is_reading_anew(struct world *world, uint32_t partition)
{
    struct shard_status status;

    shard_status(world->shards[partition], &status);
    return world->compacted && status.keyword_lag + status.dense_lag > 0;
}

/* The newest text is found, and no other of the same document. */
static void check_present(struct world *world,
                          const struct model_document *want,
                          struct mr_arena *arena)
{
    struct shard_record record = get(world, want->id, arena);
    struct query_hits hits = { 0 };
    const struct shard_hit *hit;

    if (!record.found)
        world_fail("%.*s: nothing is known of it", MR_SPAN_ARG(want->id));
    if (record.document.state == MR_STATE_DUPLICATE ||
        is_reading_anew(world, want->partition))
        return;
    query_keyword(world, want->put->word, 1, arena, &hits);
    hit = query_find(&hits, want->id);
    if (record.document.state != MR_STATE_LIVE || hit == NULL ||
        hit->content_version != want->content_version)
        world_fail("%.*s: version %" PRIx64
                   " is live and known, but it is %s and %s found",
                   MR_SPAN_ARG(want->id), want->version,
                   mr_state_name(record.document.state),
                   hit == NULL ? "not" : "an old text is");
    if (!is_known(world, want, true))
        return;
    query_dense(world, want->put->word, 1, arena, &hits);
    hit = query_find(&hits, want->id);
    if (hit == NULL || hit->content_version != want->content_version)
        world_fail("%.*s: its vectors are known, but it is not found by them",
                   MR_SPAN_ARG(want->id));
}

void check_searchable(struct world *world, struct history *history,
                      uint32_t nth, uint64_t *known)
{
    struct mr_arena *arena = mr_arena_new();
    struct model_document want = model_fold(history, nth, arena);
    bool now = want.state != 0 && is_known(world, &want, false);

    if (now)
        *known = want.version;
    if (want.state == MR_STATE_LIVE) {
        if (now)
            check_present(world, &want, arena);
    } else if (want.state != 0 && *known == want.version) {
        check_absent(world, history, nth, &want, arena);
    }
    mr_arena_free(arena);
}

/* How often each version of a partition stands on a topic, by raw offset. */
static uint32_t *tally(struct world *world, enum mr_topic topic,
                       uint32_t partition, struct mr_arena *arena)
{
    uint64_t raw = world_end(world, MR_TOPIC_RAW, partition);
    uint64_t end = world_end(world, topic, partition);
    uint32_t *counts = mr_arena_calloc(arena, (size_t)raw, sizeof(*counts));
    struct mr_record record;

    for (uint64_t offset = 0; offset < end; offset++) {
        uint64_t at;

        if (mr_bus_fetch(world->place.bus, world->place.topics[topic],
                         partition, offset, arena, &record, NULL) != MR_OK)
            continue; /* compacted */
        at = record.version & 0xFFFFFFFFFFFFu;
        if (record.version >> 48 != MR_EPOCH_FIRST || at >= raw)
            world_fail("%s/%u@%" PRIu64 " has version %" PRIx64
                       ", which is not on raw",
                       mr_topic_short_name(topic), partition, offset,
                       record.version);
        counts[at]++;
    }
    return counts;
}

static void check_partition(struct world *world, struct history *history,
                            uint32_t partition)
{
    struct mr_arena *arena = mr_arena_new();
    uint32_t *signatures = tally(world, MR_TOPIC_SIGNATURES, partition, arena);
    uint32_t *dead = tally(world, MR_TOPIC_DEAD, partition, arena);

    for (size_t i = 0; i < history->count; i++) {
        const struct action *action = &history->actions[i];
        bool poison =
            action->kind == ACTION_POISON || action->kind == ACTION_BAD_KEY;

        if (!action->appended || action->partition != partition)
            continue;
        if (signatures[action->offset] != (action->kind != ACTION_BAD_KEY))
            world_fail("%s: %u signatures", history_words(history, action),
                       signatures[action->offset]);
        if (dead[action->offset] != poison)
            world_fail("%s: %u dead letters", history_words(history, action),
                       dead[action->offset]);
    }
    mr_arena_free(arena);
}

/* A counter as the telemetry shows it. */
static double counter(const char *text, const char *stage, const char *outcome)
{
    char line[128];
    const char *at;

    (void)snprintf(line, sizeof(line),
                   "millrace_documents_total{stage=\"%s\",outcome=\"%s\"} ",
                   stage, outcome);
    at = strstr(text, line);
    return at == NULL ? 0 : strtod(at + strlen(line), NULL);
}

static uint64_t ends(struct world *world, enum mr_topic topic)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < world->spec.partitions; i++)
        sum += world_end(world, topic, i);
    return sum;
}

/* in = out + rejected + failed. */
static void check_counters(struct world *world)
{
    char embed[64];
    const struct {
        const char *stage;
        uint64_t in;
    } stages[] = {
        { "clean", ends(world, MR_TOPIC_RAW) },
        { "curate", ends(world, MR_TOPIC_SIGNATURES) },
        { "admit",
          ends(world, MR_TOPIC_CLEAN) + ends(world, MR_TOPIC_VERDICTS) },
        { embed, ends(world, MR_TOPIC_DOCUMENTS) },
    };
    struct mr_buf text = mr_buf((size_t)4 << 20);

    (void)snprintf(embed, sizeof(embed), "embed.%s", world->model->fingerprint);
    mr_telemetry_expose(world->telemetry, &text);
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
        const char *exposed = mr_buf_text(&text);
        double passed = counter(exposed, stages[i].stage, "passed");
        double rejected = counter(exposed, stages[i].stage, "rejected");
        double failed = counter(exposed, stages[i].stage, "failed");

        if (passed + rejected + failed != (double)stages[i].in)
            world_fail("%s: %" PRIu64 " in, but %.0f passed, %.0f rejected, "
                       "%.0f failed",
                       stages[i].stage, stages[i].in, passed, rejected, failed);
    }
    mr_buf_deinit(&text);
}

void check_once(struct world *world, struct history *history, bool counted)
{
    for (uint32_t i = 0; i < world->spec.partitions; i++)
        check_partition(world, history, i);
    if (counted)
        check_counters(world);
}

static bool same_pairs(const struct mr_pairs *a, const struct mr_pairs *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct mr_pair *left = &a->items[i];
        const struct mr_pair *right = &b->items[i];

        if (left->kind != right->kind ||
            !mr_span_equal(left->key, right->key) ||
            !mr_span_equal(left->text, right->text) ||
            left->number != right->number || left->flag != right->flag)
            return false;
    }
    return true;
}

static void check_live(const struct model_document *want,
                       const struct shard_record *have)
{
    const struct mr_document *document = &have->document;

    if (!same_pairs(&want->metadata, &document->metadata))
        world_fail("%.*s: its metadata are %zu pairs that are not the %zu "
                   "that are due",
                   MR_SPAN_ARG(want->id), document->metadata.count,
                   want->metadata.count);
    if (mr_access_hash(&want->access) != mr_access_hash(&document->access))
        world_fail("%.*s: somebody else may see it", MR_SPAN_ARG(want->id));
    if (want->put->raw.put.title.data != NULL &&
        !mr_span_equal(want->put->raw.put.title, document->title))
        world_fail("%.*s: its title is \"%.*s\"", MR_SPAN_ARG(want->id),
                   MR_SPAN_ARG(document->title));
    if (document->state == MR_STATE_DUPLICATE &&
        (!mr_span_equal(want->duplicate_of, document->reason.duplicate_of) ||
         want->rows != (uint8_t)(document->reason.similarity * 128)))
        world_fail("%.*s: a duplicate of %.*s (%u rows), not of %.*s (%.1f)",
                   MR_SPAN_ARG(want->id), MR_SPAN_ARG(want->duplicate_of),
                   want->rows, MR_SPAN_ARG(document->reason.duplicate_of),
                   document->reason.similarity * 128);
    if (document->state == MR_STATE_LIVE && !have->dense)
        world_fail("%.*s: live without vectors", MR_SPAN_ARG(want->id));
}

static void check_document(struct world *world,
                           const struct model_document *want,
                           struct mr_arena *arena)
{
    struct shard_record have;

    if (want->state == 0)
        return;
    have = get(world, want->id, arena);
    if (have.found != !want->gone)
        world_fail("%.*s, %s at %" PRIx64 ", is %s", MR_SPAN_ARG(want->id),
                   mr_state_name(want->state), want->version,
                   have.found ? "still there" : "not there");
    if (!have.found)
        return;
    if (have.document.state != want->state ||
        have.document.version != want->version ||
        have.document.content_version != want->content_version)
        world_fail("%.*s is %s, version %" PRIx64 " of content %" PRIx64
                   "; it should be %s, version %" PRIx64 " of content %" PRIx64,
                   MR_SPAN_ARG(want->id), mr_state_name(have.document.state),
                   have.document.version, have.document.content_version,
                   mr_state_name(want->state), want->version,
                   want->content_version);
    if (want->put != NULL)
        check_live(want, &have);
}

void check_model(struct world *world, const struct model *model)
{
    struct mr_arena *arena = mr_arena_new();
    uint64_t by_state[MR_STATE_FAILED + 1] = { 0 };
    uint64_t counted[MR_STATE_FAILED + 1] = { 0 };

    for (uint32_t i = 0; i < model->count; i++) {
        const struct model_document *document = &model->documents[i];

        check_document(world, document, arena);
        if (!document->gone)
            by_state[document->state]++;
    }
    for (uint32_t i = 0; i < world->spec.partitions; i++) {
        struct shard_status status;

        shard_status(world->shards[i], &status);
        counted[MR_STATE_LIVE] += status.live;
        counted[MR_STATE_REJECTED] += status.rejected;
        counted[MR_STATE_DUPLICATE] += status.duplicate;
        counted[MR_STATE_DELETED] += status.deleted;
        counted[MR_STATE_FAILED] += status.failed;
    }
    for (int state = MR_STATE_LIVE; state <= MR_STATE_FAILED; state++) {
        if (counted[state] != by_state[state])
            world_fail("%" PRIu64 " documents are counted as %s, there are "
                       "%" PRIu64,
                       counted[state], mr_state_name((enum mr_doc_state)state),
                       by_state[state]);
    }
    mr_arena_free(arena);
}
