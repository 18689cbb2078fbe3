// SPDX-License-Identifier: Apache-2.0
/*
 * bands.c - see bands.h.
 */
#include "preprocessor/curate/bands.h"

#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"

/* Seeds are 0..15 for the bands and this for the bucket of equal texts. */
#define TEXT_SEED 100u

bool bands_share(const uint16_t a[MR_MINHASH_ROWS],
                 const uint16_t b[MR_MINHASH_ROWS])
{
    for (size_t band = 0; band < BANDS_COUNT; band++) {
        size_t at = band * BANDS_ROWS;

        if (memcmp(a + at, b + at, BANDS_ROWS * sizeof(*a)) == 0)
            return true;
    }
    return false;
}

static uint64_t text_bucket(const struct curate_record *record)
{
    uint64_t words[3] = { record->access_hash, record->text_hash.low,
                          record->text_hash.high };

    return mr_hash64(mr_span(words, sizeof(words)), TEXT_SEED);
}

static uint64_t band_bucket(const struct curate_record *record, size_t band)
{
    uint8_t bytes[sizeof(uint64_t) + BANDS_ROWS * sizeof(uint16_t)];

    memcpy(bytes, &record->access_hash, sizeof(uint64_t));
    memcpy(bytes + sizeof(uint64_t), record->minhash + band * BANDS_ROWS,
           BANDS_ROWS * sizeof(uint16_t));
    return mr_hash64(mr_span(bytes, sizeof(bytes)), band);
}

size_t bands_buckets(const struct curate_record *record, unsigned placed,
                     uint64_t out[BANDS_BUCKETS_MAX])
{
    size_t count = 0;

    MR_ASSERT(record->has_content || placed == 0);
    if ((placed & CURATE_PLACED_TEXT) != 0)
        out[count++] = text_bucket(record);
    if ((placed & CURATE_PLACED_BANDS) == 0 || !record->has_minhash)
        return count;
    for (size_t band = 0; band < BANDS_COUNT; band++)
        out[count++] = band_bucket(record, band);
    return count;
}
