// SPDX-License-Identifier: Apache-2.0
// link: common_backends_rocksdb
/*
 * bench_bus.c - the embedded bus beside a bare RocksDB log.
 *
 *   bench_bus [MESSAGES] [FOLDER]
 *
 * Both consume, transform and produce messages of 1 KiB: read a batch of
 * one log, write as many to another, and the position with them in the same
 * WriteBatch.  The bare log has one partition, keys of 12 bytes, values as
 * they are and nothing else.  They take turns, each on a fresh folder, and the
 * medians of the rounds are compared; then come appends, each synced, from 1
 * and from 8 threads.
 */
#include <pthread.h>
#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/backends/rocksdb/mr_rocksdb.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "tests/bench/bench_folder.h"

#define MESSAGE_BYTES 1024u
#define MIB           ((size_t)1024 * 1024)
#define FILL_BATCH    1000u
#define ROUNDS        3
#define APPENDS       400u
#define THREADS       8u

static char folder[256];
static char noise[2 * MESSAGE_BYTES * 64];

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void begin_folder(void)
{
    bench_folder_remove(folder);
}

/* Letters that compress about as text does; each message begins elsewhere. */
static void fill_noise(void)
{
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)('a' + mr_mix64(i) % 16);
}

static struct mr_span message(size_t nth)
{
    size_t from = mr_mix64(nth) % (sizeof(noise) - MESSAGE_BYTES);

    return mr_span(noise + from, MESSAGE_BYTES);
}

static void must(enum mr_code code, const struct mr_err *err)
{
    if (code == MR_OK)
        return;
    (void)fprintf(stderr, "%s\n", err->text);
    exit(1);
}

/* --- the bare log --- */

struct bare {
    rocksdb_t *db;
    rocksdb_options_t *options;
    rocksdb_readoptions_t *read;
    rocksdb_writeoptions_t *write;
    rocksdb_writebatch_t *batch;
};

static void must_bare(char *words)
{
    if (words == NULL)
        return;
    (void)fprintf(stderr, "%s\n", words);
    exit(1);
}

static void bare_key(char key[12], uint32_t log, uint64_t offset)
{
    log = __builtin_bswap32(log);
    offset = __builtin_bswap64(offset);
    memcpy(key, &log, 4);
    memcpy(key + 4, &offset, 8);
}

static void bare_put(struct bare *bare, uint32_t log, uint64_t offset,
                     const char *value, size_t size)
{
    char key[12];

    bare_key(key, log, offset);
    rocksdb_writebatch_put(bare->batch, key, sizeof(key), value, size);
}

static void bare_write(struct bare *bare)
{
    char *words = NULL;

    rocksdb_write(bare->db, bare->write, bare->batch, &words);
    must_bare(words);
    rocksdb_writebatch_clear(bare->batch);
}

static void bare_open(struct bare *bare, size_t messages)
{
    char *words = NULL;

    begin_folder();
    bare->options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(bare->options, 1);
    rocksdb_options_set_write_buffer_size(bare->options, 64 * MIB);
    rocksdb_options_set_compression(bare->options, rocksdb_no_compression);
    bare->db = rocksdb_open(bare->options, folder, &words);
    must_bare(words);
    bare->read = rocksdb_readoptions_create();
    bare->write = rocksdb_writeoptions_create();
    bare->batch = rocksdb_writebatch_create();
    for (size_t i = 0; i < messages; i++) {
        struct mr_span value = message(i);

        bare_put(bare, 1, i, (const char *)value.data, value.size);
        if (i % FILL_BATCH == FILL_BATCH - 1 || i + 1 == messages)
            bare_write(bare);
    }
}

static void bare_close(struct bare *bare)
{
    rocksdb_writebatch_destroy(bare->batch);
    rocksdb_writeoptions_destroy(bare->write);
    rocksdb_readoptions_destroy(bare->read);
    rocksdb_close(bare->db);
    rocksdb_options_destroy(bare->options);
}

static void bare_step(struct bare *bare, uint64_t from, size_t count)
{
    rocksdb_iterator_t *iterator =
        rocksdb_create_iterator(bare->db, bare->read);
    uint64_t next = from + count;
    char key[12];

    bare_key(key, 1, from);
    rocksdb_iter_seek(iterator, key, sizeof(key));
    for (size_t i = 0; i < count; i++) {
        size_t size;
        const char *value = rocksdb_iter_value(iterator, &size);

        bare_put(bare, 2, from + i, value, size);
        rocksdb_iter_next(iterator);
    }
    rocksdb_iter_destroy(iterator);
    rocksdb_writebatch_put(bare->batch, "position", 8, (const char *)&next,
                           sizeof(next));
    bare_write(bare);
}

static double bare_round(size_t messages, size_t batch)
{
    struct bare bare = { 0 };
    double began;

    bare_open(&bare, messages);
    began = now_s();
    for (size_t at = 0; at < messages; at += batch)
        bare_step(&bare, at, messages - at < batch ? messages - at : batch);
    began = now_s() - began;
    bare_close(&bare);
    return (double)messages / began;
}

/* --- the bus --- */

struct work {
    struct mr_rocksdb *db;
    struct mr_bus *bus;
    struct mr_bus_reader *reader;
    struct mr_arena *arena;
    mr_topic_id in;
    mr_topic_id out;
    struct mr_err err;
};

static mr_topic_id topic_of(struct work *work, const char *name)
{
    struct mr_topic_spec spec = { .name = name, .partitions = 1 };
    mr_topic_id topic;

    must(mr_bus_topic(work->bus, &spec, &topic, &work->err), &work->err);
    return topic;
}

/* Fills through commits, as a stage before would. */
static void fill(struct work *work, size_t messages)
{
    struct mr_record *records = mr_calloc(FILL_BATCH, sizeof(struct mr_record));
    struct mr_commit commit = { .outputs = records };

    for (size_t i = 0; i < messages; i++) {
        records[commit.output_count++] = (struct mr_record){
            .topic = work->in,
            .key = mr_span(message(i).data, 16),
            .value = message(i),
        };
        if (commit.output_count == FILL_BATCH || i + 1 == messages) {
            must(mr_bus_commit(work->reader, &commit, &work->err), &work->err);
            commit.output_count = 0;
        }
    }
    mr_free(records);
}

static void work_open(struct work *work, size_t messages)
{
    struct mr_rocksdb_spec spec = { .path = folder };
    struct mr_position at = { 0 };
    struct mr_reader_spec reader = { .group = "bench",
                                     .partitions = &at,
                                     .count = 1 };

    begin_folder();
    must(mr_rocksdb_open(&spec, &work->db, &work->err), &work->err);
    work->bus = mr_rocksdb_bus(work->db);
    work->in = topic_of(work, "in");
    work->out = topic_of(work, "out");
    work->arena = mr_arena_new();
    at.topic = work->in;
    must(mr_bus_reader(work->bus, &reader, &work->reader, &work->err),
         &work->err);
    fill(work, messages);
}

static void work_close(struct work *work)
{
    mr_bus_close_reader(work->reader);
    mr_arena_free(work->arena);
    mr_rocksdb_close(work->db);
}

static size_t work_step(struct work *work, size_t batch)
{
    struct mr_poll_limits limits = {
        .records_max = (uint32_t)batch,
        .bytes_max = SIZE_MAX,
    };
    struct mr_batch_in in;
    struct mr_position position = { .topic = work->in };
    struct mr_commit commit = { .positions = &position, .position_count = 1 };

    mr_arena_reset(work->arena);
    must(mr_bus_poll(work->reader, &limits, work->arena, &in, &work->err),
         &work->err);
    for (size_t i = 0; i < in.count; i++)
        in.records[i].topic = work->out;
    MR_ASSERT(in.count > 0);
    position.next = in.records[in.count - 1].offset + 1;
    commit.outputs = in.records;
    commit.output_count = in.count;
    must(mr_bus_commit(work->reader, &commit, &work->err), &work->err);
    return in.count;
}

static double bus_round(size_t messages, size_t batch)
{
    struct work work = { 0 };
    double began;

    work_open(&work, messages);
    began = now_s();
    for (size_t at = 0; at < messages;)
        at += work_step(&work, batch);
    began = now_s() - began;
    work_close(&work);
    return (double)messages / began;
}

/* --- appends --- */

static void *append_many(void *context)
{
    struct work *work = context;
    struct mr_err err;

    for (size_t i = 0; i < APPENDS; i++) {
        struct mr_record record = {
            .topic = work->in,
            .key = mr_span(message(i).data, 16),
            .value = message(i),
        };

        must(mr_bus_append(work->bus, &record, 1, &err), &err);
    }
    return NULL;
}

static void measure_appends(size_t threads)
{
    struct work work = { 0 };
    pthread_t ids[THREADS];
    double began;

    work_open(&work, 1);
    began = now_s();
    for (size_t i = 0; i < threads; i++)
        pthread_create(&ids[i], NULL, append_many, &work);
    for (size_t i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    began = now_s() - began;
    work_close(&work);
    printf("append, synced, %zu threads: %8.0f messages/s, %.2f ms each\n",
           threads, (double)(threads * APPENDS) / began,
           began * 1000 / APPENDS);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof(values[0]), compare);
    return values[ROUNDS / 2];
}

static void measure_batches(size_t messages, size_t batch)
{
    double bare[ROUNDS], bus[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        bare[i] = bare_round(messages, batch);
        bus[i] = bus_round(messages, batch);
    }
    printf("batches of %4zu: bare %8.0f, bus %8.0f messages/s, ratio %.2f\n",
           batch, median(bare), median(bus), median(bus) / median(bare));
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    size_t messages = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;

    (void)snprintf(folder, sizeof(folder), "%s/bench-bus-%ld",
                   argc > 2 ? argv[2] : "/tmp", (long)getpid());
    fill_noise();
    measure_batches(messages, 2000);
    measure_batches(messages, 200);
    measure_batches(messages / 4, 20);
    measure_batches(messages / 40, 1);
    measure_appends(1);
    measure_appends(THREADS);
    begin_folder();
    return 0;
}
