// SPDX-License-Identifier: Apache-2.0
/*
 * engine_parts.h - the inside of an engine.  Private to engine*.c.
 */
#ifndef CLI_ENGINE_PARTS_H
#define CLI_ENGINE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "cli/engine.h"
#include "common/backends/blob_folder/mr_blob_folder.h"
#include "common/backends/kafka/mr_kafka.h"
#include "common/backends/rocksdb/mr_rocksdb.h"
#include "common/backends/system/mr_system_clock.h"
#include "common/http/key_store.h"
#include "common/http/tls.h"
#include "common/runtime/flight.h"
#include "common/runtime/worker.h"
#include "ingestor/ingestor.h"
#include "retriever/search/search.h"

#define ENGINE_REFUSALS 256u /* addresses, or several that share a place */

struct engine_refusals {
    int64_t logged_us; /* 0: never */
    unsigned long count;
};

struct engine {
    struct engine_options options;
    struct mr_arena *arena;
    char *data;
    struct mr_system_clock *clock;
    struct mr_telemetry *telemetry;
    struct mr_rocksdb *log; /* on Kafka: the state of the stages */
    struct mr_kafka *kafka; /* NULL on the embedded bus */
    struct mr_bus *bus;     /* of whichever it is */
    struct mr_store *store;
    struct mr_blob_folder *blobs;
    struct mr_flight *flight;
    struct mr_model *model;
    struct mr_place place;
    struct mr_rocksdb **records; /* one a partition, as the shards */
    struct shard **shards;
    struct index_peer **peers; /* the shards as the retriever sees them */
    size_t shard_count;
    struct mr_worker **workers;
    size_t worker_count;
    struct ingestor *ingestor;
    struct retriever *retriever;
    struct search_place search; /* as the retriever's */
    struct mr_http_server *server;
    struct mr_tls tls;
    struct mr_key_store *keys;
    atomic_bool had_keys;
    struct engine_refusals refusals[ENGINE_REFUSALS]; /* lock */
    pthread_t keeper;                                 /* see engine_keeper.c */
    bool keeping;
    atomic_bool ending;
    atomic_bool disk_low;
    int wake_fd;
    pthread_mutex_t lock;
    struct mr_err ended; /* lock: why a part ended */
};

/* A path in the data folder; one of what belongs to the bus. */
char *engine_path(struct engine *engine, const char *name);
char *engine_log_path(struct engine *engine, const char *name);
MR_MUST_CHECK enum mr_code engine_make_folder(const char *path,
                                              struct mr_err *err);

/* The bus of the configuration, with its store; see engine_bus.c. */
MR_MUST_CHECK enum mr_code engine_open_bus(struct engine *engine,
                                           struct mr_err *err);
void engine_close_bus(struct engine *engine);

/* The folder of the indexes, by what they are made from. */
char *engine_index_name(struct engine *engine);

/* The `ended` of workers and shards. */
void engine_part_ended(void *context, const struct mr_err *err);

/* The index of the model is new: the log names those of other models. */
void engine_tell_models(struct engine *engine, const char *index);

/* Workers of all stages, not started. */
MR_MUST_CHECK enum mr_code engine_make_workers(struct engine *engine,
                                               struct mr_err *err);
MR_MUST_CHECK enum mr_code engine_start_workers(struct engine *engine,
                                                struct mr_err *err);
void engine_stop_workers(struct engine *engine); /* and frees them */

/* For the retriever: "stages" of the status, and the lag up to the index. */
void engine_render_stages(void *context, struct mr_json_out *out);
uint64_t engine_keyword_lag(void *context);

/* The thread that keeps house: it watches the disk and has the log cleaned. */
MR_MUST_CHECK enum mr_code engine_start_keeper(struct engine *engine,
                                               struct mr_err *err);
void engine_stop_keeper(struct engine *engine);

/* MR_E_UNAVAILABLE while the disk is nearly full. */
MR_MUST_CHECK enum mr_code engine_may_write(void *context, struct mr_err *err);

/* "127.0.0.1", "localhost:80", "[::1]:80". */
bool engine_is_loopback(struct mr_span address);

/* Whether the address may be listened on: loopback; others with a key in the
 * data folder and TLS.  Also whether certificate and keys are readable.
 * MR_E_CONFIG, MR_E_DAMAGED. */
MR_MUST_CHECK enum mr_code engine_check_listen(
    const struct engine_options *options, struct mr_err *err);

/* The server's guard: keys, and while there are none a foreign Host (DNS
 * rebinding) or Origin (cross-site requests). */
bool engine_guard(void *context, struct mr_http_call *call,
                  struct mr_http_reply *reply);

#endif
