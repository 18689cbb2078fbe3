// SPDX-License-Identifier: Apache-2.0
/*
 * search.c - see search.h.
 */
#include "retriever/search/search.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "retriever/search/load.h"
#include "retriever/search/scatter.h"

#define LANGUAGES_MAX 16u

/* One search while it runs. */
struct run {
    const struct search_place *place;
    const struct search_request *request;
    struct mr_arena *arena;
    struct search_result *out;
    struct scatter scatter;
    struct shard_search search;
    bool fresh; /* nothing out of a cache */
    float *vector;
    struct shard_hit *keyword;
    size_t keyword_count;
    struct shard_hit *dense;
    size_t dense_count;
};

static void add_language(const char **languages, size_t *count,
                         const char *language)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(languages[i], language) == 0)
            return;
    }
    if (*count < LANGUAGES_MAX)
        languages[(*count)++] = language;
}

/* The query in the languages that the shards hold. */
static enum mr_code analyse(struct run *run, struct mr_err *err)
{
    const char *languages[LANGUAGES_MAX];
    size_t count = 0;
    bool guesses = !run->request->exact && run->request->mode != SEARCH_KEYWORD;
    enum mr_code code;

    for (size_t i = 0; i < run->scatter.count; i++) {
        struct peer_call *call = scatter_call(&run->scatter, i, PEER_INFO);

        MR_ASSERT(call != NULL); /* the first round */
        call->want_status = guesses;
        call->fresh = run->fresh;
    }
    scatter_begin(&run->scatter);
    code = scatter_finish(&run->scatter, err);
    run->out->recall = 1;
    for (size_t i = 0; code == MR_OK && i < run->scatter.count; i++) {
        const struct peer_call *call = scatter_result(&run->scatter, i);

        for (size_t k = 0; call != NULL && k < call->info.language_count; k++)
            add_language(languages, &count, call->info.languages[k]);
        if (call != NULL && guesses &&
            call->info.status.recall < run->out->recall)
            run->out->recall = call->info.status.recall;
    }
    if (code == MR_OK)
        run->out->query =
            index_query_new(run->request->query, languages, count);
    return code;
}

static enum mr_code embed(struct run *run, struct mr_err *err)
{
    run->vector = mr_arena_alloc(run->arena, run->place->model->dimension *
                                                 sizeof(*run->vector));
    return mr_model_embed(run->place->model, MR_MODEL_QUERY,
                          &run->request->query, 1, run->vector, err);
}

/* Statistics of all shards, and the vector meanwhile.  *embedded is the
 * embedding's own code, with its words in the result. */
static enum mr_code measure(struct run *run, enum mr_code *embedded,
                            struct mr_err *err)
{
    for (size_t i = 0; i < run->scatter.count; i++) {
        struct peer_call *call = scatter_call(&run->scatter, i, PEER_STATS);

        if (call == NULL)
            continue;
        call->query = run->out->query;
        call->stats = &run->out->stats;
        call->fresh = run->fresh;
    }
    scatter_begin(&run->scatter);
    *embedded = run->request->mode == SEARCH_KEYWORD
                    ? MR_OK
                    : embed(run, &run->out->problem);
    if (*embedded != MR_OK)
        run->vector = NULL;
    return scatter_finish(&run->scatter, err);
}

/* What a shard gave on one side; NULL of one that is away. */
static const struct peer_hits *side_of(struct run *run, size_t nth, bool dense)
{
    const struct peer_call *call = scatter_result(&run->scatter, nth);

    if (call == NULL)
        return NULL;
    return dense ? &call->dense : &call->keyword;
}

/* One side of all shards as one ranking; the code of a shard where that side
 * failed: then there is none. */
static enum mr_code join(struct run *run, bool dense, struct shard_hit **all,
                         size_t *all_count)
{
    size_t room = 0;

    for (size_t i = 0; i < run->scatter.count; i++) {
        const struct peer_hits *hits = side_of(run, i, dense);

        if (hits == NULL)
            continue;
        if (hits->code != MR_OK) {
            run->out->problem = scatter_result(&run->scatter, i)->err;
            return hits->code;
        }
        room += hits->count;
    }
    *all = mr_arena_calloc(run->arena, room, sizeof(**all));
    for (size_t i = 0; i < run->scatter.count; i++) {
        const struct peer_hits *hits = side_of(run, i, dense);

        for (size_t k = 0; hits != NULL && k < hits->count; k++)
            (*all)[(*all_count)++] = hits->items[k];
    }
    if (*all_count > 0)
        qsort(*all, *all_count, sizeof(**all), fuse_compare_hits);
    return MR_OK;
}

static enum mr_code ask_shards(struct run *run, struct mr_err *err)
{
    const struct peer_at_least *least = run->request->least;
    uint32_t count = (uint32_t)run->scatter.count;
    enum mr_code code;

    for (uint32_t i = 0; i < count; i++) {
        struct peer_call *call = scatter_call(&run->scatter, i, PEER_SEARCH);

        if (call == NULL)
            continue;
        call->search = &run->search;
        call->totals = &run->out->stats;
        if (run->request->mode != SEARCH_DENSE)
            call->query = run->out->query;
        call->vector = run->vector;
        call->dimension = run->place->model->dimension;
        if (least != NULL && mr_partition_of(least->id, count) == i)
            call->at_least = least;
    }
    scatter_begin(&run->scatter);
    code = scatter_finish(&run->scatter, err);
    for (size_t i = 0; code == MR_OK && i < count; i++) {
        const struct peer_call *call = scatter_result(&run->scatter, i);

        run->out->index_version += call == NULL ? 0 : call->version;
    }
    return code;
}

/* Both sides; when one of two fails, the other answers alone. */
static enum mr_code ask(struct run *run, struct mr_err *err)
{
    enum search_mode mode = run->request->mode;
    enum mr_code keyword = MR_OK;
    enum mr_code dense;
    enum mr_code code = measure(run, &dense, err);

    if (code == MR_OK && (mode != SEARCH_DENSE || dense == MR_OK))
        code = ask_shards(run, err);
    if (code != MR_OK)
        return code;
    if (mode != SEARCH_DENSE)
        keyword = join(run, false, &run->keyword, &run->keyword_count);
    if (mode != SEARCH_KEYWORD && dense == MR_OK)
        dense = join(run, true, &run->dense, &run->dense_count);
    run->out->partial = keyword != MR_OK || dense != MR_OK;
    if (run->out->partial &&
        (mode != SEARCH_HYBRID || (keyword != MR_OK && dense != MR_OK)))
        return mr_fail(err, run->out->problem.code, "search: %.350s",
                       run->out->problem.text);
    return MR_OK;
}

static size_t rank(struct run *run, struct fused_hit **hits)
{
    size_t count = run->keyword_count;

    switch (run->request->mode) {
    case SEARCH_HYBRID:
        fuse_scores(run->keyword, run->keyword_count, run->dense,
                    run->dense_count, run->place->keyword_weight, run->arena,
                    hits, &count);
        break;
    case SEARCH_KEYWORD:
        fuse_single(run->keyword, count, false, run->arena, hits);
        break;
    case SEARCH_DENSE:
        count = run->dense_count;
        fuse_single(run->dense, count, true, run->arena, hits);
        break;
    }
    return fuse_limit(*hits, count, run->request->per_document,
                      run->request->top_k);
}

/* Texts of the hits; those that were replaced meanwhile are left out. */
static enum mr_code load(struct run *run, const struct fused_hit *fused,
                         size_t count, struct mr_err *err)
{
    struct search_result *out = run->out;
    struct shard_passage *passages;
    enum mr_code code =
        load_passages(&run->scatter, fused, count, &passages, err);

    if (code != MR_OK)
        return code;
    out->hits = mr_arena_calloc(run->arena, count, sizeof(*out->hits));
    for (size_t i = 0; i < count; i++) {
        struct search_hit *hit = &out->hits[out->count];

        if (!passages[i].found)
            continue;
        hit->passage = passages[i];
        hit->fused = fused[i];
        hit->highlights = mr_arena_calloc(run->arena, SEARCH_HIGHLIGHTS_MAX,
                                          sizeof(*hit->highlights));
        hit->highlight_count = index_query_highlight(
            out->query, hit->passage.text,
            mr_arena_str(run->arena, hit->passage.document.language),
            hit->highlights, SEARCH_HIGHLIGHTS_MAX);
        out->count++;
    }
    return MR_OK;
}

/* Names the shards that are away; fails when all are. */
static enum mr_code count_missing(struct run *run, struct mr_err *err)
{
    struct scatter *scatter = &run->scatter;

    if (scatter->away_count == 0)
        return MR_OK;
    if (scatter->away_count == scatter->count)
        return mr_fail(err, MR_E_UNAVAILABLE,
                       "search: none of %zu shards answers: %.350s",
                       scatter->count, scatter->problem.text);
    run->out->partial = true;
    run->out->problem = scatter->problem;
    run->out->missing = scatter_away(scatter);
    run->out->missing_count = scatter->away_count;
    return MR_OK;
}

static enum mr_code search(struct run *run, struct mr_err *err)
{
    struct fused_hit *fused = NULL;
    enum mr_code code = analyse(run, err);

    if (code == MR_OK)
        code = count_missing(run, err);
    if (code == MR_OK)
        code = ask(run, err);
    if (code == MR_OK) {
        size_t count = rank(run, &fused);

        code = load(run, fused, count, err);
    }
    if (code == MR_OK)
        code = count_missing(run, err);
    return code;
}

enum mr_code search_run(const struct search_place *place,
                        const struct search_request *request,
                        struct mr_arena *arena, struct search_result *out,
                        struct mr_err *err)
{
    size_t wanted = (size_t)request->top_k * SEARCH_FETCH_FACTOR;
    struct run run = {
        .place = place,
        .request = request,
        .arena = arena,
        .out = out,
        .fresh = request->exact_stats || request->least != NULL,
        .search = { .top_k = wanted < SEARCH_FETCH_MIN  ? SEARCH_FETCH_MIN
                             : wanted > INDEX_TOP_K_MAX ? INDEX_TOP_K_MAX
                                                        : wanted,
                    /* Two rankings may prefer different passages of a
                     * document: none is left out before they are fused. */
                    .per_document = request->mode == SEARCH_HYBRID
                                        ? 0
                                        : request->per_document,
                    .exact = request->exact,
                    .explain = request->explain,
                    .filter = request->filter.count > 0 ||
                                      request->filter.principals != NULL
                                  ? &request->filter
                                  : NULL },
    };
    enum mr_code code;

    MR_ASSERT(place->peer_count > 0 && request->top_k > 0);
    *out = (struct search_result){ 0 };
    scatter_hold(&run.scatter, place->peers, place->peer_count,
                 SEARCH_WITHIN_MS, arena);
    code = search(&run, err);
    scatter_release(&run.scatter);
    return code;
}

void search_free(struct search_result *result)
{
    index_query_free(result->query);
    result->query = NULL;
}
