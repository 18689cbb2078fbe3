// SPDX-License-Identifier: Apache-2.0
// link: preprocessor
/*
 * fuzz_html.c - any page, and any map back to it.
 *
 * The first byte chooses the encoding; the rest is read as a page, and as a
 * source map too.
 */
#include <stdlib.h>

#include "common/base/mr_assert.h"
#include "common/text/source_map.h"
#include "common/text/utf8.h"
#include "preprocessor/clean/extract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_map(const struct clean_text *text, size_t body_size)
{
    struct mr_source_map map;
    struct mr_source_range range;

    if (text->source_map.data == NULL) {
        MR_ASSERT(text->text.size == body_size);
        return;
    }
    if (mr_source_map_parse(text->source_map, &map, NULL) != MR_OK)
        abort();
    MR_ASSERT(map.text_size == text->text.size);
    range = mr_source_map_lookup(&map, 0, map.text_size);
    MR_ASSERT(range.start <= range.end && range.end <= body_size);
    mr_source_map_deinit(&map);
}

static void check_page(struct mr_span body, const char *charset)
{
    struct mr_arena *arena = mr_arena_new();
    struct clean_source source = { .body = body,
                                   .content_type = mr_span_str("text/html"),
                                   .charset = mr_span_str(charset) };
    struct clean_text text;
    size_t last = 0;

    clean_extract(&source, arena, &text);
    MR_ASSERT(mr_utf8_valid(text.text));
    check_map(&text, body.size);
    for (size_t i = 0; i < text.heading_count; i++) {
        MR_ASSERT(text.headings[i].start >= last);
        MR_ASSERT(text.headings[i].end > text.headings[i].start);
        MR_ASSERT(text.headings[i].end <= text.text.size);
        last = text.headings[i].end;
    }
    mr_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const charsets[] = {
        NULL, "utf-8", "shift_jis", "gb18030", "utf-16le", "iso-2022-jp"
    };
    struct mr_source_map map;
    struct mr_span rest;

    if (size == 0)
        return 0;
    rest = mr_span(data + 1, size - 1);
    check_page(rest, charsets[data[0] % 6]);
    if (mr_source_map_parse(rest, &map, NULL) == MR_OK) {
        (void)mr_source_map_lookup(&map, 1, map.text_size);
        mr_source_map_coarsen(&map, 3);
        mr_source_map_deinit(&map);
    }
    return 0;
}
