// SPDX-License-Identifier: Apache-2.0
/*
 * check_same.c - that two worlds of one history hold and find the same.
 */
#include <inttypes.h>
#include <string.h>

#include "common/wire/vectors.h"
#include "tests/sim/check.h"
#include "tests/sim/query.h"

static struct shard *shard_of(struct world *world, struct mr_span id)
{
    return world->shards[mr_place_partition(&world->place, id)];
}

static struct shard_record get(struct world *world, struct mr_span id,
                               struct mr_arena *arena)
{
    struct shard_record record;
    struct mr_err err;

    if (shard_get(shard_of(world, id), id, arena, &record, &err) != MR_OK)
        world_fail("%.*s: %s", MR_SPAN_ARG(id), err.text);
    return record;
}

static struct mr_span text_of(struct world *world, struct mr_span id,
                              struct mr_arena *arena)
{
    struct mr_span text;
    struct mr_err err;

    if (shard_text(shard_of(world, id), id, arena, &text, &err) != MR_OK)
        world_fail("%.*s: %s", MR_SPAN_ARG(id), err.text);
    return text;
}

static bool same_reason(const struct mr_reason *a, const struct mr_reason *b)
{
    return mr_span_equal(a->rule, b->rule) &&
           mr_span_equal(a->value, b->value) &&
           mr_span_equal(a->duplicate_of, b->duplicate_of) &&
           a->similarity == b->similarity;
}

static bool same_passages(const struct mr_passages *a,
                          const struct mr_passages *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct mr_passage *left = &a->items[i];
        const struct mr_passage *right = &b->items[i];

        if (left->id.low != right->id.low || left->id.high != right->id.high ||
            left->start != right->start || left->end != right->end ||
            !mr_span_equal(left->headings, right->headings))
            return false;
    }
    return true;
}

static void must(bool same, struct mr_span id, const char *what)
{
    if (!same)
        world_fail("%.*s: %s differs in an undisturbed run", MR_SPAN_ARG(id),
                   what);
}

static void same_document(struct world *one, struct world *other,
                          struct mr_span id, struct mr_arena *arena)
{
    struct shard_record a = get(one, id, arena);
    struct shard_record b = get(other, id, arena);

    must(a.found == b.found, id, "whether it is there");
    if (!a.found)
        return;
    must(a.document.state == b.document.state, id, "its state");
    must(a.document.version == b.document.version, id, "its version");
    must(a.document.content_version == b.document.content_version, id,
         "its content");
    must(same_reason(&a.document.reason, &b.document.reason), id, "its reason");
    must(same_passages(&a.document.passages, &b.document.passages), id,
         "what its passages are");
    must(a.dense == b.dense && a.dense_failed == b.dense_failed, id,
         "whether it has vectors");
    must(mr_span_equal(text_of(one, id, arena), text_of(other, id, arena)), id,
         "its text");
}

/* The newest vectors of a document, from the log; count 0: none. */
static struct mr_vectors vectors_of(struct world *world, struct mr_span id,
                                    struct mr_arena *arena)
{
    uint32_t partition = mr_place_partition(&world->place, id);
    uint64_t offset = world_end(world, MR_TOPIC_VECTORS, partition);
    struct mr_vectors vectors = { 0 };
    struct mr_record record;
    struct mr_err err;

    while (offset-- > 0) {
        if (mr_bus_fetch(world->place.bus,
                         world->place.topics[MR_TOPIC_VECTORS], partition,
                         offset, arena, &record, NULL) != MR_OK ||
            !mr_span_equal(record.key, id))
            continue;
        if (record.value.data == NULL)
            return vectors;
        if (mr_vectors_parse(record.value, arena, &vectors, &err) != MR_OK)
            world_fail("%.*s: %s", MR_SPAN_ARG(id), err.text);
        if (vectors.floats.in_blob &&
            mr_blob_get(world->place.blob, vectors.floats.hash, arena,
                        &vectors.floats.bytes, &err) != MR_OK)
            world_fail("%.*s: %s", MR_SPAN_ARG(id), err.text);
        return vectors;
    }
    return vectors;
}

static void same_vectors(struct world *one, struct world *other,
                         struct mr_span id, struct mr_arena *arena)
{
    struct mr_vectors a = vectors_of(one, id, arena);
    struct mr_vectors b = vectors_of(other, id, arena);

    must(a.state == b.state && a.version == b.version &&
             a.content_version == b.content_version && a.count == b.count,
         id, "what its vectors are of");
    must(a.count == 0 ||
             memcmp(a.passages, b.passages, a.count * sizeof(*a.passages)) == 0,
         id, "whose its vectors are");
    must(mr_span_equal(a.floats.bytes, b.floats.bytes), id, "a vector");
}

static void same_hits(const char *query, const struct query_hits *a,
                      const struct query_hits *b)
{
    for (size_t i = 0; i < WORLD_PARTITIONS_MAX; i++) {
        if (a->counts[i] != b->counts[i])
            world_fail("\"%s\": %zu hits in shard %zu, %zu in an undisturbed "
                       "run",
                       query, a->counts[i], i, b->counts[i]);
        for (size_t k = 0; k < a->counts[i]; k++) {
            const struct shard_hit *left = &a->hits[i][k];
            const struct shard_hit *right = &b->hits[i][k];

            if (!mr_span_equal(left->document, right->document) ||
                left->content_version != right->content_version ||
                left->passage != right->passage ||
                memcmp(&left->score, &right->score, sizeof(left->score)) != 0)
                world_fail("\"%s\": hit %zu of shard %zu is %.*s/%u at %.17g, "
                           "%.*s/%u at %.17g in an undisturbed run",
                           query, k, i, MR_SPAN_ARG(left->document),
                           left->passage, left->score,
                           MR_SPAN_ARG(right->document), right->passage,
                           right->score);
        }
    }
}

static void same_searches(struct world *one, struct world *other,
                          const char *query, struct mr_arena *arena)
{
    struct query_hits a = { 0 };
    struct query_hits b = { 0 };

    query_keyword(one, query, 0, arena, &a);
    query_keyword(other, query, 0, arena, &b);
    same_hits(query, &a, &b);
    query_dense(one, query, 0, arena, &a);
    query_dense(other, query, 0, arena, &b);
    same_hits(query, &a, &b);
}

static void tell(void *context, const struct shard_finding *finding)
{
    (void)context;
    world_fail("verify: %s, %.*s: %s", finding->rule, MR_SPAN_ARG(finding->id),
               finding->text);
}

void check_verified(struct world *world)
{
    for (uint32_t i = 0; i < world->spec.partitions; i++) {
        struct shard_verified verified;
        struct mr_err err;

        if (shard_verify(world->shards[i], tell, NULL, &verified, &err) !=
            MR_OK)
            world_fail("verify: %s", err.text);
    }
}

static struct mr_hash128 digest_of(struct world *world)
{
    struct index_digest *digest = index_digest_new();
    struct mr_hash128 hash;
    size_t documents;
    struct mr_err err;

    for (uint32_t i = 0; i < world->spec.partitions; i++) {
        if (index_digest_add(digest, world->shards[i], &err) != MR_OK)
            world_fail("digest: %s", err.text);
    }
    hash = index_digest_hash(digest, &documents);
    index_digest_free(digest);
    return hash;
}

static void same_digest(struct world *one, struct world *other)
{
    struct mr_hash128 a = digest_of(one);
    struct mr_hash128 b = digest_of(other);

    if (a.low != b.low || a.high != b.high)
        world_fail("the digest differs in an undisturbed run");
}

void check_same(struct world *one, struct world *other,
                const struct history *history)
{
    static const char *const queries[] = { "mill race", "water",
                                           "wheel ends here", "alphabetical7",
                                           "Title 1" };
    struct mr_arena *arena = mr_arena_new();

    for (uint32_t i = 0; i < history->spec.ids; i++) {
        struct mr_span id = mr_span_str(mr_arena_printf(arena, "doc-%u", i));

        same_document(one, other, id, arena);
        same_vectors(one, other, id, arena);
    }
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
        same_searches(one, other, queries[i], arena);
    for (uint32_t i = 0; i < history->spec.families; i++)
        same_searches(one, other,
                      mr_arena_printf(arena, "fam%uword1 variant3of%u", i, i),
                      arena);
    same_digest(one, other);
    mr_arena_free(arena);
}
