// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_bus.c - `millrace bus copy`: the log of a data folder onto Kafka.
 *
 * What belongs to the collection is copied: raw, labels, events, dead letters,
 * sessions, the frontier.  All else is made from it.  A record of `raw` keeps
 * its offset, and so its version; the time of its append goes along as a header
 * where the document has none of its own, since the cluster stamps anew.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/engine.h"
#include "cli/ingest.h"
#include "cli/settings.h"
#include "common/base/mr_mem.h"
#include "common/wire/topics.h"

#define BATCH_RECORDS 1000u
#define BATCH_BYTES   ((size_t)4 << 20)

static const enum mr_topic copied[] = { MR_TOPIC_RAW,      MR_TOPIC_LABELS,
                                        MR_TOPIC_EVENTS,   MR_TOPIC_DEAD,
                                        MR_TOPIC_SESSIONS, MR_TOPIC_FRONTIER };

#define COPIED (sizeof(copied) / sizeof(copied[0]))

struct wishes {
    const char *file;
    const char *data;
    const char *from;
    bool resume;
    bool json;
};

struct copy {
    const struct wishes *wishes;
    struct mr_bus *from;
    struct mr_bus *to;
    struct mr_topic_scope scope;
    struct mr_arena *arena;
    uint64_t records[COPIED];
    uint64_t done; /* of all */
    uint64_t total;
};

/* One topic on both buses. */
struct pair {
    enum mr_topic topic;
    const char *name;
    mr_topic_id from;
    mr_topic_id to;
};

static enum mr_code open_pair(struct copy *copy, enum mr_topic topic,
                              char *name, struct pair *out, struct mr_err *err)
{
    struct mr_topic_spec spec;
    enum mr_code code = mr_topic_spec_of(topic, &copy->scope, name, &spec, err);

    *out = (struct pair){ .topic = topic, .name = name };
    if (code == MR_OK)
        code = mr_bus_topic(copy->from, &spec, &out->from, err);
    if (code == MR_OK)
        code = mr_bus_topic(copy->to, &spec, &out->to, err);
    return code;
}

/* Where in the source the copy begins: after what is there already. */
static enum mr_code find_start(struct copy *copy, const struct pair *pair,
                               uint32_t partition, uint64_t *next,
                               uint64_t *end, struct mr_err *err)
{
    uint64_t begin, to_begin, to_end;
    enum mr_code code =
        mr_bus_bounds(copy->from, pair->from, partition, &begin, end, err);

    if (code == MR_OK)
        code = mr_bus_bounds(copy->to, pair->to, partition, &to_begin, &to_end,
                             err);
    if (code != MR_OK)
        return code;
    *next = begin;
    if (to_end == 0)
        return MR_OK;
    if (!copy->wishes->resume)
        return mr_fail(err, MR_E_CONFIG,
                       "topic %.200s on Kafka holds %" PRIu64
                       " records already: --resume goes on with a copy that "
                       "was interrupted; else take another kafka.prefix",
                       pair->name, to_end - to_begin);
    *next = begin + (to_end < *end - begin ? to_end : *end - begin);
    return MR_OK;
}

static void prepare(const struct pair *pair, struct mr_batch_in *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct mr_record *record = &batch->records[i];

        record->topic = pair->to;
        if (record->time_ms == 0)
            record->time_ms = record->append_ms;
    }
}

/* Versions are offsets in raw: they must not become others. */
static enum mr_code check_offsets(const struct pair *pair,
                                  const struct mr_batch_in *batch,
                                  const uint64_t *before, struct mr_err *err)
{
    for (size_t i = 0; i < batch->count && pair->topic == MR_TOPIC_RAW; i++) {
        if (batch->records[i].offset != before[i])
            return mr_fail(err, MR_E_CONFIG,
                           "%.200s partition %u: offset %" PRIu64
                           " became %" PRIu64
                           ", so that versions would change: "
                           "somebody else writes to the topic, or the folder's "
                           "log does not begin at 0",
                           pair->name, batch->records[i].partition, before[i],
                           batch->records[i].offset);
    }
    return MR_OK;
}

static void show(const struct copy *copy, const char *name)
{
    char words[64];

    (void)snprintf(words, sizeof(words), "%" PRIu64 " of %" PRIu64 " records",
                   copy->done, copy->total);
    ingest_bar(name,
               copy->total == 0 ? 1 : (double)copy->done / (double)copy->total,
               words);
}

static enum mr_code copy_batch(struct copy *copy, const struct pair *pair,
                               struct mr_batch_in *batch, struct mr_err *err)
{
    uint64_t *before =
        mr_arena_calloc(copy->arena, batch->count, sizeof(*before));
    enum mr_code code;

    for (size_t i = 0; i < batch->count; i++)
        before[i] = batch->records[i].offset;
    prepare(pair, batch);
    code = mr_bus_append(copy->to, batch->records, batch->count, err);
    if (code == MR_OK)
        code = check_offsets(pair, batch, before, err);
    copy->done += batch->count;
    return code;
}

static enum mr_code copy_partition(struct copy *copy, const struct pair *pair,
                                   uint32_t partition, uint64_t *count,
                                   struct mr_err *err)
{
    const struct mr_poll_limits limits = { BATCH_RECORDS, BATCH_BYTES, 0 };
    struct mr_position at = { pair->from, partition, 0 };
    struct mr_reader_spec spec = { .partitions = &at, .count = 1 };
    struct mr_bus_reader *reader;
    struct mr_batch_in batch;
    uint64_t end;
    enum mr_code code = find_start(copy, pair, partition, &at.next, &end, err);

    if (code == MR_OK)
        code = mr_bus_reader(copy->from, &spec, &reader, err);
    if (code != MR_OK)
        return code;
    do {
        mr_arena_reset(copy->arena);
        code = mr_bus_poll(reader, &limits, copy->arena, &batch, err);
        if (code == MR_OK && batch.count > 0)
            code = copy_batch(copy, pair, &batch, err);
        *count += code == MR_OK ? batch.count : 0;
        show(copy, pair->name);
    } while (code == MR_OK && batch.count > 0);
    mr_bus_close_reader(reader);
    return code;
}

static enum mr_code count_total(struct copy *copy, const struct pair *pair,
                                struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (uint32_t p = 0; p < copy->scope.partitions && code == MR_OK; p++) {
        uint64_t next = 0, end = 0;

        code = find_start(copy, pair, p, &next, &end, err);
        copy->total += end - next;
    }
    return code;
}

/* Everything is looked at before anything is written. */
static enum mr_code copy_all(struct copy *copy, struct mr_err *err)
{
    char names[COPIED][MR_TOPIC_NAME_MAX + 1];
    struct pair pairs[COPIED];
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < COPIED && code == MR_OK; i++) {
        code = open_pair(copy, copied[i], names[i], &pairs[i], err);
        if (code == MR_OK)
            code = count_total(copy, &pairs[i], err);
    }
    for (size_t i = 0; i < COPIED && code == MR_OK; i++) {
        for (uint32_t p = 0; p < copy->scope.partitions && code == MR_OK; p++)
            code = copy_partition(copy, &pairs[i], p, &copy->records[i], err);
    }
    ingest_bar_clear();
    return code;
}

static void print_copied(const struct copy *copy)
{
    for (size_t i = 0; i < COPIED; i++)
        (void)printf(copy->wishes->json ? "%s\"%s\": %" PRIu64
                                        : "%s%-10s %" PRIu64 " records",
                     copy->wishes->json ? (i == 0 ? "{" : ", ")
                                        : (i == 0 ? "" : "\n"),
                     mr_topic_short_name(copied[i]), copy->records[i]);
    (void)printf(copy->wishes->json
                     ? "}\n"
                     : "\nversions are kept; the first `millrace up` or "
                       "worker makes the rest from it\n");
}

static int refuse(const struct mr_err *err)
{
    (void)fprintf(stderr, "millrace: %s\n", err->text);
    return err->code == MR_E_CONFIG || err->code == MR_E_BUSY ? CLI_UNUSABLE
                                                              : CLI_FAILED;
}

static int run(const struct mr_config *config, const struct wishes *wishes)
{
    struct engine_options to = settings_engine(config, NULL);
    struct engine_options from = to;
    struct copy copy = { .wishes = wishes };
    struct engine *source = NULL;
    struct engine *target = NULL;
    struct mr_err err = { 0 };
    int code = CLI_OK;

    from.kafka.used = false;
    from.data = wishes->from != NULL ? wishes->from : config->data;
    copy.scope = (struct mr_topic_scope){ .collection = config->collection,
                                          .generation = 1,
                                          .model = "none",
                                          .partitions = config->partitions };
    copy.arena = mr_arena_new();
    if (engine_open_log(&from, &source, &err) != MR_OK ||
        engine_open_log(&to, &target, &err) != MR_OK)
        code = refuse(&err);
    if (code == CLI_OK) {
        copy.from = engine_bus(source);
        copy.to = engine_bus(target);
        if (copy_all(&copy, &err) == MR_OK)
            print_copied(&copy);
        else
            code = refuse(&err);
    }
    engine_close(target);
    engine_close(source);
    mr_arena_free(copy.arena);
    return code;
}

static int check(const struct cli_command *command, char **rest, int count)
{
    if (count == 1 && strcmp(rest[0], "copy") == 0)
        return -1;
    return count == 0 ? cli_usage(command, "what? copy")
                      : cli_usage(command, "\"%s\" is not copy",
                                  rest[count == 1 ? 0 : 1]);
}

int cli_run_bus(const struct cli_command *command, int argc, char **argv)
{
    struct wishes wishes = { 0 };
    const struct cli_option options[] = {
        { "config", "FILE",
          "that of the deployment on Kafka (default ./millrace.yaml); also -c",
          &wishes.file, NULL },
        { "from", "DIR", "the data folder to copy (default that of FILE)",
          &wishes.from, NULL },
        { "data", "DIR", "the data folder of the deployment", &wishes.data,
          NULL },
        { "resume", NULL, "go on with a copy that was interrupted", NULL,
          &wishes.resume },
        { "json", NULL, "print an object", NULL, &wishes.json },
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    struct mr_config *config;
    struct mr_err err = { 0 };
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0)
        code = check(command, rest, count);
    mr_free(rest);
    if (code >= 0)
        return code;
    config = settings_load(wishes.file != NULL ? wishes.file
                                               : settings_default_file());
    if (config == NULL)
        return CLI_UNUSABLE;
    code = CLI_UNUSABLE;
    if (strcmp(config->bus, "kafka") != 0)
        (void)fprintf(stderr,
                      "millrace bus: needs `bus: kafka` in the configuration "
                      "that is copied to\n");
    else if (wishes.data == NULL ||
             mr_config_set(config, "data", wishes.data, &err) == MR_OK)
        code = run(config, &wishes);
    else
        (void)fprintf(stderr, "millrace bus: --%s\n", err.text);
    mr_config_free(config);
    return code;
}
