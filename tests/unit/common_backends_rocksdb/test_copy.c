// SPDX-License-Identifier: Apache-2.0
/*
 * test_copy.c - a copy holds what was written before it and nothing later, and
 * opens like the folder that it is of.
 */
#include "tests/unit/common_backends_rocksdb/fixture.h"

static void put(struct mr_rocksdb *db, mr_space_id space, const char *key,
                bool sync)
{
    struct mr_batch *batch = mr_batch_new();

    mr_batch_put(batch, space, mr_span_str(key), mr_span_str("value"));
    fixture_ok(mr_store_write(mr_rocksdb_store(db), batch, sync, &err));
    mr_batch_free(batch);
}

static mr_space_id space_of(struct mr_rocksdb *db)
{
    mr_space_id space;

    fixture_ok(mr_store_space(mr_rocksdb_store(db), "s", &space, &err));
    return space;
}

static bool has(struct mr_rocksdb *db, const char *key)
{
    struct mr_span value = { 0 };

    fixture_ok(mr_store_get(mr_rocksdb_store(db), space_of(db),
                            mr_span_str(key), arena, &value, &err));
    return value.data != NULL;
}

START_TEST(a_copy_holds_what_was_written_before_it_also_unsynced)
{
    struct mr_rocksdb *db = fixture_open();
    mr_space_id space = space_of(db);
    const char *to = mr_arena_printf(arena, "%s/copy", root);
    struct mr_rocksdb_spec spec = { .path = to };
    struct mr_rocksdb *copy;

    put(db, space, "synced", true);
    put(db, space, "unsynced", false);
    fixture_ok(mr_rocksdb_copy(db, to, &err));
    put(db, space, "later", true);
    mr_rocksdb_close(db);
    fixture_ok(mr_rocksdb_open(&spec, &copy, &err));
    ck_assert(has(copy, "synced"));
    ck_assert(has(copy, "unsynced"));
    ck_assert(!has(copy, "later"));
    put(copy, space_of(copy), "its own", true);
    mr_rocksdb_close(copy);
    db = fixture_open();
    ck_assert(has(db, "later"));
    ck_assert(!has(db, "its own"));
    mr_rocksdb_close(db);
}
END_TEST

START_TEST(a_copy_into_what_is_there_is_refused)
{
    struct mr_rocksdb *db = fixture_open();

    put(db, space_of(db), "key", true);
    ck_assert_int_ne(mr_rocksdb_copy(db, path, &err), MR_OK);
    ck_assert(has(db, "key"));
    mr_rocksdb_close(db);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rocksdb.copy");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_add_test(tests,
                   a_copy_holds_what_was_written_before_it_also_unsynced);
    tcase_add_test(tests, a_copy_into_what_is_there_is_refused);
    suite_add_tcase(suite, tests);
    return fixture_run(suite);
}
