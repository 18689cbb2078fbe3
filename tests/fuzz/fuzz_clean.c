// SPDX-License-Identifier: Apache-2.0
// link: preprocessor
/*
 * fuzz_clean.c - any body of any type to passages, signals and signature.
 *
 * The first byte chooses the type, the second the size of passages.  Passages
 * rise without touching, are not longer than told, and hold no half character.
 */
#include <math.h>
#include <stdlib.h>

#include "common/base/mr_assert.h"
#include "common/text/utf8.h"
#include "common/text/words.h"
#include "preprocessor/clean/clean.h"
#include "preprocessor/clean/passages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_passages(const struct clean_document *document,
                           uint32_t words_max)
{
    struct mr_span text = document->text.text;
    size_t last = 0;

    for (size_t i = 0; i < document->passages.count; i++) {
        const struct mr_passage *passage = &document->passages.items[i];
        struct mr_span part;

        MR_ASSERT(passage->start >= last && passage->start < passage->end);
        MR_ASSERT(passage->end <= text.size);
        part =
            mr_span(text.data + passage->start, passage->end - passage->start);
        MR_ASSERT(part.size <= CLEAN_PASSAGE_BYTES_MAX);
        MR_ASSERT(mr_utf8_valid(part));
        MR_ASSERT(mr_words_count(part) <= words_max);
        MR_ASSERT(mr_utf8_valid(passage->headings));
        last = passage->end;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = { "text/plain", "text/markdown",
                                         "text/html" };
    struct clean_config config = clean_config_default(NULL);
    struct clean_source source = { 0 };
    struct clean_document document;
    struct mr_arena *arena;

    if (size < 2)
        return 0;
    arena = mr_arena_new();
    config.passage_words_target = 1 + data[1] % 40;
    config.passage_words_max = config.passage_words_target + data[1] % 7;
    source.content_type = mr_span_str(types[data[0] % 3]);
    source.body = mr_span(data + 2, size - 2);
    clean_document(&config, mr_span_str("id"), mr_span(NULL, 0), &source, arena,
                   &document);
    MR_ASSERT(mr_utf8_valid(document.text.text));
    MR_ASSERT(document.reject_rule != NULL || document.passages.count > 0);
    if (document.reject_rule == NULL)
        check_passages(&document, config.passage_words_max);
    for (size_t i = 0; i < document.signals.count; i++)
        MR_ASSERT(isfinite(document.signals.items[i].value));
    mr_arena_free(arena);
    return 0;
}
