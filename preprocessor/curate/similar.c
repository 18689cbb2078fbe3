// SPDX-License-Identifier: Apache-2.0
/*
 * similar.c - see similar.h.
 */
#include "preprocessor/curate/similar.h"

#include <math.h>

#include "common/base/mr_assert.h"
#include "preprocessor/curate/bands.h"

unsigned similar_rows_min(double jaccard)
{
    MR_ASSERT(jaccard >= 0 && jaccard <= 1);
    if (jaccard >= 1)
        return SIMILAR_ROWS_NEVER;
    return (unsigned)lround(jaccard * MR_MINHASH_ROWS);
}

unsigned similar_rows(const uint16_t a[MR_MINHASH_ROWS],
                      const uint16_t b[MR_MINHASH_ROWS])
{
    unsigned rows = 0;

    for (size_t i = 0; i < MR_MINHASH_ROWS; i++)
        rows += a[i] == b[i];
    return rows;
}

bool similar(const struct curate_record *a, const struct curate_record *b,
             unsigned rows_min, uint8_t *rows)
{
    unsigned agree;

    MR_ASSERT(a->has_content && b->has_content);
    if (a->access_hash != b->access_hash)
        return false;
    if (a->text_hash.low == b->text_hash.low &&
        a->text_hash.high == b->text_hash.high) {
        *rows = MR_MINHASH_ROWS;
        return true;
    }
    if (!a->has_minhash || !b->has_minhash || rows_min == SIMILAR_ROWS_NEVER ||
        !bands_share(a->minhash, b->minhash))
        return false;
    agree = similar_rows(a->minhash, b->minhash);
    if (agree < rows_min)
        return false;
    *rows = (uint8_t)agree;
    return true;
}
