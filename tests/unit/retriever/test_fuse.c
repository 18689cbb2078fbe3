// SPDX-License-Identifier: Apache-2.0
/*
 * test_fuse.c - one ranking of two.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "retriever/search/fuse.h"

#define HIT(id, number, points)                                \
    {                                                          \
        .document = { (const uint8_t *)(id), sizeof(id) - 1 }, \
        .passage = (number), .score = (points)                 \
    }

static const struct shard_hit keyword[] = { HIT("a", 0, 9), HIT("b", 0, 8),
                                            HIT("a", 1, 7) };
static const struct shard_hit dense[] = { HIT("b", 0, .9), HIT("c", 0, .8),
                                          HIT("a", 0, .7) };

static struct mr_arena *arena;

static void setup(void)
{
    arena = mr_arena_new();
}

static void teardown(void)
{
    mr_arena_free(arena);
}

static void check_hit(const struct fused_hit *hit, const char *id,
                      uint32_t passage, double score)
{
    ck_assert_msg(mr_span_equal(hit->hit->document, mr_span_str(id)) &&
                      hit->hit->passage == passage,
                  "got %.*s/%u, want %s/%u", MR_SPAN_ARG(hit->hit->document),
                  hit->hit->passage, id, passage);
    ck_assert_msg(fabs(hit->score - score) < 1e-12,
                  "%s/%u scores %.17g, not "
                  "%.17g",
                  id, passage, hit->score, score);
}

START_TEST(ranks_are_summed_and_lie_in_zero_to_one)
{
    const double k = 60;
    const double most = 2 / (k + 1);
    struct fused_hit *hits;
    size_t count;

    fuse_ranks(keyword, 3, dense, 3, k, arena, &hits, &count);
    ck_assert_uint_eq(count, 4);
    check_hit(&hits[0], "b", 0, (1 / (k + 2) + 1 / (k + 1)) / most);
    check_hit(&hits[1], "a", 0, (1 / (k + 1) + 1 / (k + 3)) / most);
    check_hit(&hits[2], "c", 0, 1 / (k + 2) / most);
    check_hit(&hits[3], "a", 1, 1 / (k + 3) / most);
    ck_assert_uint_eq(hits[0].keyword_rank, 2);
    ck_assert_uint_eq(hits[0].dense_rank, 1);
    ck_assert_uint_eq(hits[2].keyword_rank, 0);
    fuse_ranks(dense, 1, dense, 1, k, arena, &hits, &count);
    check_hit(&hits[0], "b", 0, 1);
    fuse_ranks(NULL, 0, NULL, 0, k, arena, &hits, &count);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(equal_ranks_go_to_the_dense_side_then_by_id)
{
    struct fused_hit *hits;
    size_t count;

    fuse_ranks(&keyword[0], 1, &dense[1], 1, 60, arena, &hits, &count);
    ck_assert_uint_eq(count, 2);
    check_hit(&hits[0], "c", 0, .5);
    check_hit(&hits[1], "a", 0, .5);
}
END_TEST

START_TEST(a_document_gives_at_most_its_share)
{
    static const struct shard_hit many[] = { HIT("a", 0, 9), HIT("a", 1, 8),
                                             HIT("b", 0, 7), HIT("a", 2, 6),
                                             HIT("c", 0, -1) };
    struct fused_hit *hits;

    fuse_single(many, 5, true, arena, &hits);
    ck_assert_uint_eq(fuse_limit(hits, 5, 2, 10), 4);
    check_hit(&hits[1], "a", 1, 8);
    check_hit(&hits[2], "b", 0, 7);
    check_hit(&hits[3], "c", 0, 0); /* a cosine below 0 scores 0 */
    fuse_single(many, 5, false, arena, &hits);
    ck_assert_uint_eq(fuse_limit(hits, 5, 0, 10), 5);
    check_hit(&hits[4], "c", 0, -1);
    ck_assert_uint_eq(fuse_limit(hits, 5, 1, 2), 2);
    check_hit(&hits[1], "b", 0, 7);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("fuse");
    Suite *suite = suite_create("fuse");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, ranks_are_summed_and_lie_in_zero_to_one);
    tcase_add_test(tcase, equal_ranks_go_to_the_dense_side_then_by_id);
    tcase_add_test(tcase, a_document_gives_at_most_its_share);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
