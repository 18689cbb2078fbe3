// SPDX-License-Identifier: Apache-2.0
/*
 * test_damage.c - files that are missing, cut short or wrong are named.
 */
#include "tests/unit/common_backends_rocksdb/fixture.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "common/backends/rocksdb/rocksdb_meta.h"

enum {
    RECORDS = 200,
    EACH = 20
};

/* A database whose records lie in the write-ahead log, and after a second
 * open in a table file. */
static void make_database(bool in_table)
{
    struct mr_rocksdb *db = fixture_open();
    mr_topic_id topic = fixture_topic(db, MR_CLEANUP_KEEP);

    for (unsigned i = 0; i < RECORDS; i += EACH) {
        struct mr_record records[EACH];

        for (unsigned n = 0; n < EACH; n++)
            records[n] = (struct mr_record){
                .topic = topic,
                .value = mr_span_str(
                    mr_arena_printf(arena, "value number %u", i + n)),
            };
        fixture_ok(mr_bus_append(mr_rocksdb_bus(db), records, EACH, &err));
    }
    mr_rocksdb_close(db);
    if (in_table)
        mr_rocksdb_close(fixture_open());
}

static off_t size_of(const char *file)
{
    struct stat status;

    ck_assert_int_eq(stat(file, &status), 0);
    return status.st_size;
}

static void turn_byte(const char *file, off_t at)
{
    int fd = open(file, O_RDWR);
    uint8_t byte;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 0xFF;
    ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void check_names(const char *part)
{
    ck_assert_msg(strstr(err.text, part) != NULL, "\"%s\" does not name %s",
                  err.text, part);
}

START_TEST(a_table_cut_short_is_damage)
{
    make_database(true);
    ck_assert_int_eq(truncate(fixture_file(".sst"), 700), 0);
    ck_assert_int_eq(fixture_try_open(), MR_E_DAMAGED);
    check_names(".sst");
}
END_TEST

START_TEST(a_missing_table_is_damage)
{
    const char *file;

    make_database(true);
    file = fixture_file(".sst");
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_int_eq(fixture_try_open(), MR_E_DAMAGED);
    check_names(mr_arena_printf(arena, "%.6s.", strrchr(file, '/') + 1));
}
END_TEST

/* Where the byte lies in an index, the open finds it; else the poll. */
START_TEST(a_wrong_byte_in_a_table_is_damage_and_never_a_record)
{
    const char *file;
    enum mr_code code;

    make_database(true);
    file = fixture_file(".sst");
    turn_byte(file, size_of(file) * _i / 20);
    code = fixture_try_open();
    if (code == MR_OK) {
        struct mr_rocksdb *db = fixture_open();
        struct mr_bus_reader *reader =
            fixture_reader(db, NULL, fixture_topic(db, MR_CLEANUP_KEEP));
        struct mr_batch_in batch;

        code = fixture_poll(reader, &batch);
        if (code == MR_OK) /* a byte of what nobody reads */
            ck_assert_uint_eq(batch.count, RECORDS);
        mr_bus_close_reader(reader);
        mr_rocksdb_close(db);
    }
    if (code != MR_OK) {
        ck_assert_msg(code == MR_E_DAMAGED, "%s: %s", mr_code_name(code),
                      err.text);
        /* RocksDB does not say whose properties are wrong. */
        check_names(strstr(err.text, "properties") != NULL ? path : ".sst");
    }
}
END_TEST

START_TEST(a_wrong_manifest_is_damage)
{
    make_database(true);
    turn_byte(fixture_file("MANIFEST-"), 20);
    ck_assert_int_eq(fixture_try_open(), MR_E_DAMAGED);
    check_names("MANIFEST-");
}
END_TEST

/* RocksDB would take what is left for all, and delete the tables. */
START_TEST(a_manifest_cut_short_is_damage_and_no_file_goes)
{
    const char *manifest, *table;
    off_t size;

    make_database(true);
    manifest = fixture_file("MANIFEST-");
    table = fixture_file(".sst");
    size = size_of(manifest);
    ck_assert_int_eq(truncate(manifest, size * (_i + 1) / 10), 0);
    ck_assert_int_eq(fixture_try_open(), MR_E_DAMAGED);
    check_names(strrchr(manifest, '/') + 1);
    check_names(mr_arena_printf(arena, "had %ld", (long)size));
    ck_assert_int_eq(access(table, F_OK), 0);
}
END_TEST

START_TEST(a_folder_without_its_current_file_is_not_begun_anew)
{
    make_database(true);
    ck_assert_int_eq(unlink(fixture_file("CURRENT")), 0);
    ck_assert_int_eq(fixture_try_open(), MR_E_DAMAGED);
    check_names("CURRENT");
}
END_TEST

START_TEST(an_empty_current_file_is_damage)
{
    make_database(true);
    ck_assert_int_eq(truncate(fixture_file("CURRENT"), 0), 0);
    ck_assert_int_eq(fixture_try_open(), MR_E_DAMAGED);
    check_names("CURRENT");
}
END_TEST

START_TEST(a_wrong_byte_in_the_log_of_safe_writes_is_damage)
{
    const char *file;

    make_database(false);
    file = fixture_file(".log");
    turn_byte(file, size_of(file) * (_i + 1) / 10);
    ck_assert_int_eq(fixture_try_open(), MR_E_DAMAGED);
    check_names(".log");
    check_names("/synced");
}
END_TEST

START_TEST(a_log_of_safe_writes_cut_short_is_damage_until_the_loss_is_taken)
{
    struct mr_rocksdb *db;
    uint64_t begin, end;
    const char *file;

    make_database(false);
    file = fixture_file(".log");
    ck_assert_int_eq(truncate(file, size_of(file) / 2), 0);
    ck_assert_int_eq(fixture_try_open(), MR_E_DAMAGED);
    ck_assert_int_eq(fixture_try_open(), MR_E_DAMAGED); /* still */
    ck_assert_int_eq(access(file, F_OK), 0);            /* what is left of it */
    ck_assert_int_eq(unlink(fixture_file("synced")), 0);
    db = fixture_open();
    fixture_ok(mr_bus_bounds(mr_rocksdb_bus(db),
                             fixture_topic(db, MR_CLEANUP_KEEP), 0, &begin,
                             &end, &err));
    ck_assert_uint_gt(end, 0);
    ck_assert_uint_lt(end, RECORDS);
    mr_rocksdb_close(db);
}
END_TEST

START_TEST(an_unsynced_end_of_the_log_may_be_missing)
{
    struct mr_rocksdb *db = fixture_open();
    mr_topic_id topic = fixture_topic(db, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = fixture_reader(db, NULL, topic);
    struct mr_record output = { .topic = topic, .value = mr_span_str("v") };
    struct mr_commit commit = { .outputs = &output, .output_count = 1 };
    uint64_t begin, end;
    off_t safe;
    const char *file, *copy;

    fixture_append(db, topic, "key", "value");
    safe = size_of(fixture_file(".log"));
    fixture_ok(mr_bus_commit(reader, &commit, &err));
    file = fixture_file(".log");
    copy = mr_arena_printf(arena, "%s/copy", root);
    /* As a power cut leaves it: the log up to its last sync, and a bit. */
    ck_assert_int_eq(system(mr_arena_printf(
                         arena, "cp -r %s %s && truncate -s %ld %s/%s", path,
                         copy, (long)safe + 3, copy, strrchr(file, '/') + 1)),
                     0);
    mr_bus_close_reader(reader);
    mr_rocksdb_close(db);
    (void)snprintf(path, sizeof(path), "%s", copy);
    db = fixture_open();
    fixture_ok(mr_bus_bounds(mr_rocksdb_bus(db), topic, 0, &begin, &end, &err));
    ck_assert_uint_eq(end, 1);
    mr_rocksdb_close(db);
}
END_TEST

START_TEST(a_record_that_breaks_its_format_is_named_by_its_place)
{
    struct mr_rocksdb *db = fixture_open();
    mr_topic_id topic = fixture_topic(db, MR_CLEANUP_KEEP);
    struct rocks_log_key key = rocks_log_key(topic, 0, 1);
    struct mr_bus_reader *reader = fixture_reader(db, NULL, topic);
    struct mr_batch_in batch;
    struct mr_record record;
    char *words = NULL;

    fixture_append(db, topic, "key", "value");
    fixture_append(db, topic, "key", "value");
    rocksdb_put_cf(db->handle, db->write_options, db->families[ROCKS_LOG],
                   (const char *)key.bytes, sizeof(key.bytes), "junk", 4,
                   &words);
    ck_assert_ptr_null(words);
    ck_assert_int_eq(fixture_poll(reader, &batch), MR_E_DAMAGED);
    check_names("topic t partition 0 offset 1");
    ck_assert_int_eq(
        mr_bus_fetch(mr_rocksdb_bus(db), topic, 0, 1, arena, &record, &err),
        MR_E_DAMAGED);
    mr_bus_close_reader(reader);
    mr_rocksdb_close(db);
}
END_TEST

START_TEST(a_poll_that_fails_takes_none_of_what_it_had_read)
{
    struct mr_rocksdb *db = fixture_open();
    mr_topic_id topic = fixture_topic(db, MR_CLEANUP_KEEP);
    struct rocks_log_key key = rocks_log_key(topic, 0, 2);
    struct mr_bus_reader *reader = fixture_reader(db, NULL, topic);
    struct mr_poll_limits two = { 2, SIZE_MAX, 0 };
    struct mr_batch_in batch;
    char *words = NULL;

    for (int i = 0; i < 3; i++)
        fixture_append(db, topic, "key", "value");
    rocksdb_put_cf(db->handle, db->write_options, db->families[ROCKS_LOG],
                   (const char *)key.bytes, sizeof(key.bytes), "junk", 4,
                   &words);
    ck_assert_ptr_null(words);
    ck_assert_int_eq(fixture_poll(reader, &batch), MR_E_DAMAGED);
    fixture_ok(mr_bus_poll(reader, &two, arena, &batch, &err));
    ck_assert_uint_eq(batch.count, 2);
    ck_assert_uint_eq(batch.records[0].offset, 0);
    mr_bus_close_reader(reader);
    mr_rocksdb_close(db);
}
END_TEST

START_TEST(a_missing_record_is_damage_and_never_skipped)
{
    struct mr_rocksdb *db = fixture_open();
    mr_topic_id topic = fixture_topic(db, MR_CLEANUP_KEEP);
    struct rocks_log_key key = rocks_log_key(topic, 0, 1);
    struct mr_bus_reader *reader = fixture_reader(db, NULL, topic);
    struct mr_batch_in batch;
    char *words = NULL;

    for (int i = 0; i < 3; i++)
        fixture_append(db, topic, "key", "value");
    rocksdb_delete_cf(db->handle, db->write_options, db->families[ROCKS_LOG],
                      (const char *)key.bytes, sizeof(key.bytes), &words);
    ck_assert_ptr_null(words);
    ck_assert_int_eq(fixture_poll(reader, &batch), MR_E_DAMAGED);
    check_names("topic t partition 0");
    mr_bus_close_reader(reader);
    mr_rocksdb_close(db);
}
END_TEST

START_TEST(the_format_of_a_newer_millrace_is_refused)
{
    struct mr_rocksdb *db = fixture_open();
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();

    rocks_meta_put_numbers(db, batch, mr_span_str("f"), &(uint64_t){ 2 }, 1);
    fixture_ok(rocks_write(db, batch, &err));
    rocksdb_writebatch_destroy(batch);
    mr_rocksdb_close(db);
    ck_assert_int_eq(fixture_try_open(), MR_E_CONFIG);
}
END_TEST

START_TEST(entries_that_break_their_format_are_damage)
{
    static const char *const keys[] = { "t\0\0\0\7", "s\0\0\0\7", "b\0\0\0\7",
                                        "f" };
    struct mr_rocksdb *db = fixture_open();
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();

    rocks_meta_put(db, batch, mr_span(keys[_i], _i == 3 ? 1 : 5),
                   mr_span_str("junk"));
    fixture_ok(rocks_write(db, batch, &err));
    rocksdb_writebatch_destroy(batch);
    mr_rocksdb_close(db);
    ck_assert_int_eq(fixture_try_open(), MR_E_DAMAGED);
    check_names(path);
}
END_TEST

START_TEST(a_folder_that_is_open_is_busy)
{
    struct mr_rocksdb *db = fixture_open();

    ck_assert_int_eq(fixture_try_open(), MR_E_BUSY);
    check_names(path);
    mr_rocksdb_close(db);
    ck_assert_int_eq(fixture_try_open(), MR_OK);
}
END_TEST

/* The child has the folder until the pipe is closed on it. */
static _Noreturn void hold_folder(int opened, int until)
{
    struct mr_rocksdb *db = fixture_open();
    char byte = 0;

    if (write(opened, &byte, 1) != 1 || read(until, &byte, 1) < 0)
        _exit(1);
    mr_rocksdb_close(db);
    _exit(0);
}

START_TEST(a_folder_that_another_process_has_is_busy)
{
    int opened[2], until[2];
    char byte;
    pid_t child;

    ck_assert_int_eq(pipe(opened) + pipe(until), 0);
    child = fork();
    if (child == 0) {
        close(until[1]);
        hold_folder(opened[1], until[0]);
    }
    ck_assert_int_eq(read(opened[0], &byte, 1), 1);
    ck_assert_int_eq(fixture_try_open(), MR_E_BUSY);
    check_names(path);
    close(until[1]);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(fixture_try_open(), MR_OK);
}
END_TEST

START_TEST(a_folder_that_cannot_be_is_refused_with_its_name)
{
    (void)snprintf(path, sizeof(path), "/proc/none/db");
    ck_assert_int_eq(fixture_try_open(), MR_E_CONFIG);
    check_names("/proc/none/db");
    (void)snprintf(path, sizeof(path), "/dev/null");
    ck_assert_int_eq(fixture_try_open(), MR_E_CONFIG);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("damage");
    Suite *suite = suite_create("rocksdb");

    tcase_add_checked_fixture(tcase, fixture_setup, fixture_teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_table_cut_short_is_damage);
    tcase_add_test(tcase, a_missing_table_is_damage);
    tcase_add_loop_test(
        tcase, a_wrong_byte_in_a_table_is_damage_and_never_a_record, 0, 20);
    tcase_add_test(tcase, a_wrong_manifest_is_damage);
    tcase_add_loop_test(tcase, a_manifest_cut_short_is_damage_and_no_file_goes,
                        0, 9);
    tcase_add_test(tcase, a_folder_without_its_current_file_is_not_begun_anew);
    tcase_add_test(tcase, an_empty_current_file_is_damage);
    tcase_add_loop_test(tcase, a_wrong_byte_in_the_log_of_safe_writes_is_damage,
                        0, 9);
    tcase_add_test(
        tcase,
        a_log_of_safe_writes_cut_short_is_damage_until_the_loss_is_taken);
    tcase_add_test(tcase, an_unsynced_end_of_the_log_may_be_missing);
    tcase_add_test(tcase,
                   a_record_that_breaks_its_format_is_named_by_its_place);
    tcase_add_test(tcase, a_poll_that_fails_takes_none_of_what_it_had_read);
    tcase_add_test(tcase, a_missing_record_is_damage_and_never_skipped);
    tcase_add_test(tcase, the_format_of_a_newer_millrace_is_refused);
    tcase_add_loop_test(tcase, entries_that_break_their_format_are_damage, 0,
                        4);
    tcase_add_test(tcase, a_folder_that_is_open_is_busy);
    tcase_add_test(tcase, a_folder_that_another_process_has_is_busy);
    tcase_add_test(tcase, a_folder_that_cannot_be_is_refused_with_its_name);
    suite_add_tcase(suite, tcase);
    return fixture_run(suite);
}
