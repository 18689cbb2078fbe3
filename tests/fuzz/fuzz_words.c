// SPDX-License-Identifier: Apache-2.0
// link: common_text
/*
 * fuzz_words.c - words, sentences and the normal form of any bytes.
 *
 * Words and sentences rise without touching; the normal form is UTF-8, its
 * own normal form, and its map covers it.
 */
#include <stdlib.h>

#include "common/base/mr_assert.h"
#include "common/text/nfc.h"
#include "common/text/sentences.h"
#include "common/text/utf8.h"
#include "common/text/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(struct mr_span text)
{
    struct mr_words words = mr_words(text);
    struct mr_word word;
    size_t last = 0;

    while (mr_words_next(&words, &word)) {
        MR_ASSERT(last <= word.start && word.start < word.end);
        MR_ASSERT(word.end <= text.size);
        last = word.end;
    }
}

static void check_sentences(struct mr_span text)
{
    struct mr_sentences sentences = mr_sentences(text);
    struct mr_sentence sentence;
    size_t last = 0;

    while (mr_sentences_next(&sentences, &sentence)) {
        MR_ASSERT(last <= sentence.start && sentence.start < sentence.end);
        MR_ASSERT(sentence.end <= text.size);
        last = sentence.end;
    }
}

static void check_nfc(struct mr_span text)
{
    struct mr_buf once = mr_buf(3 * text.size + 1);
    struct mr_buf twice = mr_buf(3 * once.limit);
    struct mr_source_map map = { 0 };
    struct mr_nfc_counts counts = { 0 };

    mr_nfc(text, &once, &map, &counts);
    MR_ASSERT(!once.full);
    MR_ASSERT(map.text_size == once.size);
    MR_ASSERT(mr_utf8_valid(mr_buf_bytes(&once)));
    mr_nfc(mr_buf_bytes(&once), &twice, NULL, &counts);
    MR_ASSERT(mr_span_equal(mr_buf_bytes(&once), mr_buf_bytes(&twice)));
    check_words(mr_buf_bytes(&once));
    check_sentences(mr_buf_bytes(&once));
    mr_buf_deinit(&once);
    mr_buf_deinit(&twice);
    mr_source_map_deinit(&map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mr_span text = mr_span(data, size);

    check_words(text);
    check_sentences(text);
    check_nfc(text);
    return 0;
}
