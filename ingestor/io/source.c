// SPDX-License-Identifier: Apache-2.0
/*
 * source.c - see source.h.
 */
#include "ingestor/io/source.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/runtime/flight.h"
#include "ingestor/io/meta.h"
#include "ingestor/io/source_parts.h"
#include "ingestor/source/config.h"
#include "ingestor/web/refresh.h"

/* The clock may be another than that of poll(). */
#define POLL_MS_MAX 1000

static struct held *hold(const struct source_config *config)
{
    struct held *held = mr_calloc(1, sizeof(*held));

    held->arena = mr_arena_new();
    held->config = config_copy(config, held->arena);
    return held;
}

void source_let_go(struct held *held)
{
    if (held == NULL)
        return;
    mr_arena_free(held->arena);
    mr_free(held);
}

static enum mr_code load(struct source *source, struct mr_err *err)
{
    const struct mr_place *place = source->ingestor->place;
    struct mr_arena *arena = mr_arena_new();
    struct source_meta meta = { 0 };
    mr_space_id space;
    enum mr_code code = meta_space(place, source->name, "meta", &space, err);

    if (code == MR_OK)
        code = meta_load(place, space, arena, &meta, err);
    if (code == MR_OK) {
        source->job = meta.run + !meta.unfinished;
        /* Changes to a folder while nobody watched are looked for at once. */
        source->next_ms =
            meta.unfinished || source->kind != SOURCE_WEB ? 0 : meta.next_ms;
        progress_restore(source->progress, meta.run, meta.unfinished,
                         meta.ended_ms);
        progress_set_documents(source->progress, meta.documents);
        progress_set_next(source->progress, source->next_ms);
    }
    mr_arena_free(arena);
    return code;
}

enum mr_code source_new(const struct source_spec *spec, struct source **out,
                        struct mr_err *err)
{
    struct source *source = mr_calloc(1, sizeof(*source));
    enum mr_code code;

    source->ingestor = spec->ingestor;
    source->clock = spec->ingestor->place->clock;
    source->user_agent = spec->user_agent;
    source->gate = spec->gate;
    source->kind = spec->config->kind;
    source->kept = spec->kept;
    (void)snprintf(source->name, sizeof(source->name), "%s",
                   spec->config->name);
    if (source->kind == SOURCE_WEB) {
        const char *host = strstr(spec->config->url, "//") + 2;

        source->host = mr_strdup(host);
        source->host[strcspn(host, "/")] = '\0';
    }
    source->progress = progress_new(source->name, spec->ingestor->telemetry);
    source->current = hold(spec->config);
    source->wanted = source->current;
    (void)pthread_mutex_init(&source->lock, NULL);
    source->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    code = source->wake_fd < 0
               ? mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                               "source %s: no descriptor", source->name)
               : load(source, err);
    if (code == MR_OK)
        *out = source;
    else
        source_free(source);
    return code;
}

void source_free(struct source *source)
{
    if (source == NULL)
        return;
    source_stop(source);
    source_close(source);
    if (source->wanted != source->current)
        source_let_go(source->wanted);
    source_let_go(source->current);
    progress_free(source->progress);
    mr_free(source->host);
    if (source->wake_fd >= 0)
        (void)close(source->wake_fd);
    (void)pthread_mutex_destroy(&source->lock);
    mr_free(source);
}

const char *source_name(const struct source *source)
{
    return source->name;
}

bool source_is_kept(const struct source *source)
{
    return source->kept;
}

void source_keep(struct source *source)
{
    source_lock(source);
    source->kept = true;
    source_unlock(source);
}

bool source_reads(struct source *source, const struct source_config *config)
{
    bool same;

    source_lock(source);
    same = config_same_origin(&source->wanted->config, config);
    source_unlock(source);
    return same;
}

struct source_config source_config_of(struct source *source,
                                      struct mr_arena *arena)
{
    struct source_config config;

    source_lock(source);
    config = config_copy(&source->wanted->config, arena);
    source_unlock(source);
    return config;
}

void source_configure(struct source *source, const struct source_config *config)
{
    struct held *held = hold(config);

    MR_ASSERT(config->kind == source->kind);
    source_lock(source);
    if (source->wanted != source->current)
        source_let_go(source->wanted);
    source->wanted = held;
    source_unlock(source);
}

static void wake(struct source *source)
{
    const uint64_t one = 1;

    /* A counter that is full wakes as well. */
    if (write(source->wake_fd, &one, sizeof(one)) < 0)
        MR_ASSERT(errno == EAGAIN);
}

uint64_t source_ask(struct source *source)
{
    uint64_t job;

    source_lock(source);
    source->asked = true;
    job = source->job + source->running;
    progress_set_asked(source->progress, job);
    source_unlock(source);
    wake(source);
    return job;
}

static void run_in_turn(struct source *source)
{
    struct mr_span host = mr_span_str(source->host);

    if (source->kind == SOURCE_KAFKA) {
        source_run(source); /* it has a thread of its own, and for good */
        return;
    }
    if (!gate_is_open(source->gate, host))
        progress_set_state(source->progress, PROGRESS_WAITING);
    if (!gate_enter(source->gate, host, &source->stop))
        return;
    source_run(source);
    gate_leave(source->gate, host);
}

static void work_off(struct source *source)
{
    struct mr_err err = { 0 };
    bool everything = false;

    if (sweep_changes(source->sweep, &everything, &err) != MR_OK) {
        progress_problem(source->progress, mr_span_str(source->name),
                         source_now_ms(source), "%s", err.text);
        everything = true;
    }
    if (!everything)
        return;
    source_lock(source);
    source->next_ms = 0;
    source_unlock(source);
}

/* How long until a run is due; 0: now.  Nothing is planned for later than a
 * page's longest interval: the clock was wrong when it was. */
static int until_run(struct source *source)
{
    int64_t left;

    source_lock(source);
    left = source->asked ? 0 : source->next_ms - source_now_ms(source);
    if (left > refresh_interval_max(source->wanted->config.every_ms))
        left = 0;
    source_unlock(source);
    return left <= 0 ? 0 : left > POLL_MS_MAX ? POLL_MS_MAX : (int)left;
}

static void wait_for(struct source *source, int wait_ms)
{
    struct pollfd fds[2] = { { .fd = source->wake_fd, .events = POLLIN },
                             { .fd = -1, .events = POLLIN } };
    uint64_t count;

    if (source->sweep != NULL)
        fds[1].fd = sweep_fd(source->sweep);
    (void)poll(fds, 2, wait_ms);
    if (read(source->wake_fd, &count, sizeof(count)) < 0)
        MR_ASSERT(errno == EAGAIN || errno == EINTR);
}

static void *thread_main(void *context)
{
    struct source *source = context;
    struct mr_flight_stack *stack = mr_flight_stack_new();

    while (!atomic_load(&source->stop)) {
        int changes_ms =
            source->sweep != NULL ? sweep_due_ms(source->sweep) : -1;
        int run_ms = until_run(source);

        if (run_ms == 0)
            run_in_turn(source);
        else if (changes_ms == 0)
            work_off(source);
        else if (source->foreign != NULL)
            source_follow(source);
        else
            wait_for(source, changes_ms > 0 && changes_ms < run_ms ? changes_ms
                                                                   : run_ms);
    }
    mr_flight_stack_free(stack);
    return NULL;
}

enum mr_code source_start(struct source *source, struct mr_err *err)
{
    int failed;

    if (source->started)
        return MR_OK;
    atomic_store(&source->stop, false);
    failed = pthread_create(&source->thread, NULL, thread_main, source);
    if (failed != 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, failed,
                             "source %s: no thread", source->name);
    source->started = true;
    return MR_OK;
}

void source_tell_stop(struct source *source)
{
    atomic_store(&source->stop, true);
    wake(source);
    gate_wake(source->gate);
}

void source_stop(struct source *source)
{
    if (!source->started)
        return;
    source_tell_stop(source);
    (void)pthread_join(source->thread, NULL);
    source->started = false;
}

static void render_origin(const struct source *source, struct mr_json_out *out)
{
    const struct source_config *config = &source->wanted->config;

    switch (source->kind) {
    case SOURCE_WEB:
        mr_json_put_str(out, "web");
        mr_json_key(out, "url");
        mr_json_put_str(out, config->url);
        return;
    case SOURCE_FILES:
        mr_json_put_str(out, "files");
        mr_json_key(out, "path");
        mr_json_put_str(out, config->path);
        return;
    case SOURCE_KAFKA:
        mr_json_put_str(out, "kafka");
        mr_json_key(out, "topic");
        mr_json_put_str(out, config->topic);
        mr_json_key(out, "lag");
        mr_json_put_u64(out, foreign_lag(source->foreign));
        return;
    }
    MR_UNREACHABLE();
}

void source_render(struct source *source, struct mr_json_out *out)
{
    source_lock(source);
    mr_json_object_begin(out);
    mr_json_key(out, "name");
    mr_json_put_str(out, source->name);
    mr_json_key(out, "kind");
    render_origin(source, out);
    mr_json_key(out, "kept");
    mr_json_put_bool(out, source->kept);
    progress_render(source->progress, source_now_ms(source), out);
    mr_json_key(out, "config");
    config_to_json(&source->wanted->config, out);
    mr_json_object_end(out);
    source_unlock(source);
}
