// SPDX-License-Identifier: Apache-2.0
/*
 * sweep.c - runs over all files, and over those that changed; see sweep.h.
 */
#include "ingestor/files/io/sweep.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mr_mem.h"
#include "ingestor/files/io/sweep_parts.h"
#include "ingestor/files/kind.h"

/* A folder that is not there is looked for so often, at least. */
#define MISSING_MS 60000

int64_t sweep_now_ms(const struct sweep *sweep)
{
    return mr_clock_wall_ms(sweep->place->clock);
}

void sweep_problem(struct sweep *sweep, const char *path, const char *fmt, ...)
{
    char text[MR_ERR_TEXT_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    progress_problem(sweep->spec.progress,
                     mr_span_str(path[0] == '\0' ? sweep->config->path : path),
                     sweep_now_ms(sweep), "%s", text);
}

static enum mr_code open_spaces(struct sweep *sweep, struct mr_err *err)
{
    const char *name = sweep->config->name;
    enum mr_code code =
        meta_space(sweep->place, name, "meta", &sweep->meta_space, err);

    if (code == MR_OK)
        code =
            meta_space(sweep->place, name, "files", &sweep->files_space, err);
    if (code == MR_OK)
        code =
            meta_space(sweep->place, name, "lines", &sweep->lines_space, err);
    if (code == MR_OK)
        code = meta_load(sweep->place, sweep->meta_space, sweep->arena,
                         &sweep->meta, err);
    sweep->documents = sweep->meta.documents;
    return code;
}

enum mr_code sweep_open(const struct sweep_spec *spec, struct sweep **out,
                        struct mr_err *err)
{
    struct sweep *sweep = mr_calloc(1, sizeof(*sweep));
    const struct ingestor_spec *ingestor = spec->ingestor;
    const struct outbox_spec outbox = {
        .place = ingestor->place,
        .progress = spec->progress,
        .source = spec->config->name,
        .rank = spec->config->rank,
        .stop = spec->stop,
        .keyword_lag = ingestor->keyword_lag,
        .keyword_lag_max = ingestor->keyword_lag_max,
        .may_write = ingestor->may_write,
        .context = ingestor->context,
    };
    enum mr_code code;

    sweep->spec = *spec;
    sweep->config = spec->config;
    sweep->place = ingestor->place;
    sweep->arena = mr_arena_new();
    sweep->scratch = mr_arena_new();
    sweep->outbox = outbox_new(&outbox);
    sweep->body = mr_buf(sweep->config->bytes_max);
    sweep->key = mr_buf(8192);
    sweep->value = mr_buf(256);
    sweep->ends = mr_arena_calloc(sweep->arena, sweep->place->partitions,
                                  sizeof(*sweep->ends));
    code = open_spaces(sweep, err);
    if (code == MR_OK)
        *out = sweep;
    else
        sweep_close(sweep);
    return code;
}

void sweep_close(struct sweep *sweep)
{
    if (sweep == NULL)
        return;
    watch_close(sweep->watch);
    folder_close(&sweep->folder);
    outbox_free(sweep->outbox);
    mr_buf_deinit(&sweep->body);
    mr_buf_deinit(&sweep->key);
    mr_buf_deinit(&sweep->value);
    mr_arena_free(sweep->scratch);
    mr_arena_free(sweep->arena);
    mr_free(sweep);
}

/* Between two files: what waits long enough is appended, and a stop heeded. */
static enum mr_code breathe(struct sweep *sweep, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    mr_arena_reset(sweep->scratch);
    if (outbox_is_due(sweep->outbox))
        code = outbox_flush(sweep->outbox, err);
    if (code == MR_OK)
        code = outbox_hold(sweep->outbox, err);
    if (code == MR_OK && atomic_load(sweep->spec.stop))
        code = mr_fail(err, MR_E_CANCELLED, "told to stop");
    return code;
}

static enum mr_code on_folder(void *context, const char *path,
                              struct mr_err *err)
{
    struct sweep *sweep = context;
    struct mr_err why = { 0 };

    (void)err;
    if (sweep->watch != NULL && watch_add(sweep->watch, path, &why) != MR_OK) {
        sweep_problem(sweep, path, "%s", why.text);
        watch_close(sweep->watch); /* half a watch would mislead */
        sweep->watch = NULL;
    }
    return MR_OK;
}

static enum mr_code on_file(void *context, const char *path,
                            const struct stat *about, struct mr_err *err)
{
    struct sweep *sweep = context;
    enum mr_code code = sweep_file(sweep, path, about, err);

    return code == MR_OK ? breathe(sweep, err) : code;
}

static void on_left_out(void *context, const char *path, const char *problem)
{
    struct sweep *sweep = context;

    if (problem != NULL) {
        progress_add(sweep->spec.progress, PROGRESS_FAILED, 1);
        sweep_problem(sweep, path, "%s", problem);
    } else if (sweep->counts) {
        progress_add(sweep->spec.progress, PROGRESS_SKIPPED, 1);
    }
}

static enum mr_code walk(struct sweep *sweep, const char *path,
                         struct mr_err *err)
{
    const struct folder_visitor visitor = {
        .folder = on_folder,
        .file = on_file,
        .left_out = on_left_out,
        .context = sweep,
    };

    return folder_walk(&sweep->folder, path, &visitor, err);
}

/* The folder and its watch, anew: it may have been replaced. */
static bool open_folder(struct sweep *sweep)
{
    struct mr_err why = { 0 };

    watch_close(sweep->watch);
    sweep->watch = NULL;
    folder_close(&sweep->folder);
    sweep->opened =
        folder_open(sweep->config->path, &sweep->folder, &why) == MR_OK;
    if (!sweep->opened) {
        sweep_problem(sweep, "", "%s; nothing is deleted because of that",
                      why.text);
        return false;
    }
    if (watch_open(sweep->folder.base, sweep->folder.only, &sweep->watch,
                   &why) != MR_OK)
        sweep_problem(sweep, "", "%s", why.text);
    return true;
}

static enum mr_code begin_run(struct sweep *sweep, struct mr_err *err)
{
    struct source_meta *meta = &sweep->meta;
    enum mr_code code;

    if (!meta->unfinished)
        meta->run++;
    meta->unfinished = true;
    meta->everything = true;
    meta->begun_ms = sweep_now_ms(sweep);
    code = outbox_ends(sweep->place, sweep->ends, err);
    if (code == MR_OK)
        code = meta_save(sweep->place, sweep->meta_space, meta, err);
    if (code == MR_OK)
        progress_begin(sweep->spec.progress, meta->run, meta->begun_ms);
    return code;
}

static enum mr_code save_end(struct sweep *sweep, struct mr_err *err)
{
    sweep->meta.documents = sweep->documents;
    progress_set_documents(sweep->spec.progress, sweep->documents);
    return meta_save(sweep->place, sweep->meta_space, &sweep->meta, err);
}

static enum mr_code end_run(struct sweep *sweep, bool there, int64_t *next_ms,
                            struct mr_err *err)
{
    struct source_meta *meta = &sweep->meta;
    int64_t wait_ms = sweep->config->every_ms;

    if (!there && wait_ms > MISSING_MS)
        wait_ms = MISSING_MS;
    meta->unfinished = false;
    meta->whole = there;
    meta->ended_ms = sweep_now_ms(sweep);
    meta->next_ms = meta->ended_ms + wait_ms;
    *next_ms = meta->next_ms;
    return save_end(sweep, err);
}

/* The way of a run or of changes, however it ended. */
static enum mr_code leave(struct sweep *sweep, enum mr_code code)
{
    sweep->counts = false;
    mr_arena_reset(sweep->scratch);
    return code == MR_E_CANCELLED ? MR_OK : code;
}

/* Once, and again for files that hold what others have lost. */
static enum mr_code read_all(struct sweep *sweep, struct mr_err *err)
{
    enum mr_code code;

    do {
        sweep->again = false;
        code = walk(sweep, "", err);
        if (code == MR_OK)
            code = sweep_forget_missing(sweep, err);
        sweep->counts = false;
    } while (code == MR_OK && sweep->again);
    return code;
}

enum mr_code sweep_run(struct sweep *sweep, enum progress_outcome *outcome,
                       int64_t *next_ms, struct mr_err *err)
{
    bool there;
    enum mr_code code = begin_run(sweep, err);

    *outcome = PROGRESS_STOPPED;
    if (code != MR_OK)
        return leave(sweep, code);
    sweep->counts = true;
    there = open_folder(sweep);
    if (there)
        code = outbox_hold(sweep->outbox, err);
    if (there && code == MR_OK)
        code = read_all(sweep, err);
    if (code == MR_OK)
        code = outbox_flush(sweep->outbox, err);
    if (code == MR_OK)
        code = end_run(sweep, there, next_ms, err);
    if (code == MR_OK)
        *outcome = there ? PROGRESS_DONE : PROGRESS_BROKEN;
    return leave(sweep, code);
}

int sweep_fd(const struct sweep *sweep)
{
    return sweep->watch == NULL ? -1 : watch_fd(sweep->watch);
}

int sweep_due_ms(struct sweep *sweep)
{
    int64_t now_ms = mr_clock_mono_us(sweep->place->clock) / 1000;

    if (sweep->watch == NULL)
        return -1;
    watch_read(sweep->watch, now_ms);
    return watch_due_ms(sweep->watch, now_ms);
}

static enum mr_code change(struct sweep *sweep, const char *path,
                           struct mr_err *err)
{
    struct mr_err why = { 0 };
    enum folder_found found;
    struct stat about;

    if (folder_look(&sweep->folder, path, &found, &about, &why) != MR_OK) {
        on_left_out(sweep, path, why.text);
        return MR_OK;
    }
    switch (found) {
    case FOLDER_FILE:
        return on_file(sweep, path, &about, err);
    case FOLDER_FOLDER:
        return walk(sweep, path, err);
    case FOLDER_ABSENT:
    case FOLDER_LEFT_OUT:
        break;
    }
    return sweep_forget(sweep, path, err);
}

enum mr_code sweep_changes(struct sweep *sweep, bool *everything,
                           struct mr_err *err)
{
    enum mr_code code = outbox_ends(sweep->place, sweep->ends, err);
    char *path;

    *everything = watch_take_everything(sweep->watch);
    if (*everything || code != MR_OK)
        return leave(sweep, code);
    sweep->again = false;
    while (code == MR_OK && sweep->watch != NULL &&
           (path = watch_take(sweep->watch)) != NULL) {
        code = change(sweep, path, err);
        mr_free(path);
    }
    if (code == MR_OK)
        code = outbox_flush(sweep->outbox, err);
    if (code == MR_OK)
        code = save_end(sweep, err);
    *everything = sweep->again;
    return leave(sweep, code);
}

enum mr_code sweep_delete_all(struct sweep *sweep, struct mr_err *err)
{
    enum mr_code code = outbox_ends(sweep->place, sweep->ends, err);

    if (code == MR_OK)
        code = sweep_forget(sweep, "", err);
    if (code == MR_OK)
        code = outbox_flush(sweep->outbox, err);
    return code;
}
