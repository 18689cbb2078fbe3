// SPDX-License-Identifier: Apache-2.0
/*
 * bands.h - in which buckets a document lies.
 *
 * The 128 rows of a MinHash are 16 bands of 8: two documents are compared when
 * all rows of a band are equal, which happens to a pair of Jaccard J with
 * probability 1 - (1 - J^8)^16.  Why 16 x 8: of pairs at .8 it finds 94.7 %,
 * at .85 99.4 % and at .9 all but one in 10,000, while of unrelated ones (.3)
 * it compares one in 1,000.  32 x 4 would find all at .8, but would compare 23
 * % of those at .3 and look at twice as many buckets for every document; 12 x
 * 10 would miss a quarter at .8.
 *
 * A bucket is named by a hash of the band's number, its rows and the access
 * hash, so that only documents of equal access meet; one more bucket is named
 * by the text hash.
 *
 * Memory:  none kept.  Threads: any.  I/O: none.
 */
#ifndef PREPROCESSOR_CURATE_BANDS_H
#define PREPROCESSOR_CURATE_BANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_assert.h"
#include "preprocessor/curate/record.h"

#define BANDS_COUNT       16u
#define BANDS_ROWS        8u
#define BANDS_BUCKETS_MAX (BANDS_COUNT + 1u)

static_assert(BANDS_COUNT * BANDS_ROWS == MR_MINHASH_ROWS,
              "every row is in one band");

/* True when all rows of some band are equal. */
bool bands_share(const uint16_t a[MR_MINHASH_ROWS],
                 const uint16_t b[MR_MINHASH_ROWS]);

/*
 * The buckets of a record with content, for the indexes that `placed` names
 * (bits of enum curate_placed).  Returns how many; those of bands only if it
 * has a MinHash.
 */
size_t bands_buckets(const struct curate_record *record, unsigned placed,
                     uint64_t out[BANDS_BUCKETS_MAX]);

#endif
