// SPDX-License-Identifier: Apache-2.0
/*
 * test_source_map.c - places in a text lead back to bytes of its source.
 */
#include <check.h>
#include <stdlib.h>

#include "common/text/source_map.h"

static void check_lookup(const struct mr_source_map *map, size_t start,
                         size_t end, size_t want_start, size_t want_end)
{
    struct mr_source_range got = mr_source_map_lookup(map, start, end);

    ck_assert_msg(got.start == want_start && got.end == want_end,
                  "%zu..%zu: got %zu..%zu want %zu..%zu", start, end, got.start,
                  got.end, want_start, want_end);
}

/* Text "abXde" from "__ab&amp;de": two copied, one replaced, two copied. */
static struct mr_source_map sample(void)
{
    struct mr_source_map map = { 0 };

    mr_source_map_copied(&map, 2, 2);
    mr_source_map_replaced(&map, 1, 4, 5);
    mr_source_map_copied(&map, 9, 2);
    return map;
}

START_TEST(ranges_are_found_over_copied_and_replaced_runs)
{
    struct mr_source_map map = sample();

    check_lookup(&map, 0, 1, 2, 3);
    check_lookup(&map, 0, 2, 2, 4);
    check_lookup(&map, 2, 3, 4, 9);
    check_lookup(&map, 1, 4, 3, 10);
    check_lookup(&map, 4, 5, 10, 11);
    check_lookup(&map, 0, 99, 2, 11);
    check_lookup(&map, 1, 1, 3, 3);
    check_lookup(&map, 5, 5, 11, 11);
    mr_source_map_deinit(&map);
}
END_TEST

START_TEST(neighbouring_copies_become_one_run)
{
    struct mr_source_map map = { 0 };

    for (size_t i = 0; i < 100; i++)
        mr_source_map_copied(&map, i, 1);
    ck_assert_uint_eq(map.count, 1);
    ck_assert(mr_source_map_is_identity(&map, 100));
    ck_assert(!mr_source_map_is_identity(&map, 101));
    mr_source_map_deinit(&map);
}
END_TEST

START_TEST(the_identity_is_not_written)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_source_map map = { 0 };

    ck_assert_ptr_null(mr_source_map_encode(&map, 0, arena).data);
    mr_source_map_copied(&map, 0, 7);
    ck_assert_ptr_null(mr_source_map_encode(&map, 7, arena).data);
    ck_assert_ptr_nonnull(mr_source_map_encode(&map, 8, arena).data);
    mr_source_map_deinit(&map);
    mr_arena_free(arena);
}
END_TEST

START_TEST(what_is_encoded_is_read_again)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_source_map map = sample(), again;
    struct mr_span bytes;

    mr_source_map_copied(&map, 0, 2); /* backwards */
    bytes = mr_source_map_encode(&map, 20, arena);
    ck_assert_uint_lt(bytes.size, 12);
    ck_assert_int_eq(mr_source_map_parse(bytes, &again, NULL), MR_OK);
    ck_assert_uint_eq(again.count, map.count);
    for (size_t start = 0; start <= map.text_size; start++)
        for (size_t end = start; end <= map.text_size; end++) {
            struct mr_source_range want =
                mr_source_map_lookup(&map, start, end);

            check_lookup(&again, start, end, want.start, want.end);
        }
    mr_source_map_deinit(&again);
    mr_source_map_deinit(&map);
    mr_arena_free(arena);
}
END_TEST

static const struct {
    const char *name;
    size_t size;
    uint8_t bytes[12];
} broken[] = {
    { "empty", 0, { 0 } },
    { "another format", 3, { 2, 4, 0 } },
    { "cut in a run", 2, { 1, 4 } },
    { "cut before the source size", 3, { 1, 5, 0 } },
    { "a run of nothing", 3, { 1, 0, 0 } },
    { "before the source begins", 3, { 1, 4, 1 } },
    { "larger than any source",
      11,
      { 1, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0 } },
};

START_TEST(broken_maps_are_refused)
{
    struct mr_source_map map;

    ck_assert_msg(
        mr_source_map_parse(mr_span(broken[_i].bytes, broken[_i].size), &map,
                            NULL) == MR_E_CORRUPT,
        "%s", broken[_i].name);
    ck_assert_ptr_null(map.runs);
}
END_TEST

/* outer: "bXd" of "abXde" (b copied, X copied, d copied, a left out). */
START_TEST(maps_of_two_steps_compose)
{
    struct mr_source_map inner = sample(), outer = { 0 }, both = { 0 };

    mr_source_map_copied(&outer, 1, 3);
    mr_source_map_replaced(&outer, 4, 2, 3);
    mr_source_map_copied(&outer, 0, 2);
    mr_source_map_compose(&outer, &inner, &both);
    ck_assert_uint_eq(both.text_size, 9);
    check_lookup(&both, 0, 1, 3, 4);
    check_lookup(&both, 1, 2, 4, 9);
    check_lookup(&both, 2, 3, 9, 10);
    check_lookup(&both, 3, 4, 4, 11);
    check_lookup(&both, 7, 8, 2, 3);
    check_lookup(&both, 8, 9, 3, 4);
    mr_source_map_deinit(&inner);
    mr_source_map_deinit(&outer);
    mr_source_map_deinit(&both);
}
END_TEST

START_TEST(composing_with_the_identity_changes_nothing)
{
    struct mr_source_map map = sample(), same = { 0 }, both = { 0 };

    mr_source_map_copied(&same, 0, map.text_size);
    mr_source_map_compose(&same, &map, &both);
    ck_assert_uint_eq(both.count, map.count);
    mr_source_map_deinit(&same);
    mr_source_map_copied(&same, 0, 11);
    mr_source_map_compose(&map, &same, &both);
    ck_assert_uint_eq(both.count, map.count);
    check_lookup(&both, 2, 3, 4, 9);
    mr_source_map_deinit(&map);
    mr_source_map_deinit(&same);
    mr_source_map_deinit(&both);
}
END_TEST

START_TEST(a_coarser_map_finds_no_less)
{
    struct mr_source_map fine = { 0 }, coarse = { 0 };

    for (size_t i = 0; i < 100; i++) {
        mr_source_map_copied(&fine, 7 * i % 500, 3);
        mr_source_map_copied(&coarse, 7 * i % 500, 3);
    }
    mr_source_map_coarsen(&coarse, 9);
    ck_assert_uint_le(coarse.count, 9);
    ck_assert_uint_eq(coarse.text_size, fine.text_size);
    for (size_t at = 0; at < fine.text_size; at++) {
        struct mr_source_range a = mr_source_map_lookup(&fine, at, at + 1);
        struct mr_source_range b = mr_source_map_lookup(&coarse, at, at + 1);

        ck_assert(b.start <= a.start && a.end <= b.end);
    }
    mr_source_map_deinit(&fine);
    mr_source_map_deinit(&coarse);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("source_map");
    Suite *suite = suite_create("source_map");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, ranges_are_found_over_copied_and_replaced_runs);
    tcase_add_test(tcase, neighbouring_copies_become_one_run);
    tcase_add_test(tcase, the_identity_is_not_written);
    tcase_add_test(tcase, what_is_encoded_is_read_again);
    tcase_add_loop_test(tcase, broken_maps_are_refused, 0,
                        (int)(sizeof(broken) / sizeof(broken[0])));
    tcase_add_test(tcase, maps_of_two_steps_compose);
    tcase_add_test(tcase, composing_with_the_identity_changes_nothing);
    tcase_add_test(tcase, a_coarser_map_finds_no_less);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
