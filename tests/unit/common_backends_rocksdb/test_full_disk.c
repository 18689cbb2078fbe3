// SPDX-License-Identifier: Apache-2.0
/*
 * test_full_disk.c - a full disk refuses, loses nothing and passes.
 *
 * The disk is a tmpfs of a few megabytes, which only root may mount; others
 * see the tests skipped.
 */
#include "tests/unit/common_backends_rocksdb/fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#define VALUE_BYTES 100000u

static bool mounted;
static char ballast[64];
static uint8_t value[VALUE_BYTES];

static void setup(void)
{
    fixture_setup();
    /* In a view of the mounts that ends with the test's process. */
    mounted = unshare(CLONE_NEWNS) == 0 &&
              mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
              mount("tmpfs", root, "tmpfs", 0, "size=24m") == 0;
    if (!mounted)
        (void)fprintf(stderr, "skipped: no right to mount a tmpfs\n");
    (void)snprintf(ballast, sizeof(ballast), "%s/ballast", root);
}

static void teardown(void)
{
    if (mounted)
        (void)umount2(root, MNT_DETACH);
    fixture_teardown();
}

/* RocksDB goes on by itself when there is room for a write buffer. */
static struct mr_rocksdb *open_small(void)
{
    struct mr_rocksdb_spec spec = {
        .path = path,
        .write_buffer_bytes = (size_t)4 * 1024 * 1024,
    };
    struct mr_rocksdb *db = NULL;

    fixture_ok(mr_rocksdb_open(&spec, &db, &err));
    return db;
}

static void fill_disk_but(off_t left)
{
    int fd = open(ballast, O_WRONLY | O_CREAT, 0600);
    uint8_t zeros[4096] = { 0 };

    ck_assert_int_ge(fd, 0);
    while (write(fd, zeros, sizeof(zeros)) == (ssize_t)sizeof(zeros))
        ;
    ck_assert_int_eq(ftruncate(fd, lseek(fd, 0, SEEK_END) - left), 0);
    close(fd);
}

static enum mr_code append(struct mr_rocksdb *db, mr_topic_id topic)
{
    struct mr_record record = {
        .topic = topic,
        .value = mr_span(value, sizeof(value)),
    };

    return mr_bus_append(mr_rocksdb_bus(db), &record, 1, &err);
}

/* Appends until the disk is full; how many were acknowledged. */
static uint64_t append_until_full(struct mr_rocksdb *db, mr_topic_id topic)
{
    uint64_t count = 0;
    enum mr_code code;

    while ((code = append(db, topic)) == MR_OK)
        count++;
    ck_assert_int_eq(code, MR_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.text, "full"));
    ck_assert_ptr_nonnull(strstr(err.text, path));
    return count;
}

static uint64_t end_of(struct mr_rocksdb *db, mr_topic_id topic)
{
    uint64_t begin, end;

    fixture_ok(mr_bus_bounds(mr_rocksdb_bus(db), topic, 0, &begin, &end, &err));
    return end;
}

START_TEST(what_was_acknowledged_is_there_after_a_full_disk)
{
    struct mr_rocksdb *db;
    struct mr_bus_reader *reader;
    struct mr_batch_in batch;
    mr_topic_id topic;
    uint64_t count;

    if (!mounted)
        return;
    db = open_small();
    topic = fixture_topic(db, MR_CLEANUP_KEEP);
    fill_disk_but(2000000);
    count = append_until_full(db, topic);
    ck_assert_uint_gt(count, 5);
    ck_assert_int_ne(append(db, topic), MR_OK);
    mr_rocksdb_close(db);
    ck_assert_int_eq(unlink(ballast), 0);
    db = open_small();
    ck_assert_uint_ge(end_of(db, topic), count);
    reader = fixture_reader(db, NULL, topic);
    fixture_ok(fixture_poll(reader, &batch));
    ck_assert_uint_eq(batch.count, end_of(db, topic));
    mr_bus_close_reader(reader);
    mr_rocksdb_close(db);
}
END_TEST

START_TEST(reads_go_on_and_writes_again_once_there_is_room)
{
    struct mr_poll_limits wait = { 1, 1, 100 };
    struct mr_position at = { 0, 0, UINT64_MAX };
    struct mr_reader_spec at_end = { .group = NULL,
                                     .partitions = &at,
                                     .count = 1 };
    struct mr_rocksdb *db;
    struct mr_bus_reader *reader;
    struct mr_batch_in batch;
    struct mr_record record;

    if (!mounted)
        return;
    db = open_small();
    at.topic = fixture_topic(db, MR_CLEANUP_KEEP);
    fill_disk_but(2000000);
    (void)append_until_full(db, at.topic);
    fixture_ok(
        mr_bus_fetch(mr_rocksdb_bus(db), at.topic, 0, 1, arena, &record, &err));
    ck_assert_int_eq(unlink(ballast), 0);
    /* RocksDB looks for room every few seconds. */
    fixture_ok(mr_bus_reader(mr_rocksdb_bus(db), &at_end, &reader, &err));
    while (append(db, at.topic) != MR_OK)
        (void)!mr_bus_poll(reader, &wait, arena, &batch, &err);
    mr_bus_close_reader(reader);
    reader = fixture_reader(db, NULL, at.topic);
    fixture_ok(fixture_poll(reader, &batch));
    ck_assert_uint_eq(batch.count, end_of(db, at.topic));
    mr_bus_close_reader(reader);
    mr_rocksdb_close(db);
}
END_TEST

START_TEST(an_open_on_a_full_disk_is_a_failure_that_may_pass)
{
    enum mr_code code;

    if (!mounted)
        return;
    mr_rocksdb_close(open_small());
    fill_disk_but(0);
    code = fixture_try_open();
    ck_assert_msg(code == MR_OK || code == MR_E_UNAVAILABLE, "%s: %s",
                  mr_code_name(code), err.text);
    ck_assert_int_eq(unlink(ballast), 0);
    ck_assert_int_eq(fixture_try_open(), MR_OK);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("full_disk");
    Suite *suite = suite_create("rocksdb");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_was_acknowledged_is_there_after_a_full_disk);
    tcase_add_test(tcase, reads_go_on_and_writes_again_once_there_is_room);
    tcase_add_test(tcase, an_open_on_a_full_disk_is_a_failure_that_may_pass);
    suite_add_tcase(suite, tcase);
    return fixture_run(suite);
}
