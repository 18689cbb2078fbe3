// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_segment.c - opening an image, and what it says about itself.
 *
 * Opening checks every place and size in the tables.  What lies in POST and
 * FORW is decoded by functions that stay within their bytes whatever those
 * are; keyword_verify() also checks that it makes sense.
 */
#include "indexer/keyword/keyword_segment.h"

#include "common/base/mr_mem.h"
#include "common/base/mr_reader.h"
#include "indexer/keyword/keyword_codec.h"

static enum mr_code damaged(struct mr_err *err, const char *section,
                            uint64_t number)
{
    return mr_fail(err, MR_E_DAMAGED,
                   "keyword segment: %s is broken at %llu; remove it to have "
                   "it built again",
                   section, (unsigned long long)number);
}

/* The section `name` if it has `size` bytes; else absent. */
static const void *sized(const struct image *image, uint32_t name,
                         uint64_t size)
{
    struct mr_span bytes = image_section(image, name);

    return bytes.size == size ? bytes.data : NULL;
}

static enum mr_code find_sections(struct keyword_segment *segment,
                                  const struct image *image, struct mr_err *err)
{
    const struct keyword_head *head =
        sized(image, KEYWORD_HEAD, sizeof(segment->head));
    uint64_t units;

    if (head == NULL)
        return damaged(err, "HEAD", image_section(image, KEYWORD_HEAD).size);
    segment->head = *head;
    units = head->units;
    segment->terms = sized(image, KEYWORD_TERM,
                           (uint64_t)head->terms * sizeof(*segment->terms));
    segment->blocks = sized(image, KEYWORD_BLCK,
                            (uint64_t)head->blocks * sizeof(*segment->blocks));
    segment->lengths = sized(image, KEYWORD_LENG, units * 4);
    segment->forward_at = sized(image, KEYWORD_FWAT, (units + 1) * 8);
    segment->words = image_section(image, KEYWORD_WORD);
    segment->posts = image_section(image, KEYWORD_POST);
    segment->forward = image_section(image, KEYWORD_FORW);
    if (segment->terms == NULL || segment->blocks == NULL ||
        segment->lengths == NULL || segment->forward_at == NULL ||
        segment->words.data == NULL || segment->forward.data == NULL ||
        segment->posts.size < KEYWORD_POST_SLACK)
        return damaged(err, "table of sections", image->count);
    segment->posts.size -= KEYWORD_POST_SLACK;
    return entries_parse(image_section(image, KEYWORD_ENTR), &segment->entries,
                         err);
}

static enum mr_code check_terms(const struct keyword_segment *segment,
                                struct mr_err *err)
{
    uint32_t word_at = 0;

    for (uint32_t i = 0; i < segment->head.terms; i++) {
        const struct keyword_term *term = &segment->terms[i];
        uint32_t blocks = keyword_blocks_of(term->frequency);
        uint64_t end = blocks > 0 ? segment->head.blocks : segment->posts.size;

        if (term->word_at < word_at || term->word_at > segment->words.size ||
            (i == 0 && term->word_at != 0) || term->frequency == 0 ||
            term->frequency > segment->head.units || term->at > end ||
            blocks > end - term->at)
            return damaged(err, "TERM", i);
        word_at = term->word_at;
    }
    if (segment->words.size > UINT32_MAX)
        return damaged(err, "WORD", segment->words.size);
    return MR_OK;
}

/* That a block's bytes are there is checked when it is loaded: only its term
 * knows how many postings the last one has. */
static enum mr_code check_blocks(const struct keyword_segment *segment,
                                 struct mr_err *err)
{
    for (uint32_t i = 0; i < segment->head.blocks; i++) {
        const struct keyword_block *block = &segment->blocks[i];

        if (block->unit_bits > 32 || block->tf_bits > 31 || block->zero != 0 ||
            block->last >= segment->head.units ||
            block->at > segment->posts.size)
            return damaged(err, "BLCK", i);
    }
    return MR_OK;
}

static enum mr_code check_forward(const struct keyword_segment *segment,
                                  struct mr_err *err)
{
    const uint64_t *at = segment->forward_at;
    uint32_t units = segment->head.units;

    if (segment->entries.units != units)
        return damaged(err, "ENTR", segment->entries.units);
    if (segment->head.unit_terms_max > segment->head.terms)
        return damaged(err, "HEAD", segment->head.unit_terms_max);
    if (at[0] != 0 || at[units] != segment->forward.size)
        return damaged(err, "FWAT", at[units]);
    for (uint32_t i = 0; i < units; i++)
        if (at[i] > at[i + 1])
            return damaged(err, "FWAT", i);
    return MR_OK;
}

static enum mr_code check(struct keyword_segment *segment, struct mr_span bytes,
                          bool verify, struct mr_err *err)
{
    struct image image;
    enum mr_code code = image_parse(bytes, verify, &image, err);

    if (code == MR_OK && image.kind != IMAGE_KEYWORD)
        code = damaged(err, "kind", image.kind);
    if (code == MR_OK)
        code = find_sections(segment, &image, err);
    if (code == MR_OK)
        code = check_terms(segment, err);
    if (code == MR_OK)
        code = check_blocks(segment, err);
    if (code == MR_OK)
        code = check_forward(segment, err);
    if (code == MR_OK && verify)
        code = keyword_verify(segment, err);
    return code;
}

enum mr_code keyword_open(struct mr_span image, bool verify,
                          struct keyword_segment **out, struct mr_err *err)
{
    struct keyword_segment *segment = mr_calloc(1, sizeof(*segment));
    enum mr_code code = check(segment, image, verify, err);

    *out = NULL;
    if (code != MR_OK) {
        mr_free(segment);
        return code;
    }
    *out = segment;
    return MR_OK;
}

void keyword_close(struct keyword_segment *segment)
{
    mr_free(segment);
}

const struct entries *keyword_entries(const struct keyword_segment *segment)
{
    return &segment->entries;
}

uint32_t keyword_units(const struct keyword_segment *segment)
{
    return segment->head.units;
}

uint32_t keyword_term_count(const struct keyword_segment *segment)
{
    return segment->head.terms;
}

uint64_t keyword_length(const struct keyword_segment *segment)
{
    return segment->head.length;
}

size_t keyword_unit_terms_max(const struct keyword_segment *segment)
{
    return segment->head.unit_terms_max;
}

uint32_t keyword_unit_length(const struct keyword_segment *segment,
                             uint32_t unit)
{
    MR_ASSERT(unit < segment->head.units);

    return segment->lengths[unit];
}

size_t keyword_forward(const struct keyword_segment *segment, uint32_t unit,
                       uint32_t *out)
{
    struct mr_reader in;
    uint64_t next = 0;
    size_t count = 0;

    MR_ASSERT(unit < segment->head.units);
    in = mr_reader(
        mr_span(segment->forward.data + segment->forward_at[unit],
                segment->forward_at[unit + 1] - segment->forward_at[unit]));
    while (in.at < in.size && count < segment->head.unit_terms_max) {
        uint64_t distance = mr_read_varint(&in);

        if (in.overrun || distance >= segment->head.terms - next)
            break;
        next += distance;
        out[count++] = (uint32_t)next++;
    }
    return count;
}

struct mr_span keyword_word(const struct keyword_segment *segment,
                            uint32_t term)
{
    size_t at = segment->terms[term].word_at;
    size_t end = term + 1 < segment->head.terms
                     ? segment->terms[term + 1].word_at
                     : segment->words.size;

    return mr_span(segment->words.data + at, end - at);
}

uint32_t keyword_find(const struct keyword_segment *segment,
                      struct mr_span word)
{
    uint32_t low = 0;
    uint32_t high = segment->head.terms;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = mr_span_compare(keyword_word(segment, middle), word);

        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return KEYWORD_NONE;
}

uint64_t keyword_frequency(const struct keyword_segment *segment,
                           const struct keyword_dead *dead, struct mr_span term)
{
    uint32_t ordinal = keyword_find(segment, term);
    uint32_t gone = 0;

    if (ordinal == KEYWORD_NONE)
        return 0;
    if (dead != NULL && dead->dead_frequency != NULL)
        gone = dead->dead_frequency[ordinal];
    MR_ASSERT(gone <= segment->terms[ordinal].frequency);
    return segment->terms[ordinal].frequency - gone;
}
