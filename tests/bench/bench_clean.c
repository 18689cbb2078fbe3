// SPDX-License-Identifier: Apache-2.0
// link: preprocessor
/*
 * bench_clean.c - what cleaning takes for a document of 1.5 kB, by its parts.
 *
 * Prose made of a dozen sentences in changing order, as plain text, Markdown
 * and HTML, in time of the processor; the best of 5 rounds.  The whole
 * pipeline without embedding should take less than 1 ms for such a document,
 * cleaning less than 150 us of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/mr_assert.h"
#include "common/text/words.h"
#include "preprocessor/clean/clean.h"
#include "preprocessor/clean/language.h"
#include "preprocessor/clean/minhash.h"
#include "preprocessor/clean/passages.h"
#include "preprocessor/clean/shingles.h"
#include "preprocessor/clean/signals.h"

#define ROUNDS     5
#define DOCUMENTS  64u
#define REPEATS    20u
#define TEXT_BYTES 1500u

static const char *const sentences[] = {
    "The mill stands where the river leaves the hills. ",
    "Its wheel is driven by a channel that was dug two hundred years ago. ",
    "Nobody remembers who paid for the work, but the stones are still good. ",
    "In a dry summer the water hardly reaches the blades. ",
    "Then the miller opens the upper gate and waits for the pond to fill. ",
    "A small generator feeds the village with electricity at night. ",
    "Visitors may see the machinery from May to October, except on Mondays. ",
    "Children like the gears best, which are made of oak and iron. ",
    "The flour is sold in bags of one, five and twenty-five kilograms. ",
    "Dr. Brown has written a book about the history of the place. ",
    "It lists 314 mills along the valley, of which eleven still work. ",
    "Most of the others were given up when the railway came. ",
};

struct document {
    char text[TEXT_BYTES + 512];
    struct mr_span span;
};

static struct document documents[DOCUMENTS];
static struct mr_arena *arena;
static struct clean_config config;
static volatile size_t sink;

static double now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Paragraphs of four sentences between `open` and `close`. */
static void fill(const char *head, const char *open, const char *close,
                 const char *tail)
{
    size_t count = sizeof(sentences) / sizeof(sentences[0]);

    for (size_t d = 0; d < DOCUMENTS; d++) {
        struct document *document = &documents[d];
        size_t at = (size_t)sprintf(document->text, "%s", head);

        for (size_t i = 0; at < TEXT_BYTES - 100; i++)
            at += (size_t)sprintf(document->text + at, "%s%s%s",
                                  i % 4 == 0 ? open : "",
                                  sentences[(i * (d % 11 + 1) + d) % count],
                                  i % 4 == 3 ? close : "");
        at += (size_t)sprintf(document->text + at, "%s", tail);
        MR_ASSERT(at < sizeof(document->text));
        document->span = mr_span(document->text, at);
    }
}

static void run_words(struct mr_span text)
{
    sink += mr_words_count(text);
}

static void run_language(struct mr_span text)
{
    sink += clean_language(text, mr_span(NULL, 0)) != NULL;
}

static void run_signals(struct mr_span text)
{
    struct clean_signals_in in = { .text = text };
    struct mr_signals out;
    uint64_t *words;

    in.word_count = clean_word_hashes(text, SIZE_MAX, arena, &words);
    in.shingle_count = clean_shingle(words, in.word_count);
    in.shingles = words;
    clean_signals(&in, arena, &out);
    sink += out.count;
}

static void run_minhash(struct mr_span text)
{
    uint16_t rows[MR_MINHASH_ROWS];
    uint64_t shingles[250];

    for (size_t i = 0; i < 250; i++)
        shingles[i] = mr_mix64(i + text.size);
    clean_minhash(shingles, 250, rows);
    sink += rows[0];
}

static void run_passages(struct mr_span text)
{
    struct clean_passages_spec spec = {
        .id = text, .text = text, .words_target = 170, .words_max = 200
    };
    struct mr_passages out;

    spec.id.size = 20;
    sink += clean_passages(&spec, arena, &out);
}

static void run_document(struct mr_span text, const char *type)
{
    struct clean_source source = { .body = text,
                                   .content_type = mr_span_str(type) };
    struct clean_document out;

    clean_document(&config, mr_span_str("http://example.org/page"),
                   mr_span(NULL, 0), &source, arena, &out);
    MR_ASSERT(out.reject_rule == NULL);
    sink += out.passages.count;
}

static void run_plain(struct mr_span text)
{
    run_document(text, "text/plain");
}

static void run_markdown(struct mr_span text)
{
    run_document(text, "text/markdown");
}

static void run_html(struct mr_span text)
{
    run_document(text, "text/html");
}

static void measure(const char *name, void (*run)(struct mr_span))
{
    double best = 1e30;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now_us(), spent;

        for (size_t i = 0; i < DOCUMENTS * REPEATS; i++) {
            run(documents[i % DOCUMENTS].span);
            mr_arena_reset(arena);
        }
        spent = (now_us() - start) / (DOCUMENTS * REPEATS);
        best = spent < best ? spent : best;
    }
    printf("%-24s %8.1f us a document\n", name, best);
}

int main(void)
{
    arena = mr_arena_new();
    config = clean_config_default(NULL);
    fill("", "", "\n\n", "");
    measure("words", run_words);
    measure("language", run_language);
    measure("hashes and signals", run_signals);
    measure("minhash, 250 shingles", run_minhash);
    measure("passages", run_passages);
    measure("plain text, whole", run_plain);
    fill("# The mill\n\n", "*So:* ", "\n\n", "[end](x)\n");
    measure("Markdown, whole", run_markdown);
    fill("<!DOCTYPE html><title>The mill</title><nav><a href=/>Home</a></nav>"
         "<h1>The mill</h1>",
         "<p>", "</p>\n", "<footer>Imprint</footer>");
    measure("HTML, whole", run_html);
    mr_arena_free(arena);
    return EXIT_SUCCESS;
}
