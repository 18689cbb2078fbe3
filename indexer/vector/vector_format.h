// SPDX-License-Identifier: Apache-2.0
/*
 * vector_format.h - the bytes of a dense segment.
 *
 * Sections of an image (segment/image.h) of kind IMAGE_DENSE; numbers are
 * little-endian, structs lie as below:
 *
 *   META  struct vector_meta
 *   ENTR  segment/entries.h
 *   ORDN  u32[units]: the passage of each, counted within its document
 *   VECT  float[units * dimension], each component within VECTOR_COMPONENT_MAX
 *
 * and, where a graph was built (Malkov, Yashunin 2018, by FAISS):
 *   LEVL  u8[units]: on how many levels each unit is, 1 or more
 *   LINK  i32[links]: for each unit its neighbours, 2 * m places for level 0
 *         and m for each level above; behind the last neighbour of a level -1
 * so the vectors lie there once, and the links are searched where they lie.
 */
#ifndef INDEXER_VECTOR_VECTOR_FORMAT_H
#define INDEXER_VECTOR_VECTOR_FORMAT_H

#include <stdint.h>

#include "common/base/mr_assert.h"
#include "indexer/segment/image.h"

#define VECTOR_META IMAGE_NAME('M', 'E', 'T', 'A')
#define VECTOR_ENTR IMAGE_NAME('E', 'N', 'T', 'R')
#define VECTOR_ORDN IMAGE_NAME('O', 'R', 'D', 'N')
#define VECTOR_VECT IMAGE_NAME('V', 'E', 'C', 'T')
#define VECTOR_LEVL IMAGE_NAME('L', 'E', 'V', 'L')
#define VECTOR_LINK IMAGE_NAME('L', 'I', 'N', 'K')

#define VECTOR_DIMENSION_MAX 8192u
#define VECTOR_LEVELS_MAX    32u
#define VECTOR_M_MAX         256u

/* Components of a vector of length 1 lie below it; sums stay finite. */
#define VECTOR_COMPONENT_MAX 2.0f

struct vector_meta {
    uint32_t dimension;
    uint32_t units;
    double recall;   /* of the graph, 1 without one */
    uint64_t links;  /* 0: no graph */
    uint32_t m;      /* of the graph, as what follows */
    uint32_t entry;  /* the unit where a search begins */
    uint32_t levels; /* of that unit: no other has more */
    uint32_t zero;
};

static_assert(sizeof(struct vector_meta) == 40, "as documented");

#endif
