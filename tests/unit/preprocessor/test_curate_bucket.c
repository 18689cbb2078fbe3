// SPDX-License-Identifier: Apache-2.0
/*
 * test_curate_bucket.c - buckets keep their order, small or large.
 */
#include <check.h>
#include <stdio.h>

#include "preprocessor/curate/bucket.h"
#include "tests/unit/preprocessor/memory_view.h"

static struct mr_arena *arena;
static struct memory_view memory;

static void begin(void)
{
    arena = mr_arena_new();
    memory_view_init(&memory, arena);
}

static void end(void)
{
    memory_view_deinit(&memory);
    mr_arena_free(arena);
}

/* Priorities that sort as their numbers; 0xFF and 0x00 at the ends of keys. */
static struct mr_span number(unsigned value)
{
    uint8_t bytes[] = { (uint8_t)(value >> 8), (uint8_t)value, 0xFF, 0x00 };

    return mr_arena_copy(arena, mr_span(bytes, sizeof(bytes)));
}

static struct bucket load(uint64_t name)
{
    struct bucket bucket;

    ck_assert_int_eq(
        bucket_load(&memory.view, CURATE_BUCKETS, name, &bucket, NULL), MR_OK);
    return bucket;
}

static void add(uint64_t name, enum bucket_side side, unsigned value)
{
    struct bucket bucket = load(name);

    bucket_add(&memory.view, &bucket, side, number(value));
}

static void take(uint64_t name, enum bucket_side side, unsigned value)
{
    struct bucket bucket = load(name);

    ck_assert_int_eq(
        bucket_remove(&memory.view, &bucket, side, number(value), NULL), MR_OK);
}

/* Members from `from` to below `to` are all numbers of that range. */
static void check_range(uint64_t name, enum bucket_side side, unsigned from,
                        unsigned to, size_t max)
{
    struct bucket bucket = load(name);
    struct bucket_list list = { 0 };
    struct mr_range range = { number(from), number(to) };
    size_t expected = to - from < max ? to - from : max;

    ck_assert_int_eq(
        bucket_members(&memory.view, &bucket, side, range, max, &list, NULL),
        MR_OK);
    ck_assert_uint_eq(list.count, expected);
    for (size_t i = 0; i < expected; i++)
        ck_assert(mr_span_equal(list.items[i], number(from + (unsigned)i)));
}

START_TEST(a_bucket_of_any_size_lists_its_members_in_order)
{
    for (unsigned size = 0; size <= 20; size++) {
        begin();
        for (unsigned i = 0; i < size; i++)
            add(5, BUCKET_CANONICALS, i * 7 % size); /* another order */
        for (unsigned i = 0; i < size && size % 7 == 0; i++)
            add(5, BUCKET_CANONICALS, i);
        add(5, BUCKET_DUPLICATES, 3);
        add(4, BUCKET_CANONICALS, 1); /* neighbours by name */
        add(6, BUCKET_CANONICALS, 1);
        for (unsigned from = 0; from <= size; from++) {
            for (unsigned to = from; to <= size; to++)
                check_range(5, BUCKET_CANONICALS, from, to, 6);
        }
        check_range(5, BUCKET_DUPLICATES, 3, 4, 6);
        end();
    }
}
END_TEST

START_TEST(what_is_removed_leaves_nothing_behind)
{
    for (unsigned size = 0; size <= 20; size++) {
        begin();
        for (unsigned i = 0; i < size; i++) {
            add(5, BUCKET_CANONICALS, i);
            add(5, BUCKET_CANONICALS, i); /* twice is once */
            add(5, BUCKET_DUPLICATES, i);
        }
        for (unsigned i = 0; i < size; i++) {
            take(5, BUCKET_CANONICALS, i);
            take(5, BUCKET_CANONICALS, i);
            check_range(5, BUCKET_CANONICALS, i + 1, size > i ? size : i + 1,
                        100);
        }
        check_range(5, BUCKET_DUPLICATES, 0, size, 100);
        for (unsigned i = size; i-- > 0;)
            take(5, BUCKET_DUPLICATES, i);
        ck_assert_uint_eq(memory.spaces[CURATE_BUCKETS].count, 0);
        end();
    }
}
END_TEST

START_TEST(a_member_is_found_by_its_place)
{
    begin();
    for (unsigned size = 1; size <= 12; size++) {
        struct bucket bucket;
        struct mr_span at;

        add(5, BUCKET_CANONICALS, size - 1);
        bucket = load(5);
        for (unsigned i = 0; i <= size; i++) {
            ck_assert_int_eq(bucket_at(&memory.view, &bucket, BUCKET_CANONICALS,
                                       i, &at, NULL),
                             MR_OK);
            ck_assert(i < size ? mr_span_equal(at, number(i))
                               : at.data == NULL);
        }
    }
    end();
}
END_TEST

START_TEST(a_damaged_head_is_said_to_be_damaged)
{
    struct mr_err err = { 0 };
    struct bucket bucket;

    begin();
    view_put(&memory.view, CURATE_BUCKETS, view_key(5, mr_span(NULL, 0), arena),
             mr_span("\0\1\0", 3));
    ck_assert_int_eq(
        bucket_load(&memory.view, CURATE_BUCKETS, 5, &bucket, &err),
        MR_E_DAMAGED);
    view_put(&memory.view, CURATE_BUCKETS, view_key(5, mr_span(NULL, 0), arena),
             mr_span("\0\11\0", 3));
    ck_assert_int_eq(
        bucket_load(&memory.view, CURATE_BUCKETS, 5, &bucket, &err),
        MR_E_DAMAGED);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("curate bucket");
    TCase *tcase = tcase_create("curate bucket");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, a_bucket_of_any_size_lists_its_members_in_order);
    tcase_add_test(tcase, what_is_removed_leaves_nothing_behind);
    tcase_add_test(tcase, a_member_is_found_by_its_place);
    tcase_add_test(tcase, a_damaged_head_is_said_to_be_damaged);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
