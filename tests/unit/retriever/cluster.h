// SPDX-License-Identifier: Apache-2.0
/*
 * cluster.h - shards full of documents, and servers that offer them, for tests
 * of what is asked across HTTP.  All servers serve the same shards.
 *
 * Memory: static.  Threads: one, but for the servers' own.
 * I/O:    files below /tmp, and loopback.
 */
#ifndef TESTS_UNIT_RETRIEVER_CLUSTER_H
#define TESTS_UNIT_RETRIEVER_CLUSTER_H

#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/backends/memory/mr_memory.h"
#include "common/backends/system/mr_system_clock.h"
#include "common/base/mr_hash.h"
#include "common/wire/vectors.h"
#include "indexer/peer.h"
#include "indexer/serve.h"
#include "retriever/replicas.h"
#include "retriever/search/search.h"

#define CLUSTER_SHARDS    4u
#define CLUSTER_SERVERS   2u
#define CLUSTER_DIMENSION 8u
#define CLUSTER_DOCUMENTS 300u
#define CLUSTER_WORDS     60u

struct cluster_server {
    struct indexer_server *indexer;
    struct mr_http_server *http; /* NULL while it is down */
    char listen[64];
    char url[80];
};

struct cluster {
    struct mr_system_clock *clock;
    struct mr_memory *log;
    struct mr_memory *records[CLUSTER_SHARDS];
    struct mr_place place;
    struct shard *shards[CLUSTER_SHARDS];
    struct index_peer *locals[CLUSTER_SHARDS];
    char folders[CLUSTER_SHARDS][64];
    struct cluster_server servers[CLUSTER_SERVERS];
    struct replicas *replicas;
    struct index_peer *remotes[CLUSTER_SHARDS];
    struct mr_model model;
    struct mr_arena *arena;
    uint64_t random;
};

static inline uint64_t cluster_random(struct cluster *cluster, uint64_t below)
{
    cluster->random += 0x9E3779B97F4A7C15u;
    return mr_mix64(cluster->random) % below;
}

/* A text's vector is the sum of those of its words. */
static inline void cluster_vector(struct mr_span text, float *out)
{
    double length = 0;
    size_t from = 0;

    memset(out, 0, CLUSTER_DIMENSION * sizeof(*out));
    for (size_t i = 0; i <= text.size; i++) {
        uint64_t hash;

        if (i < text.size && text.data[i] != ' ')
            continue;
        hash = mr_hash64(mr_span(text.data + from, i - from), 7);
        for (unsigned k = 0; k < CLUSTER_DIMENSION; k++)
            out[k] += (float)((int)(hash >> (8 * k) & 0xFF) - 127);
        from = i + 1;
    }
    for (unsigned k = 0; k < CLUSTER_DIMENSION; k++)
        length += (double)out[k] * (double)out[k];
    for (unsigned k = 0; k < CLUSTER_DIMENSION; k++)
        out[k] = (float)(out[k] / sqrt(length));
}

static inline enum mr_code cluster_embed(struct mr_model *model,
                                         enum mr_model_lane lane,
                                         const struct mr_span *texts,
                                         size_t count, float *out,
                                         struct mr_err *err)
{
    (void)model;
    (void)lane;
    (void)err;
    for (size_t i = 0; i < count; i++)
        cluster_vector(texts[i], out + i * CLUSTER_DIMENSION);
    return MR_OK;
}

/* A further replica of a shard, with a folder and records of its own; it reads
 * what there is by cluster_step(). */
struct cluster_replica {
    struct shard *shard;
    struct mr_memory *records;
    char folder[64];
};

static inline void cluster_open_replica(struct cluster *cluster, uint32_t nth,
                                        struct cluster_replica *out)
{
    struct shard_spec spec = { .place = &cluster->place,
                               .partition = nth,
                               .folder = out->folder,
                               .dimension = CLUSTER_DIMENSION,
                               .language = "en",
                               .config = index_config_default() };

    strcpy(out->folder, "/tmp/millrace-cluster-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(out->folder));
    out->records = mr_memory_new(NULL);
    spec.records = mr_memory_store(out->records);
    spec.config.seal_passages = 64;
    spec.config.build_threads = 0;
    ck_assert_int_eq(shard_open(&spec, &out->shard, NULL), MR_OK);
}

static inline void cluster_step(struct shard *shard)
{
    bool worked = true;

    while (worked)
        ck_assert_int_eq(shard_step(shard, 0, &worked, NULL), MR_OK);
}

static inline void cluster_open_shard(struct cluster *cluster, uint32_t nth)
{
    struct mr_err err = { 0 };
    struct shard_spec spec = {
        .place = &cluster->place,
        .partition = nth,
        .folder = cluster->folders[nth],
        .dimension = CLUSTER_DIMENSION,
        .language = "en",
        .config = index_config_default(),
    };

    strcpy(cluster->folders[nth], "/tmp/millrace-cluster-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(cluster->folders[nth]));
    cluster->records[nth] = mr_memory_new(NULL);
    spec.records = mr_memory_store(cluster->records[nth]);
    spec.config.seal_passages = 64;
    spec.config.build_threads = 0;
    ck_assert_msg(shard_open(&spec, &cluster->shards[nth], &err) == MR_OK, "%s",
                  err.text);
    cluster->locals[nth] = index_peer_local(cluster->shards[nth], nth);
}

static inline void cluster_append(struct cluster *cluster, enum mr_topic topic,
                                  struct mr_span id, struct mr_span value,
                                  uint64_t version)
{
    struct mr_record record = { .topic = cluster->place.topics[topic],
                                .partition = MR_PARTITION_BY_KEY,
                                .key = id,
                                .value = value,
                                .version = version,
                                .time_ms = 7 };

    ck_assert_int_eq(mr_bus_append(cluster->place.bus, &record, 1, NULL),
                     MR_OK);
}

static inline void cluster_catch_up(struct cluster *cluster)
{
    for (uint32_t i = 0; i < CLUSTER_SHARDS; i++)
        cluster_step(cluster->shards[i]);
}

/* A document of one passage: its text. */
static inline void cluster_put(struct cluster *cluster, const char *id,
                               const char *text, uint64_t version)
{
    struct mr_span bytes = mr_span_str(text);
    struct mr_passage passage = { .id = mr_hash128(bytes),
                                  .end = (uint32_t)bytes.size,
                                  .headings = mr_span_str("A > B") };
    struct mr_pair pair = { .key = mr_span_str("year"),
                            .kind = MR_VALUE_NUMBER,
                            .number = 2000 + (double)(version % 10) };
    struct mr_span friend_of = mr_span_str("user:7");
    struct mr_document document = {
        .id = mr_span_str(id),
        .version = version,
        .content_version = version,
        .state = MR_STATE_LIVE,
        .lane = MR_LANE_PUSH,
        .title = mr_span_str("A title"),
        .url = mr_span_str("https://example.org/"),
        .language = mr_span_str("en"),
        .metadata = { .items = &pair, .count = 1 },
        .text = { .bytes = bytes },
        .passages = { .items = &passage, .count = 1 },
    };
    float vector[CLUSTER_DIMENSION];
    uint32_t ordinal = 0;
    struct mr_vectors vectors = {
        .id = document.id,
        .version = version,
        .content_version = version,
        .state = MR_STATE_LIVE,
        .dimension = CLUSTER_DIMENSION,
        .passages = &ordinal,
        .count = 1,
        .floats = { .bytes = mr_span(vector, sizeof(vector)) },
    };
    struct mr_span value;

    if (version % 5 == 0) {
        document.access.principals = &friend_of;
        document.access.principal_count = 1;
    }
    cluster_vector(bytes, vector);
    ck_assert_int_eq(
        mr_document_encode(&document, cluster->arena, &value, NULL), MR_OK);
    cluster_append(cluster, MR_TOPIC_DOCUMENTS, document.id, value, version);
    ck_assert_int_eq(mr_vectors_encode(&vectors, cluster->arena, &value, NULL),
                     MR_OK);
    cluster_append(cluster, MR_TOPIC_VECTORS, document.id, value, version);
}

static inline const char *cluster_text(struct cluster *cluster, size_t words)
{
    const char *text = "";

    for (size_t i = 0; i < words; i++) {
        /* Low numbers come more often. */
        uint64_t word =
            cluster_random(cluster, 1 + cluster_random(cluster, CLUSTER_WORDS));

        text = mr_arena_printf(cluster->arena, "%s%sword%c%c", text,
                               i == 0 ? "" : " ", (char)('a' + word / 8),
                               (char)('p' + word % 8));
    }
    return text;
}

static inline void cluster_fill(struct cluster *cluster)
{
    for (unsigned i = 0; i < CLUSTER_DOCUMENTS; i++)
        cluster_put(cluster, mr_arena_printf(cluster->arena, "doc:%u", i),
                    cluster_text(cluster, 3 + cluster_random(cluster, 20)),
                    i + 1);
    cluster_catch_up(cluster);
}

/* Starts server `nth`, at its old address if it had one. */
static inline void cluster_start(struct cluster *cluster, size_t nth)
{
    struct cluster_server *server = &cluster->servers[nth];
    struct mr_http_server_spec spec = {
        .listen = server->listen[0] == '\0' ? "127.0.0.1:0" : server->listen,
        .table_count = 1,
        .body_bytes_max = INDEXER_BODY_BYTES_MAX,
        .connections_max = 64,
    };
    struct mr_err err = { 0 };

    spec.tables[0].routes = indexer_routes(&spec.tables[0].count);
    spec.tables[0].context = server->indexer;
    ck_assert_msg(mr_http_server_start(&spec, &server->http, &err) == MR_OK,
                  "%s", err.text);
    (void)snprintf(server->listen, sizeof(server->listen), "%s",
                   mr_http_server_address(server->http));
    (void)snprintf(server->url, sizeof(server->url), "http://%s",
                   mr_http_server_address(server->http));
}

static inline void cluster_stop(struct cluster *cluster, size_t nth)
{
    mr_http_server_stop(cluster->servers[nth].http);
    cluster->servers[nth].http = NULL;
}

/* The replicas of a partition are at these addresses; "" for none. */
static inline void cluster_set(struct cluster *cluster, uint32_t partition,
                               const char *first, const char *second)
{
    struct replica list[2] = { { first, "first" }, { second, "second" } };
    size_t count = *first == '\0' ? 0 : *second == '\0' ? 1 : 2;
    struct mr_err err = { 0 };

    ck_assert_msg(
        replicas_set(cluster->replicas, partition, list, count, &err) == MR_OK,
        "%s", err.text);
}

static inline void cluster_set_all(struct cluster *cluster, const char *first,
                                   const char *second)
{
    for (uint32_t i = 0; i < CLUSTER_SHARDS; i++)
        cluster_set(cluster, i, first, second);
}

/* Shards with documents, both servers up, and both known for each shard. */
static inline void cluster_init(struct cluster *cluster)
{
    static const struct mr_model_ops ops = { .embed = cluster_embed };
    struct replicas_spec spec = { .partitions = CLUSTER_SHARDS };

    *cluster = (struct cluster){
        .arena = mr_arena_new(),
        .model = { .ops = &ops,
                   .name = "words",
                   .fingerprint = "testmodel",
                   .dimension = CLUSTER_DIMENSION },
    };
    ck_assert_int_eq(mr_system_clock_open(&cluster->clock, NULL), MR_OK);
    spec.clock = mr_system_clock_port(cluster->clock);
    cluster->log = mr_memory_new(NULL);
    ck_assert_int_eq(mr_place_init(&cluster->place,
                                   &(struct mr_place_spec){
                                       .bus = mr_memory_bus(cluster->log),
                                       .store = mr_memory_store(cluster->log),
                                       .blob = mr_memory_blob(cluster->log),
                                       .clock = spec.clock,
                                       .collection = "main",
                                       .generation = 1,
                                       .model = "testmodel",
                                       .partitions = CLUSTER_SHARDS,
                                   },
                                   NULL),
                     MR_OK);
    for (uint32_t i = 0; i < CLUSTER_SHARDS; i++)
        cluster_open_shard(cluster, i);
    cluster_fill(cluster);
    ck_assert_int_eq(replicas_open(&spec, &cluster->replicas, NULL), MR_OK);
    for (size_t i = 0; i < CLUSTER_SERVERS; i++) {
        cluster->servers[i].indexer = indexer_server_new(CLUSTER_SHARDS);
        for (uint32_t k = 0; k < CLUSTER_SHARDS; k++)
            indexer_server_set(cluster->servers[i].indexer, k,
                               cluster->shards[k]);
        cluster_start(cluster, i);
    }
    for (uint32_t i = 0; i < CLUSTER_SHARDS; i++)
        cluster->remotes[i] = replicas_peer(cluster->replicas, i);
    cluster_set_all(cluster, cluster->servers[0].url, cluster->servers[1].url);
}

static inline void cluster_remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    while ((entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    (void)closedir(dir);
    ck_assert_int_eq(rmdir(folder), 0);
}

static inline void cluster_close_replica(struct cluster_replica *replica)
{
    shard_close(replica->shard);
    mr_memory_free(replica->records);
    cluster_remove_folder(replica->folder);
}

static inline void cluster_deinit(struct cluster *cluster)
{
    replicas_close(cluster->replicas);
    for (size_t i = 0; i < CLUSTER_SERVERS; i++) {
        mr_http_server_stop(cluster->servers[i].http);
        indexer_server_free(cluster->servers[i].indexer);
    }
    for (uint32_t i = 0; i < CLUSTER_SHARDS; i++) {
        index_peer_local_free(cluster->locals[i]);
        shard_close(cluster->shards[i]);
        mr_memory_free(cluster->records[i]);
        cluster_remove_folder(cluster->folders[i]);
    }
    mr_memory_free(cluster->log);
    mr_system_clock_close(cluster->clock);
    mr_arena_free(cluster->arena);
}

static inline enum mr_code cluster_search(struct cluster *cluster, bool remote,
                                          const struct search_request *request,
                                          struct mr_arena *arena,
                                          struct search_result *out,
                                          struct mr_err *err)
{
    struct search_place place = {
        .peers = remote ? cluster->remotes : cluster->locals,
        .peer_count = CLUSTER_SHARDS,
        .model = &cluster->model,
        .keyword_weight = .4,
    };

    return search_run(&place, request, arena, out, err);
}

#endif
