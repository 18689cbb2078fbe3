// SPDX-License-Identifier: Apache-2.0
/*
 * trie.h - a set of byte strings with numbers, walked byte by byte.
 *
 * A double array (Aoe 1989): the child of node n by byte b is cell
 * base(n) ^ b, if that cell belongs to n.  A walk costs one cell a byte and
 * finds the longest key that a text begins with in one pass, whatever the
 * number of keys.
 *
 * Memory:  12 bytes a node; about 1 MB for BERT's vocabulary.
 * Threads: constant once built.
 * I/O:     none.
 */
#ifndef EMBEDDER_WORDPIECE_TRIE_H
#define EMBEDDER_WORDPIECE_TRIE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"

#define TRIE_NONE UINT32_MAX
#define TRIE_ROOT 0u

struct trie_cell {
    uint32_t base;
    uint32_t owner;  /* the node whose child it is; TRIE_NONE: free */
    uint32_t number; /* of the key that ends here, or TRIE_NONE */
};

struct trie {
    struct trie_cell *cells;
    size_t count; /* a multiple of 256 */
};

struct trie_key {
    struct mr_span bytes;
    uint32_t number;
};

/* Builds from keys that are sorted by bytes, differ and are not empty.
 * Freed by trie_deinit(). */
void trie_init(struct trie *trie, const struct trie_key *keys, size_t count);
void trie_deinit(struct trie *trie);

/* The child of `node` by `byte`, or TRIE_NONE. */
static inline uint32_t trie_step(const struct trie *trie, uint32_t node,
                                 uint8_t byte)
{
    uint32_t next = trie->cells[node].base ^ byte;

    return trie->cells[next].owner == node ? next : TRIE_NONE;
}

#endif
