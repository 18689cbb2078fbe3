// SPDX-License-Identifier: Apache-2.0
/*
 * memory_store.c - spaces, reads and batches.
 */
#include <string.h>

#include "common/backends/memory/memory_state.h"
#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

static struct mr_memory *memory_of(struct mr_store *store)
{
    return ((struct memory_store *)store)->memory;
}

static enum mr_code find_space(struct mr_memory *memory, mr_space_id id,
                               struct memory_map **out, struct mr_err *err)
{
    if (id == 0 || id > memory->space_count)
        return mr_fail(err, MR_E_INVALID, "store: no space has the id %u", id);
    *out = memory->spaces[id - 1].map;
    return MR_OK;
}

static mr_space_id add_space(struct mr_memory *memory, const char *name)
{
    for (size_t i = 0; i < memory->space_count; i++) {
        if (strcmp(memory->spaces[i].name, name) == 0)
            return (mr_space_id)(i + 1);
    }
    memory->spaces = mr_realloc_array(memory->spaces, memory->space_count + 1,
                                      sizeof(*memory->spaces));
    memory->spaces[memory->space_count++] = (struct memory_space){
        .name = mr_strdup(name),
        .map = memory_map_new(),
    };
    memory_history_sync(&memory->history);
    return (mr_space_id)memory->space_count;
}

static enum mr_code store_space(struct mr_store *store, const char *name,
                                mr_space_id *out, struct mr_err *err)
{
    struct mr_memory *memory = memory_of(store);
    uint64_t call;
    enum mr_code code = memory_enter(memory, &call, err);

    if (code != MR_OK)
        return code;
    code = mr_rules_space(name, err);
    if (code == MR_OK)
        *out = add_space(memory, name);
    return memory_leave(memory, call, code, err);
}

static enum mr_code store_get(struct mr_store *store, mr_space_id space,
                              struct mr_span key, struct mr_arena *arena,
                              struct mr_span *out, struct mr_err *err)
{
    struct mr_memory *memory = memory_of(store);
    struct memory_map *map;
    uint64_t call;
    enum mr_code code = memory_enter(memory, &call, err);

    if (code != MR_OK)
        return code;
    code = find_space(memory, space, &map, err);
    if (code == MR_OK) {
        struct memory_pair *pair = memory_map_get(map, key);

        *out = pair == NULL ? (struct mr_span){ 0 }
                            : mr_arena_copy(arena, pair->value);
    }
    return memory_leave(memory, call, code, err);
}

static enum mr_code visit_all(struct memory_pair **pairs, size_t count,
                              mr_store_visit *visit, void *context,
                              struct mr_err *err)
{
    bool stop = false;

    for (size_t i = 0; i < count && !stop; i++) {
        enum mr_code code =
            visit(context, pairs[i]->key, pairs[i]->value, &stop, err);

        if (code != MR_OK)
            return code;
    }
    return MR_OK;
}

/* The visitor runs without the lock: it may call the ports. */
static enum mr_code store_scan(struct mr_store *store, mr_space_id space,
                               struct mr_range range, mr_store_visit *visit,
                               void *context, struct mr_err *err)
{
    struct mr_memory *memory = memory_of(store);
    struct memory_pair **pairs;
    struct memory_map *map;
    size_t count;
    uint64_t call;
    enum mr_code code = memory_enter(memory, &call, err);

    if (code != MR_OK)
        return code;
    code = find_space(memory, space, &map, err);
    if (code != MR_OK)
        return memory_leave(memory, call, code, err);
    pairs = memory_map_collect(map, range.from, range.to, &count);
    pthread_mutex_unlock(&memory->lock);
    code = visit_all(pairs, count, visit, context, err);
    pthread_mutex_lock(&memory->lock);
    for (size_t i = 0; i < count; i++)
        memory_pair_drop(pairs[i]);
    mr_free(pairs);
    return memory_leave(memory, call, code, err);
}

enum mr_code memory_check_batch(struct mr_memory *memory,
                                const struct mr_batch *batch,
                                struct mr_err *err)
{
    for (size_t i = 0; i < mr_batch_count(batch); i++) {
        struct memory_map *map;
        enum mr_code code =
            find_space(memory, mr_batch_at(batch, i)->space, &map, err);

        if (code != MR_OK)
            return code;
    }
    return MR_OK;
}

static void delete_range(struct mr_memory *memory, struct memory_map *map,
                         const struct mr_batch_op *op)
{
    struct memory_pair **pairs;
    size_t count;

    pairs = memory_map_collect(map, op->key, op->value, &count);
    for (size_t i = 0; i < count; i++) {
        memory_history_remove(&memory->history, map, pairs[i]->key);
        memory_pair_drop(pairs[i]);
    }
    mr_free(pairs);
}

static void apply(struct mr_memory *memory, const struct mr_batch_op *op)
{
    struct memory_map *map = memory->spaces[op->space - 1].map;

    switch (op->kind) {
    case MR_BATCH_PUT:
        memory_history_put(&memory->history, map, op->key, op->value);
        return;
    case MR_BATCH_DELETE:
        memory_history_remove(&memory->history, map, op->key);
        return;
    case MR_BATCH_DELETE_RANGE:
        delete_range(memory, map, op);
        return;
    }
    MR_UNREACHABLE();
}

void memory_apply_batch(struct mr_memory *memory, const struct mr_batch *batch)
{
    for (size_t i = 0; i < mr_batch_count(batch); i++)
        apply(memory, mr_batch_at(batch, i));
}

static enum mr_code store_write(struct mr_store *store,
                                const struct mr_batch *batch, bool sync,
                                struct mr_err *err)
{
    struct mr_memory *memory = memory_of(store);
    uint64_t call;
    enum mr_code code = memory_enter(memory, &call, err);

    if (code != MR_OK)
        return code;
    code = memory_check_batch(memory, batch, err);
    if (code == MR_OK) {
        memory_history_begin(&memory->history);
        memory_apply_batch(memory, batch);
        if (sync)
            memory_history_sync(&memory->history);
    }
    return memory_leave(memory, call, code, err);
}

const struct mr_store_ops memory_store_ops = {
    .space = store_space,
    .get = store_get,
    .scan = store_scan,
    .write = store_write,
};
