// SPDX-License-Identifier: Apache-2.0
// link: ingestor
/*
 * fuzz_sitemap.c - no bytes crash the reader of sitemaps, and what it finds is
 * within its limits.
 */
#include <stdint.h>
#include <stdlib.h>

#include "common/base/mr_assert.h"
#include "ingestor/web/sitemap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mr_arena *arena = mr_arena_new();
    struct sitemap sitemap;
    struct mr_err err = { 0 };

    if (sitemap_parse(mr_span(data, size), arena, &sitemap, &err) != MR_OK)
        MR_ASSERT(err.code == MR_E_CORRUPT || err.code == MR_E_LIMIT);
    MR_ASSERT(sitemap.count <= SITEMAP_URLS_MAX);
    for (size_t i = 0; i < sitemap.count; i++)
        MR_ASSERT(sitemap.urls[i].size > 0 &&
                  sitemap.urls[i].size <= SITEMAP_URL_BYTES_MAX);
    mr_arena_free(arena);
    return 0;
}
