// SPDX-License-Identifier: Apache-2.0
/*
 * cache.c - see cache.h.
 */
#include "embedder/stage/cache.h"

#include <endian.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_reader.h"
#include "embedder/stage/spaces.h"

static_assert(__BYTE_ORDER == __LITTLE_ENDIAN, "floats are kept as they lie");

/* In one step at most so many entries are dropped; the others go later. */
#define DROP_MAX 8192u

static struct mr_span meta_key(void)
{
    return mr_span_str("cache");
}

static struct mr_span age_key(uint64_t number, uint64_t *key)
{
    *key = htobe64(number);
    return mr_span(key, sizeof(*key));
}

static struct mr_span hash_span(const struct mr_hash128 *hash)
{
    static_assert(sizeof(*hash) == 16, "two words without a gap");
    return mr_span(hash, sizeof(*hash));
}

enum mr_code cache_begin(struct cache *cache, struct mr_state *state,
                         struct mr_effects *effects, uint32_t dimension,
                         uint64_t entries_max, struct mr_err *err)
{
    struct mr_span meta;
    struct mr_reader in;
    enum mr_code code = mr_state_get(state, EMBED_META, meta_key(), &meta, err);

    MR_ASSERT(entries_max > 0);
    *cache = (struct cache){
        .state = state,
        .effects = effects,
        .dimension = dimension,
        .entries_max = entries_max,
    };
    if (code != MR_OK || meta.data == NULL)
        return code;
    in = mr_reader(meta);
    cache->next = mr_read_u64(&in);
    cache->count = mr_read_u64(&in);
    if (!mr_reader_done(&in) || cache->count > cache->next)
        return mr_fail(err, MR_E_DAMAGED,
                       "embed: the cache's count is of %zu bytes", meta.size);
    return MR_OK;
}

static void put(struct cache *cache, struct mr_hash128 hash,
                const float *vector)
{
    size_t floats = cache->dimension * sizeof(float);
    uint8_t *value = mr_arena_alloc(mr_state_arena(cache->state), 8 + floats);
    uint64_t number = cache->next++;
    uint64_t key;

    memcpy(value, &number, 8);
    memcpy(value + 8, vector, floats);
    mr_effects_put(cache->effects, EMBED_CACHE, hash_span(&hash),
                   mr_span(value, 8 + floats));
    mr_effects_put(cache->effects, EMBED_AGES, age_key(number, &key),
                   hash_span(&hash));
    cache->changed = true;
}

enum mr_code cache_get(struct cache *cache, struct mr_hash128 hash,
                       const float **out, struct mr_err *err)
{
    size_t floats = cache->dimension * sizeof(float);
    struct mr_span value;
    uint64_t number;
    uint64_t key;
    float *vector;
    enum mr_code code =
        mr_state_get(cache->state, EMBED_CACHE, hash_span(&hash), &value, err);

    *out = NULL;
    if (code != MR_OK || value.data == NULL)
        return code;
    if (value.size != 8 + floats)
        return mr_fail(err, MR_E_DAMAGED,
                       "embed: a vector of %zu bytes in the cache, not %zu",
                       value.size, 8 + floats);
    vector = mr_arena_alloc(mr_state_arena(cache->state), floats);
    memcpy(vector, value.data + 8, floats);
    memcpy(&number, value.data, 8);
    if (cache->next - number > cache->entries_max / 2) {
        mr_effects_delete(cache->effects, EMBED_AGES, age_key(number, &key));
        put(cache, hash, vector);
    }
    *out = vector;
    return MR_OK;
}

void cache_put(struct cache *cache, struct mr_hash128 hash, const float *vector)
{
    put(cache, hash, vector);
    cache->count++;
}

struct oldest {
    struct mr_arena *arena;
    struct mr_span *keys;
    struct mr_span *hashes;
    size_t count;
    size_t max;
};

static enum mr_code note_oldest(void *context, struct mr_span key,
                                struct mr_span value, bool *stop,
                                struct mr_err *err)
{
    struct oldest *oldest = context;

    (void)err;
    oldest->keys[oldest->count] = mr_arena_copy(oldest->arena, key);
    oldest->hashes[oldest->count] = mr_arena_copy(oldest->arena, value);
    *stop = ++oldest->count == oldest->max;
    return MR_OK;
}

static enum mr_code drop(struct cache *cache, uint64_t many, struct mr_err *err)
{
    struct oldest oldest = {
        .arena = mr_state_arena(cache->state),
        .max = many < DROP_MAX ? (size_t)many : DROP_MAX,
    };
    enum mr_code code;

    oldest.keys =
        mr_arena_calloc(oldest.arena, oldest.max, sizeof(*oldest.keys));
    oldest.hashes =
        mr_arena_calloc(oldest.arena, oldest.max, sizeof(*oldest.hashes));
    code = mr_state_scan(cache->state, EMBED_AGES, (struct mr_range){ 0 },
                         note_oldest, &oldest, err);
    for (size_t i = 0; i < oldest.count && code == MR_OK; i++) {
        mr_effects_delete(cache->effects, EMBED_AGES, oldest.keys[i]);
        mr_effects_delete(cache->effects, EMBED_CACHE, oldest.hashes[i]);
    }
    cache->count -= oldest.count;
    return code;
}

enum mr_code cache_end(struct cache *cache, struct mr_err *err)
{
    uint64_t meta[2];
    enum mr_code code = MR_OK;

    if (cache->changed && cache->count > cache->entries_max)
        code = drop(cache, cache->count - cache->entries_max, err);
    if (code != MR_OK || !cache->changed)
        return code;
    meta[0] = cache->next;
    meta[1] = cache->count;
    mr_effects_put(cache->effects, EMBED_META, meta_key(),
                   mr_span(meta, sizeof(meta)));
    return MR_OK;
}
