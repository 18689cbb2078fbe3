// SPDX-License-Identifier: Apache-2.0
/*
 * analyzer.c - see analyzer.h: scanner, case, stop words, stems and
 * accents in a row.
 */
#include "indexer/analysis/analyzer.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"
#include "common/text/utf8.h"
#include "indexer/analysis/fold.h"
#include "indexer/analysis/scanner.h"
#include "indexer/analysis/stems.h"
#include "indexer/analysis/stops.h"

/* Terms are collected behind each other and copied to the arena at the end. */
struct piece {
    uint32_t size;
    uint32_t start;
    uint32_t end;
    bool is_stop;
};

struct analyzer {
    struct stems *stems;
    struct mr_buf bytes;
    struct mr_buf pieces; /* struct piece each */
    size_t kept;          /* how many of them are no stop words */
    const char *language; /* of the text at hand */
    int stemmer;
    bool is_turkish;
};

struct analyzer *analyzer_new(void)
{
    struct analyzer *analyzer = mr_calloc(1, sizeof(*analyzer));

    analyzer->stems = stems_new();
    analyzer->bytes = mr_buf(SIZE_MAX / 2);
    analyzer->pieces = mr_buf(SIZE_MAX / 2);
    return analyzer;
}

void analyzer_free(struct analyzer *analyzer)
{
    if (analyzer == NULL)
        return;
    stems_free(analyzer->stems);
    mr_buf_deinit(&analyzer->bytes);
    mr_buf_deinit(&analyzer->pieces);
    mr_free(analyzer);
}

static void add_piece(struct analyzer *analyzer, struct mr_span term,
                      size_t start, size_t end, bool is_stop)
{
    struct piece piece = { .size = (uint32_t)term.size,
                           .start = (uint32_t)start,
                           .end = (uint32_t)end,
                           .is_stop = is_stop };

    if (term.size == 0)
        return;
    analyzer->kept += !is_stop;
    mr_buf_span(&analyzer->bytes, term);
    mr_buf_append(&analyzer->pieces, &piece, sizeof(piece));
}

static void add(struct analyzer *analyzer, struct mr_span term, size_t start,
                size_t end)
{
    add_piece(analyzer, term, start, end, false);
}

/* Each two neighbouring code points of the run; a run of one is itself. */
static void add_bigrams(struct analyzer *analyzer, struct mr_span text,
                        const struct scanner_word *word)
{
    struct mr_span run = mr_span(text.data, word->end);
    size_t first = word->start;
    size_t middle = first;

    (void)mr_utf8_next(run.data, run.size, &middle);
    if (middle == run.size)
        add(analyzer, mr_span(run.data + first, middle - first), first, middle);
    while (middle < run.size) {
        size_t last = middle;

        (void)mr_utf8_next(run.data, run.size, &last);
        add(analyzer, mr_span(run.data + first, last - first), first, last);
        first = middle;
        middle = last;
    }
}

static void add_acronym(struct analyzer *analyzer, struct mr_span text,
                        const struct scanner_word *word)
{
    uint8_t term[ANALYZER_TERM_BYTES_MAX];
    size_t size = 0;

    for (size_t i = word->start; i < word->end && size < sizeof(term); i += 2)
        term[size++] = (uint8_t)(text.data[i] | 0x20);
    add(analyzer, mr_span(term, size), word->start, word->end);
}

static size_t lower_ascii(struct mr_span word, uint8_t *out, size_t room)
{
    size_t size = word.size < room ? word.size : room;

    for (size_t i = 0; i < size; i++) {
        uint8_t byte = word.data[i];

        out[i] = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
    }
    return size;
}

static void add_word(struct analyzer *analyzer, struct mr_span text,
                     const struct scanner_word *word)
{
    struct mr_span bytes =
        mr_span(text.data + word->start, word->end - word->start);
    uint8_t lower[ANALYZER_TERM_BYTES_MAX];
    uint8_t term[ANALYZER_TERM_BYTES_MAX];
    bool is_stop;
    size_t size;

    if (word->is_wide || analyzer->is_turkish)
        size = fold_case(bytes, analyzer->is_turkish, lower, sizeof(lower));
    else
        size = lower_ascii(bytes, lower, sizeof(lower));
    bytes = mr_span(lower, size);
    is_stop = size > 0 && stops_has(analyzer->language, bytes);
    if (analyzer->stemmer != STEMS_NONE && !word->has_digit) {
        size = stems_term(analyzer->stems, analyzer->stemmer, bytes, term,
                          sizeof(term));
        bytes = mr_span(term, size);
    } else if (word->is_wide || analyzer->is_turkish) {
        size = fold_accents(bytes, term, sizeof(term));
        bytes = mr_span(term, size);
    }
    add_piece(analyzer, bytes, word->start, word->end, is_stop);
}

/* Without the stop words, unless there is nothing else. */
static void hand_out(struct analyzer *analyzer, struct mr_arena *arena,
                     struct analyzer_term **out, size_t *count)
{
    size_t pieces = analyzer->pieces.size / sizeof(struct piece);
    const struct piece *piece = (const void *)analyzer->pieces.data;
    struct mr_span bytes = mr_arena_copy(arena, mr_buf_bytes(&analyzer->bytes));
    bool all = analyzer->kept == 0;
    size_t kept = all ? pieces : analyzer->kept;
    struct analyzer_term *terms = mr_arena_alloc(arena, kept * sizeof(*terms));
    size_t at = 0;
    size_t used = 0;

    for (size_t i = 0; i < pieces; at += piece[i++].size)
        if (all || !piece[i].is_stop)
            terms[used++] = (struct analyzer_term){
                .term = mr_span(bytes.data + at, piece[i].size),
                .start = piece[i].start,
                .end = piece[i].end,
            };
    MR_ASSERT(at == analyzer->bytes.size && used == kept);
    *out = terms;
    *count = kept;
}

void analyzer_run(struct analyzer *analyzer, struct mr_span text,
                  const char *language, struct mr_arena *arena,
                  struct analyzer_term **out, size_t *count)
{
    struct scanner words;
    struct scanner_word word;

    if (text.size > UINT32_MAX)
        text.size = UINT32_MAX;
    words = scanner(text);
    mr_buf_reset(&analyzer->bytes);
    mr_buf_reset(&analyzer->pieces);
    analyzer->kept = 0;
    analyzer->language = language;
    analyzer->stemmer = stems_of(language);
    analyzer->is_turkish = language != NULL && strncmp(language, "tr", 2) == 0;
    while (scanner_next(&words, &word)) {
        if (word.kind == SCANNER_UNSPACED)
            add_bigrams(analyzer, text, &word);
        else if (word.kind == SCANNER_ACRONYM)
            add_acronym(analyzer, text, &word);
        else
            add_word(analyzer, text, &word);
    }
    hand_out(analyzer, arena, out, count);
}

const char *analyzer_fingerprint(void)
{
    return "words 1, unicode 14, stops 1, snowball 2.2, accents 1, bigrams 1";
}
