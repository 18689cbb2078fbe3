// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_search.c - the best units, by MaxScore over windows with the bounds
 * of blocks (Turtle, Flood 1995; Ding, Suel 2011; Mallia et al. 2017 compare).
 *
 * Units are gone through in windows of WINDOW.  In each, every term has a bound
 * on what it can add: from the maxima of its blocks there, or, when it is
 * short, from its postings.  The terms of the lowest bounds, as long as these
 * sum up to no more than the worst hit so far, are optional: no unit is a hit
 * by them alone.  The others are required: their postings are added up in an
 * array, in the order of the query.  If no term is optional, that is the
 * score.  Else optional terms are looked up for units that may still become
 * hits, and the score of those that do is added up again in the query's order.
 *
 * A later unit must beat the worst hit, not equal it: that makes ties go to
 * the lower unit.  Bounds carry SLACK against rounding, so all that is saved
 * is work.
 */
#include <stdlib.h>

#include "common/base/mr_mem.h"
#include "indexer/keyword/keyword_cursor.h"
#include "indexer/keyword/keyword_score.h"

#define WINDOW 2048u         /* 16 KiB of sums: half of the L1 cache */
#define SLACK  (1.0 + 1e-9)  /* against 256 roundings of 2^-53 each */
#define WORDS  (WINDOW / 64) /* of bits */

struct term {
    double weight;
    double bound;     /* in this window */
    uint32_t first;   /* the first block that reaches into the window */
    uint32_t probe;   /* the block in which it was last looked up */
    bool is_optional; /* in this window */
    uint32_t tf;      /* in the unit at hand, when optional */
    struct keyword_cursor cursor;
};

struct search {
    const struct keyword_segment *segment;
    const uint64_t *dead;
    const uint64_t *skip;
    struct keyword_norm norm;
    struct term *terms; /* in the query's order; only those that occur */
    size_t term_count;
    uint32_t *order;       /* terms by rising bound */
    double *sums;          /* sums[i]: the i lowest bounds */
    size_t optional;       /* how many of `order` */
    struct unit_hit *hits; /* a heap, the worst first */
    size_t room;
    size_t hit_count;
    uint32_t from; /* of the window */
    uint32_t end;
    uint64_t touched[WORDS];
    double scores[WINDOW];
};

static bool is_set(const uint64_t *bits, uint32_t unit)
{
    return bits != NULL && (bits[unit / 64] >> unit % 64 & 1) != 0;
}

/* What a score must exceed to become a hit. */
static double threshold(const struct search *search)
{
    return search->hit_count < search->room ? 0 : search->hits[0].score;
}

static void offer(struct search *search, uint32_t unit, double score)
{
    struct unit_hit hit = { .unit = unit, .score = score };

    if (score > threshold(search))
        top_hits_offer(search->hits, &search->hit_count, search->room, hit);
}

static inline double part_of(const struct search *search,
                             const struct term *term, uint32_t unit,
                             uint32_t tf)
{
    return keyword_part(search->norm, term->weight, tf,
                        search->segment->lengths[unit]);
}

/* The bound of a short term: the best of its postings in the window. */
static double bound_short(const struct search *search, const struct term *term)
{
    const struct keyword_cursor *cursor = &term->cursor;
    double bound = 0;

    for (uint32_t i = 0; i < cursor->count; i++) {
        double part;

        if (cursor->units[i] < search->from)
            continue;
        if (cursor->units[i] >= search->end)
            break;
        part = part_of(search, term, cursor->units[i], cursor->tfs[i]);
        if (part > bound)
            bound = part;
    }
    return bound;
}

/* Also moves `first` to the window. */
static double bound_in_window(const struct search *search, struct term *term)
{
    const struct keyword_block *blocks = term->cursor.blocks;
    uint32_t count = term->cursor.block_count;
    double bound = 0;

    if (blocks == NULL)
        return bound_short(search, term);
    while (term->first < count && blocks[term->first].last < search->from)
        term->first++;
    for (uint32_t i = term->first; i < count; i++) {
        double part;

        if (i > term->first && blocks[i - 1].last + 1 >= search->end)
            break;
        part = keyword_part(search->norm, term->weight, blocks[i].tf_max,
                            blocks[i].length_min);
        if (part > bound)
            bound = part;
    }
    return bound;
}

/* Bounds of the window, terms in their order, and how many are optional.
 * False when the window holds no hit. */
static bool plan_window(struct search *search)
{
    struct term *terms = search->terms;
    double least = threshold(search);

    for (size_t i = 0; i < search->term_count; i++) {
        terms[i].bound = bound_in_window(search, &terms[i]);
        terms[i].probe = terms[i].first;
        terms[i].is_optional = false;
    }
    for (size_t i = 1; i < search->term_count; i++) {
        uint32_t held = search->order[i];
        size_t at = i;

        for (; at > 0 && terms[search->order[at - 1]].bound > terms[held].bound;
             at--)
            search->order[at] = search->order[at - 1];
        search->order[at] = held;
    }
    search->optional = 0;
    for (size_t i = 0; i < search->term_count; i++) {
        struct term *term = &terms[search->order[i]];

        search->sums[i + 1] = search->sums[i] + term->bound;
        term->is_optional = search->sums[i + 1] * SLACK <= least;
        if (term->is_optional)
            search->optional = i + 1;
    }
    return search->optional < search->term_count;
}

static void add_block(struct search *search, const struct term *term)
{
    const struct keyword_cursor *cursor = &term->cursor;

    for (uint32_t i = 0; i < cursor->count; i++) {
        uint32_t unit = cursor->units[i];
        uint32_t place = unit - search->from;

        if (unit < search->from)
            continue;
        if (unit >= search->end)
            break;
        search->scores[place] += part_of(search, term, unit, cursor->tfs[i]);
        search->touched[place / 64] |= (uint64_t)1 << place % 64;
    }
}

static void add_term(struct search *search, struct term *term)
{
    struct keyword_cursor *cursor = &term->cursor;

    for (uint32_t i = term->first; i < cursor->block_count; i++) {
        if (i > term->first &&
            keyword_cursor_last(cursor, i - 1) + 1 >= search->end)
            break;
        if (keyword_cursor_load(cursor, i))
            add_block(search, term);
    }
}

/* The score of a unit from all terms in their order. */
static double score_again(struct search *search, uint32_t unit)
{
    double score = 0;

    for (size_t i = 0; i < search->term_count; i++) {
        struct term *term = &search->terms[i];
        uint32_t tf = term->tf;

        if (!term->is_optional)
            tf = keyword_cursor_tf(&term->cursor, &term->probe, unit);
        if (tf > 0)
            score += part_of(search, term, unit, tf);
    }
    return score;
}

/* `score` is the sum of required terms; optional ones are added from the
 * greatest bound down for as long as the unit may become a hit. */
static void refine(struct search *search, uint32_t unit, double score)
{
    double least = threshold(search);

    for (size_t i = search->optional; i > 0; i--) {
        struct term *term = &search->terms[search->order[i - 1]];

        if ((score + search->sums[i]) * SLACK <= least)
            return;
        term->tf = 0;
        if (term->bound > 0)
            term->tf = keyword_cursor_tf(&term->cursor, &term->probe, unit);
        if (term->tf > 0)
            score += part_of(search, term, unit, term->tf);
    }
    if (score * SLACK > least)
        offer(search, unit, score_again(search, unit));
}

static void finish_unit(struct search *search, uint32_t place)
{
    uint32_t unit = search->from + place;
    double score = search->scores[place];

    search->scores[place] = 0;
    if (is_set(search->dead, unit) || is_set(search->skip, unit))
        return;
    if (search->sums[search->optional] > 0)
        refine(search, unit, score);
    else
        offer(search, unit, score);
}

static void search_window(struct search *search)
{
    if (!plan_window(search))
        return;
    for (size_t i = 0; i < search->term_count; i++)
        if (!search->terms[i].is_optional && search->terms[i].bound > 0)
            add_term(search, &search->terms[i]);
    for (uint32_t word = 0; word < WORDS; word++) {
        uint64_t bits = search->touched[word];

        search->touched[word] = 0;
        for (; bits != 0; bits &= bits - 1)
            finish_unit(search, word * 64 + (uint32_t)__builtin_ctzll(bits));
    }
}

/* Those terms of the query that the segment has. */
static void find_terms(struct search *search,
                       const struct keyword_scorer *scorer)
{
    for (size_t i = 0; i < scorer->term_count; i++) {
        uint32_t ordinal = keyword_find(search->segment, scorer->terms[i]);
        struct term *term = &search->terms[search->term_count];

        if (ordinal == KEYWORD_NONE)
            continue;
        keyword_cursor_init(&term->cursor, search->segment, ordinal);
        term->weight = keyword_weight(scorer, i);
        term->first = 0;
        term->tf = 0;
        search->order[search->term_count] = (uint32_t)search->term_count;
        search->term_count++;
    }
}

size_t keyword_search(const struct keyword_segment *segment,
                      const struct keyword_dead *dead, const uint64_t *skip,
                      const struct keyword_scorer *scorer,
                      struct unit_hit *hits, size_t room)
{
    uint32_t units = segment->head.units;
    size_t terms = scorer->term_count;
    struct search *search;
    size_t count;

    if (room == 0 || units == 0 || terms == 0)
        return 0;
    search = mr_calloc(1, sizeof(*search));
    search->segment = segment;
    search->dead = dead == NULL ? NULL : dead->bits;
    search->skip = skip;
    search->norm = keyword_norm(scorer);
    search->terms = mr_malloc(terms * sizeof(*search->terms));
    search->order = mr_malloc(terms * sizeof(*search->order));
    search->sums = mr_calloc(terms + 1, sizeof(*search->sums));
    search->hits = hits;
    search->room = room;
    find_terms(search, scorer);
    for (; search->from < units; search->from = search->end) {
        search->end =
            units - search->from > WINDOW ? search->from + WINDOW : units;
        search_window(search);
    }
    count = search->hit_count;
    top_hits_sort(hits, count);
    mr_free(search->terms);
    mr_free(search->order);
    mr_free(search->sums);
    mr_free(search);
    return count;
}

void keyword_explain(const struct keyword_segment *segment, uint32_t unit,
                     const struct keyword_scorer *scorer, double *parts)
{
    struct keyword_norm norm = keyword_norm(scorer);

    MR_ASSERT(unit < segment->head.units);
    for (size_t i = 0; i < scorer->term_count; i++) {
        uint32_t ordinal = keyword_find(segment, scorer->terms[i]);
        struct keyword_cursor cursor;
        uint32_t block = 0;
        uint32_t tf;

        parts[i] = 0;
        if (ordinal == KEYWORD_NONE)
            continue;
        keyword_cursor_init(&cursor, segment, ordinal);
        tf = keyword_cursor_tf(&cursor, &block, unit);
        if (tf > 0)
            parts[i] = keyword_part(norm, keyword_weight(scorer, i), tf,
                                    segment->lengths[unit]);
    }
}
