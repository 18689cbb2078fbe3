// SPDX-License-Identifier: Apache-2.0
/*
 * sweep_file.c - one file: is it new, what is sent of it, and what of those
 * that are gone.
 */
#include <string.h>
#include <unistd.h>

#include "common/base/mr_mem.h"
#include "ingestor/files/io/sweep_parts.h"
#include "ingestor/files/kind.h"
#include "ingestor/io/file.h"

/* Paths that one scan of the store collects. */
#define PATHS_AT_ONCE 1000u

static void count(struct sweep *sweep, enum progress_count what)
{
    progress_add(sweep->spec.progress, what, 1);
}

/* A failure that concerns the file alone. */
static enum mr_code failed(struct sweep *sweep, const char *path,
                           const struct mr_err *why)
{
    count(sweep, PROGRESS_FAILED);
    sweep_problem(sweep, path, "%s%s", why->text,
                  why->code == MR_E_LIMIT
                      ? "; bytes_max of the source, else limits.body_bytes, "
                        "allows more"
                      : "");
    return MR_OK;
}

void sweep_save_file(struct sweep *sweep, const char *path,
                     const struct file_record *record)
{
    mr_buf_reset(&sweep->value);
    file_record_encode(record, &sweep->value);
    mr_batch_put(outbox_state(sweep->outbox), sweep->files_space,
                 mr_span_str(path), mr_buf_bytes(&sweep->value));
}

static enum mr_code load_file(struct sweep *sweep, const char *path,
                              struct file_record *out, struct mr_err *err)
{
    struct mr_span value;
    enum mr_code code =
        mr_store_get(sweep->place->store, sweep->files_space, mr_span_str(path),
                     sweep->scratch, &value, err);

    *out = (struct file_record){ 0 };
    if (code != MR_OK || value.data == NULL)
        return code;
    return file_record_parse(value, out, err);
}

enum mr_code sweep_want_file(struct sweep *sweep, const char *path,
                             struct mr_err *err)
{
    struct file_record record;
    enum mr_code code = load_file(sweep, path, &record, err);

    if (code != MR_OK)
        return code;
    record.mtime_ns = 0;
    sweep_save_file(sweep, path, &record);
    sweep->again = true;
    return MR_OK;
}

static int64_t mtime_of(const struct stat *about)
{
    return (int64_t)about->st_mtim.tv_sec * 1000000000 + about->st_mtim.tv_nsec;
}

/* The time for the record: none for a file that may still change unseen. */
static int64_t settled(const struct sweep *sweep, const struct stat *about)
{
    int64_t mtime_ns = mtime_of(about);

    return mtime_ns / 1000000 + FILE_RACY_MS > sweep_now_ms(sweep) ? 0
                                                                   : mtime_ns;
}

static enum mr_code send_file(struct sweep *sweep, const char *path,
                              enum file_kind kind, const struct stat *about,
                              struct mr_err *err)
{
    struct mr_span body = mr_buf_bytes(&sweep->body);
    struct mr_raw raw = {
        .time_ms = mtime_of(about) / 1000000,
        .put = {
            .content_type = mr_span_str(file_kind_content(kind)),
            .body.bytes = body.data == NULL ? mr_span("", 0) : body,
        },
    };
    enum mr_code code = file_id(sweep->config->name, mr_span_str(path), 0,
                                sweep->scratch, &raw.id, err);

    if (raw.time_ms < 0 || raw.time_ms > sweep_now_ms(sweep))
        raw.time_ms = 0;
    return code == MR_OK ? outbox_put(sweep->outbox, &raw, err) : code;
}

/* A file that is one document. */
static enum mr_code take_file(struct sweep *sweep, const char *path,
                              enum file_kind kind, const struct stat *about,
                              int fd, struct file_record *record,
                              struct mr_err *err)
{
    struct mr_err why = { 0 };
    struct mr_hash128 hash;
    enum mr_code code;

    mr_buf_reset(&sweep->body);
    if (file_read_fd(fd, &sweep->body, &why) != MR_OK)
        return failed(sweep, path, &why);
    hash = mr_hash128(mr_buf_bytes(&sweep->body));
    record->size = (uint64_t)about->st_size;
    record->mtime_ns = settled(sweep, about);
    if (record->documents > 0 && file_hash_equal(hash, record->hash)) {
        if (sweep->counts)
            count(sweep, PROGRESS_UNCHANGED);
        sweep_save_file(sweep, path, record);
        return MR_OK;
    }
    code = send_file(sweep, path, kind, about, err);
    if (mr_class_of(code) == MR_CLASS_POISON)
        return failed(sweep, path, err);
    if (code != MR_OK)
        return code;
    count(sweep, PROGRESS_SENT);
    sweep->documents += record->documents == 0;
    record->documents = 1;
    record->hash = hash;
    sweep_save_file(sweep, path, record);
    return MR_OK;
}

static enum mr_code take_lines(struct sweep *sweep, const char *path,
                               const struct stat *about, int fd,
                               struct file_record *record, struct mr_err *err)
{
    uint64_t before = record->documents;
    enum mr_code code;

    record->size = (uint64_t)about->st_size;
    record->mtime_ns = settled(sweep, about);
    code = lines_read(sweep, path, fd, record, err);
    sweep->documents += record->documents - before;
    return code;
}

enum mr_code sweep_file(struct sweep *sweep, const char *path,
                        const struct stat *about, struct mr_err *err)
{
    enum file_kind kind = file_kind_of(mr_span_str(path));
    struct mr_err why = { 0 };
    struct file_record record;
    enum mr_code code;
    int fd;

    if (kind == FILE_OTHER || file_is_hidden(mr_span_str(path))) {
        if (sweep->counts)
            count(sweep, PROGRESS_SKIPPED);
        return MR_OK;
    }
    if (sweep->counts)
        count(sweep, PROGRESS_FOUND);
    code = load_file(sweep, path, &record, err);
    if (code != MR_OK)
        return code;
    if (record.mtime_ns != 0 && record.mtime_ns == mtime_of(about) &&
        record.size == (uint64_t)about->st_size) {
        if (sweep->counts)
            count(sweep, PROGRESS_UNCHANGED);
        return MR_OK;
    }
    if (folder_read(&sweep->folder, path, &fd, &why) != MR_OK)
        return failed(sweep, path, &why);
    count(sweep, PROGRESS_FETCHED);
    code = kind == FILE_JSONL
               ? take_lines(sweep, path, about, fd, &record, err)
               : take_file(sweep, path, kind, about, fd, &record, err);
    (void)close(fd);
    return code;
}

/* Deletes what was sent of one recorded path. */
static enum mr_code forget_file(struct sweep *sweep, const char *path,
                                struct mr_err *err)
{
    struct file_record record;
    struct mr_span id;
    enum mr_code code = load_file(sweep, path, &record, err);

    if (code == MR_OK && file_kind_of(mr_span_str(path)) == FILE_JSONL) {
        code = lines_forget(sweep, path, 0, err);
    } else if (code == MR_OK && record.documents > 0) {
        code = file_id(sweep->config->name, mr_span_str(path), 0,
                       sweep->scratch, &id, err);
        if (code == MR_OK)
            code = outbox_delete(sweep->outbox, id, sweep->ends, err);
        if (code == MR_OK)
            count(sweep, PROGRESS_DELETED);
    }
    if (code != MR_OK)
        return code;
    sweep->documents -= record.documents;
    mr_batch_delete(outbox_state(sweep->outbox), sweep->files_space,
                    mr_span_str(path));
    return MR_OK;
}

struct paths {
    struct mr_arena *arena;
    char *items[PATHS_AT_ONCE];
    size_t count;
};

/* Only collects: a visitor calls no port. */
static enum mr_code collect(void *context, struct mr_span key,
                            struct mr_span value, bool *stop,
                            struct mr_err *err)
{
    struct paths *paths = context;

    (void)value;
    (void)err;
    paths->items[paths->count++] = mr_arena_str(paths->arena, key);
    *stop = paths->count == PATHS_AT_ONCE;
    return MR_OK;
}

typedef enum mr_code on_path(struct sweep *sweep, const char *path,
                             struct mr_err *err);

/* Calls for every recorded path in a range, some at a time. */
static enum mr_code each_path(struct sweep *sweep, struct mr_range range,
                              on_path *call, struct mr_err *err)
{
    struct paths *paths = mr_calloc(1, sizeof(*paths));
    enum mr_code code;

    paths->arena = mr_arena_new();
    do {
        char *last;

        paths->count = 0;
        code = mr_store_scan(sweep->place->store, sweep->files_space, range,
                             collect, paths, err);
        for (size_t i = 0; code == MR_OK && i < paths->count; i++) {
            code = call(sweep, paths->items[i], err);
            mr_arena_reset(sweep->scratch);
        }
        if (code != MR_OK || paths->count < PATHS_AT_ONCE)
            break;
        /* On behind the last: its key and a zero. */
        last = paths->items[paths->count - 1];
        mr_buf_reset(&sweep->key);
        mr_buf_append(&sweep->key, last, strlen(last) + 1);
        range.from = mr_buf_bytes(&sweep->key);
        mr_arena_reset(paths->arena);
    } while (code == MR_OK);
    mr_arena_free(paths->arena);
    mr_free(paths);
    return code;
}

static enum mr_code forget_below(struct sweep *sweep, const char *path,
                                 struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    const char *from = mr_arena_printf(arena, "%s/", path);
    const char *to = mr_arena_printf(arena, "%s0", path); /* '/' + 1 */
    const struct mr_range below = { mr_span_str(from), mr_span_str(to) };
    enum mr_code code = each_path(sweep, below, forget_file, err);

    mr_arena_free(arena);
    return code;
}

enum mr_code sweep_forget(struct sweep *sweep, const char *path,
                          struct mr_err *err)
{
    const struct mr_range all = { 0 };
    struct file_record record;
    enum mr_code code;

    if (path[0] == '\0')
        return each_path(sweep, all, forget_file, err);
    code = load_file(sweep, path, &record, err);
    if (code == MR_OK && (record.documents > 0 || record.generation > 0))
        code = forget_file(sweep, path, err);
    return code == MR_OK ? forget_below(sweep, path, err) : code;
}

static bool is_missing(const struct sweep *sweep, const char *path)
{
    const char *only = sweep->folder.only;
    enum folder_found found;
    struct stat about;

    /* What cannot be looked at may still be there. */
    if (folder_look(&sweep->folder, path, &found, &about, NULL) != MR_OK)
        return false;
    return found != FOLDER_FILE || file_is_hidden(mr_span_str(path)) ||
           (only != NULL && strcmp(only, path) != 0);
}

static enum mr_code forget_if_missing(struct sweep *sweep, const char *path,
                                      struct mr_err *err)
{
    struct file_record record;
    enum mr_code code = load_file(sweep, path, &record, err);

    if (code != MR_OK)
        return code;
    sweep->documents += record.documents;
    return is_missing(sweep, path) ? forget_file(sweep, path, err) : MR_OK;
}

enum mr_code sweep_forget_missing(struct sweep *sweep, struct mr_err *err)
{
    const struct mr_range all = { 0 };
    enum mr_code code = outbox_flush(sweep->outbox, err);

    sweep->documents = 0; /* counted anew */
    return code == MR_OK ? each_path(sweep, all, forget_if_missing, err) : code;
}
