// SPDX-License-Identifier: Apache-2.0
/*
 * wordpiece.c - see wordpiece.h.
 */
#include "embedder/wordpiece/wordpiece.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/text/unicode.h"
#include "common/text/utf8.h"
#include "embedder/wordpiece/trie.h"

struct wordpiece {
    struct trie trie;
    uint32_t continuation; /* the node behind "##", or TRIE_NONE */
    size_t size;
    int32_t specials[BERT_SPECIAL_COUNT];
    struct bert_table table;
};

static enum mr_code check_piece(struct mr_span piece, size_t line,
                                struct mr_err *err)
{
    size_t at = 0;

    if (piece.size == 0)
        return mr_fail(err, MR_E_CORRUPT,
                       "wordpiece: line %zu of the vocabulary is empty", line);
    if (!mr_utf8_valid(piece))
        return mr_fail(err, MR_E_CORRUPT,
                       "wordpiece: line %zu of the vocabulary is not UTF-8",
                       line);
    while (at < piece.size) {
        uint32_t cp = mr_utf8_next(piece.data, piece.size, &at);

        if (mr_unicode_combining_class(cp) != 0)
            return mr_fail(err, MR_E_CORRUPT,
                           "wordpiece: line %zu of the vocabulary has the "
                           "mark U+%04X, which an uncased model never sees",
                           line, cp);
    }
    return MR_OK;
}

static size_t count_lines(struct mr_span vocabulary)
{
    size_t lines = 0;

    for (size_t i = 0; i < vocabulary.size; i++)
        lines += vocabulary.data[i] == '\n' ? 1 : 0;
    if (vocabulary.size > 0 && vocabulary.data[vocabulary.size - 1] != '\n')
        lines++;
    return lines;
}

/* The line at *at without its end, and *at behind it. */
static struct mr_span next_line(struct mr_span text, size_t *at)
{
    const uint8_t *start = text.data + *at;
    const uint8_t *newline = memchr(start, '\n', text.size - *at);
    size_t size = newline == NULL ? text.size - *at : (size_t)(newline - start);

    *at += size + (newline == NULL ? 0 : 1);
    if (size > 0 && start[size - 1] == '\r')
        size--;
    return mr_span(start, size);
}

static int compare_keys(const void *a, const void *b)
{
    const struct trie_key *left = a;
    const struct trie_key *right = b;

    return mr_span_compare(left->bytes, right->bytes);
}

static enum mr_code read_keys(struct mr_span vocabulary, struct trie_key *keys,
                              size_t count, struct mr_err *err)
{
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        enum mr_code code;

        keys[i].bytes = next_line(vocabulary, &at);
        keys[i].number = (uint32_t)i;
        code = check_piece(keys[i].bytes, i + 1, err);
        if (code != MR_OK)
            return code;
    }
    qsort(keys, count, sizeof(keys[0]), compare_keys);
    for (size_t i = 1; i < count; i++)
        if (mr_span_equal(keys[i - 1].bytes, keys[i].bytes))
            return mr_fail(err, MR_E_CORRUPT,
                           "wordpiece: the vocabulary has \"%.*s\" in lines "
                           "%u and %u",
                           MR_SPAN_ARG(keys[i].bytes), keys[i - 1].number + 1,
                           keys[i].number + 1);
    return MR_OK;
}

static uint32_t node_of(const struct trie *trie, const char *text)
{
    uint32_t node = TRIE_ROOT;

    for (; *text != '\0' && node != TRIE_NONE; text++)
        node = trie_step(trie, node, (uint8_t)*text);
    return node;
}

static enum mr_code find_specials(struct wordpiece *wordpiece,
                                  struct mr_err *err)
{
    for (int i = 0; i < BERT_SPECIAL_COUNT; i++) {
        const char *text = bert_special_text((enum bert_special)i);
        uint32_t node = node_of(&wordpiece->trie, text);

        if (node == TRIE_NONE ||
            wordpiece->trie.cells[node].number == TRIE_NONE)
            return mr_fail(err, MR_E_CORRUPT,
                           "wordpiece: the vocabulary has no line \"%s\"",
                           text);
        wordpiece->specials[i] = (int32_t)wordpiece->trie.cells[node].number;
    }
    return MR_OK;
}

enum mr_code wordpiece_parse(struct mr_span vocabulary, struct wordpiece **out,
                             struct mr_err *err)
{
    size_t count = count_lines(vocabulary);
    struct wordpiece *wordpiece;
    struct trie_key *keys;
    enum mr_code code;

    *out = NULL;
    if (count > WORDPIECE_VOCAB_MAX)
        return mr_fail(err, MR_E_LIMIT,
                       "wordpiece: a vocabulary of %zu lines, at most %zu",
                       count, WORDPIECE_VOCAB_MAX);
    keys = mr_calloc(count, sizeof(keys[0]));
    code = read_keys(vocabulary, keys, count, err);
    if (code != MR_OK)
        goto out_free_keys;
    wordpiece = mr_calloc(1, sizeof(*wordpiece));
    trie_init(&wordpiece->trie, keys, count);
    wordpiece->size = count;
    wordpiece->continuation = node_of(&wordpiece->trie, "##");
    code = find_specials(wordpiece, err);
    if (code != MR_OK) {
        wordpiece_free(wordpiece);
        goto out_free_keys;
    }
    bert_table_init(&wordpiece->table);
    *out = wordpiece;
out_free_keys:
    mr_free(keys);
    return code;
}

void wordpiece_free(struct wordpiece *wordpiece)
{
    if (wordpiece == NULL)
        return;
    trie_deinit(&wordpiece->trie);
    mr_free(wordpiece);
}

size_t wordpiece_size(const struct wordpiece *wordpiece)
{
    return wordpiece->size;
}

/* The longest piece at bytes[*at] from `node` on; *at moves behind it. */
static int32_t longest(const struct trie *trie, uint32_t node,
                       const struct bert_word *word, size_t *at)
{
    uint32_t found = TRIE_NONE;

    for (size_t i = *at; i < word->size; i++) {
        node = trie_step(trie, node, word->bytes[i]);
        if (node == TRIE_NONE)
            break;
        if (trie->cells[node].number != TRIE_NONE) {
            found = trie->cells[node].number;
            *at = i + 1;
        }
    }
    return found == TRIE_NONE ? -1 : (int32_t)found;
}

/* The ids of a word; gives how many. */
static size_t pieces(const struct wordpiece *wordpiece,
                     const struct bert_word *word,
                     int32_t ids[WORDPIECE_WORD_IDS_MAX])
{
    uint32_t node = TRIE_ROOT;
    size_t count = 0;
    size_t at = 0;

    ids[0] = wordpiece->specials[BERT_UNK];
    if (word->special != BERT_NO_SPECIAL) {
        ids[0] = wordpiece->specials[word->special];
        return 1;
    }
    if (word->overlong)
        return 1;
    while (at < word->size) {
        int32_t id = -1;

        if (node != TRIE_NONE)
            id = longest(&wordpiece->trie, node, word, &at);
        if (id < 0) {
            ids[0] = wordpiece->specials[BERT_UNK];
            return 1;
        }
        MR_ASSERT(count < WORDPIECE_WORD_IDS_MAX);
        ids[count++] = id;
        node = wordpiece->continuation;
    }
    return count;
}

struct walk {
    const struct wordpiece *wordpiece;
    wordpiece_visit *visit;
    void *context;
};

static bool visit_word(void *context, const struct bert_word *word)
{
    struct walk *walk = context;
    int32_t ids[WORDPIECE_WORD_IDS_MAX];
    struct wordpiece_word out = {
        .ids = ids,
        .count = pieces(walk->wordpiece, word, ids),
        .start = word->start,
        .end = word->end,
    };

    MR_ASSERT(out.count >= 1);
    return walk->visit(walk->context, &out);
}

void wordpiece_words(const struct wordpiece *wordpiece, struct mr_span text,
                     wordpiece_visit *visit, void *context)
{
    struct walk walk = { wordpiece, visit, context };

    bert_words(&wordpiece->table, text, visit_word, &walk);
}

struct encoding {
    int32_t *ids;
    size_t count;
    size_t max; /* without [SEP] */
};

static bool append_word(void *context, const struct wordpiece_word *word)
{
    struct encoding *encoding = context;

    for (size_t i = 0; i < word->count; i++) {
        if (encoding->count == encoding->max)
            return false;
        encoding->ids[encoding->count++] = word->ids[i];
    }
    return encoding->count < encoding->max;
}

size_t wordpiece_encode(const struct wordpiece *wordpiece, struct mr_span text,
                        int32_t *ids, size_t ids_max)
{
    struct encoding encoding = { .ids = ids, .max = ids_max - 1 };

    MR_ASSERT(ids_max >= WORDPIECE_FRAME);
    ids[encoding.count++] = wordpiece->specials[BERT_CLS];
    if (encoding.count < encoding.max)
        wordpiece_words(wordpiece, text, append_word, &encoding);
    ids[encoding.count++] = wordpiece->specials[BERT_SEP];
    return encoding.count;
}
