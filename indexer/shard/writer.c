// SPDX-License-Identifier: Apache-2.0
/*
 * writer.c - the thread that follows the log: poll, apply, write, publish.
 *
 * What can fail in passing (the disk, the blob store) is tried again where it
 * failed: every step may be done twice.  Everything else ends the writer.
 */
#include <stdio.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "indexer/io/pause.h"
#include "indexer/shard/shard.h"

#define BATCH_RECORDS 256u
#define BATCH_BYTES   ((size_t)16 * 1024 * 1024)
#define IDLE_MS       1000

static bool may_retry(struct shard *shard, enum mr_code code, int round)
{
    return code != MR_OK && mr_class_of(code) == MR_CLASS_RETRY &&
           pause_before_retry(round, &shard->ending);
}

static void fill_manifest(const struct shard *shard, struct mr_arena *arena,
                          struct manifest *out)
{
    const struct mr_place *place = shard->spec.place;

    *out = (struct manifest){
        .partition = (uint16_t)shard->spec.partition,
        .partitions = (uint16_t)place->partitions,
        .epoch = place->epoch,
        .generation = place->generation,
        .dimension = shard->spec.dimension,
        .collection = mr_span_str(place->collection),
        .model = mr_span_str(place->model),
        .analyser = mr_span_str(analyzer_fingerprint()),
    };
    for (size_t i = 0; i < MANIFEST_SIDES; i++)
        side_manifest(shard->sides[i], arena, &out->sides[i]);
}

/* A write that only serves to sync all those before it. */
static enum mr_code sync_records(struct shard *shard, struct mr_err *err)
{
    struct mr_batch *batch = mr_batch_new();
    enum mr_code code;

    mr_batch_put(batch, shard->records.meta, mr_span_str("synced"),
                 mr_span_str("1"));
    code = mr_store_write(shard->spec.records, batch, true, err);
    mr_batch_free(batch);
    return code;
}

static enum mr_code write_once(struct shard *shard, struct mr_span manifest,
                               struct mr_err *err)
{
    enum mr_code code = sync_records(shard, err);

    if (code == MR_OK)
        code = mr_bus_sync(shard->spec.place->bus, err);
    if (code == MR_OK)
        code = shard_folder_write(shard->folder, MANIFEST_NAME, manifest, err);
    return code;
}

enum mr_code shard_write_manifest(struct shard *shard, struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_buf bytes = mr_buf(MANIFEST_BYTES_MAX);
    struct manifest manifest;
    enum mr_code code;
    int round = 0;

    fill_manifest(shard, arena, &manifest);
    manifest_encode(&manifest, &bytes);
    MR_ASSERT(!bytes.full);
    do {
        code = write_once(shard, mr_buf_bytes(&bytes), err);
    } while (may_retry(shard, code, round++));
    (void)pthread_mutex_lock(&shard->files_lock);
    for (size_t i = 0; code == MR_OK && i < MANIFEST_SIDES; i++)
        side_collect(shard->sides[i]);
    (void)pthread_mutex_unlock(&shard->files_lock);
    if (code == MR_OK)
        shard_note_sealed(shard, &manifest);
    mr_buf_deinit(&bytes);
    mr_arena_free(arena);
    return code;
}

/* Takes over merges that are done, and writes what the seals left behind. */
static enum mr_code settle(struct shard *shard, bool *changed,
                           struct mr_err *err)
{
    enum mr_code code = MR_OK;

    *changed = false;
    for (size_t i = 0; code == MR_OK && i < MANIFEST_SIDES; i++) {
        bool one;

        code = side_settle(shard->sides[i], false, &one, err);
        *changed = *changed || one;
    }
    if (code == MR_OK && *changed)
        code = shard_write_manifest(shard, err);
    return code;
}

/* Empties `batch`: into the store with it. */
static enum mr_code write_records(struct shard *shard, struct mr_err *err)
{
    uint64_t next = side_next(shard->sides[SIDE_KEYWORD]);
    enum mr_code code = MR_OK;
    int round = 0;

    if (next > shard->records_next)
        records_put_applied(&shard->records, shard->batch, next);
    if (mr_batch_count(shard->batch) == 0)
        return MR_OK;
    do {
        code = mr_store_write(shard->spec.records, shard->batch, false, err);
    } while (may_retry(shard, code, round++));
    if (code != MR_OK)
        return code;
    mr_batch_reset(shard->batch);
    if (next > shard->records_next)
        shard->records_next = next;
    return MR_OK;
}

static enum mr_code apply_all(struct shard *shard,
                              const struct mr_batch_in *batch,
                              struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < batch->count; i++) {
        int round = 0;

        do {
            code = shard_apply(shard, &batch->records[i], err);
        } while (may_retry(shard, code, round++));
        if (code == MR_OK && mr_batch_bytes(shard->batch) > BATCH_BYTES)
            code = write_records(shard, err);
    }
    for (size_t i = 0; code == MR_OK && i < MANIFEST_SIDES; i++)
        code = side_flush(shard->sides[i], err);
    return code;
}

static void count_records(const struct shard *shard,
                          const struct mr_batch_in *batch)
{
    const struct mr_place *place = shard->spec.place;
    size_t documents = 0;
    char name[16];

    for (size_t i = 0; i < batch->count; i++)
        documents +=
            batch->records[i].topic == place->topics[MR_TOPIC_DOCUMENTS];
    (void)snprintf(name, sizeof(name), "%u", shard->spec.partition);
    mr_count(shard->spec.telemetry, MR_M_INDEX_RECORDS, name, "keyword",
             (double)documents);
    mr_count(shard->spec.telemetry, MR_M_INDEX_RECORDS, name, "dense",
             (double)(batch->count - documents));
}

/* Nothing is left: what lies between the last record and where the reader
 * stands is none. */
static void note_read(struct shard *shard)
{
    const struct mr_place *place = shard->spec.place;
    static const enum mr_topic topics[MANIFEST_SIDES] = {
        [SIDE_KEYWORD] = MR_TOPIC_DOCUMENTS,
        [SIDE_DENSE] = MR_TOPIC_VECTORS,
    };

    for (size_t i = 0; i < MANIFEST_SIDES; i++) {
        struct mr_position at = { place->topics[topics[i]],
                                  shard->spec.partition, 0 };

        mr_bus_position(shard->reader, &at);
        atomic_store(&shard->published[i], at.next);
    }
}

enum mr_code shard_step(struct shard *shard, int wait_ms, bool *worked,
                        struct mr_err *err)
{
    const uint32_t records_max = shard->spec.batch_records;
    const struct mr_poll_limits limits = {
        .records_max = records_max > 0 ? records_max : BATCH_RECORDS,
        .bytes_max = BATCH_BYTES,
        .wait_ms = wait_ms,
    };
    struct mr_batch_in batch;
    bool settled;
    enum mr_code code = settle(shard, &settled, err);

    *worked = settled;
    if (code != MR_OK)
        return code;
    mr_arena_reset(shard->arena);
    code = mr_bus_poll(shard->reader, &limits, shard->arena, &batch, err);
    if (code == MR_OK && batch.count == 0)
        note_read(shard);
    if (code != MR_OK || (batch.count == 0 && !settled))
        return code;
    mr_batch_reset(shard->batch);
    code = apply_all(shard, &batch, err);
    if (code == MR_OK)
        code = write_records(shard, err);
    if (code != MR_OK)
        return code;
    count_records(shard, &batch);
    shard_publish(shard);
    *worked = true;
    return MR_OK;
}

static void *run(void *context)
{
    struct shard *shard = context;
    struct mr_err err = { 0 };
    enum mr_code code = MR_OK;
    int round = 0;

    while (!atomic_load(&shard->ending)) {
        bool worked;

        shard_note_ends(shard);
        code = shard_step(shard, IDLE_MS, &worked, &err);
        if (code == MR_OK)
            round = 0;
        else if (!may_retry(shard, code, round++))
            break;
    }
    if (code != MR_OK && !atomic_load(&shard->ending) &&
        shard->spec.ended != NULL)
        shard->spec.ended(shard->spec.ended_context, &err);
    return NULL;
}

enum mr_code shard_start(struct shard *shard, struct mr_err *err)
{
    int error;

    MR_ASSERT(!shard->started);
    error = pthread_create(&shard->thread, NULL, run, shard);
    if (error != 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, error, "index: thread");
    shard->started = true;
    return MR_OK;
}

void shard_stop(struct shard *shard)
{
    atomic_store(&shard->ending, true);
    mr_bus_wake(shard->reader);
    (void)pthread_mutex_lock(&shard->wait_lock);
    (void)pthread_cond_broadcast(&shard->applied);
    (void)pthread_mutex_unlock(&shard->wait_lock);
    if (shard->started)
        (void)pthread_join(shard->thread, NULL);
    shard->started = false;
}
