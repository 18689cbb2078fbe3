// SPDX-License-Identifier: Apache-2.0
/*
 * test_batch_plan.c - every text is in one batch, batches fit, and padding is
 * least.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_hash.h"
#include "embedder/plan/batch_plan.h"

static struct batch_plan plan;

static uint64_t cost(const struct batch_plan *of)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < of->count; i++)
        sum += (uint64_t)of->batches[i].count * of->batches[i].length +
               BATCH_OVERHEAD_TOKENS;
    return sum;
}

/* Whatever the plan, it is one of these texts. */
static void check(const uint32_t *lengths, size_t count, uint32_t tokens_max)
{
    bool seen[BATCH_TEXTS_MAX] = { false };
    uint32_t at = 0;

    for (size_t i = 0; i < plan.count; i++) {
        const struct batch *batch = &plan.batches[i];

        ck_assert_uint_eq(batch->first, at);
        ck_assert_uint_ge(batch->count, 1);
        ck_assert(batch->count == 1 ||
                  batch->count * batch->length <= tokens_max);
        ck_assert_uint_eq(batch->length, lengths[plan.order[at]]);
        for (uint32_t k = 0; k < batch->count; k++, at++) {
            uint32_t text = plan.order[at];

            ck_assert(!seen[text]);
            seen[text] = true;
            ck_assert_uint_le(lengths[text], batch->length);
        }
    }
    ck_assert_uint_eq(at, count);
}

static const struct {
    uint32_t lengths[8];
    size_t count;
    uint32_t tokens_max;
    size_t batches;
} cases[] = {
    { { 7 }, 1, 1024, 1 },
    { { 7, 7, 7 }, 3, 1024, 1 },
    { { 7, 7, 7 }, 3, 14, 2 },
    { { 7, 7, 7 }, 3, 6, 3 },     /* each longer than a batch may be */
    { { 10, 200 }, 2, 1024, 2 },  /* 190 of padding are too much */
    { { 200, 190 }, 2, 1024, 1 }, /* 10 are not */
    { { 20, 15, 15, 15, 15 }, 5, 1024, 2 }, /* 5 four times are */
    { { 256, 256, 256, 256, 256 }, 5, 1024, 2 },
};

START_TEST(texts_of_like_length_run_together)
{
    batch_plan(&plan, cases[_i].lengths, cases[_i].count, cases[_i].tokens_max);
    check(cases[_i].lengths, cases[_i].count, cases[_i].tokens_max);
    ck_assert_uint_eq(plan.count, cases[_i].batches);
}
END_TEST

START_TEST(texts_of_one_length_keep_their_order)
{
    const uint32_t lengths[] = { 5, 9, 5, 9, 5 };
    const uint32_t want[] = { 1, 3, 0, 2, 4 };

    batch_plan(&plan, lengths, 5, 1024);
    ck_assert_int_eq(memcmp(plan.order, want, sizeof(want)), 0);
}
END_TEST

/* The least cost over all ways of cutting the order, tried one by one. */
static uint64_t least(const uint32_t *lengths, size_t count,
                      uint32_t tokens_max)
{
    uint64_t best = UINT64_MAX;

    for (uint32_t cuts = 0; cuts < 1u << (count - 1); cuts++) {
        struct batch_plan other = { .count = 0 };
        bool fits = true;

        for (size_t i = 0; i < count; i++) {
            struct batch *last = &other.batches[i == 0 ? 0 : other.count - 1];

            if (i > 0 && (cuts >> (i - 1) & 1u) == 0) {
                last->count++;
                fits = fits && last->count * last->length <= tokens_max;
            } else {
                other.batches[other.count++] =
                    (struct batch){ (uint32_t)i, 1, lengths[plan.order[i]] };
            }
        }
        if (fits && cost(&other) < best)
            best = cost(&other);
    }
    return best;
}

START_TEST(no_other_way_of_cutting_costs_less)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        uint32_t lengths[10];
        size_t count = 1 + mr_mix64(seed) % 10;

        for (size_t i = 0; i < count; i++)
            lengths[i] = 2 + (uint32_t)(mr_mix64(seed * 100 + i + 1) % 60);
        batch_plan(&plan, lengths, count, 128);
        check(lengths, count, 128);
        ck_assert_msg(cost(&plan) == least(lengths, count, 128), "seed %lu",
                      seed);
    }
}
END_TEST

START_TEST(the_largest_plan_is_made)
{
    uint32_t lengths[BATCH_TEXTS_MAX];

    for (uint32_t i = 0; i < BATCH_TEXTS_MAX; i++)
        lengths[i] = 2 + (uint32_t)(mr_mix64(i) % 255);
    batch_plan(&plan, lengths, BATCH_TEXTS_MAX, 1024);
    check(lengths, BATCH_TEXTS_MAX, 1024);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("plan");
    Suite *suite = suite_create("batch_plan");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, texts_of_like_length_run_together, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, texts_of_one_length_keep_their_order);
    tcase_add_test(tcase, no_other_way_of_cutting_costs_less);
    tcase_add_test(tcase, the_largest_plan_is_made);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
