// SPDX-License-Identifier: Apache-2.0
// link: ingestor
/*
 * fuzz_robots.c - no bytes crash the reader of robots.txt, and its rules
 * answer for any path.
 *
 * An input is a path up to the first NUL, and a file behind it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "ingestor/web/robots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mr_arena *arena = mr_arena_new();
    const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
    size_t at = end == NULL ? size : (size_t)(end - data);
    struct robots robots;

    robots_parse(mr_span(data + at, size - at), mr_span_str("millrace"), arena,
                 &robots);
    MR_ASSERT(robots.rule_count <= ROBOTS_RULES_MAX);
    MR_ASSERT(robots.sitemap_count <= ROBOTS_SITEMAPS_MAX);
    MR_ASSERT(robots.delay_ms >= 0 && robots.delay_ms <= ROBOTS_DELAY_MS_MAX);
    (void)robots_allows(&robots, mr_span(data, at));
    MR_ASSERT(robots_allows(&robots, mr_span_str("/robots.txt")));
    mr_arena_free(arena);
    return 0;
}
