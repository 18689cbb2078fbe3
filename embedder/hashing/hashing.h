// SPDX-License-Identifier: Apache-2.0
/*
 * hashing.h - a model without a model: for tests and simulation.
 *
 * A text's vector is the sum over its words of +1 or -1 in each dimension, by
 * a hash of the word (a random projection of the bag of words), scaled to
 * length 1: texts that share words are near each other, others nearly at right
 * angles.  It knows no synonyms.  Words are runs of letters and digits of
 * ASCII, in lower case, and of all bytes above it.
 *
 * Deterministic to the bit on every machine: sums of whole numbers, one square
 * root and one division.
 *
 * Memory:  a few bytes.
 * Threads: any.
 * I/O:     none.
 */
#ifndef EMBEDDER_HASHING_HASHING_H
#define EMBEDDER_HASHING_HASHING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ports/model.h"

#define HASHING_DIMENSION_MAX 1024u

struct hashing_spec {
    uint32_t dimension;  /* 1 to HASHING_DIMENSION_MAX */
    uint32_t tokens_max; /* at least 3; a word is a token, and two more */
    uint64_t seed;       /* another one is another model */
};

/* Freed by hashing_free(). */
struct mr_model *hashing_new(const struct hashing_spec *spec);

/* NULL does nothing. */
void hashing_free(struct mr_model *model);

/* Whether `model` came from hashing_new(). */
bool hashing_is(const struct mr_model *model);

#endif
