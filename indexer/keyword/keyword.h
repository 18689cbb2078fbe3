// SPDX-License-Identifier: Apache-2.0
/*
 * keyword.h - keyword segments: built, merged, and scored by BM25.
 *
 * A unit is a passage: the terms of its document's title, of its heading path
 * and of its text.  An image (segment/image.h) of kind IMAGE_KEYWORD has
 *   entries   segment/entries.h
 *   terms     sorted, with document frequency and place of their postings
 *   postings  blocks of 128 units: deltas, frequencies; the block's maxima
 *   lengths   of each unit, in terms
 *   forward   for each unit its distinct terms as ordinals, rising
 * exact bytes: keyword_format.h.
 *
 * Dead units (a bitmap) are subtracted from every statistic at once: through
 * the forward lists their terms are counted in `dead_frequency`.
 *
 * BM25 (Robertson, Zaragoza 2009; the idf of Lucene):
 *   idf = log(1 + (N - n + .5) / (n + .5))
 *   score = sum over terms, in the query's order and in double, of
 *           idf * tf / (tf + k1 * (1 - b + b * length / average))
 *   (the order of operations: keyword_score.h; k1 >= 0, 0 <= b <= 1)
 *
 * Memory:  segments borrow their image, which begins at a multiple of 8.
 * Threads: a segment is immutable: any number of readers.
 * I/O:     none.
 */
#ifndef INDEXER_KEYWORD_KEYWORD_H
#define INDEXER_KEYWORD_KEYWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"
#include "indexer/segment/entries.h"
#include "indexer/segment/top_hits.h"

/* One passage's terms, in any order, repeats counted. */
struct keyword_unit {
    const struct mr_span *terms;
    size_t count;
};

struct keyword_builder;

struct keyword_builder *keyword_builder_new(void);
void keyword_builder_free(struct keyword_builder *builder);
/* Copies all of it.  A document without units leaves no entry. */
void keyword_builder_add(struct keyword_builder *builder, struct mr_span id,
                         uint64_t content_version, uint64_t offset,
                         const struct keyword_unit *units, size_t count);
size_t keyword_builder_units(const struct keyword_builder *builder);
/* The image of all that was added, into `out`, which is empty; the builder is
 * empty after it. */
void keyword_builder_write(struct keyword_builder *builder, struct mr_buf *out);

struct keyword_segment;

/*
 * Opens an image.  All tables are checked; with `verify` the checksums as well,
 * and that postings, lists and lengths agree, which reads it all.  Without it
 * broken postings give wrong hits, but never lead out of the image.
 * MR_E_DAMAGED.  Freed by keyword_close().
 */
MR_MUST_CHECK enum mr_code keyword_open(struct mr_span image, bool verify,
                                        struct keyword_segment **out,
                                        struct mr_err *err);
void keyword_close(struct keyword_segment *segment);

const struct entries *keyword_entries(const struct keyword_segment *segment);
uint32_t keyword_units(const struct keyword_segment *segment);
uint32_t keyword_term_count(const struct keyword_segment *segment);
uint64_t keyword_length(const struct keyword_segment *segment);

/* The distinct terms of a unit as ordinals, into `out` (room for
 * keyword_unit_terms_max() of them); and its length. */
size_t keyword_forward(const struct keyword_segment *segment, uint32_t unit,
                       uint32_t *out);
size_t keyword_unit_terms_max(const struct keyword_segment *segment);
uint32_t keyword_unit_length(const struct keyword_segment *segment,
                             uint32_t unit);

/* What is not live in a segment; one bit a unit, 1 is dead; the units of an
 * entry live or die together.  The three are kept in step by whoever kills
 * (shard/). */
struct keyword_dead {
    const uint64_t *bits;           /* NULL: nothing is dead */
    const uint32_t *dead_frequency; /* by term ordinal; NULL: all 0 */
    uint32_t units;
    uint64_t length;
};

/* Live units with the term. */
uint64_t keyword_frequency(const struct keyword_segment *segment,
                           const struct keyword_dead *dead,
                           struct mr_span term);

/* An image of what is live in neighbouring segments, in their order, into
 * `out`, which is empty.  Equal for equal live content, however that lay in
 * segments before.  `dead` may be NULL, and so may each of its members.
 * MR_E_LIMIT: more than an image holds.  MR_E_DAMAGED: a source is. */
MR_MUST_CHECK enum mr_code keyword_merge(
    struct keyword_segment *const *segments, const uint64_t *const *dead,
    size_t count, struct mr_buf *out, struct mr_err *err);

struct keyword_scorer {
    double k1;
    double b;
    uint64_t passages; /* of the collection, live */
    uint64_t length;
    const struct mr_span *terms; /* of the query */
    const uint64_t *frequency;   /* of each in the collection */
    const uint32_t *weight;      /* how often each stands in the query */
    size_t term_count;
};

/*
 * The best `room` live units by score, ties to the lower unit, best first.
 * `skip` (one bit a unit, NULL for none) leaves units out besides the dead.
 * Block maxima (Ding, Suel 2011) only save work: the result is exact.
 */
size_t keyword_search(const struct keyword_segment *segment,
                      const struct keyword_dead *dead, const uint64_t *skip,
                      const struct keyword_scorer *scorer,
                      struct unit_hit *hits, size_t room);

/* The share of each query term in a unit's score, term_count of them. */
void keyword_explain(const struct keyword_segment *segment, uint32_t unit,
                     const struct keyword_scorer *scorer, double *parts);

#endif
