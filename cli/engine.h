// SPDX-License-Identifier: Apache-2.0
/*
 * engine.h - everything in one process: backends, stages, shards, retriever
 * and HTTP server, wired on the embedded bus.
 *
 * A data folder holds
 *   log/     RocksDB: topics, offsets and the stages' state
 *   blobs/   what is too long for a message
 *   flight   what was in work, for the next start
 *   keys     hashes of API keys (common/http/keys.h)
 *   index/<collection>.<generation>.<model>/<partition>/  segments, manifest
 *                                          and records/, a RocksDB of its own
 * Everything but log/, blobs/ and keys can be deleted: it is made again.  With
 * the log on Kafka there are kafka/state/ instead of log/, and kafka/index/.
 *
 * Threads: engine_run() blocks; engine_stop() may be called by any thread and
 *          by signal handlers.
 */
#ifndef CLI_ENGINE_H
#define CLI_ENGINE_H

#include <stdbool.h>

#include "common/base/mr_status.h"
#include "common/runtime/origin.h"
#include "common/runtime/telemetry.h"
#include "embedder/embedder.h"
#include "indexer/indexer.h"
#include "ingestor/ingestor.h"
#include "preprocessor/preprocessor.h"
#include "retriever/retriever.h"

struct engine_http {
    const char *tls_cert; /* files; both NULL: no TLS */
    const char *tls_key;
    bool insecure;      /* others may reach it without TLS */
    bool loopback_open; /* this machine needs no key */
};

/* What a process does; in one process (`millrace up`) all of it. */
enum engine_role {
    ENGINE_INGESTOR = 1 << 0,
    ENGINE_PREPROCESSOR = 1 << 1,
    ENGINE_EMBEDDER = 1 << 2,
    ENGINE_INDEXER = 1 << 3,
    ENGINE_RETRIEVER = 1 << 4,
    ENGINE_ALL = (1 << 5) - 1,
};

/* A process among others on Kafka. */
struct engine_member {
    const char *role;      /* its name, such as "indexer" */
    const char *name;      /* unique on the cluster */
    uint32_t number;       /* works partitions p with p % members == number */
    uint32_t members;      /* at least 1 */
    const char *advertise; /* the URL where others reach it; NULL: where it
                              listens */
    const char *api_key;   /* for indexers, sent by retrievers; NULL: none */
    const char *ca_file;   /* trusted for it; NULL: the system's */
};

struct engine_kafka {
    bool used; /* else the embedded bus */
    const char *brokers;
    const char *prefix;        /* NULL: none */
    const char *settings_file; /* NULL: none */
    uint32_t replication;
};

/* Where blobs lie; endpoint NULL: in a folder. */
struct engine_blobs {
    const char *endpoint;
    const char *bucket;
    const char *prefix;
    const char *region;
    bool virtual_hosted;
    const char *key_id;
    const char *secret_env; /* one of these two names the secret */
    const char *secret_file;
    const char *ca_file;
};

struct engine_options {
    const char *data;   /* folder, made when it is new */
    const char *shared; /* where keys and blobs lie; NULL: in data */
    unsigned roles;     /* enum engine_role; 0: all */
    const struct engine_member *member; /* of a cluster; NULL: alone */
    const char *listen;                 /* "127.0.0.1:7700" */
    struct engine_http http;
    struct engine_kafka kafka;
    struct engine_blobs blobs;
    const char *collection;
    uint32_t partitions;
    uint32_t generation; /* 0: the first, or what the alias says */
    /* Where the generation is to begin; NULL: where it was begun, or at the
     * log's beginning. */
    const struct mr_origin_wish *from;
    const char *language;
    struct embedder_model_spec model;
    uint64_t embed_cache_bytes;
    struct clean_config clean; /* but for its place */
    struct curate_config curate;
    struct admit_config admit;
    struct index_config index;
    int64_t checkpoint_every_ms; /* of shards of a cluster; 0: never */
    struct retriever_config retriever;
    const struct source_config *sources; /* of the configuration */
    size_t source_count;
    size_t body_bytes_max;
    uint32_t connections_max;
    uint64_t disk_free_bytes; /* below it writes are refused */
    int64_t hang_ms;          /* an input in work for longer ends the process */
    int log_fd;
    bool log_human;
    enum mr_level log_level;
};

struct engine;
struct search_place;

/* Opens and starts all of it: queries and writes are accepted on MR_OK.
 * MR_E_BUSY: the data folder or the port is taken.  MR_E_CONFIG, MR_E_DAMAGED:
 * the message says what and where. */
MR_MUST_CHECK enum mr_code engine_open(const struct engine_options *options,
                                       struct engine **out, struct mr_err *err);

/* As above, of a folder that is there, but only what lies in it: log, blobs and
 * shards.  Nothing is started, and nobody is listened to.  MR_E_BUSY: a server
 * works on it. */
MR_MUST_CHECK enum mr_code engine_open_offline(
    const struct engine_options *options, struct engine **out,
    struct mr_err *err);

/* As above, but only the bus; see engine_bus(). */
MR_MUST_CHECK enum mr_code engine_open_log(const struct engine_options *options,
                                           struct engine **out,
                                           struct mr_err *err);
struct mr_bus *engine_bus(const struct engine *engine);

/* "127.0.0.1:7700" as it is. */
const char *engine_address(const struct engine *engine);
/* "http" or "https". */
const char *engine_scheme(const struct engine *engine);
struct mr_telemetry *engine_telemetry(struct engine *engine);

/* For commands that work in the same process: where it works, its shards (one
 * a partition; gives their number), and what a search is run with. */
const struct mr_place *engine_place(const struct engine *engine);
size_t engine_shards(const struct engine *engine, struct shard *const **out);
/* Where its generation begins; NULL: at the log's beginning. */
const struct mr_origin *engine_origin(const struct engine *engine);
const struct search_place *engine_search(const struct engine *engine);

/* A version of a document out of `raw`, cleaned as is configured now; the
 * context is the engine. */
retriever_earlier engine_earlier;

/* Returns when told to stop (MR_OK) or when a part of it ended by an error. */
MR_MUST_CHECK enum mr_code engine_run(struct engine *engine,
                                      struct mr_err *err);

/* What is between the log and being found, of the parts here. */
struct engine_progress {
    uint64_t records_left; /* before being found by words */
    uint64_t vectors_left; /* documents before being found by meaning */
};

void engine_progress(struct engine *engine, struct engine_progress *out);

/* Waits a while; false: the engine is to stop. */
bool engine_wait(struct engine *engine, int wait_ms);

/* Makes engine_run() return; async-signal-safe. */
void engine_stop(struct engine *engine);

/* Drains: no new request, work in hand is committed, everything closed. */
void engine_close(struct engine *engine);

#endif
