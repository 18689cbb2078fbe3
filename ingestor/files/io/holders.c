// SPDX-License-Identifier: Apache-2.0
/*
 * holders.c - which files hold a line of an id, so that a document which two
 * of them hold goes with the last of them only.
 */
#include "common/base/mr_mem.h"
#include "ingestor/files/io/sweep_parts.h"

void holders_add(struct sweep *sweep, const char *path, struct mr_span id)
{
    mr_buf_reset(&sweep->key);
    holder_key(mr_span_str(path), id, &sweep->key);
    mr_batch_put(outbox_state(sweep->outbox), sweep->lines_space,
                 mr_buf_bytes(&sweep->key), mr_span("", 0));
}

/* A file other than `path`, or NULL. */
struct other {
    struct mr_arena *arena;
    struct mr_span path;
    size_t prefix; /* of a key, before the path */
    const char *found;
};

static enum mr_code find_other(void *context, struct mr_span key,
                               struct mr_span value, bool *stop,
                               struct mr_err *err)
{
    struct other *other = context;
    struct mr_span path =
        mr_span(key.data + other->prefix, key.size - other->prefix);

    (void)value;
    (void)err;
    if (!mr_span_equal(path, other->path)) {
        other->found = mr_arena_str(other->arena, path);
        *stop = true;
    }
    return MR_OK;
}

static enum mr_code find(struct sweep *sweep, struct other *other,
                         struct mr_span id, struct mr_err *err)
{
    struct mr_buf from = mr_buf(8192);
    struct mr_buf to = mr_buf(8192);
    struct mr_range range;
    enum mr_code code;

    holder_key(mr_span(NULL, 0), id, &from);
    holder_key_end(id, &to);
    other->prefix = from.size;
    range = (struct mr_range){ mr_buf_bytes(&from), mr_buf_bytes(&to) };
    code = mr_store_scan(sweep->place->store, sweep->lines_space, range,
                         find_other, other, err);
    mr_buf_deinit(&from);
    mr_buf_deinit(&to);
    return code;
}

/* The line in the other file is sent when that is read again, which is soon. */
static void want_line(struct sweep *sweep, const char *path, struct mr_span id)
{
    const struct line_record unlike_any = { .generation = UINT64_MAX };

    mr_buf_reset(&sweep->key);
    mr_buf_reset(&sweep->value);
    line_key(mr_span_str(path), id, &sweep->key);
    line_record_encode(&unlike_any, &sweep->value);
    mr_batch_put(outbox_state(sweep->outbox), sweep->lines_space,
                 mr_buf_bytes(&sweep->key), mr_buf_bytes(&sweep->value));
}

enum mr_code holders_remove(struct sweep *sweep, const char *path,
                            struct mr_span id, bool *held, struct mr_err *err)
{
    struct other other = { .arena = mr_arena_new(), .path = mr_span_str(path) };
    enum mr_code code = find(sweep, &other, id, err);

    *held = code == MR_OK && other.found != NULL;
    if (*held) {
        want_line(sweep, other.found, id);
        code = sweep_want_file(sweep, other.found, err);
    }
    if (code == MR_OK) {
        mr_buf_reset(&sweep->key);
        holder_key(mr_span_str(path), id, &sweep->key);
        mr_batch_delete(outbox_state(sweep->outbox), sweep->lines_space,
                        mr_buf_bytes(&sweep->key));
    }
    mr_arena_free(other.arena);
    return code;
}
