// SPDX-License-Identifier: Apache-2.0
/*
 * trie.c - see trie.h.
 *
 * Nodes are placed breadth first, each at the first base that has room for all
 * its children.  Every cell that is looked at, of whatever node and byte, is
 * inside the array because bases differ from an allocated cell in their low 8
 * bits only.
 */
#include "embedder/wordpiece/trie.h"

#include <stdbool.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

/* The root is no node's child, and its cell isn't free. */
#define OWNER_OF_ROOT (TRIE_NONE - 1)

/* A node whose children are not placed yet: the keys that pass through it. */
struct pending {
    uint32_t node;
    size_t first;
    size_t last; /* behind it */
    size_t depth;
};

struct builder {
    struct trie *trie;
    const struct trie_key *keys;
    size_t free_from; /* no cell before it is free */
    struct pending *queue;
    size_t queue_size;
    size_t queue_room;
};

static void grow(struct trie *trie)
{
    size_t count = trie->count == 0 ? 1024 : trie->count * 2;

    trie->cells = mr_realloc_array(trie->cells, count, sizeof(trie->cells[0]));
    for (size_t i = trie->count; i < count; i++)
        trie->cells[i] = (struct trie_cell){ 0, TRIE_NONE, TRIE_NONE };
    trie->count = count;
}

static bool fits(const struct trie *trie, uint32_t base, const uint8_t *bytes,
                 size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (trie->cells[base ^ bytes[i]].owner != TRIE_NONE)
            return false;
    return true;
}

static uint32_t find_base(struct builder *builder, const uint8_t *bytes,
                          size_t count)
{
    struct trie *trie = builder->trie;

    while (builder->free_from < trie->count &&
           trie->cells[builder->free_from].owner != TRIE_NONE)
        builder->free_from++;
    for (size_t at = builder->free_from;; at++) {
        uint32_t base = (uint32_t)at ^ bytes[0];

        if (at == trie->count)
            grow(trie);
        if (trie->cells[at].owner == TRIE_NONE &&
            fits(trie, base, bytes, count))
            return base;
    }
}

static void enqueue(struct builder *builder, struct pending pending)
{
    if (builder->queue_size == builder->queue_room) {
        builder->queue_room =
            builder->queue_room == 0 ? 1024 : builder->queue_room * 2;
        builder->queue = mr_realloc_array(builder->queue, builder->queue_room,
                                          sizeof(struct pending));
    }
    builder->queue[builder->queue_size++] = pending;
}

/* The different bytes at `depth` of the keys, and where each begins. */
static size_t branches(const struct builder *builder,
                       const struct pending *pending, uint8_t *bytes,
                       size_t *firsts)
{
    size_t count = 0;

    for (size_t i = pending->first; i < pending->last; i++) {
        uint8_t byte = builder->keys[i].bytes.data[pending->depth];

        if (count > 0 && bytes[count - 1] == byte)
            continue;
        MR_ASSERT(count == 0 || bytes[count - 1] < byte);
        bytes[count] = byte;
        firsts[count++] = i;
    }
    return count;
}

static void place(struct builder *builder, struct pending pending)
{
    uint8_t bytes[256];
    size_t firsts[256 + 1];
    size_t count;
    uint32_t base;

    /* The key that ends here comes before those that go on. */
    if (pending.first < pending.last &&
        builder->keys[pending.first].bytes.size == pending.depth) {
        MR_ASSERT(pending.depth > 0);
        builder->trie->cells[pending.node].number =
            builder->keys[pending.first++].number;
    }
    count = branches(builder, &pending, bytes, firsts);
    if (count == 0) {
        builder->trie->cells[pending.node].base = pending.node;
        return;
    }
    firsts[count] = pending.last;
    base = find_base(builder, bytes, count);
    builder->trie->cells[pending.node].base = base;
    for (size_t i = 0; i < count; i++) {
        uint32_t child = base ^ bytes[i];

        builder->trie->cells[child].owner = pending.node;
        enqueue(builder, (struct pending){ child, firsts[i], firsts[i + 1],
                                           pending.depth + 1 });
    }
}

void trie_init(struct trie *trie, const struct trie_key *keys, size_t count)
{
    struct builder builder = { .trie = trie, .keys = keys };

    *trie = (struct trie){ 0 };
    grow(trie);
    trie->cells[TRIE_ROOT].owner = OWNER_OF_ROOT;
    enqueue(&builder, (struct pending){ TRIE_ROOT, 0, count, 0 });
    for (size_t i = 0; i < builder.queue_size; i++)
        place(&builder, builder.queue[i]);
    mr_free(builder.queue);
}

void trie_deinit(struct trie *trie)
{
    mr_free(trie->cells);
    *trie = (struct trie){ 0 };
}
