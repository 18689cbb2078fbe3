// SPDX-License-Identifier: Apache-2.0
// link: common_runtime
/*
 * fuzz_config.c - no bytes crash the configuration, whatever is refused is
 * refused in words, and what is taken can be shown and read again to the same.
 */
#include <stdint.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/runtime/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SHOWN_BYTES_MAX ((size_t)16 * 1024 * 1024)

/* Without what tells where values come from. */
static struct mr_config *read_again(struct mr_span text)
{
    struct mr_config_problems problems = { 0 };
    struct mr_config *config;

    MR_ASSERT(mr_config_parse(text, NULL, &config, &problems) == MR_OK);
    return config;
}

static void check_same(const struct mr_config *a, const struct mr_config *b)
{
    static const char *const sections[] = { "log",   "limits", "clean",
                                            "embed", "index",  "answer" };
    char first[17];
    char second[17];

    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        mr_config_fingerprint(a, sections[i], first);
        mr_config_fingerprint(b, sections[i], second);
        MR_ASSERT(strcmp(first, second) == 0);
    }
    MR_ASSERT(strcmp(a->data, b->data) == 0);
    MR_ASSERT(a->source_count == b->source_count);
    for (size_t i = 0; i < a->source_count; i++)
        MR_ASSERT(strcmp(a->sources[i].name, b->sources[i].name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mr_config_problems problems = { 0 };
    struct mr_buf shown = mr_buf(SHOWN_BYTES_MAX);
    struct mr_config *config;
    struct mr_config *again;

    if (mr_config_parse(mr_span(data, size), "fuzz", &config, &problems) !=
        MR_OK) {
        MR_ASSERT(problems.count > 0 && problems.items[0].text[0] != '\0');
        mr_config_problems_print(&problems, "fuzz", &shown);
    } else {
        mr_config_show(config, &shown);
        MR_ASSERT(!shown.full);
        if (shown.size <= MR_CONFIG_BYTES_MAX) {
            again = read_again(mr_buf_bytes(&shown));
            check_same(config, again);
            mr_config_free(again);
        }
        mr_config_free(config);
    }
    mr_config_problems_deinit(&problems);
    mr_buf_deinit(&shown);
    return 0;
}
