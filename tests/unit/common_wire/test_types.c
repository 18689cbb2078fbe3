// SPDX-License-Identifier: Apache-2.0
/*
 * test_types.c - pairs are sorted, access has one hash, states have names.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/common_wire/samples.h"

START_TEST(pairs_are_sorted_by_the_bytes_of_their_keys)
{
    const char *keys[] = { "b", "", "\xC3\xBC", "ab", "a", "Z" };
    const char *want[] = { "", "Z", "a", "ab", "b", "\xC3\xBC" };
    struct mr_pair items[6];
    struct mr_pairs pairs = { .items = items, .count = 6 };

    for (unsigned i = 0; i < 6; i++)
        items[i] = (struct mr_pair){ .key = text(keys[i]) };
    mr_pairs_sort(&pairs);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_msg(mr_span_equal(items[i].key, text(want[i])), "place %u",
                      i);
}
END_TEST

START_TEST(pairs_of_one_key_keep_their_order)
{
    struct mr_pair items[200];
    struct mr_pairs pairs = { .items = items, .count = 200 };

    for (unsigned i = 0; i < 200; i++)
        items[i] = (struct mr_pair){ .key = text(i % 3 == 0 ? "b" : "a"),
                                     .number = i };
    mr_pairs_sort(&pairs);
    for (unsigned i = 1; i < 200; i++) {
        if (mr_span_equal(items[i - 1].key, items[i].key))
            ck_assert_double_lt(items[i - 1].number, items[i].number);
    }
}
END_TEST

START_TEST(sorting_none_or_one_pair_does_nothing)
{
    struct mr_pair item = { .key = text("a") };
    struct mr_pairs pairs = { 0 };

    mr_pairs_sort(&pairs);
    pairs = (struct mr_pairs){ .items = &item, .count = 1 };
    mr_pairs_sort(&pairs);
    ck_assert_uint_eq(pairs.count, 1);
}
END_TEST

static uint64_t access_hash(const char *owner, const char *first,
                            const char *second, const char *third)
{
    struct mr_span principals[3];
    const char *names[] = { first, second, third };
    struct mr_access access = { .owner = text(owner),
                                .principals = principals };

    for (size_t i = 0; i < 3; i++) {
        if (names[i] != NULL)
            principals[access.principal_count++] = text(names[i]);
    }
    return mr_access_hash(&access);
}

START_TEST(equal_access_has_equal_hashes_in_any_order)
{
    uint64_t hash = access_hash("o", "a", "b", "c");

    ck_assert_uint_eq(hash, access_hash("o", "c", "a", "b"));
    ck_assert_uint_eq(access_hash("o", "a", "b", NULL),
                      access_hash("o", "b", "a", "b"));
    ck_assert_uint_eq(access_hash(NULL, "a", NULL, NULL),
                      access_hash("", "a", NULL, NULL));
}
END_TEST

START_TEST(different_access_has_different_hashes)
{
    const uint64_t hashes[] = {
        access_hash(NULL, NULL, NULL, NULL), access_hash("o", NULL, NULL, NULL),
        access_hash(NULL, "o", NULL, NULL),  access_hash("o", "a", NULL, NULL),
        access_hash("a", "o", NULL, NULL),   access_hash("o", "ab", NULL, NULL),
        access_hash("o", "a", "b", NULL),    access_hash("o", "a", "b", "c"),
        access_hash("o", "", NULL, NULL),
    };

    for (size_t i = 0; i < 9; i++) {
        for (size_t j = i + 1; j < 9; j++)
            ck_assert_msg(hashes[i] != hashes[j], "%zu and %zu", i, j);
    }
}
END_TEST

/* Hashes lie in state and on the bus: they may never change. */
START_TEST(hashes_of_access_are_frozen)
{
    struct mr_access access = sample_access();

    ck_assert_uint_eq(mr_access_hash(&(struct mr_access){ 0 }),
                      0x2D06800538D394C2u);
    ck_assert_uint_eq(mr_access_hash(&access), 0x6F73E7629F6718BCu);
}
END_TEST

START_TEST(a_state_has_a_name)
{
    ck_assert_str_eq(mr_state_name(MR_STATE_LIVE), "live");
    ck_assert_str_eq(mr_state_name(MR_STATE_REJECTED), "rejected");
    ck_assert_str_eq(mr_state_name(MR_STATE_DUPLICATE), "duplicate");
    ck_assert_str_eq(mr_state_name(MR_STATE_DELETED), "deleted");
    ck_assert_str_eq(mr_state_name(MR_STATE_FAILED), "failed");
}
END_TEST

START_TEST(versions_compare_by_epoch_and_then_offset)
{
    ck_assert_uint_lt(mr_version(1, 0xFFFFFFFFFFFFu), mr_version(2, 0));
    ck_assert_uint_lt(mr_version(2, 7), mr_version(2, 8));
    ck_assert_uint_gt(mr_version(MR_EPOCH_FIRST, 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire.types");
    TCase *tests = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, pairs_are_sorted_by_the_bytes_of_their_keys);
    tcase_add_test(tests, pairs_of_one_key_keep_their_order);
    tcase_add_test(tests, sorting_none_or_one_pair_does_nothing);
    tcase_add_test(tests, equal_access_has_equal_hashes_in_any_order);
    tcase_add_test(tests, different_access_has_different_hashes);
    tcase_add_test(tests, hashes_of_access_are_frozen);
    tcase_add_test(tests, a_state_has_a_name);
    tcase_add_test(tests, versions_compare_by_epoch_and_then_offset);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
