// SPDX-License-Identifier: Apache-2.0
/*
 * lines.c - a JSONL file: each line a document of its own.
 *
 * A reading has a number, the generation.  Each line that is read is marked
 * with it; when the file was read to its end, lines with an older mark are not
 * in it any more.  Of two lines with one id the later counts, and is sent
 * whether it changed or not, so that it comes last.  Of two files with a line
 * of one id that which was read last counts, and when its line goes, the other.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mr_mem.h"
#include "ingestor/files/io/sweep_parts.h"
#include "ingestor/files/kind.h"
#include "ingestor/files/line.h"

#define CHUNK_BYTES   ((size_t)256 * 1024)
#define LINES_AT_ONCE 1000u
/* The ids of a file are remembered while it is read, 16 bytes each. */
#define LINES_IDS_MAX 5000000u

/* Hashes of the ids met so far: an open hash table, half full at most. */
struct ids {
    uint64_t *slots; /* 0 for empty */
    size_t room;
    size_t count;
};

struct reading {
    struct sweep *sweep;
    const char *path;
    struct file_record *record;
    struct ids ids;
    uint64_t number; /* of the line */
    uint64_t documents;
    bool too_long;  /* the line is, and is skipped */
    bool told;      /* of unknown members */
    bool told_twin; /* of ids that come twice */
};

static bool ids_add(struct ids *ids, uint64_t hash)
{
    size_t at;

    hash += hash == 0;
    if (ids->count * 2 >= ids->room) {
        struct ids grown = { .room = ids->room == 0 ? 1024 : ids->room * 2 };

        grown.slots = mr_calloc(grown.room, sizeof(*grown.slots));
        for (size_t i = 0; i < ids->room; i++) {
            if (ids->slots[i] != 0)
                (void)ids_add(&grown, ids->slots[i]);
        }
        mr_free(ids->slots);
        *ids = grown;
    }
    for (at = hash & (ids->room - 1); ids->slots[at] != 0;
         at = (at + 1) & (ids->room - 1)) {
        if (ids->slots[at] == hash)
            return false;
    }
    ids->slots[at] = hash;
    ids->count++;
    return true;
}

static void bad_line(struct reading *reading, const char *text)
{
    progress_add(reading->sweep->spec.progress, PROGRESS_FAILED, 1);
    sweep_problem(reading->sweep, reading->path, "line %llu: %s",
                  (unsigned long long)reading->number, text);
}

/* Whether a line of the id is new or other than before. */
static enum mr_code is_news(struct reading *reading, struct mr_span id,
                            struct mr_hash128 hash, bool *news,
                            struct mr_err *err)
{
    struct sweep *sweep = reading->sweep;
    struct line_record before = { 0 };
    struct mr_span value;
    enum mr_code code;

    mr_buf_reset(&sweep->key);
    line_key(mr_span_str(reading->path), id, &sweep->key);
    code = mr_store_get(sweep->place->store, sweep->lines_space,
                        mr_buf_bytes(&sweep->key), sweep->scratch, &value, err);
    if (code == MR_OK && value.data != NULL)
        code = line_record_parse(value, &before, err);
    *news = value.data == NULL || !file_hash_equal(before.hash, hash);
    return code;
}

/* The line is in raw, or was there before. */
static void mark(struct reading *reading, struct mr_span id,
                 struct mr_hash128 hash)
{
    struct sweep *sweep = reading->sweep;
    const struct line_record record = { reading->record->generation, hash };

    mr_buf_reset(&sweep->key);
    mr_buf_reset(&sweep->value);
    line_key(mr_span_str(reading->path), id, &sweep->key);
    line_record_encode(&record, &sweep->value);
    mr_batch_put(outbox_state(sweep->outbox), sweep->lines_space,
                 mr_buf_bytes(&sweep->key), mr_buf_bytes(&sweep->value));
    holders_add(sweep, reading->path, id);
}

static void tell_twin(struct reading *reading, struct mr_span id)
{
    if (!reading->told_twin)
        sweep_problem(reading->sweep, reading->path,
                      "line %llu: an earlier line has the id \"%.*s\" too; the "
                      "last one counts (told once a file)",
                      (unsigned long long)reading->number, MR_SPAN_ARG(id));
    reading->told_twin = true;
}

static enum mr_code send_line(struct reading *reading, struct mr_raw *raw,
                              struct mr_hash128 hash, struct mr_err *err)
{
    struct mr_span id = raw->id;
    bool first = ids_add(&reading->ids, mr_hash64(id, 0));
    bool news = true;
    enum mr_code code = MR_OK;

    if (first)
        code = is_news(reading, id, hash, &news, err);
    else
        tell_twin(reading, id);
    if (code == MR_OK && news) {
        code = outbox_put(reading->sweep->outbox, raw, err);
        if (mr_class_of(code) == MR_CLASS_POISON) {
            bad_line(reading, err->text);
            return MR_OK;
        }
    }
    if (code != MR_OK)
        return code;
    progress_add(reading->sweep->spec.progress,
                 news ? PROGRESS_SENT : PROGRESS_UNCHANGED, 1);
    mark(reading, id, hash);
    reading->documents += first;
    return MR_OK;
}

static enum mr_code read_json(struct reading *reading, struct mr_span line,
                              const struct mr_json *json, struct mr_err *err)
{
    struct sweep *sweep = reading->sweep;
    struct line_document document;
    struct mr_err why = { 0 };
    struct mr_raw raw = { 0 };
    enum mr_code code = line_read(json, sweep->scratch, &raw, &document, &why);

    if (code == MR_OK && document.id.data == NULL)
        code = file_id(sweep->config->name, mr_span_str(reading->path),
                       reading->number, sweep->scratch, &document.id, &why);
    if (code != MR_OK) {
        bad_line(reading, why.text);
        return MR_OK;
    }
    if (document.unknown.data != NULL && !reading->told) {
        reading->told = true;
        sweep_problem(sweep, reading->path,
                      "line %llu: \"%.*s\" is not known here and is left out "
                      "(told once a file)",
                      (unsigned long long)reading->number,
                      MR_SPAN_ARG(document.unknown));
    }
    raw.id = document.id;
    return send_line(reading, &raw, mr_hash128(line), err);
}

static enum mr_code on_line(struct reading *reading, struct mr_span line,
                            struct mr_err *err)
{
    struct mr_err why = { 0 };
    struct mr_json *json;
    enum mr_code code;

    if (reading->number == 1 && mr_span_starts(line, mr_span_str("\xEF\xBB"
                                                                 "\xBF")))
        line = mr_span(line.data + 3, line.size - 3);
    while (line.size > 0 && (line.data[line.size - 1] == '\r' ||
                             line.data[line.size - 1] == ' '))
        line.size--;
    if (line.size == 0)
        return MR_OK;
    if (mr_json_parse(line, &json, &why) != MR_OK) {
        bad_line(reading, why.text);
        return MR_OK;
    }
    code = read_json(reading, line, json, err);
    mr_json_free(json);
    return code;
}

/* Between two lines, as between two files. */
static enum mr_code breathe(struct reading *reading, struct mr_err *err)
{
    struct sweep *sweep = reading->sweep;
    enum mr_code code = MR_OK;

    mr_arena_reset(sweep->scratch);
    if (outbox_is_due(sweep->outbox))
        code = outbox_flush(sweep->outbox, err);
    if (code == MR_OK && reading->number % 64 == 0)
        code = outbox_hold(sweep->outbox, err);
    if (code == MR_OK && atomic_load(sweep->spec.stop))
        code = mr_fail(err, MR_E_CANCELLED, "told to stop");
    return code;
}

/* The line in `body` is whole. */
static enum mr_code end_line(struct reading *reading, struct mr_err *err)
{
    struct mr_buf *body = &reading->sweep->body;
    enum mr_code code = MR_OK;

    reading->number++;
    if (reading->too_long) {
        char text[80];

        (void)snprintf(text, sizeof(text),
                       "it has more than the %zu bytes of bytes_max",
                       body->limit);
        bad_line(reading, text);
    } else if (body->size > 0) {
        code = on_line(reading, mr_buf_bytes(body), err);
    }
    reading->too_long = false;
    mr_buf_reset(body);
    return code == MR_OK ? breathe(reading, err) : code;
}

/* A part of the file, which may end within a line. */
static enum mr_code on_chunk(struct reading *reading, const uint8_t *data,
                             size_t size, struct mr_err *err)
{
    struct mr_buf *body = &reading->sweep->body;
    enum mr_code code = MR_OK;

    while (code == MR_OK && size > 0) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t part = end == NULL ? size : (size_t)(end - data);

        mr_buf_append(body, data, part);
        reading->too_long |= body->full;
        if (end == NULL)
            return MR_OK;
        data += part + 1;
        size -= part + 1;
        code = end_line(reading, err);
        if (code == MR_OK && reading->documents == LINES_IDS_MAX)
            code = mr_fail(err, MR_E_LIMIT,
                           "it has more than %u documents; split it",
                           LINES_IDS_MAX);
    }
    return code;
}

/* *whole: the file was read to its end. */
static enum mr_code read_lines(struct reading *reading, int fd, bool *whole,
                               struct mr_err *err)
{
    uint8_t *chunk = mr_malloc(CHUNK_BYTES);
    struct sweep *sweep = reading->sweep;
    enum mr_code code = MR_OK;
    ssize_t got = 1;

    mr_buf_reset(&sweep->body);
    while (code == MR_OK && got > 0) {
        got = read(fd, chunk, CHUNK_BYTES);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            code = on_chunk(reading, chunk, (size_t)got, err);
    }
    if (got < 0) {
        progress_add(sweep->spec.progress, PROGRESS_FAILED, 1);
        sweep_problem(sweep, reading->path, "%s", strerror(errno));
    } else if (code == MR_OK && (sweep->body.size > 0 || reading->too_long)) {
        code = end_line(reading, err); /* the last one has no line end */
    }
    *whole = code == MR_OK && got == 0;
    if (code == MR_E_LIMIT) {
        progress_add(sweep->spec.progress, PROGRESS_FAILED, 1);
        sweep_problem(sweep, reading->path, "%s", err->text);
        code = MR_OK;
    }
    mr_free(chunk);
    return code;
}

enum mr_code lines_read(struct sweep *sweep, const char *path, int fd,
                        struct file_record *record, struct mr_err *err)
{
    struct reading reading = { .sweep = sweep, .path = path, .record = record };
    int64_t mtime_ns = record->mtime_ns;
    bool whole = false;
    enum mr_code code;

    /* Kept at once, so that a reading that is broken off has had its number. */
    record->generation++;
    record->mtime_ns = 0;
    sweep_save_file(sweep, path, record);
    code = read_lines(&reading, fd, &whole, err);
    mr_free(reading.ids.slots);
    if (code == MR_OK && whole)
        code = lines_forget(sweep, path, record->generation, err);
    if (code != MR_OK)
        return code;
    if (whole)
        record->mtime_ns = mtime_ns;
    if (whole || reading.documents > record->documents)
        record->documents = reading.documents;
    sweep_save_file(sweep, path, record);
    return MR_OK;
}

/* Ids of lines that one scan of the store collects. */
struct old_lines {
    struct mr_arena *arena;
    size_t prefix; /* of a key, before the id */
    uint64_t generation;
    struct mr_span ids[LINES_AT_ONCE];
    size_t count;
};

static enum mr_code collect(void *context, struct mr_span key,
                            struct mr_span value, bool *stop,
                            struct mr_err *err)
{
    struct old_lines *old = context;
    struct line_record record;
    enum mr_code code = line_record_parse(value, &record, err);

    if (code != MR_OK || record.generation == old->generation)
        return code;
    old->ids[old->count++] = mr_arena_copy(
        old->arena, mr_span(key.data + old->prefix, key.size - old->prefix));
    *stop = old->count == LINES_AT_ONCE;
    return MR_OK;
}

static enum mr_code forget_lines(struct sweep *sweep, const char *path,
                                 const struct old_lines *old,
                                 struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < old->count; i++) {
        bool held;

        code = holders_remove(sweep, path, old->ids[i], &held, err);
        if (code == MR_OK && !held) {
            code = outbox_delete(sweep->outbox, old->ids[i], sweep->ends, err);
            progress_add(sweep->spec.progress, PROGRESS_DELETED, 1);
        }
        mr_buf_reset(&sweep->key);
        line_key(mr_span_str(path), old->ids[i], &sweep->key);
        mr_batch_delete(outbox_state(sweep->outbox), sweep->lines_space,
                        mr_buf_bytes(&sweep->key));
    }
    return code == MR_OK ? outbox_flush(sweep->outbox, err) : code;
}

enum mr_code lines_forget(struct sweep *sweep, const char *path,
                          uint64_t generation, struct mr_err *err)
{
    struct old_lines *old = mr_calloc(1, sizeof(*old));
    struct mr_buf from = mr_buf(8192);
    struct mr_buf to = mr_buf(8192);
    enum mr_code code;

    line_key(mr_span_str(path), mr_span(NULL, 0), &from);
    line_key_end(mr_span_str(path), &to);
    old->arena = mr_arena_new();
    old->prefix = from.size;
    old->generation = generation;
    code = outbox_flush(sweep->outbox, err);
    while (code == MR_OK) {
        const struct mr_range range = { mr_buf_bytes(&from),
                                        mr_buf_bytes(&to) };

        old->count = 0;
        mr_arena_reset(old->arena);
        code = mr_store_scan(sweep->place->store, sweep->lines_space, range,
                             collect, old, err);
        if (code == MR_OK)
            code = forget_lines(sweep, path, old, err);
        if (old->count < LINES_AT_ONCE)
            break;
    }
    mr_arena_free(old->arena);
    mr_buf_deinit(&from);
    mr_buf_deinit(&to);
    mr_free(old);
    return code;
}
