// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_replay.c - `millrace replay`: a new generation from the log, beside the
 * one that answers.
 *
 * On the embedded log no server runs meanwhile, and it ends when all is done.
 * On Kafka one process does all stages and shards of the new generation, with
 * its own configuration and at a bounded share of the machine.  It goes on
 * following the log, and serves its shards, so that it can be compared and
 * swapped in.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/ingest.h"
#include "cli/serve.h"
#include "cli/settings.h"
#include "common/base/mr_mem.h"

#define NAME_ROOM  64u
#define PORT       7760u
#define LOOK_MS    500
#define NICE_MAX   19
#define STILL_S    20.0
#define PACE_AFTER 2.0 /* seconds, before a rate means something */

struct wishes {
    const char *file;
    const char *data;
    const char *listen;
    const char *generation;
    const char *share;
    const char *from;
};

/* What is being watched. */
struct watched {
    uint32_t generation;
    bool follows; /* on Kafka, where others write meanwhile */
};

static double now_s(void)
{
    struct timespec now = { 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* "3 min" of seconds. */
static void time_text(double seconds, char out[32])
{
    if (seconds < 90)
        (void)snprintf(out, 32, "%.0f s", seconds);
    else if (seconds < 5400)
        (void)snprintf(out, 32, "%.0f min", seconds / 60);
    else
        (void)snprintf(out, 32, "%.1f h", seconds / 3600);
}

static void show(uint32_t generation, const struct engine_progress *now,
                 const struct engine_progress *first, double took_s)
{
    uint64_t left = now->records_left + now->vectors_left;
    uint64_t at_first = first->records_left + first->vectors_left;
    double part = at_first == 0 ? 1 : 1 - (double)left / (double)at_first;
    char name[40], words[160], time_left[32] = "?";

    if (took_s > PACE_AFTER && part > 0 && part < 1)
        time_text(took_s / part * (1 - part), time_left);
    (void)snprintf(name, sizeof(name), "generation %u", generation);
    (void)snprintf(words, sizeof(words),
                   "%llu records and %llu embeddings left, %s",
                   (unsigned long long)now->records_left,
                   (unsigned long long)now->vectors_left, time_left);
    ingest_bar(name, part, words);
}

static void say_done(struct engine *engine, const struct watched *watched,
                     double took_s)
{
    const struct mr_origin *origin = engine_origin(engine);
    struct mr_arena *arena = mr_arena_new();
    uint32_t generation = watched->generation;

    (void)printf("generation %u holds all that is on the log%s%s, after "
                 "%.0f s%s\n",
                 generation, origin == NULL ? "" : " ",
                 origin == NULL ? "" : mr_origin_words(origin, arena), took_s,
                 watched->follows ? "; it goes on following" : "");
    if (watched->follows)
        (void)printf("  millrace generation use %u%s       lets it answer, "
                     "everywhere at once\n"
                     "  millrace generation rollback     is the way back\n",
                     generation, origin == NULL ? "" : " --partial");
    else
        (void)printf("  `generation: %u` in the configuration of `millrace "
                     "up` lets it answer\n",
                     generation);
    (void)fflush(stdout);
    mr_arena_free(arena);
    if (!watched->follows)
        engine_stop(engine);
}

/* Until all that was on the log has been read; then says what can be done. */
static void watch(struct engine *engine, const void *context)
{
    const struct watched *watched = context;
    struct engine_progress first, now;
    double began_s = now_s();
    double moved_s = began_s;
    uint64_t before = UINT64_MAX;
    bool settled = false;

    engine_progress(engine, &first);
    do {
        engine_progress(engine, &now);
        if (now.records_left + now.vectors_left >
            first.records_left + first.vectors_left)
            first = now; /* the stages have only begun to tell */
        show(watched->generation, &now, &first, now_s() - began_s);
        if (now.records_left + now.vectors_left != before)
            moved_s = now_s();
        before = now.records_left + now.vectors_left;
        /* What cannot be embedded is never found by meaning. */
        settled = now.records_left == 0 &&
                  (now.vectors_left == 0 || now_s() - moved_s > STILL_S);
    } while (engine_wait(engine, LOOK_MS) && !settled);
    ingest_bar_clear();
    if (!settled)
        return;
    say_done(engine, watched, now_s() - began_s);
}

/* On Kafka a process among others; on the embedded log it is alone. */
static int serve_it(struct mr_config *config,
                    const struct engine_member *member,
                    const struct serve_watch *watch)
{
    return serve_watched(config, member,
                         ENGINE_PREPROCESSOR | ENGINE_EMBEDDER | ENGINE_INDEXER,
                         watch);
}

static int run(struct mr_config *config, double share,
               const struct mr_origin_wish *from)
{
    char name[NAME_ROOM];
    struct engine_member member = {
        .role = "indexer",
        .name = name,
        .members = 1,
        .advertise = config->cluster.advertise,
        .ca_file = config->cluster.ca_file,
    };
    const struct watched watched = { config->generation,
                                     strcmp(config->bus, "kafka") == 0 };
    const struct serve_watch watching = { from, watch, &watched };
    char *api_key = NULL;
    struct mr_err err = { 0 };
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int code = CLI_UNUSABLE;

    (void)snprintf(name, sizeof(name), "replay-%u", config->generation);
    if (config->embed.threads == 0 && (double)cores * share >= 1)
        config->embed.threads = (uint32_t)((double)cores * share);
    else if (config->embed.threads == 0)
        config->embed.threads = 1;
    (void)setpriority(PRIO_PROCESS, 0, (int)(NICE_MAX * (1 - share)));
    if (mr_config_secret(NULL, config->cluster.api_key_file, &api_key, &err) ==
        MR_OK) {
        member.api_key = api_key;
        code = serve_it(config, watched.follows ? &member : NULL, &watching);
    } else {
        (void)fprintf(stderr, "millrace: %s\n", err.text);
    }
    mr_free(api_key);
    return code;
}

/* -1: it can be used. */
static int read_from(const struct cli_command *command, const char *text,
                     struct mr_origin_wish *out)
{
    struct timespec now = { 0 };
    struct mr_err err = { 0 };
    int64_t now_ms;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (mr_origin_parse(text, now_ms, out, &err) == MR_OK)
        return -1;
    return cli_usage(command, "--from: %s", err.text);
}

static bool read_share(const char *text, double *out)
{
    char *end;

    *out = 0.5;
    if (text == NULL)
        return true;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && *out > 0 && *out <= 1;
}

static int start(const struct cli_command *command, struct mr_config *config,
                 double share, const char *text)
{
    struct mr_origin_wish *from = NULL;
    int code = -1;

    if (text != NULL) {
        from = mr_malloc(sizeof(*from));
        code = read_from(command, text, from);
    }
    if (code < 0)
        code = run(config, share, from);
    mr_free(from);
    return code;
}

static int apply(const struct cli_command *command, const struct wishes *wishes,
                 double share)
{
    struct mr_config *config = settings_load(
        wishes->file != NULL ? wishes->file : settings_default_file());
    char listen[NAME_ROOM];
    int code = CLI_UNUSABLE;

    if (config == NULL)
        return CLI_UNUSABLE;
    (void)snprintf(listen, sizeof(listen), "127.0.0.1:%u", PORT);
    if (serve_override(command, config, "data", wishes->data) &&
        serve_override(command, config, "generation", wishes->generation) &&
        serve_override(command, config, "listen",
                       wishes->listen != NULL ? wishes->listen : listen)) {
        if (config->generation == 0)
            code = cli_usage(command, "--generation names the new one, such "
                                      "as 2");
        else
            code = start(command, config, share, wishes->from);
    }
    mr_config_free(config);
    return code;
}

int cli_run_replay(const struct cli_command *command, int argc, char **argv)
{
    struct wishes wishes = { 0 };
    const struct cli_option options[] = {
        { "config", "FILE",
          "the new configuration (default ./millrace.yaml); also -c",
          &wishes.file, NULL },
        { "generation", "N", "its number (or `generation:` in the file)",
          &wishes.generation, NULL },
        { "share", "PART", "of the machine, 0 to 1 (default 0.5)",
          &wishes.share, NULL },
        { "from", "OFFSETS|TIME",
          "where it begins: 0:120,1:98, beginning, a time (RFC 3339) or a "
          "span back such as 7d (default beginning)",
          &wishes.from, NULL },
        { "data", "DIR", "the data folder (default millrace-data)",
          &wishes.data, NULL },
        { "listen", "HOST:PORT", "default 127.0.0.1:7760", &wishes.listen,
          NULL },
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    double share;
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0 && count > 0)
        code = cli_usage(command, "\"%s\" is one word too many", rest[0]);
    mr_free(rest);
    if (code < 0 && !read_share(wishes.share, &share))
        code = cli_usage(command, "--share is a part of 1, such as 0.5");
    return code >= 0 ? code : apply(command, &wishes, share);
}
