// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_fsck.c - `millrace fsck`.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/fsck.h"
#include "cli/settings.h"
#include "common/base/mr_mem.h"
#include "common/json/json.h"

struct report {
    bool json;
    struct mr_buf buf; /* of the JSON */
    struct mr_json_out out;
};

static void found(void *context, const struct shard_finding *finding)
{
    struct report *report = context;

    if (!report->json) {
        (void)printf("%-8s %.*s%s%s\n", finding->rule, MR_SPAN_ARG(finding->id),
                     finding->id.size > 0 ? ": " : "", finding->text);
        return;
    }
    mr_json_object_begin(&report->out);
    mr_json_key(&report->out, "rule");
    mr_json_put_str(&report->out, finding->rule);
    mr_json_key(&report->out, "id");
    mr_json_put_text(&report->out, finding->id);
    mr_json_key(&report->out, "text");
    mr_json_put_str(&report->out, finding->text);
    mr_json_object_end(&report->out);
}

static void put_count(struct mr_json_out *out, const char *key, uint64_t count)
{
    mr_json_key(out, key);
    mr_json_put_u64(out, count);
}

static void print_result(struct report *report,
                         const struct fsck_result *result)
{
    struct mr_json_out *out = &report->out;

    if (!report->json) {
        (void)printf(
            "%llu messages of %llu documents on raw, %llu documents, %llu of "
            "vectors, %llu texts\nand %llu vectors in segments were compared\n"
            "%llu findings\n",
            (unsigned long long)result->raw, (unsigned long long)result->ids,
            (unsigned long long)result->index.documents,
            (unsigned long long)result->index.vectors,
            (unsigned long long)result->index.keyword_entries,
            (unsigned long long)result->index.dense_entries,
            (unsigned long long)result->findings);
        if (result->behind > 0)
            (void)printf("%llu records wait for a stage, so raw was not "
                         "compared\n",
                         (unsigned long long)result->behind);
        return;
    }
    put_count(out, "count", result->findings);
    put_count(out, "behind", result->behind);
    put_count(out, "raw", result->raw);
    put_count(out, "ids", result->ids);
    put_count(out, "documents", result->index.documents);
    put_count(out, "vectors", result->index.vectors);
    put_count(out, "keyword_entries", result->index.keyword_entries);
    put_count(out, "dense_entries", result->index.dense_entries);
}

static int check(struct fsck *fsck, bool json, struct mr_err *err)
{
    struct report report = { .json = json, .buf = mr_buf((size_t)1 << 30) };
    struct fsck_result result;
    enum mr_code code;

    report.out = mr_json_out(&report.buf);
    fsck->found = found;
    fsck->context = &report;
    if (json) {
        mr_json_object_begin(&report.out);
        mr_json_key(&report.out, "findings");
        mr_json_array_begin(&report.out);
    }
    code = fsck_run(fsck, &result, err);
    if (json)
        mr_json_array_end(&report.out);
    if (code == MR_OK)
        print_result(&report, &result);
    if (json) {
        mr_json_object_end(&report.out);
        (void)printf("%s\n", mr_buf_text(&report.buf));
    }
    mr_buf_deinit(&report.buf);
    return code == MR_OK && result.findings == 0 ? CLI_OK : CLI_FAILED;
}

static int print_digest(const struct fsck *fsck, bool json, struct mr_err *err)
{
    struct index_digest *digest = index_digest_new();
    struct fsck_result result;
    enum mr_code code = fsck_behind(fsck, &result, err);
    char hex[33];
    size_t documents;

    for (size_t i = 0; code == MR_OK && i < fsck->shard_count; i++)
        code = index_digest_add(digest, fsck->shards[i], err);
    if (code == MR_OK) {
        mr_hash128_hex(index_digest_hash(digest, &documents), hex);
        if (json)
            (void)printf("{\"digest\": \"%s\", \"documents\": %zu, "
                         "\"behind\": %llu}\n",
                         hex, documents, (unsigned long long)result.behind);
        else
            (void)printf("%s %zu documents\n", hex, documents);
        if (result.behind > 0)
            (void)fprintf(stderr,
                          "millrace: %llu records wait for a stage: the digest "
                          "will be another one\n",
                          (unsigned long long)result.behind);
    }
    index_digest_free(digest);
    return code == MR_OK ? CLI_OK : CLI_FAILED;
}

/* What is damaged is a finding, and ends the look. */
static int refuse(const struct mr_err *err)
{
    (void)fprintf(stderr, "millrace: %s\n", err->text);
    if (err->code == MR_E_BUSY)
        (void)fprintf(stderr, "stop the server first: fsck looks at a folder "
                              "on which nobody works\n");
    return err->code == MR_E_DAMAGED ? CLI_FAILED : CLI_UNUSABLE;
}

/* What is not looked for. */
static void print_origin(const struct mr_origin *origin, bool json)
{
    struct mr_arena *arena = mr_arena_new();

    if (origin != NULL && !json)
        (void)printf("generation %u is partial: it holds what was written %s\n",
                     origin->generation, mr_origin_words(origin, arena));
    mr_arena_free(arena);
}

static int run_on(const struct mr_config *config, bool digest, bool json)
{
    struct engine_options options = settings_engine(config, NULL);
    struct engine *engine;
    struct mr_err err = { 0 };
    struct fsck fsck = { 0 };
    int code;

    options.index.build_threads = 0;
    if (engine_open_offline(&options, &engine, &err) != MR_OK)
        return refuse(&err);
    fsck.place = engine_place(engine);
    fsck.shard_count = engine_shards(engine, &fsck.shards);
    print_origin(engine_origin(engine), json || digest);
    if (fsck_catch_up(&fsck, &err) != MR_OK)
        code = CLI_FAILED;
    else
        code =
            digest ? print_digest(&fsck, json, &err) : check(&fsck, json, &err);
    if (err.code != MR_OK)
        code = refuse(&err);
    engine_close(engine);
    return code;
}

int cli_run_fsck(const struct cli_command *command, int argc, char **argv)
{
    const char *file = NULL;
    const char *data = NULL;
    bool digest = false;
    bool json = false;
    const struct cli_option options[] = {
        { "data", "DIR", "the data folder", &data, NULL },
        { "config", "FILE", "default ./millrace.yaml if it is there; also -c",
          &file, NULL },
        { "digest", NULL, "print one hash of all documents", NULL, &digest },
        { "json", NULL, "print an object", NULL, &json },
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    struct mr_config *config;
    struct mr_err err = { 0 };
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0 && count > 0)
        code =
            cli_usage(command, "there are no arguments, but \"%s\"", rest[0]);
    mr_free(rest);
    if (code >= 0)
        return code;
    config = settings_load(file != NULL ? file : settings_default_file());
    if (config == NULL)
        return CLI_UNUSABLE;
    code = CLI_UNUSABLE;
    if (data == NULL || mr_config_set(config, "data", data, &err) == MR_OK)
        code = run_on(config, digest, json);
    else
        (void)fprintf(stderr, "millrace fsck: --data: %s\n", err.text);
    mr_config_free(config);
    return code;
}
