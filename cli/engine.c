// SPDX-License-Identifier: Apache-2.0
/*
 * engine.c - the life of an engine; see engine.h.
 *
 * What is opened is closed in the reverse order by engine_close(), which also
 * serves an open that failed half way: a member that is not there is skipped.
 */
#include "cli/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/engine_parts.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

#define GENERATION  1u /* the first */
#define CATCH_UP_US INT64_C(1500000)

enum mr_code engine_make_folder(const char *path, struct mr_err *err)
{
    if (mkdir(path, 0755) == 0 || errno == EEXIST)
        return MR_OK;
    return mr_fail_errno(err, MR_E_CONFIG, errno, "data: cannot make %s", path);
}

bool engine_does(const struct engine *engine, enum engine_role role)
{
    return engine->options.roles == 0 || (engine->options.roles & role) != 0;
}

bool engine_has(const struct engine *engine, uint32_t partition)
{
    const struct engine_member *member = engine->options.member;

    return member == NULL || partition % member->members == member->number;
}

char *engine_shared_path(struct engine *engine, const char *name)
{
    return mr_arena_printf(engine->arena, "%s/%s", engine->shared, name);
}

static enum mr_code open_backends(struct engine *engine, struct mr_err *err)
{
    const struct engine_options *options = &engine->options;
    struct mr_telemetry_spec telemetry = { .fd = options->log_fd,
                                           .human = options->log_human,
                                           .level = options->log_level };
    enum mr_code code = mr_system_clock_open(&engine->clock, err);

    if (code != MR_OK)
        return code;
    telemetry.clock = mr_system_clock_port(engine->clock);
    engine->telemetry = mr_telemetry_new(&telemetry);
    code = engine_make_folder(engine->shared, err);
    if (code == MR_OK)
        code = engine_make_folder(engine->data, err);
    if (code == MR_OK)
        code = engine_open_bus(engine, err);
    if (code == MR_OK)
        code = engine_open_blobs(engine, err);
    return code;
}

static enum mr_code open_flight(struct engine *engine, struct mr_err *err)
{
    const struct engine_options *options = &engine->options;
    struct mr_flight_spec spec = { .path = engine_log_path(engine, "flight"),
                                   .hang_ms = options->hang_ms,
                                   .watch = options->hang_ms > 0,
                                   .handlers = true,
                                   .telemetry = engine->telemetry };

    return mr_flight_open(&spec, &engine->flight, err);
}

static enum mr_code open_place(struct engine *engine, struct mr_err *err)
{
    struct mr_place_spec spec = {
        .bus = engine->bus,
        .store = engine->store,
        .blob = engine_blob(engine),
        .clock = mr_system_clock_port(engine->clock),
        .collection = engine->options.collection,
        .generation = engine->options.generation == 0
                          ? GENERATION
                          : engine->options.generation,
        .model = engine->identity.fingerprint,
        .partitions = engine->options.partitions,
    };

    enum mr_code code = mr_place_init(&engine->place, &spec, err);

    if (code == MR_OK)
        code = engine_open_origin(engine, err);
    return code;
}

/* Any worker or shard that ends by an error ends the process. */
void engine_part_ended(void *context, const struct mr_err *err)
{
    struct engine *engine = context;

    (void)pthread_mutex_lock(&engine->lock);
    if (engine->ended.code == MR_OK)
        engine->ended = *err;
    (void)pthread_mutex_unlock(&engine->lock);
    engine_stop(engine);
}

static enum mr_code open_retriever(struct engine *engine, struct mr_err *err)
{
    struct retriever_spec spec = {
        .place = &engine->place,
        .model = engine->model,
        .peers = engine->peers,
        .peer_count = engine->place.partitions,
        .telemetry = engine->telemetry,
        .config = engine->options.retriever,
        .status = engine_render_stages,
        .keyword_lag = engine_keyword_lag,
        .may_write = engine_may_write,
        .earlier = engine_earlier,
        .context = engine,
    };

    if (!engine_does(engine, ENGINE_RETRIEVER))
        return MR_OK;
    engine->search = (struct search_place){
        .peers = engine->peers,
        .peer_count = engine->place.partitions,
        .model = engine->model,
        .keyword_weight = engine->options.retriever.keyword_weight,
    };
    return retriever_new(&spec, &engine->retriever, err);
}

/* The sources of the configuration, and those that were given before. */
static enum mr_code open_ingestor(struct engine *engine, struct mr_err *err)
{
    const struct engine_options *options = &engine->options;
    struct ingestor_spec spec = {
        .place = &engine->place,
        .telemetry = engine->telemetry,
        .keyword_lag = engine_keyword_lag,
        .keyword_lag_max = options->retriever.bulk_lag_max,
        .may_write = engine_may_write,
        .ended = engine_part_ended,
        .context = engine,
        .flight = engine->flight,
        .body_bytes_max = options->body_bytes_max,
    };
    enum mr_code code;

    engine_offer_topics(engine, &spec);
    if (!engine_does(engine, ENGINE_INGESTOR))
        return MR_OK;
    code = ingestor_new(&spec, &engine->ingestor, err);
    for (size_t i = 0; code == MR_OK && i < options->source_count; i++)
        code = ingestor_add(engine->ingestor, &options->sources[i], err);
    return code;
}

static void count_request(void *context, const char *method, const char *route,
                          int status, int64_t took_us)
{
    const struct engine *engine = context;

    if (engine->retriever != NULL)
        retriever_count_request(engine->retriever, method, route, status,
                                took_us);
}

static void add_table(struct mr_http_server_spec *spec,
                      const struct mr_http_route *routes, size_t count,
                      void *context)
{
    spec->tables[spec->table_count++] =
        (struct mr_http_table){ routes, count, context };
}

/* What the roles answer; a retriever's routes come first. */
static void add_tables(struct engine *engine, struct mr_http_server_spec *spec)
{
    const struct mr_http_route *routes;
    size_t count;

    if (engine->retriever != NULL) {
        routes = retriever_routes(&count);
        add_table(spec, routes, count, engine->retriever);
    }
    if (engine->ingestor != NULL) {
        routes = ingestor_routes(&count);
        add_table(spec, routes, count, engine->ingestor);
    }
    if (engine->retriever != NULL && engine->ingestor == NULL) {
        routes = engine_forward_routes(&count);
        add_table(spec, routes, count, engine);
        routes = engine_alias_routes(&count);
        add_table(spec, routes, count, engine);
    }
    if (engine->indexer != NULL) {
        routes = indexer_routes(&count);
        add_table(spec, routes, count, engine->indexer);
    }
    routes = engine_routes(&count);
    add_table(spec, routes, count, engine);
}

static enum mr_code open_server(struct engine *engine, struct mr_err *err)
{
    const struct engine_http *http = &engine->options.http;
    enum mr_code code = MR_OK;
    struct mr_http_server_spec spec = {
        .listen = engine->options.listen,
        .context = engine,
        .body_bytes_max = engine->options.body_bytes_max,
        .connections_max = engine->options.connections_max,
        .guard = engine_guard,
        .done = count_request,
    };

    if (http->tls_cert != NULL)
        code = mr_tls_load(http->tls_cert, http->tls_key, &engine->tls, err);
    if (code != MR_OK)
        return code;
    engine->keys = mr_key_store_open(engine->shared);
    spec.tls_cert = engine->tls.cert;
    spec.tls_key = engine->tls.key;
    if (engine->indexer != NULL && spec.body_bytes_max < INDEXER_BODY_BYTES_MAX)
        spec.body_bytes_max = INDEXER_BODY_BYTES_MAX;
    add_tables(engine, &spec);
    return mr_http_server_start(&spec, &engine->server, err);
}

/* The newest documents are in the log only: a search right after a start finds
 * them too, unless there are more than can be read in a moment. */
static enum mr_code catch_up(struct engine *engine, struct mr_err *err)
{
    struct mr_clock *clock = mr_system_clock_port(engine->clock);
    int64_t end_us = mr_clock_mono_us(clock) + CATCH_UP_US;
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < engine->shard_count; i++) {
        bool worked = true;

        while (code == MR_OK && worked && mr_clock_mono_us(clock) < end_us)
            code = shard_step(engine->shards[i], 0, &worked, err);
    }
    return code;
}

static enum mr_code start_all(struct engine *engine, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < engine->shard_count; i++)
        code = shard_start(engine->shards[i], err);
    if (code == MR_OK)
        code = engine_start_workers(engine, err);
    if (code == MR_OK)
        code = engine_start_keeper(engine, err);
    if (code == MR_OK)
        code = engine_start_members(engine, err);
    if (code == MR_OK)
        code = engine_start_checkpoints(engine, err);
    if (code == MR_OK && engine->ingestor != NULL)
        code = ingestor_start(engine->ingestor, err);
    return code;
}

static struct engine *allocate(const struct engine_options *options)
{
    struct engine *engine = mr_calloc(1, sizeof(*engine));

    (void)pthread_mutex_init(&engine->lock, NULL);
    engine->arena = mr_arena_new();
    engine->options = *options;
    engine->data = mr_arena_str(engine->arena, mr_span_str(options->data));
    engine->shared =
        options->shared == NULL
            ? engine->data
            : mr_arena_str(engine->arena, mr_span_str(options->shared));
    engine->wake_fd = eventfd(0, EFD_CLOEXEC);
    engine->saver.notes = notes_new();
    return engine;
}

/* Only who embeds documents or queries needs the model itself. */
static enum mr_code open_model(struct engine *engine, struct mr_err *err)
{
    const struct embedder_model_spec *spec = &engine->options.model;
    enum mr_code code = embedder_model_identify(spec, &engine->identity, err);

    if (code == MR_OK && (engine_does(engine, ENGINE_EMBEDDER) ||
                          engine_does(engine, ENGINE_RETRIEVER)))
        code = embedder_model_open(spec, &engine->model, err);
    return code;
}

/* What lies in the folder. */
static enum mr_code open_data(struct engine *engine, struct mr_err *err)
{
    enum mr_code code = open_backends(engine, err);

    if (code == MR_OK)
        code = open_model(engine, err);
    if (code == MR_OK)
        code = open_place(engine, err);
    if (code == MR_OK)
        code = engine_open_shards(engine, err);
    if (code == MR_OK)
        code = engine_open_peers(engine, err);
    return code;
}

/* Gives the engine out, or closes what there is of it. */
static enum mr_code finish(enum mr_code code, struct engine *engine,
                           struct engine **out)
{
    *out = code == MR_OK ? engine : NULL;
    if (code != MR_OK)
        engine_close(engine);
    return code;
}

enum mr_code engine_open(const struct engine_options *options,
                         struct engine **out, struct mr_err *err)
{
    struct engine *engine = allocate(options);
    enum mr_code code = engine_check_listen(options, err);

    if (code == MR_OK)
        code = open_data(engine, err);
    if (code == MR_OK)
        code = open_flight(engine, err);
    if (code == MR_OK)
        code = engine_make_workers(engine, err);
    if (code == MR_OK)
        code = open_retriever(engine, err);
    if (code == MR_OK)
        code = open_ingestor(engine, err);
    if (code == MR_OK)
        code = catch_up(engine, err);
    if (code == MR_OK)
        code = open_server(engine, err);
    if (code == MR_OK)
        code = start_all(engine, err);
    return finish(code, engine, out);
}

enum mr_code engine_open_offline(const struct engine_options *options,
                                 struct engine **out, struct mr_err *err)
{
    struct engine *engine = allocate(options);
    enum mr_code code;

    /* What is made from Kafka can be made anew. */
    if (!options->kafka.used && access(engine_path(engine, "log"), F_OK) != 0)
        code = mr_fail_errno(err, MR_E_CONFIG, errno,
                             "data: %s is no data folder", engine->data);
    else
        code = open_data(engine, err);
    return finish(code, engine, out);
}

enum mr_code engine_open_log(const struct engine_options *options,
                             struct engine **out, struct mr_err *err)
{
    struct engine *engine = allocate(options);
    enum mr_code code;

    if (!options->kafka.used && access(engine_path(engine, "log"), F_OK) != 0)
        code = mr_fail_errno(err, MR_E_CONFIG, errno,
                             "data: %s is no data folder", engine->data);
    else
        code = open_backends(engine, err);
    return finish(code, engine, out);
}

struct mr_bus *engine_bus(const struct engine *engine)
{
    return engine->bus;
}

const char *engine_address(const struct engine *engine)
{
    return mr_http_server_address(engine->server);
}

const char *engine_scheme(const struct engine *engine)
{
    return engine->tls.cert == NULL ? "http" : "https";
}

struct mr_telemetry *engine_telemetry(struct engine *engine)
{
    return engine->telemetry;
}

const struct mr_place *engine_place(const struct engine *engine)
{
    return &engine->place;
}

size_t engine_shards(const struct engine *engine, struct shard *const **out)
{
    *out = engine->shards;
    return engine->shard_count;
}

const struct search_place *engine_search(const struct engine *engine)
{
    return &engine->search;
}

enum mr_code engine_run(struct engine *engine, struct mr_err *err)
{
    struct pollfd wake = { .fd = engine->wake_fd, .events = POLLIN };
    enum mr_code code;

    while (poll(&wake, 1, -1) < 0 && errno == EINTR)
        continue;
    (void)pthread_mutex_lock(&engine->lock);
    code = engine->ended.code;
    if (code != MR_OK)
        *err = engine->ended;
    (void)pthread_mutex_unlock(&engine->lock);
    return code;
}

bool engine_wait(struct engine *engine, int wait_ms)
{
    struct pollfd wake = { .fd = engine->wake_fd, .events = POLLIN };

    return poll(&wake, 1, wait_ms) == 0;
}

void engine_stop(struct engine *engine)
{
    uint64_t one = 1;
    ssize_t written = write(engine->wake_fd, &one, sizeof(one));

    (void)written;
}

void engine_close(struct engine *engine)
{
    if (engine == NULL)
        return;
    if (engine->retriever != NULL)
        retriever_drain(engine->retriever);
    if (engine->indexer != NULL)
        indexer_server_drain(engine->indexer);
    engine_stop_checkpoints(engine);
    members_close(engine->members);
    engine->members = NULL;
    mr_http_server_stop(engine->server);
    mr_key_store_close(engine->keys);
    mr_tls_free(&engine->tls);
    if (engine->ingestor != NULL)
        ingestor_stop(engine->ingestor);
    engine_stop_workers(engine);
    engine_stop_keeper(engine);
    ingestor_free(engine->ingestor);
    engine_close_shards(engine);
    notes_free(engine->saver.notes);
    embedder_model_close(engine->model);
    mr_flight_close(engine->flight);
    engine_close_blobs(engine);
    engine_close_bus(engine);
    mr_telemetry_free(engine->telemetry);
    mr_system_clock_close(engine->clock);
    (void)close(engine->wake_fd);
    (void)pthread_mutex_destroy(&engine->lock);
    mr_arena_free(engine->arena);
    mr_free(engine);
}
