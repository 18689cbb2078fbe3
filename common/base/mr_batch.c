// SPDX-License-Identifier: Apache-2.0
/*
 * mr_batch.c - see mr_batch.h.
 */
#include "common/base/mr_batch.h"

#include "common/base/mr_arena.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

struct mr_batch {
    struct mr_arena *arena;
    struct mr_batch_op *ops;
    size_t count;
    size_t room;
};

struct mr_batch *mr_batch_new(void)
{
    struct mr_batch *batch = mr_calloc(1, sizeof(*batch));

    batch->arena = mr_arena_new();
    return batch;
}

void mr_batch_free(struct mr_batch *batch)
{
    if (batch == NULL)
        return;
    mr_arena_free(batch->arena);
    mr_free(batch->ops);
    mr_free(batch);
}

void mr_batch_reset(struct mr_batch *batch)
{
    mr_arena_reset(batch->arena);
    batch->count = 0;
}

static void add(struct mr_batch *batch, enum mr_batch_kind kind, uint32_t space,
                struct mr_span key, struct mr_span value)
{
    if (batch->count == batch->room) {
        batch->room = batch->room > 0 ? 2 * batch->room : 32;
        batch->ops =
            mr_realloc_array(batch->ops, batch->room, sizeof(*batch->ops));
    }
    batch->ops[batch->count++] = (struct mr_batch_op){
        .kind = kind,
        .space = space,
        .key = mr_arena_copy(batch->arena, key),
        .value = mr_arena_copy(batch->arena, value),
    };
}

void mr_batch_put(struct mr_batch *batch, uint32_t space, struct mr_span key,
                  struct mr_span value)
{
    add(batch, MR_BATCH_PUT, space, key, value);
}

void mr_batch_delete(struct mr_batch *batch, uint32_t space, struct mr_span key)
{
    add(batch, MR_BATCH_DELETE, space, key, (struct mr_span){ 0 });
}

void mr_batch_delete_range(struct mr_batch *batch, uint32_t space,
                           struct mr_span from, struct mr_span to)
{
    add(batch, MR_BATCH_DELETE_RANGE, space, from, to);
}

size_t mr_batch_count(const struct mr_batch *batch)
{
    return batch->count;
}

size_t mr_batch_bytes(const struct mr_batch *batch)
{
    return mr_arena_used(batch->arena);
}

const struct mr_batch_op *mr_batch_at(const struct mr_batch *batch, size_t nth)
{
    MR_ASSERT(nth < batch->count);

    return &batch->ops[nth];
}
