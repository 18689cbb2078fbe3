// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_builder.c - from the terms of passages to an image.
 *
 * Terms get a number as they come, through a hash table; each unit's distinct
 * terms and their tf are kept as (number, tf).  Writing sorts the terms once
 * and lays the postings out by a counting sort.  A builder that is used again
 * and again for single documents costs what the document costs: the table is
 * emptied slot by slot.
 */
#include <stdlib.h>

#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "indexer/keyword/keyword.h"
#include "indexer/keyword/keyword_writer.h"

#define TABLE_FIRST 1024u /* slots, a power of two */

struct term {
    uint32_t word_at; /* in words */
    uint32_t word_size;
    uint32_t hash;
    uint32_t frequency;
    uint32_t unit;  /* the last unit it was seen in, and */
    uint32_t place; /* where in `pairs` that is */
    uint32_t ordinal;
};

struct pair {
    uint32_t term;
    uint32_t tf;
};

struct keyword_builder {
    struct entries_builder *entries;
    struct keyword_writer writer;
    uint32_t units;
    uint32_t term_count;
    uint32_t table_size;
    uint32_t *table; /* numbers of terms plus 1, 0 is free */
    struct mr_buf words;
    struct mr_buf terms;  /* struct term each */
    struct mr_buf pairs;  /* struct pair each, of one unit after another */
    struct mr_buf counts; /* u32 of each unit: its pairs */
};

struct keyword_builder *keyword_builder_new(void)
{
    struct keyword_builder *builder = mr_calloc(1, sizeof(*builder));

    builder->entries = entries_builder_new();
    keyword_writer_init(&builder->writer);
    builder->table_size = TABLE_FIRST;
    builder->table = mr_calloc(builder->table_size, sizeof(*builder->table));
    builder->words = mr_buf(UINT32_MAX);
    builder->terms = mr_buf(IMAGE_BYTES_MAX);
    builder->pairs = mr_buf(IMAGE_BYTES_MAX);
    builder->counts = mr_buf(IMAGE_BYTES_MAX);
    return builder;
}

void keyword_builder_free(struct keyword_builder *builder)
{
    if (builder == NULL)
        return;
    entries_builder_free(builder->entries);
    keyword_writer_deinit(&builder->writer);
    mr_free(builder->table);
    mr_buf_deinit(&builder->words);
    mr_buf_deinit(&builder->terms);
    mr_buf_deinit(&builder->pairs);
    mr_buf_deinit(&builder->counts);
    mr_free(builder);
}

size_t keyword_builder_units(const struct keyword_builder *builder)
{
    return builder->units;
}

static struct term *terms_of(const struct keyword_builder *builder)
{
    return (void *)builder->terms.data;
}

static struct mr_span word_of(const struct keyword_builder *builder,
                              const struct term *term)
{
    return mr_span(builder->words.data + term->word_at, term->word_size);
}

/* The slot of the word, or the free one where it belongs. */
static uint32_t *slot_of(const struct keyword_builder *builder,
                         struct mr_span word, uint32_t hash)
{
    const struct term *terms = terms_of(builder);
    uint32_t mask = builder->table_size - 1;

    for (uint32_t i = hash & mask;; i = (i + 1) & mask) {
        uint32_t number = builder->table[i];

        if (number == 0 ||
            (terms[number - 1].hash == hash &&
             mr_span_equal(word_of(builder, &terms[number - 1]), word)))
            return &builder->table[i];
    }
}

static void grow_table(struct keyword_builder *builder)
{
    const struct term *terms = terms_of(builder);

    mr_free(builder->table);
    builder->table_size *= 2;
    builder->table = mr_calloc(builder->table_size, sizeof(*builder->table));
    for (uint32_t i = 0; i < builder->term_count; i++)
        *slot_of(builder, word_of(builder, &terms[i]), terms[i].hash) = i + 1;
}

/* The number of a word, a new one if it was not seen before. */
static uint32_t number_of(struct keyword_builder *builder, struct mr_span word)
{
    uint32_t hash = (uint32_t)mr_hash64(word, 0);
    uint32_t *slot = slot_of(builder, word, hash);
    struct term term = { .word_at = (uint32_t)builder->words.size,
                         .word_size = (uint32_t)word.size,
                         .hash = hash,
                         .unit = UINT32_MAX };

    if (*slot != 0)
        return *slot - 1;
    *slot = ++builder->term_count;
    mr_buf_span(&builder->words, word);
    mr_buf_append(&builder->terms, &term, sizeof(term));
    MR_ASSERT(!builder->words.full && !builder->terms.full);
    if (builder->term_count > builder->table_size / 2)
        grow_table(builder);
    return builder->term_count - 1;
}

static void add_term(struct keyword_builder *builder, struct mr_span word)
{
    uint32_t number = number_of(builder, word);
    struct term *term = &terms_of(builder)[number];
    struct pair pair = { .term = number, .tf = 1 };

    if (term->unit == builder->units) {
        ((struct pair *)(void *)builder->pairs.data)[term->place].tf++;
        return;
    }
    term->unit = builder->units;
    term->place = (uint32_t)(builder->pairs.size / sizeof(pair));
    term->frequency++;
    mr_buf_append(&builder->pairs, &pair, sizeof(pair));
}

static void add_unit(struct keyword_builder *builder,
                     const struct keyword_unit *unit)
{
    size_t before = builder->pairs.size;

    MR_ASSERT(builder->units < UINT32_MAX - 1);
    MR_ASSERT(unit->count <= INT32_MAX);
    for (size_t i = 0; i < unit->count; i++)
        add_term(builder, unit->terms[i]);
    mr_buf_u32(&builder->counts, (uint32_t)((builder->pairs.size - before) /
                                            sizeof(struct pair)));
    keyword_writer_unit(&builder->writer, (uint32_t)unit->count);
    builder->units++;
}

void keyword_builder_add(struct keyword_builder *builder, struct mr_span id,
                         uint64_t content_version, uint64_t offset,
                         const struct keyword_unit *units, size_t count)
{
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        add_unit(builder, &units[i]);
    entries_builder_add(builder->entries, id, content_version, offset,
                        (uint32_t)count);
}

/* A term with the first bytes of its word, as a number that sorts alike. */
struct sorted {
    uint64_t prefix;
    struct mr_span word;
    uint32_t number;
};

static int compare_sorted(const void *left, const void *right)
{
    const struct sorted *a = left;
    const struct sorted *b = right;

    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return mr_span_compare(a->word, b->word);
}

static struct sorted *sort_terms(struct keyword_builder *builder)
{
    struct term *terms = terms_of(builder);
    struct sorted *sorted = mr_malloc(builder->term_count * sizeof(*sorted));

    for (uint32_t i = 0; i < builder->term_count; i++) {
        struct mr_span word = word_of(builder, &terms[i]);
        uint64_t prefix = 0;

        for (size_t k = 0; k < 8; k++)
            prefix = prefix << 8 | (k < word.size ? word.data[k] : 0);
        sorted[i] = (struct sorted){ prefix, word, i };
    }
    qsort(sorted, builder->term_count, sizeof(*sorted), compare_sorted);
    for (uint32_t i = 0; i < builder->term_count; i++)
        terms[sorted[i].number].ordinal = i;
    return sorted;
}

/* Where everything is to lie, by number of a term or unit. */
struct layout {
    uint32_t *post_at; /* of each term, where its next posting goes */
    uint32_t *units;   /* of postings */
    uint32_t *tfs;
    uint32_t *forward_at; /* of each unit, where its next ordinal goes */
    uint32_t *forward;    /* ordinals */
};

static void lay_out(const struct keyword_builder *builder,
                    const struct sorted *sorted, struct layout *layout)
{
    const struct term *terms = terms_of(builder);
    const struct pair *pair = (const void *)builder->pairs.data;
    const uint32_t *counts = (const void *)builder->counts.data;
    uint32_t at = 0;

    for (uint32_t i = 0; i < builder->term_count; i++) {
        layout->post_at[sorted[i].number] = at;
        at += terms[sorted[i].number].frequency;
    }
    at = 0;
    for (uint32_t unit = 0; unit < builder->units; unit++) {
        layout->forward_at[unit] = at;
        at += counts[unit];
        for (uint32_t i = 0; i < counts[unit]; i++, pair++) {
            uint32_t place = layout->post_at[pair->term]++;

            layout->units[place] = unit;
            layout->tfs[place] = pair->tf;
        }
    }
}

/* Writes terms, which gives each unit its ordinals in rising order; then the
 * lists of these. */
static void write_lists(struct keyword_builder *builder,
                        const struct sorted *sorted, struct layout *layout)
{
    const struct term *terms = terms_of(builder);
    const uint32_t *counts = (const void *)builder->counts.data;
    uint32_t at = 0;

    for (uint32_t i = 0; i < builder->term_count; i++) {
        uint32_t frequency = terms[sorted[i].number].frequency;

        keyword_writer_term(&builder->writer, sorted[i].word,
                            layout->units + at, layout->tfs + at, frequency);
        for (uint32_t end = at + frequency; at < end; at++)
            layout->forward[layout->forward_at[layout->units[at]]++] = i;
    }
    at = 0;
    for (uint32_t unit = 0; unit < builder->units; unit++) {
        keyword_writer_forward(&builder->writer, layout->forward + at,
                               counts[unit]);
        at += counts[unit];
    }
}

static void reset(struct keyword_builder *builder)
{
    const struct term *terms = terms_of(builder);
    uint32_t mask = builder->table_size - 1;

    /* Slot by slot; what was pushed on by a neighbour lies behind it, in a
     * run of slots that are all in use. */
    for (uint32_t i = 0; i < builder->term_count; i++)
        for (uint32_t k = terms[i].hash & mask; builder->table[k] != 0;
             k = (k + 1) & mask)
            builder->table[k] = 0;
    builder->units = 0;
    builder->term_count = 0;
    mr_buf_reset(&builder->words);
    mr_buf_reset(&builder->terms);
    mr_buf_reset(&builder->pairs);
    mr_buf_reset(&builder->counts);
    entries_builder_free(builder->entries);
    builder->entries = entries_builder_new();
}

void keyword_builder_write(struct keyword_builder *builder, struct mr_buf *out)
{
    size_t pairs = builder->pairs.size / sizeof(struct pair);
    struct sorted *sorted = sort_terms(builder);
    uint32_t *numbers;
    struct layout layout;

    MR_ASSERT(pairs <= UINT32_MAX);
    MR_ASSERT(!builder->pairs.full && !builder->counts.full);
    numbers = mr_calloc(builder->term_count + builder->units + 3 * pairs,
                        sizeof(*numbers));
    layout.post_at = numbers;
    layout.forward_at = layout.post_at + builder->term_count;
    layout.units = layout.forward_at + builder->units;
    layout.tfs = layout.units + pairs;
    layout.forward = layout.tfs + pairs;
    lay_out(builder, sorted, &layout);
    write_lists(builder, sorted, &layout);
    keyword_writer_end(&builder->writer, builder->entries, out);
    mr_free(numbers);
    mr_free(sorted);
    reset(builder);
}
