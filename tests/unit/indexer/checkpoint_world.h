// SPDX-License-Identifier: Apache-2.0
/*
 * checkpoint_world.h - a shard, a blob store that counts and fails, and folders
 * to put checkpoints into, for test_checkpoint*.c.
 */
#ifndef TESTS_UNIT_INDEXER_CHECKPOINT_WORLD_H
#define TESTS_UNIT_INDEXER_CHECKPOINT_WORLD_H

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/backends/memory/mr_memory.h"
#include "common/backends/memory/mr_virtual_clock.h"
#include "common/base/mr_mem.h"
#include "indexer/checkpoint.h"
#include "indexer/checkpoint/cover.h"
#include "indexer/checkpoint/io/load.h"
#include "indexer/checkpoint/io/tree.h"
#include "indexer/checkpoint/pieces.h"
#include "indexer/checkpoint/rules.h"

#define NOW_MS   1700000000000
#define HOUR_MS  (INT64_C(3600) * 1000)
#define BLOBS    2000u
#define PIECE    700u
#define INDEX    "main.1.testmodel.topic"
#define OFFSETS  64u /* documents of a first history */
#define AGE_MAX  (84 * HOUR_MS)
#define FILE_MAX ((size_t)1 << 20)

/* A blob store that counts, and fails at the nth call. */
struct blobs {
    struct mr_blob port;
    struct mr_hash128 names[BLOBS];
    struct mr_span bytes[BLOBS];
    size_t count;
    size_t puts;
    size_t fail_at; /* 1: the next; 0: none */
};

static struct blobs blobs;
static struct mr_memory *log_memory;
static struct mr_memory *records;
static struct mr_virtual_clock *virtual;
static struct mr_place place;
static struct shard *shard;
static struct mr_arena *arena;
static struct mr_err err;
static char root[200];
static atomic_bool ending;
static uint64_t version;

static inline bool fails(void)
{
    return blobs.fail_at > 0 && --blobs.fail_at == 0;
}

static inline size_t find(struct mr_hash128 name)
{
    size_t i = 0;

    while (i < blobs.count && memcmp(&blobs.names[i], &name, sizeof(name)) != 0)
        i++;
    return i;
}

static inline enum mr_code put(struct mr_blob *blob, struct mr_span bytes,
                               struct mr_hash128 *out, struct mr_err *why)
{
    (void)blob;
    if (fails())
        return mr_fail(why, MR_E_UNAVAILABLE, "blob: put");
    blobs.puts++;
    *out = mr_hash128(bytes);
    if (find(*out) < blobs.count)
        return MR_OK;
    ck_assert_uint_lt(blobs.count, BLOBS);
    blobs.names[blobs.count] = *out;
    blobs.bytes[blobs.count++] =
        mr_span(mr_memdup(bytes.data, bytes.size), bytes.size);
    return MR_OK;
}

static inline enum mr_code get(struct mr_blob *blob, struct mr_hash128 hash,
                               struct mr_arena *to, struct mr_span *out,
                               struct mr_err *why)
{
    size_t at = find(hash);

    (void)blob;
    if (fails())
        return mr_fail(why, MR_E_UNAVAILABLE, "blob: get");
    if (at == blobs.count)
        return mr_fail(why, MR_E_LOST, "blob: there is none");
    *out = mr_arena_copy(to, blobs.bytes[at]);
    return MR_OK;
}

static inline enum mr_code take_away(struct mr_blob *blob,
                                     struct mr_hash128 hash, struct mr_err *why)
{
    size_t at = find(hash);

    (void)blob;
    if (fails())
        return mr_fail(why, MR_E_UNAVAILABLE, "blob: remove");
    if (at == blobs.count)
        return MR_OK;
    mr_free((void *)(uintptr_t)blobs.bytes[at].data);
    blobs.count--;
    blobs.names[at] = blobs.names[blobs.count];
    blobs.bytes[at] = blobs.bytes[blobs.count];
    return MR_OK;
}

static inline const char *path_of(const char *name)
{
    return mr_arena_printf(arena, "%s/%s", root, name);
}

static inline struct shard *open_shard(const char *name)
{
    struct shard_spec spec = {
        .place = &place,
        .folder = path_of(name),
        .records = mr_memory_store(records),
        .dimension = 4,
        .config = index_config_default(),
    };
    struct shard *opened = NULL;

    spec.config.seal_passages = 8;
    spec.config.merge_fan_in = 2;
    spec.config.build_threads = 0;
    ck_assert_msg(shard_open(&spec, &opened, &err) == MR_OK, "%s", err.text);
    return opened;
}

static inline void append(const char *id, bool live)
{
    struct mr_passage passage = { .id.low = 1, .end = 20 };
    struct mr_document document = {
        .id = mr_span_str(id),
        .version = version + 1,
        .content_version = version + 1,
        .state = live ? MR_STATE_LIVE : MR_STATE_DELETED,
        .lane = MR_LANE_PUSH,
        .time_ms = 1,
    };
    struct mr_record record = { .topic = place.topics[MR_TOPIC_DOCUMENTS],
                                .key = mr_span_str(id),
                                .version = version + 1 };

    version++;
    if (live) {
        document.text.bytes = mr_span_str(
            mr_arena_printf(arena, "water wheel %08llu",
                            (unsigned long long)mr_mix64(version) % 99999999));
        document.passages.items = &passage;
        document.passages.count = 1;
    }
    ck_assert_msg(mr_document_encode(&document, arena, &record.value, &err) ==
                      MR_OK,
                  "%s", err.text);
    ck_assert_int_eq(mr_bus_append(place.bus, &record, 1, &err), MR_OK);
}

/* Documents `from` to `to`, followed. */
static inline void grow(unsigned from, unsigned to)
{
    bool worked = true;

    for (unsigned i = from; i < to; i++)
        append(mr_arena_printf(arena, "doc-%u", i), true);
    while (worked)
        ck_assert_msg(shard_step(shard, 0, &worked, &err) == MR_OK, "%s",
                      err.text);
}

static inline void setup(void)
{
    static const struct mr_blob_ops ops = { put, get, take_away };
    const char *where = getenv("TMPDIR");
    struct mr_place_spec spec;

    (void)snprintf(root, sizeof(root), "%.150s/millrace-checkpoint-XXXXXX",
                   where == NULL ? "/tmp" : where);
    ck_assert_ptr_nonnull(mkdtemp(root));
    arena = mr_arena_new();
    virtual = mr_virtual_clock_new(NOW_MS, false);
    log_memory = mr_memory_new(NULL);
    records = mr_memory_new(NULL);
    blobs = (struct blobs){ .port.ops = &ops };
    atomic_store(&ending, false);
    version = 0;
    spec = (struct mr_place_spec){
        .bus = mr_memory_bus(log_memory),
        .store = mr_memory_store(log_memory),
        .blob = &blobs.port,
        .clock = mr_virtual_clock_port(virtual),
        .collection = "main",
        .generation = 1,
        .model = "testmodel",
        .partitions = 1,
    };
    ck_assert_int_eq(mr_place_init(&place, &spec, &err), MR_OK);
    shard = open_shard("0");
}

static inline void teardown(void)
{
    shard_close(shard);
    for (size_t i = 0; i < blobs.count; i++)
        mr_free((void *)(uintptr_t)blobs.bytes[i].data);
    mr_memory_free(records);
    mr_memory_free(log_memory);
    mr_virtual_clock_free(virtual);
    tree_remove(root);
    mr_arena_free(arena);
}

static inline struct checkpoint_spec spec_of(const char *name)
{
    return (struct checkpoint_spec){
        .place = &place,
        .index = INDEX,
        .folder = path_of(name),
        .member = "indexer-a",
        .age_max_ms = AGE_MAX,
        .piece_bytes = PIECE,
        .ending = &ending,
    };
}

/* Two files in place of a database. */
static inline enum mr_code copy_records(void *context, const char *to,
                                        struct mr_err *why)
{
    FILE *file;

    (void)context;
    (void)why;
    ck_assert_int_eq(mkdir(to, 0755), 0);
    file = fopen(mr_arena_printf(arena, "%s/CURRENT", to), "w");
    ck_assert_ptr_nonnull(file);
    (void)fprintf(file, "%llu\n", (unsigned long long)version);
    (void)fclose(file);
    file = fopen(mr_arena_printf(arena, "%s/empty.log", to), "w");
    ck_assert_ptr_nonnull(file);
    (void)fclose(file);
    return MR_OK;
}

static inline enum mr_code try_save(const struct mr_checkpoint_note *newest,
                                    struct mr_checkpoint_note *out, bool *any)
{
    struct checkpoint_spec spec = spec_of("0");

    return checkpoint_save(&spec, shard, copy_records, NULL, newest, out, any,
                           &err);
}

static inline struct mr_checkpoint_note save(
    const struct mr_checkpoint_note *newest)
{
    struct mr_checkpoint_note note = { 0 };
    bool any;

    ck_assert_msg(try_save(newest, &note, &any) == MR_OK, "%s", err.text);
    ck_assert(any);
    ck_assert(access(path_of("0.saving"), F_OK) != 0);
    return note;
}

static inline enum mr_code try_fetch(const struct mr_checkpoint_note *note,
                                     bool *broken)
{
    struct checkpoint_spec spec = spec_of("1");

    return checkpoint_fetch(&spec, note, broken, &err);
}

static inline void fetch(const struct mr_checkpoint_note *note)
{
    bool broken;

    ck_assert_msg(try_fetch(note, &broken) == MR_OK, "%s", err.text);
}

static inline struct mr_span read_file(const char *path)
{
    uint8_t *bytes = mr_arena_alloc(arena, FILE_MAX);
    FILE *file = fopen(path, "r");
    size_t size;

    ck_assert_msg(file != NULL, "%s", path);
    size = fread(bytes, 1, FILE_MAX, file);
    (void)fclose(file);
    return mr_span(bytes, size);
}

/* Every file of the checkpointed folder is in the fetched one, and equal. */
static inline void check_fetched(void)
{
    char **names;
    size_t count;

    ck_assert_int_eq(tree_list(path_of("1"), arena, &names, &count, &err),
                     MR_OK);
    ck_assert_uint_gt(count, 3);
    for (size_t i = 0; i < count; i++) {
        const char *there =
            mr_arena_printf(arena, "%s/%s", path_of("1"), names[i]);

        if (strncmp(names[i], "records/", 8) == 0)
            continue;
        ck_assert_msg(
            mr_span_equal(read_file(there),
                          read_file(mr_arena_printf(arena, "%s/%s",
                                                    path_of("0"), names[i]))),
            "%s", names[i]);
    }
}

static inline void check_no_folder(void)
{
    ck_assert(access(path_of("1"), F_OK) != 0);
    ck_assert(access(path_of("1.fetching"), F_OK) != 0);
}

#endif
