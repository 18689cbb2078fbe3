// SPDX-License-Identifier: Apache-2.0
/*
 * similar.h - when two documents say the same.
 *
 * similar(a, b) holds for equal access and
 *   - equal text hashes, or
 *   - at least `rows_min` equal rows of 128 in their MinHash, and at least one
 *     band (bands.h) whose rows are all equal.
 *
 * rows_min = round(128 * wished Jaccard).  A row is equal with probability J,
 * the Jaccard of the sets of 3-word shingles; that 16-bit rows are equal by
 * chance adds at most 1/65536, less than a hundredth of the standard error,
 * which is sqrt(J * (1 - J) / 128): .035 at .8.
 *
 * The band multiplies this with 1 - (1 - J^8)^16.  Together, at the default of
 * .8 (102 rows), a pair of Jaccard J counts as similar with probability
 *
 *   J      .60    .70    .75    .80    .85    .90    .95
 *   rows   <1e-5  .0091  .130   .587   .960   1.00   1.00
 *   band   .237   .613   .815   .947   .994   1.00   1.00
 *   both   <1e-5  .0056  .106   .556   .954   1.00   1.00
 *
 * ("both" takes the two as independent, which errs to the low side), so .8 is
 * the point of even odds and documents beyond .9 are not missed.
 *
 * Memory:  none kept.  Threads: any.  I/O: none.
 * Source:  A. Broder, On the resemblance and containment of documents, 1997;
 *          J. Leskovec et al., Mining of Massive Datasets, 3.4.
 */
#ifndef PREPROCESSOR_CURATE_SIMILAR_H
#define PREPROCESSOR_CURATE_SIMILAR_H

#include "preprocessor/curate/record.h"

/* More rows than there are: only equal texts are similar. */
#define SIMILAR_ROWS_NEVER (MR_MINHASH_ROWS + 1u)

/* rows_min for a wished Jaccard of 0..1; SIMILAR_ROWS_NEVER for 1. */
unsigned similar_rows_min(double jaccard);

/* How many rows are equal. */
unsigned similar_rows(const uint16_t a[MR_MINHASH_ROWS],
                      const uint16_t b[MR_MINHASH_ROWS]);

/* Both must have content. *rows: those that agree, all of them for equal
 * texts; set only when they are similar. */
bool similar(const struct curate_record *a, const struct curate_record *b,
             unsigned rows_min, uint8_t *rows);

#endif
