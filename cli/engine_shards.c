// SPDX-License-Identifier: Apache-2.0
/*
 * engine_shards.c - the shards of an engine, and peers for those elsewhere.
 */
#include <unistd.h>

#include "cli/engine_parts.h"
#include "common/base/mr_mem.h"

#define SHARD_CACHE ((size_t)16 << 20)

char *engine_shard_folder(struct engine *engine, uint32_t partition)
{
    return mr_arena_printf(engine->arena, "%s/%s/%u",
                           engine_log_path(engine, "index"),
                           engine_index_name(engine), partition);
}

static enum mr_code open_files(struct engine *engine, const char *folder,
                               uint32_t partition, struct mr_err *err)
{
    size_t nth = engine->shard_count;
    struct mr_rocksdb_spec records = {
        .path = mr_arena_printf(engine->arena, "%s/records", folder),
        .cache_bytes = SHARD_CACHE,
        .clock = mr_system_clock_port(engine->clock),
    };
    struct shard_spec spec = {
        .place = &engine->place,
        .partition = partition,
        .folder = folder,
        .dimension = engine->identity.dimension,
        .language = engine->options.language,
        .config = engine->options.index,
        .telemetry = engine->telemetry,
        .ended = engine_part_ended,
        .ended_context = engine,
    };
    enum mr_code code = engine_make_folder(folder, err);

    if (code == MR_OK)
        code = mr_rocksdb_open(&records, &engine->records[nth], err);
    if (code == MR_E_DAMAGED)
        return mr_fail(err, code,
                       "%.700s; delete %.350s to build it anew from the log",
                       err->text, folder);
    if (code != MR_OK)
        return code;
    spec.records = mr_rocksdb_store(engine->records[nth]);
    code = shard_open(&spec, &engine->shards[nth], err);
    if (code != MR_OK) {
        mr_rocksdb_close(engine->records[nth]);
        engine->records[nth] = NULL;
    }
    return code;
}

/* What was right on its way may still be wrong in itself. */
static enum mr_code open_shard(struct engine *engine, uint32_t partition,
                               struct mr_err *err)
{
    const char *folder = engine_shard_folder(engine, partition);
    size_t nth = engine->shard_count;
    bool fetched = engine_fetch_checkpoint(engine, folder, partition);
    enum mr_code code = open_files(engine, folder, partition, err);

    if (fetched && (code == MR_E_DAMAGED || code == MR_E_CONFIG)) {
        engine_refuse_checkpoint(engine, folder, partition, err);
        code = open_files(engine, folder, partition, err);
    }
    if (code != MR_OK)
        return code;
    engine->locals[nth] = index_peer_local(engine->shards[nth], partition);
    engine->peers[partition] = engine->locals[nth];
    engine->shard_count++;
    if (engine->indexer != NULL)
        indexer_server_set(engine->indexer, partition, engine->shards[nth]);
    return MR_OK;
}

enum mr_code engine_open_shards(struct engine *engine, struct mr_err *err)
{
    uint32_t count = engine->place.partitions;
    char *index = engine_log_path(engine, "index");
    char *folder = mr_arena_printf(engine->arena, "%s/%s", index,
                                   engine_index_name(engine));
    bool is_new = access(folder, F_OK) != 0;
    enum mr_code code;

    engine->records = mr_calloc(count, sizeof(*engine->records));
    engine->shards = mr_calloc(count, sizeof(*engine->shards));
    engine->peers = mr_calloc(count, sizeof(struct index_peer *));
    engine->locals = mr_calloc(count, sizeof(struct index_peer *));
    if (!engine_does(engine, ENGINE_INDEXER))
        return MR_OK;
    code = engine_make_folder(index, err);
    if (code == MR_OK)
        code = engine_make_folder(folder, err);
    if (code == MR_OK && is_new)
        engine_tell_models(engine, index);
    if (engine->options.member != NULL)
        engine->indexer = indexer_server_new(count);
    for (uint32_t i = 0; code == MR_OK && i < count; i++) {
        if (engine_has(engine, i))
            code = open_shard(engine, i, err);
    }
    return code;
}

enum mr_code engine_open_peers(struct engine *engine, struct mr_err *err)
{
    const struct engine_member *member = engine->options.member;
    struct replicas_spec spec = {
        .partitions = engine->place.partitions,
        .clock = mr_system_clock_port(engine->clock),
        .telemetry = engine->telemetry,
    };
    enum mr_code code;

    if (member == NULL || !engine_does(engine, ENGINE_RETRIEVER))
        return MR_OK;
    spec.api_key = member->api_key;
    spec.ca_file = member->ca_file;
    code = replicas_open(&spec, &engine->replicas, err);
    for (uint32_t i = 0; code == MR_OK && i < engine->place.partitions; i++)
        engine->peers[i] = replicas_peer(engine->replicas, i);
    return code;
}

void engine_close_shards(struct engine *engine)
{
    for (size_t i = 0; i < engine->shard_count; i++)
        shard_stop(engine->shards[i]);
    retriever_free(engine->retriever);
    indexer_server_free(engine->indexer);
    replicas_close(engine->replicas);
    for (size_t i = 0; i < engine->shard_count; i++) {
        index_peer_local_free(engine->locals[i]);
        shard_close(engine->shards[i]);
    }
    for (uint32_t i = 0;
         engine->records != NULL && i < engine->place.partitions; i++)
        mr_rocksdb_close(engine->records[i]);
    mr_free(engine->locals);
    mr_free(engine->peers);
    mr_free(engine->shards);
    mr_free(engine->records);
}
