// SPDX-License-Identifier: Apache-2.0
/*
 * memory_map.c - a skip list; see memory_map.h.
 *
 * The level of a node is a function of its key, so that equal contents make
 * equal lists and a simulation repeats itself.
 */
#include "common/backends/memory/memory_map.h"

#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"

#define LEVELS 16u

struct node {
    struct memory_pair *pair;
    struct node *next[]; /* as many as its level */
};

struct memory_map {
    struct node *head; /* of all levels, without a pair */
};

struct memory_pair *memory_pair_new(struct mr_span key, struct mr_span value)
{
    struct memory_pair *pair = mr_malloc(sizeof(*pair) + key.size + value.size);

    pair->references = 1;
    if (key.size > 0)
        memcpy(pair->bytes, key.data, key.size);
    if (value.size > 0)
        memcpy(pair->bytes + key.size, value.data, value.size);
    pair->key = mr_span(pair->bytes, key.size);
    pair->value = mr_span(pair->bytes + key.size, value.size);
    return pair;
}

struct memory_pair *memory_pair_hold(struct memory_pair *pair)
{
    MR_ASSERT(pair->references > 0);
    pair->references++;
    return pair;
}

void memory_pair_drop(struct memory_pair *pair)
{
    if (pair == NULL)
        return;
    MR_ASSERT(pair->references > 0);
    if (--pair->references == 0)
        mr_free(pair);
}

static struct node *node_new(struct memory_pair *pair, size_t levels)
{
    struct node *node =
        mr_calloc(1, sizeof(*node) + levels * sizeof(struct node *));

    node->pair = pair;
    return node;
}

struct memory_map *memory_map_new(void)
{
    struct memory_map *map = mr_calloc(1, sizeof(*map));

    map->head = node_new(NULL, LEVELS);
    return map;
}

void memory_map_free(struct memory_map *map)
{
    struct node *node = map->head;

    while (node != NULL) {
        struct node *next = node->next[0];

        memory_pair_drop(node->pair);
        mr_free(node);
        node = next;
    }
    mr_free(map);
}

/* One level more in a quarter of the cases. */
static size_t levels_of(struct mr_span key)
{
    uint64_t bits = mr_hash64(key, 1);
    size_t levels = 1;

    while (levels < LEVELS && (bits & 3) == 0) {
        levels++;
        bits >>= 2;
    }
    return levels;
}

/* The last node before `key` on each level; gives the first one not before. */
static struct node *seek(const struct memory_map *map, struct mr_span key,
                         struct node *before[LEVELS])
{
    struct node *node = map->head;

    for (size_t level = LEVELS; level-- > 0;) {
        while (node->next[level] != NULL &&
               mr_span_compare(node->next[level]->pair->key, key) < 0)
            node = node->next[level];
        before[level] = node;
    }
    return node->next[0];
}

static struct node *find(const struct memory_map *map, struct mr_span key,
                         struct node *before[LEVELS])
{
    struct node *node = seek(map, key, before);

    if (node == NULL || !mr_span_equal(node->pair->key, key))
        return NULL;
    return node;
}

struct memory_pair *memory_map_get(const struct memory_map *map,
                                   struct mr_span key)
{
    struct node *before[LEVELS];
    struct node *node = find(map, key, before);

    return node == NULL ? NULL : node->pair;
}

struct memory_pair *memory_map_put(struct memory_map *map,
                                   struct memory_pair *pair)
{
    struct node *before[LEVELS];
    struct node *node = find(map, pair->key, before);
    size_t levels;

    if (node != NULL) {
        struct memory_pair *old = node->pair;

        node->pair = pair;
        return old;
    }
    levels = levels_of(pair->key);
    node = node_new(pair, levels);
    for (size_t level = 0; level < levels; level++) {
        node->next[level] = before[level]->next[level];
        before[level]->next[level] = node;
    }
    return NULL;
}

struct memory_pair *memory_map_remove(struct memory_map *map,
                                      struct mr_span key)
{
    struct node *before[LEVELS];
    struct node *node = find(map, key, before);
    struct memory_pair *pair;

    if (node == NULL)
        return NULL;
    for (size_t level = 0; level < LEVELS; level++) {
        if (before[level]->next[level] == node)
            before[level]->next[level] = node->next[level];
    }
    pair = node->pair;
    mr_free(node);
    return pair;
}

struct memory_pair **memory_map_collect(const struct memory_map *map,
                                        struct mr_span from, struct mr_span to,
                                        size_t *count)
{
    struct node *before[LEVELS];
    struct memory_pair **pairs = NULL;
    size_t room = 0;

    *count = 0;
    for (struct node *node = seek(map, from, before); node != NULL;
         node = node->next[0]) {
        if (to.data != NULL && mr_span_compare(node->pair->key, to) >= 0)
            break;
        if (*count == room) {
            room = 2 * room + 16;
            pairs = mr_realloc_array(pairs, room, sizeof(*pairs));
        }
        pairs[(*count)++] = memory_pair_hold(node->pair);
    }
    return pairs;
}
