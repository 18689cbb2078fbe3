// SPDX-License-Identifier: Apache-2.0
/*
 * queue.c - see queue.h.
 */
#include "preprocessor/curate/queue.h"

#include "common/base/mr_reader.h"

#define NEIGHBOURS_HEAD_BYTES 9u /* bucket and side */

static struct mr_span key_of(const struct queue_task *task,
                             struct mr_arena *arena)
{
    size_t head =
        1 + (task->kind == QUEUE_NEIGHBOURS ? NEIGHBOURS_HEAD_BYTES : 0);
    uint8_t *bytes = mr_arena_alloc(arena, head + task->subject.size);

    bytes[0] = (uint8_t)task->kind;
    if (task->kind == QUEUE_NEIGHBOURS) {
        for (size_t i = 0; i < 8; i++)
            bytes[1 + i] = (uint8_t)(task->bucket >> 8 * (7 - i));
        bytes[9] = (uint8_t)task->side;
    }
    if (task->subject.size > 0)
        memcpy(bytes + head, task->subject.data, task->subject.size);
    return mr_span(bytes, head + task->subject.size);
}

void queue_push(struct curate_view *view, const struct queue_task *task)
{
    struct mr_span cursor = task->cursor;

    if (cursor.data == NULL)
        cursor = mr_span("", 0);
    view_put(view, CURATE_QUEUE, key_of(task, view->arena), cursor);
}

void queue_remove(struct curate_view *view, const struct queue_task *task)
{
    view_delete(view, CURATE_QUEUE, key_of(task, view->arena));
}

struct first {
    struct mr_arena *arena;
    struct mr_span key;
    struct mr_span value;
};

static enum mr_code take_first(void *context, struct mr_span key,
                               struct mr_span value, bool *stop,
                               struct mr_err *err)
{
    struct first *first = context;

    (void)err;
    first->key = mr_arena_copy(first->arena, key);
    first->value = mr_arena_copy(first->arena, value);
    *stop = true;
    return MR_OK;
}

static bool parse(const struct first *first, struct queue_task *out)
{
    struct mr_reader in = mr_reader(first->key);

    *out = (struct queue_task){ .kind = (enum queue_kind)mr_read_byte(&in) };
    if (out->kind == QUEUE_NEIGHBOURS) {
        out->bucket = mr_read_u64_be(&in);
        out->side = (enum bucket_side)mr_read_byte(&in);
    }
    out->subject = mr_read_rest(&in);
    if (first->value.size > 0)
        out->cursor = first->value;
    return !in.overrun && out->kind >= QUEUE_ORPHANS &&
           out->kind <= QUEUE_ALL && out->side < BUCKET_SIDES;
}

enum mr_code queue_first(struct curate_view *view, struct queue_task *out,
                         bool *found, struct mr_err *err)
{
    struct first first = { .arena = view->arena };
    enum mr_code code = view_scan(view, CURATE_QUEUE, (struct mr_range){ 0 },
                                  take_first, &first, err);

    *found = first.key.data != NULL;
    if (code != MR_OK || !*found)
        return code;
    if (!parse(&first, out))
        return mr_fail(err, MR_E_DAMAGED,
                       "curate: a task in the queue (%zu bytes) is damaged; "
                       "rebuild this stage's state from the log",
                       first.key.size);
    return MR_OK;
}
