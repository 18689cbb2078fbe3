// SPDX-License-Identifier: Apache-2.0
/*
 * bert_words.c - see bert_words.h.
 *
 * ASCII and plain characters are decided by one look into the table; only what
 * folds goes through bert_chars.h again.
 */
#include "embedder/wordpiece/bert_words.h"

#include "common/base/mr_assert.h"
#include "common/text/utf8.h"
#include "embedder/wordpiece/bert_chars.h"

static const char *const special_texts[BERT_SPECIAL_COUNT] = {
    [BERT_PAD] = "[PAD]", [BERT_UNK] = "[UNK]",   [BERT_CLS] = "[CLS]",
    [BERT_SEP] = "[SEP]", [BERT_MASK] = "[MASK]",
};

struct scan {
    const struct bert_table *table;
    struct mr_span text;
    bert_visit *visit;
    void *context;
    bool stopped;
    size_t size;
    size_t chars;
    size_t start;
    size_t end;
    uint8_t bytes[BERT_WORD_BYTES_MAX];
};

const char *bert_special_text(enum bert_special special)
{
    MR_ASSERT(special < BERT_SPECIAL_COUNT);
    return special_texts[special];
}

void bert_table_init(struct bert_table *table)
{
    for (uint32_t cp = 0; cp < 0x10000u; cp++)
        table->classes[cp] = (uint8_t)bert_class_of(cp);
}

static inline enum bert_class class_of(const struct scan *scan,
                                       uint32_t code_point)
{
    return code_point < 0x10000u ? scan->table->classes[code_point]
                                 : bert_class_of(code_point);
}

static void end_word(struct scan *scan)
{
    struct bert_word word = {
        .bytes = scan->bytes,
        .size = scan->size,
        .overlong = scan->chars > BERT_WORD_CHARS_MAX,
        .special = BERT_NO_SPECIAL,
        .start = scan->start,
        .end = scan->end,
    };

    if (scan->chars == 0)
        return;
    scan->size = 0;
    scan->chars = 0;
    if (!scan->stopped)
        scan->stopped = !scan->visit(scan->context, &word);
}

/* Appends `size` bytes that are one character, from text[start, end). */
static inline void add(struct scan *scan, const uint8_t *bytes, size_t size,
                       size_t start, size_t end)
{
    if (scan->chars == 0)
        scan->start = start;
    scan->end = end;
    if (++scan->chars > BERT_WORD_CHARS_MAX)
        return;
    for (size_t i = 0; i < size; i++)
        scan->bytes[scan->size + i] = bytes[i];
    scan->size += size;
}

static void add_folded(struct scan *scan, uint32_t code_point, bool alone,
                       size_t start, size_t end)
{
    uint32_t folded[MR_UNICODE_DECOMPOSED_MAX];
    size_t count = bert_fold(code_point, folded);

    if (alone)
        end_word(scan);
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[MR_UTF8_BYTES_MAX];
        size_t size = mr_utf8_encode(folded[i], bytes);
        bool punct = class_of(scan, folded[i]) == BERT_PUNCT;

        if (punct)
            end_word(scan);
        add(scan, bytes, size, start, end);
        if (punct)
            end_word(scan);
    }
    if (alone)
        end_word(scan);
}

/* Handles the character that is text[at, next). */
static void take(struct scan *scan, uint32_t code_point, size_t at, size_t next)
{
    switch (class_of(scan, code_point)) {
    case BERT_PLAIN:
        add(scan, scan->text.data + at, next - at, at, next);
        return;
    case BERT_FOLD:
        if (code_point < 0x80u) {
            uint8_t small = (uint8_t)(code_point | 0x20u);

            add(scan, &small, 1, at, next);
            return;
        }
        add_folded(scan, code_point, false, at, next);
        return;
    case BERT_DROP:
        return;
    case BERT_SPACE:
        end_word(scan);
        return;
    case BERT_PUNCT:
        end_word(scan);
        add(scan, scan->text.data + at, next - at, at, next);
        end_word(scan);
        return;
    case BERT_ALONE:
        add_folded(scan, code_point, true, at, next);
        return;
    }
    MR_UNREACHABLE();
}

/* Visits the special token that begins at `at` and gives its size, or 0. */
static size_t take_special(struct scan *scan, size_t at)
{
    struct mr_span rest = mr_span(scan->text.data + at, scan->text.size - at);

    for (int i = 0; i < BERT_SPECIAL_COUNT; i++) {
        struct mr_span text = mr_span_str(special_texts[i]);
        struct bert_word word = {
            .bytes = text.data,
            .size = text.size,
            .special = (enum bert_special)i,
            .start = at,
            .end = at + text.size,
        };

        if (!mr_span_starts(rest, text))
            continue;
        end_word(scan);
        if (!scan->stopped)
            scan->stopped = !scan->visit(scan->context, &word);
        return text.size;
    }
    return 0;
}

void bert_words(const struct bert_table *table, struct mr_span text,
                bert_visit *visit, void *context)
{
    struct scan scan;
    size_t at = 0;

    scan.table = table;
    scan.text = text;
    scan.visit = visit;
    scan.context = context;
    scan.stopped = false;
    scan.size = 0;
    scan.chars = 0;
    while (at < text.size && !scan.stopped) {
        size_t start = at;
        uint32_t code_point;

        if (text.data[at] == '[') {
            at += take_special(&scan, at);
            if (at != start)
                continue;
        }
        code_point = mr_utf8_next(text.data, text.size, &at);
        take(&scan, code_point, start, at);
    }
    end_word(&scan);
}
