// SPDX-License-Identifier: Apache-2.0
// link: common_runtime common_http
/*
 * bench_cluster.c - what it costs to ask shards in other processes: the same
 * searches over 4 shards in this process, and over 2 processes with 2 of them
 * each, on loopback.  The model is a hash of the words, so that no figure is
 * of it.
 *
 *   bench_cluster [PASSAGES [SEARCHES]]      default 20000 500
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_corpus.h"
#include "bench_folder.h"
#include "common/backends/memory/mr_memory.h"
#include "common/backends/system/mr_system_clock.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/wire/vectors.h"
#include "indexer/peer.h"
#include "indexer/serve.h"
#include "retriever/replicas.h"
#include "retriever/search/search.h"

#define SHARDS        4u
#define SERVERS       2u
#define DIMENSION     384u
#define WORDS         50000.0
#define PASSAGE_WORDS 150u
#define WARM          50u /* searches that are not measured */

struct server {
    pid_t pid;
    clockid_t clock; /* its time on processors */
    char url[80];
};

struct world {
    struct mr_system_clock *clock;
    struct mr_memory *log;
    struct mr_memory *records[SHARDS];
    struct mr_place place;
    struct shard *shards[SHARDS];
    struct index_peer *locals[SHARDS];
    struct index_peer *remotes[SHARDS];
    struct replicas *replicas;
    struct server servers[SERVERS];
    struct mr_model model;
    char folder[64];
    uint64_t random;
};

static struct world world;

static void must(enum mr_code code, const struct mr_err *err)
{
    if (code == MR_OK)
        return;
    (void)fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static double next_random(void)
{
    world.random += 0x9E3779B97F4A7C15u;
    return (double)(mr_mix64(world.random) >> 11) / (double)(1ull << 53);
}

/* Words by Zipf's law. */
static void add_words(struct mr_buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mr_buf_printf(out, "%sw%u", i == 0 ? "" : " ",
                      (unsigned)exp(next_random() * log(WORDS)));
}

static void vector_of(struct mr_span text, float *out)
{
    uint64_t state = mr_hash64(text, 1);
    double length = 0;

    for (size_t i = 0; i < DIMENSION; i++) {
        state = mr_mix64(state + i);
        out[i] = (float)(state & 0xFFFF) - 32767.5f;
        length += (double)out[i] * (double)out[i];
    }
    for (size_t i = 0; i < DIMENSION; i++)
        out[i] = (float)(out[i] / sqrt(length));
}

static enum mr_code embed(struct mr_model *model, enum mr_model_lane lane,
                          const struct mr_span *texts, size_t count, float *out,
                          struct mr_err *err)
{
    (void)model;
    (void)lane;
    (void)err;
    for (size_t i = 0; i < count; i++)
        vector_of(texts[i], out + i * DIMENSION);
    return MR_OK;
}

static void append(enum mr_topic topic, struct mr_span id, struct mr_span value)
{
    struct mr_record record = { .topic = world.place.topics[topic],
                                .partition = MR_PARTITION_BY_KEY,
                                .key = id,
                                .value = value };
    struct mr_err err;

    must(mr_bus_append(world.place.bus, &record, 1, &err), &err);
}

static void put(unsigned nth, struct mr_arena *arena)
{
    struct mr_span id = mr_span_str(mr_arena_printf(arena, "doc:%u", nth));
    struct mr_buf text = mr_buf(1 << 20);
    float *vector = mr_arena_alloc(arena, DIMENSION * sizeof(*vector));
    struct mr_passage passage = { .id = { nth, 1 } };
    struct mr_document document = {
        .id = id,
        .version = nth + 1,
        .content_version = nth + 1,
        .state = MR_STATE_LIVE,
        .lane = MR_LANE_PUSH,
        .title = mr_span_str("A document of words"),
        .language = mr_span_str("en"),
        .passages = { .items = &passage, .count = 1 },
    };
    uint32_t ordinal = 0;
    struct mr_vectors vectors = {
        .id = id,
        .version = nth + 1,
        .content_version = nth + 1,
        .state = MR_STATE_LIVE,
        .dimension = DIMENSION,
        .passages = &ordinal,
        .count = 1,
        .floats = { .bytes = mr_span(vector, DIMENSION * sizeof(*vector)) },
    };
    struct mr_span value;
    struct mr_err err;

    add_words(&text, PASSAGE_WORDS);
    document.text.bytes = mr_buf_bytes(&text);
    passage.end = (uint32_t)text.size;
    vector_of(document.text.bytes, vector);
    must(mr_document_encode(&document, arena, &value, &err), &err);
    append(MR_TOPIC_DOCUMENTS, id, value);
    must(mr_vectors_encode(&vectors, arena, &value, &err), &err);
    append(MR_TOPIC_VECTORS, id, value);
    mr_buf_deinit(&text);
}

static void open_shard(uint32_t nth, struct mr_arena *arena)
{
    struct shard_spec spec = {
        .place = &world.place,
        .partition = nth,
        .folder = mr_arena_printf(arena, "%s/%u", world.folder, nth),
        .dimension = DIMENSION,
        .language = "en",
        .config = index_config_default(),
    };
    bool worked = true;
    struct mr_err err;

    (void)mkdir(spec.folder, 0700);
    world.records[nth] = mr_memory_new(NULL);
    spec.records = mr_memory_store(world.records[nth]);
    spec.config.build_threads = 0;
    must(shard_open(&spec, &world.shards[nth], &err), &err);
    while (worked)
        must(shard_step(world.shards[nth], 0, &worked, &err), &err);
    world.locals[nth] = index_peer_local(world.shards[nth], nth);
}

static void fill(unsigned passages)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_place_spec spec = { .collection = "main",
                                  .generation = 1,
                                  .model = "testmodel",
                                  .partitions = SHARDS };
    struct mr_err err;

    must(mr_system_clock_open(&world.clock, &err), &err);
    world.log = mr_memory_new(NULL);
    spec.bus = mr_memory_bus(world.log);
    spec.store = mr_memory_store(world.log);
    spec.blob = mr_memory_blob(world.log);
    spec.clock = mr_system_clock_port(world.clock);
    must(mr_place_init(&world.place, &spec, &err), &err);
    for (unsigned i = 0; i < passages; i++) {
        mr_arena_reset(arena);
        put(i, arena);
    }
    for (uint32_t i = 0; i < SHARDS; i++)
        open_shard(i, arena);
    mr_arena_free(arena);
}

/* In a process of its own: tells its address, and serves until it is ended. */
static void serve(size_t nth, int tell)
{
    struct indexer_server *indexer = indexer_server_new(SHARDS);
    struct mr_http_server_spec spec = { .listen = "127.0.0.1:0",
                                        .table_count = 1,
                                        .body_bytes_max =
                                            INDEXER_BODY_BYTES_MAX,
                                        .connections_max = 64 };
    struct mr_http_server *server;
    const char *address;
    struct mr_err err;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (uint32_t i = 0; i < SHARDS; i++)
        indexer_server_set(indexer, i,
                           i % SERVERS == nth ? world.shards[i] : NULL);
    spec.tables[0].routes = indexer_routes(&spec.tables[0].count);
    spec.tables[0].context = indexer;
    must(mr_http_server_start(&spec, &server, &err), &err);
    address = mr_http_server_address(server);
    MR_ASSERT(write(tell, address, strlen(address) + 1) > 0);
    for (;;)
        (void)pause();
}

static void start_servers(void)
{
    for (size_t i = 0; i < SERVERS; i++) {
        struct server *server = &world.servers[i];
        char address[64] = "";
        int pipes[2];

        MR_ASSERT(pipe(pipes) == 0);
        server->pid = fork();
        MR_ASSERT(server->pid >= 0);
        if (server->pid == 0)
            serve(i, pipes[1]);
        MR_ASSERT(read(pipes[0], address, sizeof(address) - 1) > 0);
        (void)snprintf(server->url, sizeof(server->url), "http://%s", address);
        MR_ASSERT(clock_getcpuclockid(server->pid, &server->clock) == 0);
    }
}

static void open_replicas(void)
{
    struct replicas_spec spec = { .partitions = SHARDS,
                                  .clock = world.place.clock };
    struct mr_err err;

    must(replicas_open(&spec, &world.replicas, &err), &err);
    for (uint32_t i = 0; i < SHARDS; i++) {
        struct replica one = { .address = world.servers[i % SERVERS].url };

        must(replicas_set(world.replicas, i, &one, 1, &err), &err);
        world.remotes[i] = replicas_peer(world.replicas, i);
    }
}

static int compare(const void *a, const void *b)
{
    const double *left = a;
    const double *right = b;

    return (*left > *right) - (*left < *right);
}

static double servers_work(void)
{
    double sum = 0;

    for (size_t i = 0; i < SERVERS; i++)
        sum += bench_clock(world.servers[i].clock);
    return sum;
}

/* One search; gives how long it took, in ms. */
static double search(struct index_peer *const *peers, enum search_mode mode)
{
    struct search_place place = { .peers = peers,
                                  .peer_count = SHARDS,
                                  .model = &world.model,
                                  .keyword_weight = .4 };
    struct mr_arena *arena = mr_arena_new();
    struct mr_buf query = mr_buf(1024);
    struct search_request request = { .mode = mode, .top_k = 10 };
    struct search_result result;
    struct mr_err err;
    double began;
    double took;

    add_words(&query, 3 + (size_t)(next_random() * 4));
    request.query = mr_buf_bytes(&query);
    began = bench_now();
    must(search_run(&place, &request, arena, &result, &err), &err);
    took = bench_now() - began;
    MR_ASSERT(!result.partial);
    search_free(&result);
    mr_buf_deinit(&query);
    mr_arena_free(arena);
    return took * 1000;
}

static double measure(const char *name, struct index_peer *const *peers,
                      enum search_mode mode, unsigned searches)
{
    double *took = mr_calloc(searches, sizeof(*took));
    double own;
    double others;
    double p50;

    world.random = 7; /* the same queries for all */
    for (unsigned i = 0; i < WARM; i++)
        (void)search(peers, mode);
    own = bench_clock(CLOCK_PROCESS_CPUTIME_ID);
    others = servers_work();
    for (unsigned i = 0; i < searches; i++)
        took[i] = search(peers, mode);
    own = bench_clock(CLOCK_PROCESS_CPUTIME_ID) - own;
    others = servers_work() - others;
    qsort(took, searches, sizeof(*took), compare);
    p50 = took[searches / 2];
    (void)printf("%-8s %-10s p50 %6.2f ms  p95 %6.2f ms  p99 %6.2f ms  "
                 "processor, a search: retriever %5.2f ms, shards %5.2f ms\n",
                 search_mode_name(mode), name, p50, took[searches * 95 / 100],
                 took[searches * 99 / 100], own * 1000 / searches,
                 others * 1000 / searches);
    mr_free(took);
    return p50;
}

static void compare_modes(unsigned searches)
{
    for (enum search_mode mode = SEARCH_HYBRID; mode <= SEARCH_KEYWORD;
         mode++) {
        double here = measure("one", world.locals, mode, searches);
        double there = measure("cluster", world.remotes, mode, searches);

        (void)printf("%-8s adds %.2f ms to p50\n", search_mode_name(mode),
                     there - here);
    }
}

static void end_servers(void)
{
    for (size_t i = 0; i < SERVERS; i++) {
        (void)kill(world.servers[i].pid, SIGKILL);
        (void)waitpid(world.servers[i].pid, NULL, 0);
    }
}

int main(int argc, char **argv)
{
    static const struct mr_model_ops ops = { .embed = embed };
    unsigned passages = argc > 1 ? (unsigned)atoi(argv[1]) : 20000;
    unsigned searches = argc > 2 ? (unsigned)atoi(argv[2]) : 500;

    world.model = (struct mr_model){ .ops = &ops,
                                     .name = "hash",
                                     .fingerprint = "testmodel",
                                     .dimension = DIMENSION };
    strcpy(world.folder, "/tmp/millrace-bench-XXXXXX");
    MR_ASSERT(mkdtemp(world.folder) != NULL);
    fill(passages);
    start_servers(); /* before there are threads */
    open_replicas();
    (void)printf("%u passages in %u shards, %u searches\n", passages, SHARDS,
                 searches);
    compare_modes(searches);
    replicas_close(world.replicas);
    end_servers();
    for (uint32_t i = 0; i < SHARDS; i++) {
        index_peer_local_free(world.locals[i]);
        shard_close(world.shards[i]);
        mr_memory_free(world.records[i]);
    }
    bench_folder_remove(world.folder);
    mr_memory_free(world.log);
    mr_system_clock_close(world.clock);
    return 0;
}
