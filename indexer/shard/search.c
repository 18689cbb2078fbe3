// SPDX-License-Identifier: Apache-2.0
/*
 * search.c - one query over the segments of a snapshot.
 *
 * Each segment gives its best units; they are joined, sorted, and cut.  When
 * the cut by document or passage leaves too few and a segment had more to
 * give, it is asked again for more.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "indexer/shard/filter.h"
#include "indexer/shard/query.h"
#include "indexer/shard/shard.h"

/* More of each segment than wanted, for ties and parts of one passage. */
#define EXTRA_UNITS ((size_t)16)

/* A search while it runs: a keyword one has `scorer`, a dense one `vector`. */
struct run {
    struct shard_snapshot *snapshot;
    size_t side;
    const struct shard_search *search;
    const struct keyword_scorer *scorer;
    const float *vector;
    struct mr_arena *arena;
    struct shard_hit *hits;
    size_t count;
    size_t room;
    bool more; /* a segment gave as many as it was asked for */
};

void shard_add_stats(struct shard_snapshot *snapshot,
                     const struct index_query *query, struct index_stats *stats)
{
    for (size_t i = 0; i < snapshot->counts[SIDE_KEYWORD]; i++) {
        const struct view *view = &snapshot->views[SIDE_KEYWORD][i];
        const struct keyword_segment *keyword = view->segment->keyword;
        struct keyword_dead dead = view_keyword_dead(view);

        stats->passages += view->segment->units - dead.units;
        stats->length += keyword_length(keyword) - dead.length;
        for (size_t k = 0; k < query->count; k++)
            stats->frequency[k] +=
                keyword_frequency(keyword, &dead, query->terms[k].term);
    }
}

/* The bits of what may not be found in a view: hidden, or filtered out. */
static const uint64_t *skip_of(const struct run *run, const struct view *view)
{
    const struct entries *entries = view->segment->entries;
    struct shard *shard = run->snapshot->shard;
    uint64_t *bits;

    if (run->search->filter == NULL)
        return view->marks->hidden_units > 0 ? view->marks->hidden : NULL;
    bits = mr_arena_alloc(run->arena, view->marks->words * sizeof(*bits));
    memcpy(bits, view->marks->hidden, view->marks->words * sizeof(*bits));
    (void)pthread_rwlock_rdlock(&shard->table_lock);
    for (uint32_t i = 0; i < entries->count; i++) {
        const struct table_doc *doc =
            table_find(shard->table, entries_id(entries, i));

        if (doc != NULL && filter_meets(run->search->filter, doc))
            continue;
        for (uint32_t unit = entries->first_units[i];
             unit < entries->first_units[i + 1]; unit++)
            bits[unit / 64] |= UINT64_C(1) << (unit % 64);
    }
    (void)pthread_rwlock_unlock(&shard->table_lock);
    return bits;
}

static void add_hit(struct run *run, const struct view *view, uint32_t unit,
                    uint32_t passage, double score)
{
    const struct entries *entries = view->segment->entries;
    uint32_t entry = entries_of_unit(entries, unit);
    struct shard_hit *hit = &run->hits[run->count++];

    MR_ASSERT(run->count <= run->room);
    *hit = (struct shard_hit){
        .document = entries_id(entries, entry),
        .content_version = entries->content_versions[entry],
        .passage = passage,
        .score = score,
    };
}

static void ask_keyword(struct run *run, const struct view *view, size_t wanted)
{
    const struct entries *entries = view->segment->entries;
    const struct keyword_segment *keyword = view->segment->keyword;
    struct keyword_dead dead = view_keyword_dead(view);
    struct unit_hit *found =
        mr_arena_alloc(run->arena, wanted * sizeof(*found));
    size_t count = keyword_search(keyword, &dead, skip_of(run, view),
                                  run->scorer, found, wanted);

    run->more = run->more || count == wanted;
    for (size_t i = 0; i < count; i++) {
        uint32_t entry = entries_of_unit(entries, found[i].unit);
        double *parts = NULL;

        add_hit(run, view, found[i].unit,
                found[i].unit - entries->first_units[entry], found[i].score);
        if (!run->search->explain)
            continue;
        parts = mr_arena_calloc(run->arena, run->scorer->term_count,
                                sizeof(*parts));
        keyword_explain(keyword, found[i].unit, run->scorer, parts);
        run->hits[run->count - 1].parts = parts;
    }
}

static enum mr_code ask_dense(struct run *run, const struct view *view,
                              size_t wanted, struct mr_err *err)
{
    struct unit_hit *found =
        mr_arena_alloc(run->arena, wanted * sizeof(*found));
    size_t count;
    enum mr_code code =
        vector_search(view->segment->dense, run->vector, skip_of(run, view),
                      run->search->exact, found, wanted, &count, err);

    if (code != MR_OK)
        return code;
    run->more = run->more || count == wanted;
    for (size_t i = 0; i < count; i++)
        add_hit(run, view, found[i].unit,
                vector_ordinal(view->segment->dense, found[i].unit),
                (double)found[i].score);
    return MR_OK;
}

static int compare(const void *a, const void *b)
{
    const struct shard_hit *left = a;
    const struct shard_hit *right = b;
    int order;

    if (left->score != right->score)
        return left->score < right->score ? 1 : -1;
    order = mr_span_compare(left->document, right->document);
    if (order != 0)
        return order;
    return (left->passage > right->passage) - (left->passage < right->passage);
}

/* Sorts, drops further parts of a passage and passages beyond the limit of a
 * document, and cuts at top_k. */
static void cut(struct run *run)
{
    uint32_t most = run->search->per_document;
    size_t kept = 0;

    if (run->count > 0)
        qsort(run->hits, run->count, sizeof(*run->hits), compare);
    for (size_t i = 0; i < run->count && kept < run->search->top_k; i++) {
        uint32_t same = 0;
        bool again = false;

        for (size_t k = 0; k < kept; k++) {
            if (!mr_span_equal(run->hits[k].document, run->hits[i].document))
                continue;
            same++;
            again = again || run->hits[k].passage == run->hits[i].passage;
        }
        if (!again && (most == 0 || same < most))
            run->hits[kept++] = run->hits[i];
    }
    run->count = kept;
}

/* Asks every segment for its best `wanted`. */
static enum mr_code round_of(struct run *run, size_t wanted, struct mr_err *err)
{
    const struct view *views = run->snapshot->views[run->side];
    size_t count = run->snapshot->counts[run->side];
    enum mr_code code = MR_OK;

    run->more = false;
    run->count = 0;
    run->room = 0;
    for (size_t i = 0; i < count; i++)
        run->room +=
            views[i].segment->units < wanted ? views[i].segment->units : wanted;
    run->hits = mr_arena_calloc(run->arena, run->room, sizeof(*run->hits));
    for (size_t i = 0; code == MR_OK && i < count; i++) {
        size_t here =
            views[i].segment->units < wanted ? views[i].segment->units : wanted;

        if (here == 0)
            continue;
        if (run->side == SIDE_KEYWORD)
            ask_keyword(run, &views[i], here);
        else
            code = ask_dense(run, &views[i], here, err);
    }
    if (code == MR_OK)
        cut(run);
    return code;
}

static size_t largest(const struct run *run)
{
    size_t units = 0;

    for (size_t i = 0; i < run->snapshot->counts[run->side]; i++) {
        uint32_t here = run->snapshot->views[run->side][i].segment->units;

        units = here > units ? here : units;
    }
    return units;
}

static enum mr_code search(struct run *run, struct shard_hit **hits,
                           size_t *count, struct mr_err *err)
{
    size_t wanted = run->search->top_k + EXTRA_UNITS;
    enum mr_code code = round_of(run, wanted, err);

    while (code == MR_OK && run->count < run->search->top_k && run->more &&
           wanted < largest(run)) {
        wanted *= 4;
        code = round_of(run, wanted, err);
    }
    *hits = run->hits;
    *count = code == MR_OK ? run->count : 0;
    /* Ids lie in the segments, which go with the snapshot. */
    for (size_t i = 0; i < *count; i++)
        (*hits)[i].document = mr_arena_copy(run->arena, (*hits)[i].document);
    return code;
}

/* A word is as frequent as its stems in all languages together: a stem that
 * only the few documents of another language have must not look rare. */
static uint64_t word_frequency(const struct index_query *query,
                               const struct index_stats *stats, size_t nth)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < query->count; i++) {
        if (query->terms[i].word == query->terms[nth].word)
            sum += stats->frequency[i];
    }
    return sum < stats->passages ? sum : stats->passages;
}

enum mr_code shard_search_keyword(struct shard_snapshot *snapshot,
                                  const struct index_query *query,
                                  const struct index_stats *stats,
                                  const struct shard_search *options,
                                  struct mr_arena *arena,
                                  struct shard_hit **hits, size_t *count,
                                  struct mr_err *err)
{
    const struct index_config *config = &snapshot->shard->spec.config;
    struct mr_span *terms =
        mr_arena_calloc(arena, query->count, sizeof(*terms));
    uint64_t *frequency =
        mr_arena_calloc(arena, query->count, sizeof(*frequency));
    uint32_t *weights = mr_arena_calloc(arena, query->count, sizeof(*weights));
    struct keyword_scorer scorer = {
        .k1 = config->k1,
        .b = config->b,
        .passages = stats->passages,
        .length = stats->length,
        .terms = terms,
        .frequency = frequency,
        .weight = weights,
        .term_count = query->count,
    };
    struct run run = { .snapshot = snapshot,
                       .side = SIDE_KEYWORD,
                       .search = options,
                       .scorer = &scorer,
                       .arena = arena };

    for (size_t i = 0; i < query->count; i++) {
        terms[i] = query->terms[i].term;
        weights[i] = query->terms[i].weight;
        frequency[i] = word_frequency(query, stats, i);
    }
    return search(&run, hits, count, err);
}

enum mr_code shard_search_dense(struct shard_snapshot *snapshot,
                                const float *vector,
                                const struct shard_search *options,
                                struct mr_arena *arena, struct shard_hit **hits,
                                size_t *count, struct mr_err *err)
{
    struct run run = { .snapshot = snapshot,
                       .side = SIDE_DENSE,
                       .search = options,
                       .vector = vector,
                       .arena = arena };

    return search(&run, hits, count, err);
}
