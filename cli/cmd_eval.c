// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_eval.c - `millrace eval BEIR_DIR`: index a judged set in a temporary
 * folder, ask its queries, score the answers.
 *
 * The set goes the whole way, over `raw` and all stages; duplicates are not
 * looked for, so that every document counts.  A query's hits are folded to
 * documents by their best passage.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/engine.h"
#include "cli/eval_score.h"
#include "cli/eval_set.h"
#include "cli/settings.h"
#include "common/base/mr_mem.h"
#include "common/wire/raw.h"
#include "retriever/search/search.h"

#define BATCH_MAX       ((size_t)256)
#define TOP_K           100u
#define PROGRESS_MS     200
#define PERCENTS        100u
#define CONNECTIONS     2u
#define FOLDERS_AT_ONCE 16

struct eval {
    struct eval_set set;
    struct engine *engine;
    enum search_mode mode;
    bool quiet;
    double index_s;
    double *took_ms; /* of each query, sorted at the end */
    struct eval_scores mean;
};

static double now_s(const struct eval *eval)
{
    return (double)mr_clock_mono_us(engine_place(eval->engine)->clock) / 1e6;
}

/* A document's message; what has no text is found by its title. */
static enum mr_code append_batch(const struct eval *eval, size_t from,
                                 size_t count, struct mr_arena *arena,
                                 struct mr_err *err)
{
    const struct mr_place *place = engine_place(eval->engine);
    struct mr_record *records = mr_arena_calloc(arena, count, sizeof(*records));
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < count; i++) {
        const struct eval_document *document = &eval->set.documents[from + i];
        struct mr_raw raw = {
            .id = document->id,
            .kind = MR_KIND_PUT,
            .source = mr_span_str("eval"),
            .lane = MR_LANE_BULK,
            .put = { .content_type = mr_span_str("text/plain"),
                     .title = document->title,
                     .body = { .bytes = document->text.size > 0
                                            ? document->text
                                            : document->title } },
        };

        records[i] = (struct mr_record){
            .topic = place->topics[MR_TOPIC_RAW],
            .partition = MR_PARTITION_BY_KEY,
            .key = document->id,
        };
        code = mr_raw_encode(&raw, arena, &records[i].value, err);
    }
    if (code == MR_OK)
        code = mr_bus_append(place->bus, records, count, err);
    return code;
}

/* Documents whose fate is known in the mode that is asked for. */
static size_t count_done(const struct eval *eval)
{
    struct shard *const *shards;
    size_t count = engine_shards(eval->engine, &shards);
    size_t done = 0;

    for (size_t i = 0; i < count; i++) {
        struct shard_status status;

        shard_status(shards[i], &status);
        done += status.rejected + status.duplicate + status.failed;
        done +=
            eval->mode == SEARCH_KEYWORD ? status.live : status.documents_dense;
    }
    return done;
}

static enum mr_code index_all(struct eval *eval, struct mr_err *err)
{
    size_t total = eval->set.document_count;
    struct mr_arena *arena = mr_arena_new();
    enum mr_code code = MR_OK;
    double began = now_s(eval);
    size_t done = 0;

    for (size_t i = 0; code == MR_OK && i < total; i += BATCH_MAX) {
        size_t count = total - i < BATCH_MAX ? total - i : BATCH_MAX;

        mr_arena_reset(arena);
        code = append_batch(eval, i, count, arena, err);
    }
    while (code == MR_OK && (done = count_done(eval)) < total) {
        if (!eval->quiet)
            (void)fprintf(stderr, "\rindexing: %zu of %zu documents (%zu %%)",
                          done, total, done * PERCENTS / total);
        mr_clock_sleep_ms(engine_place(eval->engine)->clock, PROGRESS_MS);
    }
    if (!eval->quiet)
        (void)fprintf(stderr, "\rindexed: %zu documents              \n", done);
    eval->index_s = now_s(eval) - began;
    mr_arena_free(arena);
    return code;
}

static double gain_of(const struct eval_query *query, struct mr_span document)
{
    for (size_t i = 0; i < query->judged_count; i++) {
        if (mr_span_equal(query->judged[i].document, document))
            return query->judged[i].gain;
    }
    return 0;
}

static struct eval_scores score_query(const struct eval_query *query,
                                      const struct search_result *result)
{
    double *gains = mr_calloc(result->count, sizeof(*gains));
    double *judged = mr_calloc(query->judged_count, sizeof(*judged));
    size_t relevant = 0;
    struct eval_scores scores;

    for (size_t i = 0; i < result->count; i++)
        gains[i] = gain_of(query, result->hits[i].fused.hit->document);
    for (size_t i = 0; i < query->judged_count; i++) {
        if (query->judged[i].gain > 0)
            judged[relevant++] = query->judged[i].gain;
    }
    scores = eval_score(gains, result->count, judged, relevant);
    mr_free(judged);
    mr_free(gains);
    return scores;
}

static enum mr_code ask_all(struct eval *eval, struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    enum mr_code code = MR_OK;

    eval->took_ms = mr_calloc(eval->set.query_count, sizeof(double));
    for (size_t i = 0; code == MR_OK && i < eval->set.query_count; i++) {
        const struct eval_query *query = &eval->set.queries[i];
        struct search_request request = { .query = query->text,
                                          .mode = eval->mode,
                                          .top_k = TOP_K,
                                          .per_document = 1 };
        struct search_result result;
        struct eval_scores scores;
        double began = now_s(eval);

        mr_arena_reset(arena);
        code = search_run(engine_search(eval->engine), &request, arena, &result,
                          err);
        eval->took_ms[i] = (now_s(eval) - began) * 1000;
        if (code == MR_OK) {
            scores = score_query(query, &result);
            eval->mean.ndcg_10 += scores.ndcg_10;
            eval->mean.recall_100 += scores.recall_100;
            eval->mean.mrr_10 += scores.mrr_10;
        }
        search_free(&result);
    }
    eval->mean.ndcg_10 /= (double)eval->set.query_count;
    eval->mean.recall_100 /= (double)eval->set.query_count;
    eval->mean.mrr_10 /= (double)eval->set.query_count;
    mr_arena_free(arena);
    return code;
}

static int rising(const void *a, const void *b)
{
    const double *left = a;
    const double *right = b;

    return (*left > *right) - (*left < *right);
}

static void print_json(const struct eval *eval, double p50, double p99)
{
    struct mr_buf buf = mr_buf(4096);
    struct mr_json_out out = mr_json_out(&buf);
    const struct {
        const char *key;
        double value;
    } members[] = {
        { "ndcg@10", eval->mean.ndcg_10 },
        { "recall@100", eval->mean.recall_100 },
        { "mrr@10", eval->mean.mrr_10 },
        { "index_s", eval->index_s },
        { "query_p50_ms", p50 },
        { "query_p99_ms", p99 },
        { "documents", (double)eval->set.document_count },
        { "queries", (double)eval->set.query_count },
    };

    mr_json_object_begin(&out);
    mr_json_key(&out, "mode");
    mr_json_put_str(&out, search_mode_name(eval->mode));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        mr_json_key(&out, members[i].key);
        mr_json_put_number(&out, members[i].value);
    }
    mr_json_object_end(&out);
    (void)printf("%s\n", mr_buf_text(&buf));
    mr_buf_deinit(&buf);
}

static void report(struct eval *eval, bool json)
{
    size_t count = eval->set.query_count;
    double p50;
    double p99;

    qsort(eval->took_ms, count, sizeof(double), rising);
    p50 = eval->took_ms[count / 2];
    p99 = eval->took_ms[count * 99 / PERCENTS];
    if (json) {
        print_json(eval, p50, p99);
        return;
    }
    (void)printf("%s: nDCG@10 %.4f, recall@100 %.4f, MRR@10 %.4f\n"
                 "%zu documents indexed in %.1f s; %zu queries, p50 %.1f ms, "
                 "p99 %.1f ms\n",
                 search_mode_name(eval->mode), eval->mean.ndcg_10,
                 eval->mean.recall_100, eval->mean.mrr_10,
                 eval->set.document_count, eval->index_s, count, p50, p99);
}

static int remove_entry(const char *path, const struct stat *info, int kind,
                        struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

/* Everything in a folder that is gone afterwards. */
static enum mr_code run_in(const char *folder, struct eval *eval,
                           const struct mr_config *config, struct mr_err *err)
{
    struct engine_options options = settings_engine(config, NULL);
    enum mr_code code;

    options.data = folder;
    options.listen = "127.0.0.1:0";
    options.connections_max = CONNECTIONS;
    options.curate.duplicates = false;
    options.clean.words_min = 0;
    options.log_level = MR_LEVEL_WARN;
    code = engine_open(&options, &eval->engine, err);
    if (code == MR_OK)
        code = index_all(eval, err);
    if (code == MR_OK)
        code = ask_all(eval, err);
    engine_close(eval->engine);
    return code;
}

static int run(struct eval *eval, const char *folder,
               const struct mr_config *config, bool json)
{
    const char *where = getenv("TMPDIR");
    char temp[4096];
    struct mr_err err = { 0 };
    enum mr_code code = eval_set_read(folder, &eval->set, &err);

    if (code == MR_OK) {
        (void)snprintf(temp, sizeof(temp), "%s/millrace-eval-XXXXXX",
                       where == NULL ? "/tmp" : where);
        if (mkdtemp(temp) == NULL) {
            (void)fprintf(stderr, "millrace eval: cannot make %s\n", temp);
            eval_set_free(&eval->set);
            return CLI_FAILED;
        }
        code = run_in(temp, eval, config, &err);
        (void)nftw(temp, remove_entry, FOLDERS_AT_ONCE, FTW_DEPTH | FTW_PHYS);
        if (code == MR_OK)
            report(eval, json);
        mr_free(eval->took_ms);
        eval_set_free(&eval->set);
    }
    if (code != MR_OK)
        (void)fprintf(stderr, "millrace eval: %s\n", err.text);
    return code == MR_OK ? CLI_OK : CLI_FAILED;
}

int cli_run_eval(const struct cli_command *command, int argc, char **argv)
{
    const char *mode = "hybrid";
    const char *file = NULL;
    bool json = false;
    const struct cli_option options[] = {
        { "mode", "MODE", "dense, keyword or hybrid (default)", &mode, NULL },
        { "config", "FILE", "default ./millrace.yaml if it is there; also -c",
          &file, NULL },
        { "json", NULL, "one object instead of sentences", NULL, &json },
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    struct eval eval = { .quiet = isatty(STDERR_FILENO) == 0 };
    struct mr_config *config;
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0 && count != 1)
        code = cli_usage(command, "one folder in BEIR's layout is needed");
    if (code < 0 && !search_mode_of(mr_span_str(mode), &eval.mode))
        code = cli_usage(command,
                         "--mode %s: should be hybrid, dense or "
                         "keyword",
                         mode);
    if (code < 0) {
        config = settings_load(file != NULL ? file : settings_default_file());
        code =
            config == NULL ? CLI_UNUSABLE : run(&eval, rest[0], config, json);
        mr_config_free(config);
    }
    mr_free(rest);
    return code;
}
