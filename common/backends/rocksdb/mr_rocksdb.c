// SPDX-License-Identifier: Apache-2.0
/*
 * mr_rocksdb.c - opens, tunes and closes.
 */
#include "common/backends/rocksdb/mr_rocksdb.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/backends/rocksdb/rocksdb_meta.h"
#include "common/backends/rocksdb/rocksdb_quiet.h"
#include "common/backends/rocksdb/rocksdb_state.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

#define MIB                   ((size_t)1024 * 1024)
#define CACHE_BYTES           (64 * MIB)
#define WRITE_BUFFER_BYTES    (64 * MIB)
#define OPEN_FILES_MAX        512
#define META_BUFFER_BYTES     (4 * MIB)
#define LOG_CACHE_SHARE       4 /* a log is read once, its state often */
#define BACKGROUND_JOBS       2
#define BITS_PER_KEY          10
#define MEMTABLE_FILTER_SHARE 0.1 /* of the write buffer */
#define BLOCK_BYTES           ((size_t)16 * 1024)
#define LEVELS                7
#define POINT_IN_TIME         2

/* Of 24 bytes at a load of at most a half: 24 MiB. */
#define CLEAN_KEYS_MAX ((size_t)512 * 1024)

/* Options live no longer than the open; RocksDB copies them. */
struct options {
    rocksdb_options_t *families[ROCKS_FAMILIES];
    rocksdb_block_based_table_options_t *tables[ROCKS_FAMILIES];
    rocksdb_cache_t *caches[ROCKS_FAMILIES];
};

/* Recovery puts nothing into tables and so deletes no write-ahead log, before
 * it is known that the log was whole. */
static void set_recovery(rocksdb_options_t *options)
{
    char *words = NULL;

    rocksdb_get_options_from_string(options, "avoid_flush_during_recovery=true",
                                    options, &words);
    MR_ASSERT(words == NULL);
    rocksdb_options_set_wal_recovery_mode(options, POINT_IN_TIME);
}

static void set_database(rocksdb_options_t *options, size_t write_buffer)
{
    set_recovery(options);
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_create_missing_column_families(options, 1);
    rocksdb_options_set_paranoid_checks(options, 1);
    rocksdb_options_set_max_open_files(options, OPEN_FILES_MAX);
    rocksdb_options_set_max_background_jobs(options, BACKGROUND_JOBS);
    rocksdb_options_set_db_write_buffer_size(options, 3 * write_buffer);
    /* The log of what a quiet family has not flushed is not kept for long. */
    rocksdb_options_set_max_total_wal_size(options, 4 * write_buffer);
    rocksdb_options_set_bytes_per_sync(options, MIB);
    rocksdb_options_set_wal_bytes_per_sync(options, MIB);
    rocks_set_quiet(options);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
}

static void set_table(struct options *options, enum rocks_family family,
                      size_t cache_bytes)
{
    rocksdb_block_based_table_options_t *table =
        rocksdb_block_based_options_create();
    rocksdb_cache_t *cache = rocksdb_cache_create_lru(cache_bytes);

    rocksdb_block_based_options_set_block_cache(table, cache);
    rocksdb_block_based_options_set_format_version(table, 5);
    if (family == ROCKS_LOG)
        rocksdb_block_based_options_set_block_size(table, BLOCK_BYTES);
    else
        rocksdb_block_based_options_set_filter_policy(
            table, rocksdb_filterpolicy_create_bloom_full(BITS_PER_KEY));
    rocksdb_options_set_block_based_table_factory(options->families[family],
                                                  table);
    options->tables[family] = table;
    options->caches[family] = cache;
}

/* Young levels are rewritten soon: not worth compressing. */
static void set_compression(rocksdb_options_t *options)
{
    const int levels[LEVELS] = {
        rocksdb_no_compression,  rocksdb_no_compression,
        rocksdb_lz4_compression, rocksdb_lz4_compression,
        rocksdb_lz4_compression, rocksdb_lz4_compression,
        rocksdb_zstd_compression
    };

    rocksdb_options_set_num_levels(options, LEVELS);
    rocksdb_options_set_compression_per_level(options, levels, LEVELS);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1);
}

static void options_init(struct options *options,
                         const struct mr_rocksdb_spec *spec)
{
    size_t cache = spec->cache_bytes > 0 ? spec->cache_bytes : CACHE_BYTES;
    size_t buffer = spec->write_buffer_bytes > 0 ? spec->write_buffer_bytes
                                                 : WRITE_BUFFER_BYTES;

    for (int i = 0; i < ROCKS_FAMILIES; i++) {
        options->families[i] = rocksdb_options_create();
        set_database(options->families[i], buffer);
        set_compression(options->families[i]);
        rocksdb_options_set_write_buffer_size(options->families[i], buffer);
        rocksdb_options_set_target_file_size_base(options->families[i], buffer);
    }
    rocksdb_options_set_write_buffer_size(options->families[ROCKS_META],
                                          META_BUFFER_BYTES);
    /* Stages mostly ask for what is not there: a bloom filter in the write
     * buffer spares a walk through it.  Hints of where to insert
     * (memtable_insert_with_hint_prefix_extractor) would spare a seventh of a
     * commit's time and must not be set: range deletions lie in a list of
     * their own, use the other's hints, and destroy it (7.8). */
    rocksdb_options_set_memtable_whole_key_filtering(
        options->families[ROCKS_STATE], 1);
    rocksdb_options_set_memtable_prefix_bloom_size_ratio(
        options->families[ROCKS_STATE], MEMTABLE_FILTER_SHARE);
    set_table(options, ROCKS_META, MIB);
    set_table(options, ROCKS_LOG, cache / LOG_CACHE_SHARE);
    set_table(options, ROCKS_STATE, cache - cache / LOG_CACHE_SHARE);
}

static void options_deinit(struct options *options)
{
    for (int i = 0; i < ROCKS_FAMILIES; i++) {
        rocksdb_options_destroy(options->families[i]);
        rocksdb_block_based_options_destroy(options->tables[i]);
        rocksdb_cache_destroy(options->caches[i]);
    }
}

static bool is_database_file(const char *name)
{
    const char *dot = strrchr(name, '.');

    return strncmp(name, "MANIFEST-", 9) == 0 ||
           (dot != NULL && strcmp(dot, ".sst") == 0);
}

/* RocksDB would begin anew over what is left of a folder without CURRENT. */
static enum mr_code check_folder(const char *path, struct mr_err *err)
{
    bool current = false, files = false;
    struct dirent *entry;
    DIR *folder;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return mr_fail_errno(err, MR_E_CONFIG, errno, "rocksdb: make %.350s",
                             path);
    folder = opendir(path);
    if (folder == NULL)
        return mr_fail_errno(err, MR_E_CONFIG, errno, "rocksdb: open %.350s",
                             path);
    while ((entry = readdir(folder)) != NULL) {
        current = current || strcmp(entry->d_name, "CURRENT") == 0;
        files = files || is_database_file(entry->d_name);
    }
    (void)closedir(folder);
    if (files && !current)
        return mr_fail(err, MR_E_DAMAGED,
                       "rocksdb: %.350s lacks the file CURRENT", path);
    return MR_OK;
}

static enum mr_code open_handle(struct mr_rocksdb *db,
                                const struct mr_rocksdb_spec *spec,
                                struct mr_err *err)
{
    static const char *const names[ROCKS_FAMILIES] = {
        [ROCKS_META] = "default",
        [ROCKS_LOG] = "log",
        [ROCKS_STATE] = "state",
    };
    struct options options;
    char *words = NULL;

    options_init(&options, spec);
    db->handle = rocksdb_open_column_families(
        options.families[ROCKS_META], spec->path, ROCKS_FAMILIES, names,
        (const rocksdb_options_t *const *)options.families, db->families,
        &words);
    options_deinit(&options);
    return words == NULL ? MR_OK : rocks_fail(db, words, err);
}

static void free_tables(struct mr_rocksdb *db)
{
    for (uint32_t i = 0; i < atomic_load(&db->topic_count); i++) {
        mr_free((void *)(uintptr_t)db->topics[i]->spec.name);
        mr_free(db->topics[i]->partitions);
        mr_free(db->topics[i]);
    }
    for (uint32_t i = 0; i < atomic_load(&db->space_count); i++)
        mr_free(db->spaces[i]);
    mr_free(db->spaces);
}

/* What an open has come to so far. */
static void release(struct mr_rocksdb *db)
{
    rocks_mark_close(db);
    if (db->handle != NULL) {
        for (int i = 0; i < ROCKS_FAMILIES; i++)
            rocksdb_column_family_handle_destroy(db->families[i]);
        rocksdb_close(db->handle);
    }
    free_tables(db);
    rocksdb_readoptions_destroy(db->read_options);
    rocksdb_writeoptions_destroy(db->write_options);
    pthread_cond_destroy(&db->sync.done);
    pthread_mutex_destroy(&db->sync.lock);
    pthread_mutex_destroy(&db->write_lock);
    pthread_mutex_destroy(&db->lock);
    mr_free(db->path);
    mr_free(db);
}

/* What was recovered goes into tables, so that the next open need not read it
 * again.  On a full disk it does not, and the next write says so. */
static void flush(struct mr_rocksdb *db)
{
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();

    for (int i = 0; i < ROCKS_FAMILIES; i++) {
        char *words = NULL;

        rocksdb_flush_cf(db->handle, options, db->families[i], &words);
        rocksdb_free(words);
    }
    rocksdb_flushoptions_destroy(options);
}

enum mr_code mr_rocksdb_open(const struct mr_rocksdb_spec *spec,
                             struct mr_rocksdb **out, struct mr_err *err)
{
    struct mr_rocksdb *db;
    enum mr_code code = check_folder(spec->path, err);

    if (code == MR_OK)
        code = rocks_mark_check_manifest(spec->path, err);
    if (code != MR_OK)
        return code;
    db = mr_calloc(1, sizeof(*db));
    db->bus = (struct rocks_bus){ { .ops = &rocks_bus_ops }, db };
    db->store = (struct rocks_store){ { &rocks_store_ops }, db };
    db->path = mr_strdup(spec->path);
    db->clock = spec->clock;
    db->read_options = rocksdb_readoptions_create();
    db->write_options = rocksdb_writeoptions_create();
    db->mark.fd = -1;
    db->mark.manifest_fd = -1;
    db->clean_keys_max = CLEAN_KEYS_MAX;
    pthread_mutex_init(&db->lock, NULL);
    pthread_mutex_init(&db->write_lock, NULL);
    pthread_mutex_init(&db->sync.lock, NULL);
    pthread_cond_init(&db->sync.done, NULL);
    code = open_handle(db, spec, err);
    if (code == MR_OK)
        code = rocks_mark_open(db, err);
    if (code == MR_OK)
        code = rocks_meta_load(db, err);
    if (code != MR_OK) {
        release(db);
        return code;
    }
    flush(db);
    rocks_mark_set(db, db->mark.last);
    *out = db;
    return MR_OK;
}

void mr_rocksdb_close(struct mr_rocksdb *db)
{
    if (db == NULL)
        return;
    MR_ASSERT(db->readers == NULL);
    /* Nobody is left to tell; what is not safe is as after a kill. */
    (void)!rocks_sync(db, NULL);
    release(db);
}

struct mr_bus *mr_rocksdb_bus(struct mr_rocksdb *db)
{
    return &db->bus.port;
}

struct mr_store *mr_rocksdb_store(struct mr_rocksdb *db)
{
    return &db->store.port;
}
