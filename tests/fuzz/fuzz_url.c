// SPDX-License-Identifier: Apache-2.0
// link: common_text
/*
 * fuzz_url.c - no bytes crash the parser of URLs or the finder of links, and a
 * canonical URL is its own canonical form.
 *
 * An input is a base up to the first NUL, and a reference behind it; all of it
 * is a page as well.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/text/links.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct mr_url_parser *parser, const struct mr_url *url,
                  struct mr_arena *arena)
{
    struct mr_url again;
    struct mr_err err = { 0 };
    enum mr_code code =
        mr_url_parse(parser, url->text, mr_span(NULL, 0), arena, &again, &err);

    MR_ASSERT(code == MR_OK);
    MR_ASSERT(mr_span_equal(url->text, again.text));
    MR_ASSERT(!again.had_secret);
    for (size_t i = 0; i < url->text.size; i++)
        MR_ASSERT(url->text.data[i] > 0x20 && url->text.data[i] < 0x7F);
}

static void check_links(struct mr_url_parser *parser, struct mr_span page,
                        struct mr_arena *arena)
{
    struct mr_links links;

    mr_links_find(page, mr_span_str("http://a/"), parser, arena, &links);
    MR_ASSERT(links.count <= MR_LINKS_MAX);
    MR_ASSERT(!links.nofollow || links.count == 0);
    mr_links_robots(page, mr_span_str("millrace"), &links.noindex,
                    &links.nofollow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mr_url_parser *parser = mr_url_parser_new();
    struct mr_arena *arena = mr_arena_new();
    const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
    struct mr_span base = { 0 };
    struct mr_span text = mr_span(data, size);
    struct mr_url url;

    if (end != NULL) {
        base = mr_span(data, (size_t)(end - data));
        text = mr_span(end + 1, size - base.size - 1);
    }
    for (int i = 0; i < 2; i++) { /* the second time by the base that is kept */
        if (mr_url_parse(parser, text, base, arena, &url, NULL) == MR_OK)
            check(parser, &url, arena);
    }
    check_links(parser, mr_span(data, size), arena);
    mr_arena_free(arena);
    mr_url_parser_free(parser);
    return 0;
}
