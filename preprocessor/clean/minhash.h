// SPDX-License-Identifier: Apache-2.0
/*
 * minhash.h - 128 numbers by which the overlap of two texts is estimated.
 *
 * Row i is the smallest of h_i over the 64-bit hashes of the text's shingles
 * (shingles.h), h_i(x) = mix32(x's 32 bits xor seed_i) with Murmur3's 32-bit
 * finaliser, which is a bijection; of it 16 bits are kept.  The share of rows
 * in which two texts agree estimates the Jaccard similarity J of their sets of
 * shingles: standard error sqrt(J (1 - J) / 128), .035 at .8; rows that differ
 * agree by chance once in 65,536.
 *
 * A text of fewer than three words has no shingle and no MinHash; it is a
 * duplicate of equal texts only.
 *
 * The numbers go to the bus and to disk: they are the same on every machine,
 * and never change.
 *
 * Memory:  none.  Threads: any.  I/O: none.
 * Source:  A. Broder, On the resemblance and containment of documents, 1997;
 *          P. Li, A. C. Koenig, b-Bit Minwise Hashing, 2010.
 */
#ifndef PREPROCESSOR_CLEAN_MINHASH_H
#define PREPROCESSOR_CLEAN_MINHASH_H

#include <stddef.h>
#include <stdint.h>

#include "common/wire/signature.h"

/* `count` shingles, at least one.  Order and repeats do not matter. */
void clean_minhash(const uint64_t *shingles, size_t count,
                   uint16_t out[MR_MINHASH_ROWS]);

/* The same, slower, without what only some machines have: for tests. */
void clean_minhash_anywhere(const uint64_t *shingles, size_t count,
                            uint16_t out[MR_MINHASH_ROWS]);

#endif
