// SPDX-License-Identifier: Apache-2.0
/*
 * queue.c - see queue.h.
 */
#include "preprocessor/curate/queue.h"

#include "common/base/mr_assert.h"
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

static bool parse(const struct queue_item *item, struct queue_task *out)
{
    struct mr_reader in = mr_reader(item->key);

    *out = (struct queue_task){ .kind = (enum queue_kind)mr_read_byte(&in) };
    if (out->kind == QUEUE_NEIGHBOURS) {
        out->bucket = mr_read_u64_be(&in);
        out->side = (enum bucket_side)mr_read_byte(&in);
    }
    out->subject = mr_read_rest(&in);
    if (item->value.size > 0)
        out->cursor = item->value;
    return !in.overrun && out->kind >= QUEUE_ORPHANS &&
           out->kind <= QUEUE_ALL && out->side < BUCKET_SIDES;
}

/* By key; of equal keys the one whose scan is less far. */
static bool is_before(const struct queue_item *a, const struct queue_item *b)
{
    int order = mr_span_compare(a->key, b->key);

    return order < 0 || (order == 0 && mr_span_compare(a->value, b->value) < 0);
}

static void swap(struct queue_item *a, struct queue_item *b)
{
    struct queue_item c = *a;

    *a = *b;
    *b = c;
}

static void heap_add(struct queue *queue, struct queue_item item)
{
    size_t at = queue->count++;

    if (at == queue->room) {
        size_t room = queue->room > 0 ? 2 * queue->room : 64;
        struct queue_item *heap =
            mr_arena_alloc(queue->view->arena, room * sizeof(*heap));

        if (at > 0)
            memcpy(heap, queue->heap, at * sizeof(*heap));
        queue->heap = heap;
        queue->room = room;
    }
    queue->heap[at] = item;
    while (at > 0 && is_before(&queue->heap[at], &queue->heap[(at - 1) / 2])) {
        swap(&queue->heap[at], &queue->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static struct queue_item heap_take(struct queue *queue)
{
    struct queue_item first = queue->heap[0];
    size_t at = 0;

    MR_ASSERT(queue->count > 0);
    queue->heap[0] = queue->heap[--queue->count];
    for (;;) {
        size_t least = at;

        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++) {
            if (child < queue->count &&
                is_before(&queue->heap[child], &queue->heap[least]))
                least = child;
        }
        if (least == at)
            return first;
        swap(&queue->heap[at], &queue->heap[least]);
        at = least;
    }
}

void queue_push(struct queue *queue, const struct queue_task *task)
{
    struct queue_item item = { key_of(task, queue->view->arena), task->cursor };

    if (item.value.data == NULL)
        item.value = mr_span("", 0);
    heap_add(queue, item);
}

struct first {
    struct mr_arena *arena;
    struct queue_item item;
};

static enum mr_code take_first(void *context, struct mr_span key,
                               struct mr_span value, bool *stop,
                               struct mr_err *err)
{
    struct first *first = context;

    (void)err;
    first->item.key = mr_arena_copy(first->arena, key);
    first->item.value = mr_arena_copy(first->arena, value);
    *stop = true;
    return MR_OK;
}

static enum mr_code look_up_stored(struct queue *queue, struct mr_err *err)
{
    struct first first = { .arena = queue->view->arena };
    /* What was taken lies before it, and nothing is added there meanwhile. */
    struct mr_range range = { .from = queue->stored.key };
    enum mr_code code = MR_OK;

    if (queue->stored_known)
        return MR_OK;
    code = view_scan(queue->view, CURATE_QUEUE, range, take_first, &first, err);
    queue->stored = first.item;
    queue->stored_known = code == MR_OK;
    return code;
}

/* The first of both, out of both. */
static struct queue_item take(struct queue *queue)
{
    struct queue_item item;

    if (queue->stored.key.data == NULL)
        return heap_take(queue);
    if (queue->count > 0 && is_before(&queue->heap[0], &queue->stored)) {
        item = heap_take(queue);
        if (!mr_span_equal(item.key, queue->stored.key))
            return item;
    } else {
        item = queue->stored;
    }
    view_delete(queue->view, CURATE_QUEUE, queue->stored.key);
    queue->stored_known = false;
    return item;
}

enum mr_code queue_pop(struct queue *queue, struct queue_task *out, bool *found,
                       struct mr_err *err)
{
    enum mr_code code = look_up_stored(queue, err);
    struct queue_item item;

    *found = queue->count > 0 || queue->stored.key.data != NULL;
    if (code != MR_OK || !*found)
        return code;
    item = take(queue);
    while (queue->count > 0 && mr_span_equal(queue->heap[0].key, item.key))
        (void)heap_take(queue);
    if (!parse(&item, out))
        return mr_fail(err, MR_E_DAMAGED,
                       "curate: a task in the queue (%zu bytes) is damaged; "
                       "rebuild this stage's state from the log",
                       item.key.size);
    return MR_OK;
}

enum mr_code queue_keep(struct queue *queue, bool *left, struct mr_err *err)
{
    enum mr_code code = look_up_stored(queue, err);
    struct mr_span before = mr_span(NULL, 0);

    *left = queue->count > 0 || queue->stored.key.data != NULL;
    while (code == MR_OK && queue->count > 0) {
        struct queue_item item = heap_take(queue);

        if (before.data == NULL || !mr_span_equal(before, item.key))
            view_put(queue->view, CURATE_QUEUE, item.key, item.value);
        before = item.key;
    }
    return code;
}
