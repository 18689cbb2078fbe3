// SPDX-License-Identifier: Apache-2.0
/*
 * engine_parts.h - the inside of an engine.  Private to engine*.c.
 */
#ifndef CLI_ENGINE_PARTS_H
#define CLI_ENGINE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "cli/engine.h"
#include "cli/engine_checkpoints.h"
#include "cli/engine_origin.h"
#include "cli/members.h"
#include "common/backends/blob_folder/mr_blob_folder.h"
#include "common/backends/blob_s3/mr_blob_s3.h"
#include "common/backends/kafka/mr_kafka.h"
#include "common/backends/rocksdb/mr_rocksdb.h"
#include "common/backends/system/mr_system_clock.h"
#include "common/http/key_store.h"
#include "common/http/tls.h"
#include "common/runtime/flight.h"
#include "common/runtime/worker.h"
#include "indexer/serve.h"
#include "ingestor/ingestor.h"
#include "retriever/replicas.h"
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
    char *shared; /* the folder of keys and blobs */
    struct mr_system_clock *clock;
    struct mr_telemetry *telemetry;
    struct mr_rocksdb *log; /* on Kafka: the state of the stages */
    struct mr_kafka *kafka; /* NULL on the embedded bus */
    struct mr_bus *bus;     /* of whichever it is */
    struct mr_store *store;
    struct mr_blob_folder *blobs; /* one of these two */
    struct mr_blob_s3 *object_store;
    struct mr_flight *flight;
    struct mr_model *model; /* NULL where nothing is embedded */
    struct embedder_identity identity;
    struct mr_place place;
    struct mr_origin origin;     /* of the place's generation */
    struct mr_rocksdb **records; /* one a shard */
    struct shard **shards;       /* those that are worked here */
    struct index_peer **peers;   /* one a partition: the shards as the retriever
                                    sees them */
    struct index_peer **locals;  /* of the shards, to be freed */
    struct replicas *replicas;   /* NULL: all shards are here */
    struct indexer_server *indexer;
    struct members *members;
    struct engine_saver saver;
    char host[256];
    atomic_uint serving; /* the generation that answers */
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

bool engine_does(const struct engine *engine, enum engine_role role);

/* Whether a partition is this member's. */
bool engine_has(const struct engine *engine, uint32_t partition);

/* A path in the folder of keys and blobs. */
char *engine_shared_path(struct engine *engine, const char *name);

/* Where blobs lie, as configured; see engine_blobs.c. */
MR_MUST_CHECK enum mr_code engine_open_blobs(struct engine *engine,
                                             struct mr_err *err);
struct mr_blob *engine_blob(struct engine *engine);
void engine_close_blobs(struct engine *engine);

/* The shards of this member, and what is served of them; see
 * engine_shards.c. */
MR_MUST_CHECK enum mr_code engine_open_shards(struct engine *engine,
                                              struct mr_err *err);
void engine_close_shards(struct engine *engine);
char *engine_shard_folder(struct engine *engine, uint32_t partition);

/* Peers for the shards that are elsewhere. */
MR_MUST_CHECK enum mr_code engine_open_peers(struct engine *engine,
                                             struct mr_err *err);

/* Tells others of this process, once it listens; see engine_members.c. */
MR_MUST_CHECK enum mr_code engine_start_members(struct engine *engine,
                                                struct mr_err *err);
/* Shards of a generation of which no replica was heard yet. */
size_t engine_count_missing(struct engine *engine, uint32_t generation);

/* Which generation answers: GET and PUT /v1/alias. */
const struct mr_http_route *engine_alias_routes(size_t *count);
void engine_render_members(struct engine *engine, struct mr_json_out *out);
/* What others have told: added to the counts of sum->stage, and the lag. */
void engine_add_others(struct engine *engine, struct mr_worker_status *sum);
uint64_t engine_others_lag(struct engine *engine);

/* Sources, which the ingestor elsewhere knows: "sources" of the status, and
 * routes whose context is the engine; see engine_forward.c. */
void engine_render_sources(struct engine *engine, struct mr_json_out *out);
const struct mr_http_route *engine_forward_routes(size_t *count);

/* What a worker's process answers beside its role's own routes; the context is
 * the engine. */
const struct mr_http_route *engine_routes(size_t *count);

/* Of one stage, all its workers here as one; false: none is here. */
bool engine_stage(struct engine *engine, size_t nth,
                  struct mr_worker_status *out);
#define ENGINE_STAGES 4u

/* A path in the data folder; one of what belongs to the bus. */
char *engine_path(struct engine *engine, const char *name);
char *engine_log_path(struct engine *engine, const char *name);
MR_MUST_CHECK enum mr_code engine_make_folder(const char *path,
                                              struct mr_err *err);

/* The bus of the configuration, with its store; see engine_bus.c. */
MR_MUST_CHECK enum mr_code engine_open_bus(struct engine *engine,
                                           struct mr_err *err);
void engine_close_bus(struct engine *engine);
/* Topics of others, where the bus has them. */
void engine_offer_topics(const struct engine *engine,
                         struct ingestor_spec *spec);

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
uint64_t engine_own_lag(struct engine *engine); /* of the parts here */

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
