// SPDX-License-Identifier: Apache-2.0
/*
 * search.c - see search.h.
 */
#include "retriever/search/search.h"

#include <stdlib.h>

#include "common/base/mr_assert.h"

#define LANGUAGES_MAX 16u

/* One search while it runs. */
struct run {
    const struct search_place *place;
    const struct search_request *request;
    struct mr_arena *arena;
    struct search_result *out;
    struct shard_snapshot **snapshots;
    struct shard_search search;
    struct shard_hit *keyword;
    size_t keyword_count;
    struct shard_hit *dense;
    size_t dense_count;
};

static void acquire(struct run *run)
{
    size_t count = run->place->shard_count;

    run->snapshots =
        mr_arena_calloc(run->arena, count, sizeof(struct shard_snapshot *));
    for (size_t i = 0; i < count; i++) {
        run->snapshots[i] = shard_acquire(run->place->shards[i]);
        run->out->index_version += shard_snapshot_version(run->snapshots[i]);
    }
}

static void release(struct run *run)
{
    for (size_t i = 0; i < run->place->shard_count; i++)
        shard_release(run->snapshots[i]);
}

/* The query in the languages that the shards hold. */
static void analyse(struct run *run)
{
    const char *languages[LANGUAGES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < run->place->shard_count; i++) {
        const char *found[LANGUAGES_MAX];
        size_t there = shard_languages(run->snapshots[i], found, LANGUAGES_MAX);

        for (size_t k = 0; k < there && count < LANGUAGES_MAX; k++) {
            bool known = false;

            for (size_t l = 0; l < count; l++)
                known = known || mr_span_equal(mr_span_str(languages[l]),
                                               mr_span_str(found[k]));
            if (!known)
                languages[count++] = found[k];
        }
    }
    run->out->query = index_query_new(run->request->query, languages, count);
    for (size_t i = 0; i < run->place->shard_count; i++)
        shard_add_stats(run->snapshots[i], run->out->query, &run->out->stats);
}

/* Appends one shard's hits to those of the others. */
static void append(struct mr_arena *arena, struct shard_hit **all,
                   size_t *all_count, const struct shard_hit *hits,
                   size_t count)
{
    struct shard_hit *joined =
        mr_arena_calloc(arena, *all_count + count, sizeof(*joined));

    for (size_t i = 0; i < *all_count; i++)
        joined[i] = (*all)[i];
    for (size_t i = 0; i < count; i++)
        joined[*all_count + i] = hits[i];
    *all = joined;
    *all_count += count;
}

static enum mr_code ask_keyword(struct run *run, struct mr_err *err)
{
    for (size_t i = 0; i < run->place->shard_count; i++) {
        struct shard_hit *hits;
        size_t count;
        enum mr_code code = shard_search_keyword(
            run->snapshots[i], run->out->query, &run->out->stats, &run->search,
            run->arena, &hits, &count, err);

        if (code != MR_OK)
            return code;
        append(run->arena, &run->keyword, &run->keyword_count, hits, count);
    }
    if (run->keyword_count > 0)
        qsort(run->keyword, run->keyword_count, sizeof(*run->keyword),
              fuse_compare_hits);
    return MR_OK;
}

static enum mr_code ask_dense(struct run *run, struct mr_err *err)
{
    float *vector = mr_arena_alloc(run->arena, run->place->model->dimension *
                                                   sizeof(*vector));
    enum mr_code code = mr_model_embed(run->place->model, MR_MODEL_QUERY,
                                       &run->request->query, 1, vector, err);

    for (size_t i = 0; code == MR_OK && i < run->place->shard_count; i++) {
        struct shard_hit *hits;
        size_t count;

        code = shard_search_dense(run->snapshots[i], vector, &run->search,
                                  run->arena, &hits, &count, err);
        if (code == MR_OK)
            append(run->arena, &run->dense, &run->dense_count, hits, count);
    }
    if (code == MR_OK && run->dense_count > 0)
        qsort(run->dense, run->dense_count, sizeof(*run->dense),
              fuse_compare_hits);
    return code;
}

/* Both sides; when one of two fails, the other answers alone. */
static enum mr_code ask(struct run *run, struct mr_err *err)
{
    enum search_mode mode = run->request->mode;
    enum mr_code keyword = MR_OK;
    enum mr_code dense = MR_OK;

    if (mode != SEARCH_DENSE)
        keyword = ask_keyword(run, &run->out->problem);
    if (mode != SEARCH_KEYWORD)
        dense = ask_dense(run, &run->out->problem);
    run->out->partial = keyword != MR_OK || dense != MR_OK;
    if (keyword != MR_OK)
        run->keyword_count = 0;
    if (dense != MR_OK)
        run->dense_count = 0;
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

static struct shard *shard_of(const struct run *run, struct mr_span id)
{
    size_t nth = mr_partition_of(id, (uint32_t)run->place->shard_count);

    return run->place->shards[nth];
}

/* Texts of the hits; those that were replaced meanwhile are left out. */
static enum mr_code load(struct run *run, const struct fused_hit *fused,
                         size_t count, struct mr_err *err)
{
    struct search_result *out = run->out;

    out->hits = mr_arena_calloc(run->arena, count, sizeof(*out->hits));
    for (size_t i = 0; i < count; i++) {
        struct search_hit *hit = &out->hits[out->count];
        enum mr_code code =
            shard_load_hit(shard_of(run, fused[i].hit->document), fused[i].hit,
                           run->arena, &hit->passage, err);

        if (code != MR_OK)
            return code;
        if (!hit->passage.found)
            continue;
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

static double recall_of(const struct run *run)
{
    double least = 1;

    if (run->request->exact || run->request->mode == SEARCH_KEYWORD)
        return least;
    for (size_t i = 0; i < run->place->shard_count; i++) {
        struct shard_status status;

        shard_status(run->place->shards[i], &status);
        least = status.recall < least ? status.recall : least;
    }
    return least;
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
    struct fused_hit *fused = NULL;
    enum mr_code code;

    MR_ASSERT(place->shard_count > 0 && request->top_k > 0);
    *out = (struct search_result){ 0 };
    acquire(&run);
    analyse(&run);
    code = ask(&run, err);
    if (code == MR_OK) {
        size_t count = rank(&run, &fused);

        code = load(&run, fused, count, err);
    }
    out->recall = recall_of(&run);
    release(&run);
    return code;
}

void search_free(struct search_result *result)
{
    index_query_free(result->query);
    result->query = NULL;
}
