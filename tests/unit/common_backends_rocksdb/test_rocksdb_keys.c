// SPDX-License-Identifier: Apache-2.0
/*
 * test_rocksdb_keys.c - the newest offset of each key, up to a limit.
 */
#include "tests/unit/common_backends_rocksdb/fixture.h"

#include "common/backends/rocksdb/rocksdb_keys.h"

static struct mr_span key(unsigned number)
{
    return mr_span_str(mr_arena_printf(arena, "key %u", number));
}

START_TEST(the_last_note_of_a_key_counts)
{
    struct rocks_keys *keys = rocks_keys_new(100);

    for (unsigned i = 0; i < 1000; i++)
        ck_assert(rocks_keys_note(keys, key(i % 100), i));
    for (unsigned i = 0; i < 100; i++)
        ck_assert_uint_eq(rocks_keys_newest(keys, key(i)), 900 + i);
    ck_assert_uint_eq(rocks_keys_newest(keys, key(100)), 0);
    ck_assert_uint_eq(rocks_keys_refused(keys), UINT64_MAX);
    rocks_keys_free(keys);
}
END_TEST

START_TEST(a_key_too_many_is_refused_and_the_others_still_count)
{
    struct rocks_keys *keys = rocks_keys_new(2);

    ck_assert(rocks_keys_note(keys, key(1), 0));
    ck_assert(rocks_keys_note(keys, key(2), 1));
    ck_assert(rocks_keys_note(keys, key(1), 2));
    ck_assert(!rocks_keys_note(keys, key(3), 3));
    ck_assert_uint_eq(rocks_keys_refused(keys), 3);
    ck_assert_uint_eq(rocks_keys_newest(keys, key(1)), 2);
    rocks_keys_reset(keys);
    ck_assert_uint_eq(rocks_keys_refused(keys), UINT64_MAX);
    ck_assert_uint_eq(rocks_keys_newest(keys, key(1)), 0);
    ck_assert(rocks_keys_note(keys, key(3), 3));
    rocks_keys_free(keys);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("keys");
    Suite *suite = suite_create("rocksdb");

    tcase_add_checked_fixture(tcase, fixture_setup, fixture_teardown);
    tcase_add_test(tcase, the_last_note_of_a_key_counts);
    tcase_add_test(tcase, a_key_too_many_is_refused_and_the_others_still_count);
    suite_add_tcase(suite, tcase);
    return fixture_run(suite);
}
