// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_verify.c - whether postings, lists and lengths tell one story.
 *
 * Goes once through all postings in the order of terms, and beside it through
 * the forward list of every unit: each posting must be the next of its unit's
 * list.  At the end all lists must be used up, and the sum of tf must be the
 * length.
 */
#include "common/base/mr_mem.h"
#include "common/base/mr_reader.h"
#include "indexer/keyword/keyword_cursor.h"

struct unit_state {
    uint64_t at;   /* in FORW */
    uint64_t next; /* the lowest ordinal that may come */
    uint64_t length;
    uint32_t terms;
};

struct check {
    const struct keyword_segment *segment;
    struct unit_state *units;
    struct mr_err *err;
};

static enum mr_code broken(const struct check *check, const char *what,
                           uint32_t number)
{
    return mr_fail(check->err, MR_E_DAMAGED,
                   "keyword segment: %s %u is broken; remove it to have it "
                   "built again",
                   what, number);
}

static enum mr_code check_posting(const struct check *check, uint32_t term,
                                  uint32_t unit, uint32_t tf)
{
    const struct keyword_segment *segment = check->segment;
    struct unit_state *state = &check->units[unit];
    uint64_t end = segment->forward_at[unit + 1];
    struct mr_reader in =
        mr_reader(mr_span(segment->forward.data + state->at, end - state->at));
    uint64_t distance = mr_read_varint(&in);

    if (in.overrun || state->next > term || distance != term - state->next)
        return broken(check, "list of unit", unit);
    state->at += in.at;
    state->next = (uint64_t)term + 1;
    state->length += tf;
    state->terms++;
    return MR_OK;
}

/* The maxima of a block bound what is in it, and no more than that. */
static bool is_bound(const struct keyword_cursor *cursor, uint32_t number)
{
    uint32_t tf_max = 0;
    uint32_t length_min = UINT32_MAX;

    if (cursor->blocks == NULL)
        return true;
    for (uint32_t i = 0; i < cursor->count; i++) {
        uint32_t length = cursor->segment->lengths[cursor->units[i]];

        if (cursor->tfs[i] > tf_max)
            tf_max = cursor->tfs[i];
        if (length < length_min)
            length_min = length;
    }
    return cursor->blocks[number].tf_max == tf_max &&
           cursor->blocks[number].length_min == length_min;
}

static enum mr_code check_term(const struct check *check, uint32_t term)
{
    struct keyword_cursor cursor;

    if (term > 0 && mr_span_compare(keyword_word(check->segment, term - 1),
                                    keyword_word(check->segment, term)) >= 0)
        return broken(check, "order of term", term);
    keyword_cursor_init(&cursor, check->segment, term);
    for (uint32_t block = 0; block < cursor.block_count; block++) {
        if (!keyword_cursor_load(&cursor, block) || !is_bound(&cursor, block))
            return broken(check, "block of term", term);
        for (uint32_t i = 0; i < cursor.count; i++) {
            enum mr_code code =
                check_posting(check, term, cursor.units[i], cursor.tfs[i]);

            if (code != MR_OK)
                return code;
        }
    }
    return MR_OK;
}

static enum mr_code check_units(const struct check *check)
{
    const struct keyword_segment *segment = check->segment;
    uint64_t length = 0;
    uint32_t terms_max = 0;

    for (uint32_t unit = 0; unit < segment->head.units; unit++) {
        const struct unit_state *state = &check->units[unit];

        if (state->at != segment->forward_at[unit + 1])
            return broken(check, "list of unit", unit);
        if (state->length != segment->lengths[unit])
            return broken(check, "length of unit", unit);
        length += state->length;
        if (state->terms > terms_max)
            terms_max = state->terms;
    }
    if (length != segment->head.length ||
        terms_max != segment->head.unit_terms_max)
        return broken(check, "sum over units", segment->head.units);
    return MR_OK;
}

enum mr_code keyword_verify(const struct keyword_segment *segment,
                            struct mr_err *err)
{
    struct check check = { .segment = segment, .err = err };
    enum mr_code code = MR_OK;

    check.units = mr_calloc(segment->head.units, sizeof(*check.units));
    for (uint32_t i = 0; i < segment->head.units; i++)
        check.units[i].at = segment->forward_at[i];
    for (uint32_t i = 0; code == MR_OK && i < segment->head.terms; i++)
        code = check_term(&check, i);
    if (code == MR_OK)
        code = check_units(&check);
    mr_free(check.units);
    return code;
}
