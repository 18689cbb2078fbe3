// SPDX-License-Identifier: Apache-2.0
// link: retriever
/*
 * bench_context.c - what it takes to make a prompt of 20 hits.
 *
 * Passages of some 180 words over a vocabulary of 20,000, of 12 documents: a
 * few neighbours, two that say the same.  The median and the slowest hundredth
 * of ROUNDS, for each built-in template, with a window that takes all of them
 * and with one that takes a part.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/mr_assert.h"
#include "retriever/context/context.h"

#define ROUNDS    2000u
#define PASSAGES  20u
#define WORDS     180u
#define DOCUMENTS 12u

static uint64_t seed = 1;

static uint64_t random_below(uint64_t below)
{
    seed += 0x9E3779B97F4A7C15u;
    return mr_mix64(seed) % below;
}

static double now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Words of 3 to 9 letters, a sentence of 15. */
static struct mr_span make_text(struct mr_arena *arena)
{
    struct mr_buf buf = mr_buf((size_t)1 << 20);
    struct mr_span out;

    for (unsigned i = 0; i < WORDS; i++) {
        uint64_t word = mr_mix64(random_below(20000) + 7);
        unsigned letters = 3 + (unsigned)(word % 7);

        for (unsigned k = 0; k < letters; k++)
            mr_buf_byte(&buf, (uint8_t)((i % 15 == 0 && k == 0 ? 'A' : 'a') +
                                        (word >> (4 * k) & 15)));
        mr_buf_str(&buf, i % 15 == 14 ? ". " : " ");
    }
    out = mr_arena_copy(arena, mr_buf_bytes(&buf));
    mr_buf_deinit(&buf);
    return out;
}

static void make_passages(struct mr_arena *arena,
                          struct context_passage passages[PASSAGES])
{
    for (unsigned i = 0; i < PASSAGES; i++) {
        uint32_t start = i / DOCUMENTS * 1400;

        passages[i] = (struct context_passage){
            .document = mr_span_str(mr_arena_printf(
                arena, "https://example.org/%u", i % DOCUMENTS)),
            .start = start,
            .text = i == 5 || i == 11 ? passages[i - 1].text : make_text(arena),
            .title = mr_span_str("A page of an example"),
            .url = mr_span_str("https://example.org/page"),
            .headings = mr_span_str("A page > Its part"),
        };
        passages[i].end = start + (uint32_t)passages[i].text.size;
    }
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static void measure(const char *name,
                    const struct context_passage passages[PASSAGES],
                    size_t tokens)
{
    static double took[ROUNDS];
    struct mr_arena *arena = mr_arena_new();
    struct mr_buf prompt = mr_buf((size_t)1 << 24);
    struct context_template form;
    struct context context;

    MR_ASSERT(template_named(name, &form));
    for (unsigned i = 0; i < ROUNDS; i++) {
        double start = now_us();

        mr_arena_reset(arena);
        mr_buf_reset(&prompt);
        MR_ASSERT(context_build(&form, mr_span_str("What is it?"), passages,
                                PASSAGES, tokens, arena, &context,
                                NULL) == MR_OK);
        context_write(&form, mr_span_str("What is it?"), passages, &context,
                      arena, &prompt);
        (void)context_hash(&form, mr_buf_bytes(&prompt), arena);
        took[i] = now_us() - start;
    }
    qsort(took, ROUNDS, sizeof(took[0]), compare);
    printf("%-6s %6zu tokens: %2zu sources, %6zu bytes   median %6.0f us   "
           "99th %6.0f us\n",
           name, context.tokens, context.source_count, prompt.size,
           took[ROUNDS / 2], took[ROUNDS - ROUNDS / 100]);
    mr_buf_deinit(&prompt);
    mr_arena_free(arena);
}

int main(void)
{
    static const char *const names[] = { "plain", "cited" };
    struct mr_arena *arena = mr_arena_new();
    struct context_passage passages[PASSAGES];

    make_passages(arena, passages);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        measure(names[i], passages, 100000);
        measure(names[i], passages, 3500);
    }
    mr_arena_free(arena);
    return EXIT_SUCCESS;
}
