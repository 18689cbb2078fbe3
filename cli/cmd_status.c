// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_status.c - `millrace status`.
 */
#include <stdio.h>
#include <time.h>

#include "cli/command.h"
#include "cli/remote.h"
#include "common/base/mr_mem.h"
#include "common/base/mr_time.h"

#define TIMEOUT_MS 30000L

static double number(const struct mr_json *object, const char *key)
{
    return mr_json_number(mr_json_get(object, key), 0);
}

/* The embedder takes bulk documents in and works them off later: what waits
 * for it is what is found by words and not by meaning. */
static double waiting_for(const struct mr_json *stage,
                          const struct mr_json *searchable)
{
    double lag = number(stage, "lag");
    double gap = number(searchable, "keyword") - number(searchable, "dense");
    bool embeds = mr_span_equal(mr_json_text(mr_json_get(stage, "stage")),
                                mr_span_str("embed"));

    return embeds && gap > lag ? gap : lag;
}

static void print_stage(const struct mr_json *stage,
                        const struct mr_json *searchable)
{
    struct mr_span name = mr_json_text(mr_json_get(stage, "stage"));
    struct mr_span error = mr_json_text(mr_json_get(stage, "error"));

    (void)printf("  %-10.*s %12.0f %12.0f %10.0f %8.0f %8.0f",
                 MR_SPAN_ARG(name), number(stage, "inputs"),
                 number(stage, "outputs"), number(stage, "rejected"),
                 number(stage, "failed"), waiting_for(stage, searchable));
    if (error.size > 0)
        (void)printf("  %.*s", MR_SPAN_ARG(error));
    (void)printf("\n");
}

/* "12 s", "5 min", "3 h", "2 d". */
static const char *span_text(double seconds, char out[24])
{
    static const struct {
        double at_most;
        double unit;
        const char *name;
    } units[] = { { 90, 1, "s" }, { 5400, 60, "min" }, { 129600, 3600, "h" } };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (seconds > units[i].at_most)
            continue;
        (void)snprintf(out, 24, "%.0f %s", seconds / units[i].unit,
                       units[i].name);
        return out;
    }
    (void)snprintf(out, 24, "%.0f d", seconds / 86400);
    return out;
}

/* Seconds from now to a moment of the source, or a fallback. */
static double seconds_to(const struct mr_json *source, const char *key,
                         double fallback)
{
    int64_t ms;

    if (!mr_time_parse(mr_json_text(mr_json_get(source, key)), &ms))
        return fallback;
    return (double)ms / 1000 - (double)time(NULL);
}

/* "idle", or "idle, failed" when it was not read to its end. */
static const char *state_text(const struct mr_json *source, char out[40])
{
    struct mr_span state = mr_json_text(mr_json_get(source, "state"));
    struct mr_span outcome = mr_json_text(mr_json_get(source, "outcome"));
    bool told = outcome.size > 0 && mr_span_equal(state, mr_span_str("idle")) &&
                !mr_span_equal(outcome, mr_span_str("done"));

    (void)snprintf(out, 40, "%.*s%s%.*s", MR_SPAN_ARG(state), told ? ", " : "",
                   told ? (int)outcome.size : 0, (const char *)outcome.data);
    return out;
}

static void print_source(const struct mr_json *source, int width)
{
    double age = mr_json_number(mr_json_get(source, "freshness_s"), -1);
    double next = seconds_to(source, "next", -1);
    char text[24];
    char state[40];

    (void)printf("  %-*.*s %-12s %9.0f %7.0f %7.0f  ", width,
                 MR_SPAN_ARG(mr_json_text(mr_json_get(source, "name"))),
                 state_text(source, state), number(source, "documents"),
                 number(source, "found"), number(source, "failed"));
    if (age >= 0)
        (void)printf("read %s ago", span_text(age, text));
    else
        (void)printf("not read to an end yet");
    if (next >= 0)
        (void)printf(", next in %s", span_text(next, text));
    (void)printf("\n");
}

static void print_sources(const struct mr_json *sources)
{
    int width = 20;

    for (size_t i = 0; i < mr_json_size(sources); i++) {
        struct mr_span name =
            mr_json_text(mr_json_get(mr_json_at(sources, i), "name"));

        width = (int)name.size > width ? (int)name.size : width;
    }
    if (mr_json_size(sources) == 0)
        return;
    (void)printf("\n  %-*s %-12s %9s %7s %7s\n", width, "source", "state",
                 "documents", "found", "failed");
    for (size_t i = 0; i < mr_json_size(sources); i++)
        print_source(mr_json_at(sources, i), width);
}

static void print_partitions(const struct mr_json *partitions)
{
    size_t count = mr_json_size(partitions);

    for (size_t i = 0; i < count && i < 16; i++)
        (void)printf("%s%.0f", i == 0 ? "" : ",",
                     mr_json_number(mr_json_at(partitions, i), 0));
    if (count > 16)
        (void)printf(",... (%zu)", count);
}

/* Who works on the cluster, as heard from them. */
static void print_members(const struct mr_json *members)
{
    if (mr_json_size(members) == 0)
        return;
    (void)printf("\n  %-18s %-28s %8s  %s\n", "process", "address", "waiting",
                 "partitions");
    for (size_t i = 0; i < mr_json_size(members); i++) {
        const struct mr_json *member = mr_json_at(members, i);

        (void)printf("  %-18.*s %-28.*s %8.0f  ",
                     MR_SPAN_ARG(mr_json_text(mr_json_get(member, "name"))),
                     MR_SPAN_ARG(mr_json_text(mr_json_get(member, "address"))),
                     number(member, "lag"));
        print_partitions(mr_json_get(member, "partitions"));
        if (mr_json_bool(mr_json_get(member, "away"), false))
            (void)printf("  AWAY: silent for %.0f s",
                         number(member, "silent_ms") / 1000);
        (void)printf("\n");
    }
}

/* The newest of each shard; a new replica begins with it. */
static void print_checkpoints(const struct mr_json *checkpoints)
{
    char text[24];

    if (mr_json_size(checkpoints) == 0)
        return;
    (void)printf("\n  %-18s %12s %12s %12s  %s\n", "checkpoint", "documents",
                 "vectors", "MB", "written");
    for (size_t i = 0; i < mr_json_size(checkpoints); i++) {
        const struct mr_json *one = mr_json_at(checkpoints, i);

        (void)printf("  shard %-12.0f %12.0f %12.0f %12.1f  %s ago by %.*s%s\n",
                     number(one, "shard"), number(one, "documents_offset"),
                     number(one, "vectors_offset"), number(one, "bytes") / 1e6,
                     span_text(number(one, "age_s"), text),
                     MR_SPAN_ARG(mr_json_text(mr_json_get(one, "member"))),
                     mr_json_bool(mr_json_get(one, "broken"), false)
                         ? ", BROKEN: another is being written"
                         : "");
    }
}

/* A generation that begins later than the log holds less than was written. */
static void print_partial(const struct mr_json *partial)
{
    struct mr_span since = mr_json_text(mr_json_get(partial, "since"));
    struct mr_span from = mr_json_text(mr_json_get(partial, "from"));

    if (partial != NULL)
        (void)printf("PARTIAL     generation %.0f holds only what was written "
                     "since %.*s (from %.*s)\n",
                     number(partial, "generation"), MR_SPAN_ARG(since),
                     MR_SPAN_ARG(from));
}

static void print_status(const struct mr_json *status)
{
    const struct mr_json *documents = mr_json_get(status, "documents");
    const struct mr_json *searchable = mr_json_get(status, "searchable");
    const struct mr_json *index = mr_json_get(status, "index");
    const struct mr_json *stages = mr_json_get(status, "stages");
    struct mr_span version = mr_json_text(mr_json_get(status, "version"));
    char text[24];

    (void)printf("millrace %.*s, up %s%s\n\n", MR_SPAN_ARG(version),
                 span_text(number(status, "uptime_s"), text),
                 mr_json_bool(mr_json_get(status, "draining"), false)
                     ? ", stopping"
                     : "");
    (void)printf("documents   %.0f live, %.0f rejected, %.0f duplicates, %.0f "
                 "deleted, %.0f failed\n",
                 number(documents, "live"), number(documents, "rejected"),
                 number(documents, "duplicate"), number(documents, "deleted"),
                 number(documents, "failed"));
    print_partial(mr_json_get(status, "partial"));
    (void)printf("searchable  by words %.0f, by meaning %.0f\n",
                 number(searchable, "keyword"), number(searchable, "dense"));
    (void)printf("index       %.0f shards, %.0f passages, %.1f MB "
                 "sealed\n\nsince the start:\n",
                 number(index, "shards"), number(index, "passages"),
                 number(index, "bytes") / 1e6);
    (void)printf("  %-10s %12s %12s %10s %8s %8s\n", "stage", "in", "out",
                 "rejected", "failed", "waiting");
    for (size_t i = 0; i < mr_json_size(stages); i++)
        print_stage(mr_json_at(stages, i), searchable);
    print_sources(mr_json_get(status, "sources"));
    print_members(mr_json_get(status, "members"));
    print_checkpoints(mr_json_get(status, "checkpoints"));
}

int cli_run_status(const struct cli_command *command, int argc, char **argv)
{
    const char *server = NULL;
    bool json = false;
    const struct cli_option options[] = {
        { "json", NULL, "the server's answer as it is", NULL, &json },
        REMOTE_OPTIONS(server),
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    struct remote_reply reply;
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0 && count > 0)
        code = cli_usage(command, "\"%s\" is one word too many", rest[0]);
    mr_free(rest);
    if (code >= 0)
        return code;
    reply = remote_call(server, "GET", "/v1/status", (struct mr_span){ 0 },
                        TIMEOUT_MS);
    code = reply.exit_code;
    if (code == CLI_OK && json)
        (void)printf("%.*s\n", (int)reply.body.size,
                     (const char *)reply.body.data);
    else if (code == CLI_OK && reply.json != NULL)
        print_status(reply.json);
    remote_free(&reply);
    return code;
}
