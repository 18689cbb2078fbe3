// SPDX-License-Identifier: Apache-2.0
/*
 * fixture.h - a folder for a database, and one topic in it.
 */
#ifndef TESTS_UNIT_COMMON_BACKENDS_ROCKSDB_FIXTURE_H
#define TESTS_UNIT_COMMON_BACKENDS_ROCKSDB_FIXTURE_H

#include <check.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/backends/rocksdb/mr_rocksdb.h"

static char root[] = "/tmp/rocksdb-test-XXXXXX";
static char path[64];
static struct mr_arena *arena;
static struct mr_err err;

static inline void fixture_setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(root));
    (void)snprintf(path, sizeof(path), "%s/db", root);
    arena = mr_arena_new();
}

static inline int fixture_remove(const char *name, const struct stat *status,
                                 int flag, struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(name);
}

static inline void fixture_teardown(void)
{
    mr_arena_free(arena);
    (void)nftw(root, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void fixture_ok(enum mr_code code)
{
    ck_assert_msg(code == MR_OK, "%s: %s", mr_code_name(code), err.text);
}

static inline struct mr_rocksdb *fixture_open(void)
{
    struct mr_rocksdb_spec spec = { .path = path };
    struct mr_rocksdb *db = NULL;

    fixture_ok(mr_rocksdb_open(&spec, &db, &err));
    return db;
}

static inline enum mr_code fixture_try_open(void)
{
    struct mr_rocksdb_spec spec = { .path = path };
    struct mr_rocksdb *db = NULL;
    enum mr_code code = mr_rocksdb_open(&spec, &db, &err);

    if (code == MR_OK)
        mr_rocksdb_close(db);
    return code;
}

static inline mr_topic_id fixture_topic(struct mr_rocksdb *db,
                                        enum mr_cleanup cleanup)
{
    struct mr_topic_spec spec = {
        .name = "t", .partitions = 1, .cleanup = cleanup, .retention_ms = 1000
    };
    mr_topic_id topic;

    fixture_ok(mr_bus_topic(mr_rocksdb_bus(db), &spec, &topic, &err));
    return topic;
}

static inline void fixture_append(struct mr_rocksdb *db, mr_topic_id topic,
                                  const char *key, const char *value)
{
    struct mr_record record = {
        .topic = topic,
        .key = mr_span_str(key),
        .value = mr_span_str(value),
    };

    fixture_ok(mr_bus_append(mr_rocksdb_bus(db), &record, 1, &err));
}

static inline struct mr_bus_reader *fixture_reader(struct mr_rocksdb *db,
                                                   const char *group,
                                                   mr_topic_id topic)
{
    struct mr_position at = { topic, 0, 0 };
    struct mr_reader_spec spec = { .group = group,
                                   .partitions = &at,
                                   .count = 1 };
    struct mr_bus_reader *reader = NULL;

    fixture_ok(mr_bus_reader(mr_rocksdb_bus(db), &spec, &reader, &err));
    return reader;
}

static inline enum mr_code fixture_poll(struct mr_bus_reader *reader,
                                        struct mr_batch_in *batch)
{
    struct mr_poll_limits limits = { 100000, SIZE_MAX, 0 };

    return mr_bus_poll(reader, &limits, arena, batch, &err);
}

/* The path of the largest file in the folder whose name holds `part`. */
static inline const char *fixture_file(const char *part)
{
    DIR *folder = opendir(path);
    const char *found = NULL;
    struct dirent *entry;
    off_t largest = -1;

    ck_assert_ptr_nonnull(folder);
    while ((entry = readdir(folder)) != NULL) {
        const char *name = mr_arena_printf(arena, "%s/%s", path, entry->d_name);
        struct stat status;

        if (strstr(entry->d_name, part) != NULL && stat(name, &status) == 0 &&
            status.st_size > largest) {
            largest = status.st_size;
            found = name;
        }
    }
    closedir(folder);
    ck_assert_msg(found != NULL, "no file like %s", part);
    return found;
}

static inline int fixture_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
