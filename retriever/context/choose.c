// SPDX-License-Identifier: Apache-2.0
/*
 * choose.c - see choose.h.
 *
 * What a passage costs is never less than what it adds to the estimate of the
 * prompt: its text, a line end, and the mark of its source.  A passage that
 * joins another pays only for what its mark is longer: which of both marks the
 * source will bear depends on which comes first in the document.
 */
#include "retriever/context/choose.h"

#include <stdlib.h>

#include "common/base/mr_assert.h"
#include "common/text/sentences.h"
#include "retriever/context/same.h"

/* A passage of which less than one in CUT_LEAST fits is left out. */
#define CUT_LEAST 4u
/* About, with what parts it from the next. */
#define BYTES_OF_WORD 6u
/* Of "&lt;" more than of "<". */
#define ESCAPE_TOKENS 2u
/* Marks are read again for the estimate: a template, and three texts. */
#define MARK_BYTES_MAX ((size_t)16 * 1024 * 1024)

struct taken {
    uint32_t passage;
    uint32_t size; /* bytes of its text */
    size_t mark;   /* tokens of marks that were paid, by it or its source */
    uint32_t rank; /* while grouping: of its source's best passage */
};

struct choice {
    const struct context_template *form;
    const struct context_passage *passages;
    struct shingles *shingles;   /* of those that were looked at */
    struct shingle_index *index; /* of those that were taken */
    uint32_t *shared;            /* with the one at hand, one a passage */
    struct taken *taken;         /* by rank */
    size_t taken_count;
    size_t tokens_left;
    struct mr_arena *arena;
    struct context *out;
};

static size_t tokens_of_text(const struct choice *c, struct mr_span text)
{
    size_t tokens = context_tokens(text) + 1;

    for (size_t i = 0; c->form->framed && i < text.size; i++)
        tokens += text.data[i] == '<' ? ESCAPE_TOKENS : 0;
    return tokens;
}

/* Tokens of a source's mark around the text, line end included. */
static size_t tokens_of_mark(const struct choice *c, size_t passage)
{
    const struct context_passage *p = &c->passages[passage];
    struct template_source source = {
        .number = passage + 1, /* no source will have a higher one */
        .title = p->title,
        .url = p->url,
        .headings = p->headings,
    };
    struct mr_buf buf = mr_buf(MARK_BYTES_MAX);
    size_t tokens;

    template_write_source(c->form, &source, &buf);
    tokens = context_tokens(mr_buf_bytes(&buf)) + 1;
    mr_buf_deinit(&buf);
    return tokens;
}

static bool is_whole(const struct choice *c, const struct taken *one)
{
    return one->size == c->passages[one->passage].text.size;
}

/* Whether `right` goes on where `left` ends.  Behind a cut nothing does. */
static bool is_beside(const struct choice *c, const struct taken *left,
                      const struct taken *right)
{
    const struct context_passage *a = &c->passages[left->passage];
    const struct context_passage *b = &c->passages[right->passage];

    return is_whole(c, left) && a->end <= b->start &&
           b->start - a->end <= CONTEXT_GAP_BYTES &&
           mr_span_equal(a->document, b->document);
}

/* What a passage has to pay for its mark, and has paid in the end. */
static size_t price_of_mark(const struct choice *c, const struct taken *one,
                            size_t *mark)
{
    size_t paid = 0;

    *mark = tokens_of_mark(c, one->passage);
    for (size_t i = 0; i < c->taken_count; i++) {
        const struct taken *other = &c->taken[i];

        if (other != one &&
            (is_beside(c, other, one) || is_beside(c, one, other)) &&
            other->mark > paid)
            paid = other->mark;
    }
    if (*mark <= paid) {
        *mark = paid;
        return 0;
    }
    return *mark - paid;
}

/* How many bytes of a text fit, up to a sentence's end; 0 for too few. */
static size_t cut(const struct choice *c, struct mr_span text, size_t tokens)
{
    struct mr_sentences sentences = mr_sentences(text);
    struct mr_sentence sentence;
    size_t used = 0;
    size_t size = 0;

    while (mr_sentences_next(&sentences, &sentence)) {
        used +=
            tokens_of_text(c, mr_span(text.data + size, sentence.end - size));
        if (used > tokens)
            break;
        size = sentence.end;
    }
    return size < text.size / CUT_LEAST ? 0 : size;
}

/* False: there is no room for it, nor for any other. */
static bool take(struct choice *c, uint32_t passage)
{
    struct mr_span text = c->passages[passage].text;
    struct taken *one = &c->taken[c->taken_count];
    size_t price;

    *one = (struct taken){ .passage = passage, .size = (uint32_t)text.size };
    price = price_of_mark(c, one, &one->mark) + tokens_of_text(c, text);
    if (price > c->tokens_left) {
        /* Cut, it may stand before what it would have joined: alone. */
        one->mark = tokens_of_mark(c, passage);
        one->size = one->mark >= c->tokens_left
                        ? 0
                        : (uint32_t)cut(c, text, c->tokens_left - one->mark);
        if (one->size == 0)
            return false;
        price = one->mark + tokens_of_text(c, mr_span(text.data, one->size));
    }
    if (price > c->tokens_left)
        return false;
    c->out->fates[passage] = is_whole(c, one) ? CONTEXT_TAKEN : CONTEXT_CUT;
    c->tokens_left -= price;
    c->taken_count++;
    return is_whole(c, one);
}

/* Puts a passage where one is that it holds; false: there is no room. */
static bool replace(struct choice *c, struct taken *one, uint32_t passage)
{
    uint32_t before = one->passage;
    size_t given = tokens_of_text(c, c->passages[before].text);
    struct taken other = { .passage = passage,
                           .size = (uint32_t)c->passages[passage].text.size };
    size_t price = tokens_of_text(c, c->passages[passage].text) +
                   tokens_of_mark(c, passage);

    if (price > c->tokens_left + given)
        return false;
    other.mark = tokens_of_mark(c, passage);
    c->tokens_left = c->tokens_left + given - price;
    *one = other;
    c->out->fates[passage] = CONTEXT_TAKEN;
    c->out->fates[before] = CONTEXT_SAME;
    c->out->same_as[before] = passage;
    return true;
}

/* Whether the passage was told from what is taken: it is the same as one, or
 * took its place. */
static bool settle(struct choice *c, uint32_t passage)
{
    const struct shingles *mine = &c->shingles[passage];

    memset(c->shared, 0, passage * sizeof(*c->shared));
    shingle_index_count(c->index, mine, c->shared);
    for (size_t i = 0; i < c->taken_count; i++) {
        struct taken *one = &c->taken[i];
        const struct shingles *its = &c->shingles[one->passage];
        size_t shared = c->shared[one->passage];

        if (shingles_within(mine, shared)) {
            c->out->fates[passage] = CONTEXT_SAME;
            c->out->same_as[passage] = one->passage;
            return true;
        }
        if (shingles_within(its, shared) && replace(c, one, passage))
            return true;
    }
    return false;
}

static int by_place(const void *left, const void *right, void *context)
{
    const struct choice *c = context;
    const struct context_passage *a =
        &c->passages[((const struct taken *)left)->passage];
    const struct context_passage *b =
        &c->passages[((const struct taken *)right)->passage];
    int order = mr_span_compare(a->document, b->document);

    if (order != 0)
        return order;
    return (a->start > b->start) - (a->start < b->start);
}

static int by_rank(const void *left, const void *right, void *context)
{
    const struct taken *a = left;
    const struct taken *b = right;

    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return by_place(left, right, context);
}

/* What stands side by side gets the best rank among it; then by rank. */
static void group(struct choice *c)
{
    struct taken *taken = c->taken;

    for (size_t i = 0; i < c->taken_count; i++)
        taken[i].rank = (uint32_t)i;
    qsort_r(taken, c->taken_count, sizeof(*taken), by_place, c);
    for (size_t i = 1; i < c->taken_count; i++) {
        if (!is_beside(c, &taken[i - 1], &taken[i]))
            continue;
        if (taken[i - 1].rank < taken[i].rank)
            taken[i].rank = taken[i - 1].rank;
    }
    for (size_t i = c->taken_count; i-- > 1;) {
        if (is_beside(c, &taken[i - 1], &taken[i]))
            taken[i - 1].rank = taken[i].rank;
    }
    qsort_r(taken, c->taken_count, sizeof(*taken), by_rank, c);
}

static size_t bytes_of(const struct context_passage *passages, size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += passages[i].text.size;
    return bytes;
}

size_t context_choose(const struct context_template *form,
                      const struct context_passage *passages, size_t count,
                      size_t tokens, struct mr_arena *arena,
                      struct context *out)
{
    size_t bytes = bytes_of(passages, count);
    struct choice c = {
        .form = form,
        .passages = passages,
        .shingles = mr_arena_calloc(arena, count, sizeof(*c.shingles)),
        .index = shingle_index_new(bytes / BYTES_OF_WORD, arena),
        .shared = mr_arena_calloc(arena, count, sizeof(*c.shared)),
        .taken = mr_arena_calloc(arena, count, sizeof(*c.taken)),
        .tokens_left = tokens,
        .arena = arena,
        .out = out,
    };
    bool room = true;

    for (uint32_t i = 0; i < count; i++) {
        out->fates[i] = CONTEXT_NO_ROOM;
        if (!room)
            continue;
        c.shingles[i] = shingles_of(passages[i].text, arena);
        if (!settle(&c, i))
            room = take(&c, i);
        if (out->fates[i] == CONTEXT_TAKEN)
            shingle_index_add(c.index, i, &c.shingles[i]);
    }
    group(&c);
    out->piece_count = c.taken_count;
    for (size_t i = 0; i < c.taken_count; i++) {
        bool begins = i == 0 || c.taken[i].rank != c.taken[i - 1].rank;
        uint32_t last = i == 0 ? 0 : out->pieces[i - 1].source;

        out->pieces[i] = (struct context_piece){
            .source = last + begins,
            .passage = c.taken[i].passage,
            .size = c.taken[i].size,
        };
    }
    return c.tokens_left;
}
