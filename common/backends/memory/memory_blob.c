// SPDX-License-Identifier: Apache-2.0
/*
 * memory_blob.c - blobs under their hash.
 */
#include "common/backends/memory/memory_state.h"
#include "common/base/mr_hash.h"

static struct mr_memory *memory_of(struct mr_blob *blob)
{
    return ((struct memory_blob *)blob)->memory;
}

static struct mr_span key_of(const struct mr_hash128 *hash)
{
    return mr_span(hash, sizeof(*hash));
}

static enum mr_code blob_put(struct mr_blob *blob, struct mr_span bytes,
                             struct mr_hash128 *out, struct mr_err *err)
{
    struct mr_memory *memory = memory_of(blob);
    uint64_t call;
    enum mr_code code = memory_enter(memory, &call, err);

    if (code != MR_OK)
        return code;
    if (bytes.size > MR_BLOB_BYTES_MAX) {
        code = mr_fail(err, MR_E_LIMIT, "blob: %zu bytes, at most %zu",
                       bytes.size, MR_BLOB_BYTES_MAX);
    } else {
        *out = mr_hash128(bytes);
        memory_pair_drop(
            memory_map_put(memory->blobs, memory_pair_new(key_of(out), bytes)));
    }
    return memory_leave(memory, call, code, err);
}

static enum mr_code find_blob(struct mr_memory *memory, struct mr_hash128 hash,
                              struct memory_pair **out, struct mr_err *err)
{
    struct mr_hash128 found;
    char name[33];

    mr_hash128_hex(hash, name);
    *out = memory_map_get(memory->blobs, key_of(&hash));
    if (*out == NULL)
        return mr_fail(err, MR_E_LOST, "blob: there is no %s", name);
    found = mr_hash128((*out)->value);
    if (found.low != hash.low || found.high != hash.high)
        return mr_fail(err, MR_E_DAMAGED, "blob: %s has other bytes", name);
    return MR_OK;
}

static enum mr_code blob_get(struct mr_blob *blob, struct mr_hash128 hash,
                             struct mr_arena *arena, struct mr_span *out,
                             struct mr_err *err)
{
    struct mr_memory *memory = memory_of(blob);
    struct memory_pair *pair;
    uint64_t call;
    enum mr_code code = memory_enter(memory, &call, err);

    if (code != MR_OK)
        return code;
    code = find_blob(memory, hash, &pair, err);
    if (code == MR_OK)
        *out = mr_arena_copy(arena, pair->value);
    return memory_leave(memory, call, code, err);
}

static enum mr_code blob_remove(struct mr_blob *blob, struct mr_hash128 hash,
                                struct mr_err *err)
{
    struct mr_memory *memory = memory_of(blob);
    uint64_t call;
    enum mr_code code = memory_enter(memory, &call, err);

    if (code != MR_OK)
        return code;
    memory_pair_drop(memory_map_remove(memory->blobs, key_of(&hash)));
    return memory_leave(memory, call, MR_OK, err);
}

const struct mr_blob_ops memory_blob_ops = {
    .put = blob_put,
    .get = blob_get,
    .remove = blob_remove,
};

bool mr_memory_damage_blob(struct mr_memory *memory, struct mr_hash128 hash)
{
    struct memory_pair *pair;
    bool found;

    pthread_mutex_lock(&memory->lock);
    pair = memory_map_get(memory->blobs, key_of(&hash));
    found = pair != NULL && pair->value.size > 0;
    if (found)
        pair->bytes[pair->key.size] ^= 1;
    pthread_mutex_unlock(&memory->lock);
    return found;
}
