// SPDX-License-Identifier: Apache-2.0
/*
 * test_embed_cache.c - the cache keeps what was used last, and no more.
 *
 * A stage of the test's own looks for the texts that records name, puts those
 * that are not there, and emits what it found.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_mem.h"
#include "embedder/stage/cache.h"
#include "embedder/stage/spaces.h"
#include "tests/unit/preprocessor/harness.h"

#define DIMENSION 3
#define ENTRIES   4

/* "+" when it was there with the right vector, "-" when it was put. */
static enum mr_code look_for(struct cache *cache, const struct mr_input *input,
                             struct mr_effects *effects, struct mr_err *err)
{
    struct mr_span text = input->record.value;
    const float own[DIMENSION] = { (float)text.data[0], 2, 3 };
    const float *found;
    enum mr_code code = cache_get(cache, mr_hash128(text), &found, err);

    if (code != MR_OK)
        return code;
    if (found == NULL)
        cache_put(cache, mr_hash128(text), own);
    else
        ck_assert_int_eq(memcmp(found, own, sizeof(own)), 0);
    mr_effects_emit(
        effects, MR_TOPIC_VECTORS,
        &(struct mr_emit){ .key = text,
                           .value = mr_span_str(found == NULL ? "-" : "+"),
                           .version = 1 });
    mr_effects_account(effects, MR_OUTCOME_PASSED, NULL);
    return MR_OK;
}

static enum mr_code step(struct mr_stage *stage, struct mr_state *state,
                         const struct mr_input *inputs, size_t count,
                         struct mr_effects *effects, struct mr_err *err)
{
    struct cache cache;
    enum mr_code code =
        cache_begin(&cache, state, effects, DIMENSION, ENTRIES, err);

    (void)stage;
    for (size_t i = 0; i < count && code == MR_OK; i++)
        code = look_for(&cache, &inputs[i], effects, err);
    return code == MR_OK ? cache_end(&cache, err) : code;
}

static enum mr_code no_fail(struct mr_stage *stage, struct mr_state *state,
                            const struct mr_input *input,
                            const struct mr_err *cause,
                            struct mr_effects *effects, struct mr_err *err)
{
    (void)stage;
    (void)state;
    (void)input;
    (void)effects;
    (void)err;
    ck_abort_msg("an input failed: %s", cause->text);
    return MR_OK;
}

static void free_stage(struct mr_stage *stage)
{
    mr_free(stage);
}

static const struct mr_stage_ops ops = { step, no_fail, free_stage };

static struct mr_stage *new_stage(uint32_t batch)
{
    struct mr_stage *stage = mr_calloc(1, sizeof(*stage));

    *stage = (struct mr_stage){
        .ops = &ops,
        .name = "cache",
        .reads = { MR_TOPIC_DOCUMENTS },
        .read_count = 1,
        .spaces = { "backlog", "waiting", "cache", "ages", "meta" },
        .space_count = EMBED_SPACE_COUNT,
        .batch_records_max = batch,
        .batch_bytes_max = 65536,
    };
    return stage;
}

/* Whether each letter, one a record, was found: "+" or "-". */
static void run(const char *letters, uint32_t batch, char *out)
{
    struct harness h;

    harness_open(&h);
    harness_run(&h, new_stage(batch));
    for (const char *at = letters; *at != '\0'; at++)
        (void)harness_append(&h, MR_TOPIC_DOCUMENTS, mr_span_str("id"),
                             mr_span(at, 1), 1, 0);
    harness_work(&h);
    for (size_t i = 0; i < strlen(letters); i++)
        *out++ = (char)harness_read(&h, MR_TOPIC_VECTORS, i).value.data[0];
    *out = '\0';
    harness_close(&h);
}

static const struct {
    const char *letters;
    uint32_t batch;
    const char *found;
} cases[] = {
    { "aabba", 1, "-+-++" },
    { "aabba", 10, "-+-++" },
    { "abcdabcd", 1, "----++++" },
    { "abcdea", 1, "------" }, /* the fifth drops the first */
    { "abcdebcde", 1, "-----++++" },
    { "abcdaea", 1, "----+-+" },         /* used again, so not the oldest */
    { "abcdaeb", 1, "----+--" },         /* the oldest now is another */
    { "abcdefgh", 10, "--------" },      /* more than it holds in one step */
    { "dddddddabcd", 1, "-++++++---+" }, /* a use needn't write */
};

START_TEST(the_least_recently_used_go)
{
    char found[64];

    run(cases[_i].letters, cases[_i].batch, found);
    ck_assert_str_eq(found, cases[_i].found);
}
END_TEST

/* After any uses it holds the newest ENTRIES / 2 at least, and at most
 * ENTRIES: what was used within the last two of different texts is found. */
START_TEST(what_was_used_lately_is_always_found)
{
    char letters[401];
    char found[401];

    for (size_t i = 0; i < 400; i++)
        letters[i] = (char)('a' + mr_mix64(i) % 9);
    letters[400] = '\0';
    run(letters, 1, found);
    for (size_t i = 2; i < 400; i++)
        if (letters[i] == letters[i - 1] || letters[i] == letters[i - 2])
            ck_assert_msg(found[i] == '+', "use %zu", i);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("cache");
    Suite *suite = suite_create("embed_cache");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, the_least_recently_used_go, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, what_was_used_lately_is_always_found);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
