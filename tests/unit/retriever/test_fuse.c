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

START_TEST(scores_are_scaled_weighted_and_summed_by_document)
{
    const double w = .4;
    struct fused_hit *hits;
    size_t count;

    /* a: words in passage 0, and meaning there too; b: both in one passage. */
    fuse_scores(keyword, 3, dense, 3, w, arena, &hits, &count);
    ck_assert_uint_eq(count, 4);
    check_hit(&hits[0], "b", 0, w * 8 / 9 + (1 - w));
    check_hit(&hits[1], "a", 0, w + (1 - w) * 7 / 9);
    check_hit(&hits[2], "c", 0, (1 - w) * 8 / 9);
    check_hit(&hits[3], "a", 1, w * 7 / 9);
    ck_assert_uint_eq(hits[0].keyword_rank, 2);
    ck_assert_uint_eq(hits[0].dense_rank, 1);
    ck_assert_uint_eq(hits[2].keyword_rank, 0);
    fuse_scores(dense, 1, dense, 1, w, arena, &hits, &count);
    check_hit(&hits[0], "b", 0, 1);
    fuse_scores(NULL, 0, NULL, 0, w, arena, &hits, &count);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(words_in_one_passage_and_meaning_in_another_are_one_document)
{
    static const struct shard_hit words[] = { HIT("x", 0, 10),
                                              HIT("two", 1, 9) };
    static const struct shard_hit meaning[] = { HIT("y", 0, .5),
                                                HIT("two", 2, .45) };
    struct fused_hit *hits;
    size_t count;

    fuse_scores(words, 2, meaning, 2, .5, arena, &hits, &count);
    check_hit(&hits[0], "two", 2, .9);
    check_hit(&hits[1], "two", 1, .9);
    check_hit(&hits[2], "y", 0, .5);
}
END_TEST

START_TEST(the_floor_is_the_hundredth_hit_however_many_there_are)
{
    struct shard_hit many[FUSE_FLOOR_RANK + 50];
    struct fused_hit *few_hits;
    struct fused_hit *many_hits;
    size_t few;
    size_t all;

    for (size_t i = 0; i < FUSE_FLOOR_RANK + 50; i++)
        many[i] = (struct shard_hit)HIT("a", (uint32_t)i, 200 - (double)i);
    fuse_scores(many, FUSE_FLOOR_RANK, NULL, 0, 1, arena, &few_hits, &few);
    fuse_scores(many, FUSE_FLOOR_RANK + 50, NULL, 0, 1, arena, &many_hits,
                &all);
    check_hit(&few_hits[33], "a", 33, 66.0 / 99);
    check_hit(&many_hits[33], "a", 33, 66.0 / 99);
    ck_assert_double_eq(many_hits[all - 1].score, 0);
}
END_TEST

START_TEST(equal_scores_go_to_the_dense_side_then_by_id)
{
    struct fused_hit *hits;
    size_t count;

    fuse_scores(&keyword[0], 1, &dense[1], 1, .5, arena, &hits, &count);
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
    tcase_add_test(tcase, scores_are_scaled_weighted_and_summed_by_document);
    tcase_add_test(
        tcase, words_in_one_passage_and_meaning_in_another_are_one_document);
    tcase_add_test(tcase,
                   the_floor_is_the_hundredth_hit_however_many_there_are);
    tcase_add_test(tcase, equal_scores_go_to_the_dense_side_then_by_id);
    tcase_add_test(tcase, a_document_gives_at_most_its_share);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
