// SPDX-License-Identifier: Apache-2.0
/*
 * mr_kafka.c - handles of the client, and the life of the bus.
 */
#include "common/backends/kafka/mr_kafka.h"

#include <stdio.h>
#include <string.h>

#include "common/backends/kafka/kafka_error.h"
#include "common/backends/kafka/kafka_lookup.h"
#include "common/backends/kafka/kafka_reader.h"
#include "common/backends/kafka/kafka_registry.h"
#include "common/backends/kafka/kafka_spaces.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

#define POLL_MS      100
#define LOG_WARNINGS 4 /* syslog's level */

struct setting {
    const char *name;
    const char *value;
};

/* What all handles have in common. */
static const struct setting common_settings[] = {
    { "client.id", "millrace" },
    { "allow.auto.create.topics", "false" },
    { "log.connection.close", "false" },
    { "reconnect.backoff.ms", "50" },
    { "reconnect.backoff.max.ms", "2000" },
    { "socket.nagle.disable", "true" },
    { "topic.metadata.propagation.max.ms", "10000" },
};

static const struct setting consumer_settings[] = {
    { "enable.auto.commit", "false" },
    { "enable.auto.offset.store", "false" },
    { "enable.partition.eof", "true" },
    { "isolation.level", "read_committed" },
    { "auto.offset.reset", "error" },
    { "check.crcs", "true" },
    /* An end that only the end of a transaction lies before is told by an
     * empty answer: a start waits for one at each changelog and shard. */
    { "fetch.wait.max.ms", "100" },
    { "fetch.error.backoff.ms", "50" },
    { "fetch.queue.backoff.ms", "20" },
    { "fetch.max.bytes", "8388608" },
    { "queued.max.messages.kbytes", "8192" },
    { "queued.min.messages", "20000" },
};

static const struct setting producer_settings[] = {
    { "enable.idempotence", "true" },
    { "acks", "all" },
    { "linger.ms", "1" },
    { "compression.type", "lz4" },
    { "message.max.bytes", "1048588" },
    { "queue.buffering.max.messages", "500000" },
    { "queue.buffering.max.kbytes", "262144" },
    { "retry.backoff.ms", "50" },
};

static enum mr_code set(rd_kafka_conf_t *conf, const char *name,
                        const char *value, struct mr_err *err)
{
    char words[256];

    if (rd_kafka_conf_set(conf, name, value, words, sizeof(words)) ==
        RD_KAFKA_CONF_OK)
        return MR_OK;
    /* The words may repeat the value, which may be a secret. */
    return mr_fail(err, MR_E_CONFIG, "kafka: the setting %.100s: %s", name,
                   strstr(words, "No such") != NULL
                       ? "librdkafka has none of this name"
                       : "librdkafka does not take its value");
}

static enum mr_code set_number(rd_kafka_conf_t *conf, const char *name,
                               int number, struct mr_err *err)
{
    char text[16];

    (void)snprintf(text, sizeof(text), "%d", number);
    return set(conf, name, text, err);
}

static enum mr_code set_all(rd_kafka_conf_t *conf,
                            const struct setting *settings, size_t count,
                            struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < count && code == MR_OK; i++)
        code = set(conf, settings[i].name, settings[i].value, err);
    return code;
}

#define SET_ALL(conf, settings, err) \
    set_all(conf, settings, sizeof(settings) / sizeof((settings)[0]), err)

static enum mr_code set_role(rd_kafka_conf_t *conf, enum kafka_role role,
                             const char *name, struct mr_err *err)
{
    enum mr_code code;

    if (role == KAFKA_CONSUMER) {
        code = SET_ALL(conf, consumer_settings, err);
        return code != MR_OK ? code : set(conf, "group.id", name, err);
    }
    code = SET_ALL(conf, producer_settings, err);
    if (code == MR_OK && role == KAFKA_COMMITTER)
        code = set(conf, "transactional.id", name, err);
    if (code == MR_OK && role == KAFKA_COMMITTER)
        code = set_number(conf, "transaction.timeout.ms", KAFKA_TXN_MS, err);
    if (code == MR_OK && role == KAFKA_APPENDER)
        code = set_number(conf, "delivery.timeout.ms", KAFKA_APPEND_MS, err);
    return code;
}

static void take_log(const rd_kafka_t *handle, int level, const char *topic,
                     const char *words)
{
    const struct mr_kafka *kafka = rd_kafka_opaque(handle);

    (void)topic;
    if (level <= LOG_WARNINGS && kafka->log != NULL)
        kafka->log(kafka->log_context, words);
}

/* A trouble of the connection: what an open that got no answer tells. */
static void take_error(rd_kafka_t *handle, int code, const char *words,
                       void *opaque)
{
    struct mr_kafka *kafka = opaque;

    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        if (handle == kafka->producer)
            kafka_note_answer(kafka, false);
        return;
    }
    (void)pthread_mutex_lock(&kafka->lock);
    (void)snprintf(kafka->trouble, sizeof(kafka->trouble), "%s%s",
                   code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
                           code == RD_KAFKA_RESP_ERR__SSL
                       ? "not let in: "
                       : "",
                   words);
    (void)pthread_mutex_unlock(&kafka->lock);
}

static int take_statistics(rd_kafka_t *handle, char *json, size_t size,
                           void *opaque)
{
    const struct mr_kafka *kafka = opaque;

    (void)handle;
    kafka->statistics(kafka->log_context, mr_span(json, size));
    return 0; /* the client frees it */
}

enum mr_code kafka_handle(struct mr_kafka *kafka, enum kafka_role role,
                          const char *name, rd_kafka_t **out,
                          struct mr_err *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum mr_code code = set(conf, "bootstrap.servers", kafka->brokers, err);
    char words[256];

    if (code == MR_OK)
        code = SET_ALL(conf, common_settings, err);
    if (code == MR_OK)
        code = set_role(conf, role, name, err);
    for (size_t i = 0; i < kafka->setting_count && code == MR_OK; i++)
        code =
            set(conf, kafka->settings[i].name, kafka->settings[i].value, err);
    if (code != MR_OK) {
        rd_kafka_conf_destroy(conf);
        return code;
    }
    if (role == KAFKA_APPENDER && kafka->statistics != NULL) {
        rd_kafka_conf_set_stats_cb(conf, take_statistics);
        code = set_number(conf, "statistics.interval.ms",
                          MR_KAFKA_STATISTICS_MS, err);
        MR_ASSERT(code == MR_OK);
    }
    rd_kafka_conf_set_opaque(conf, kafka);
    rd_kafka_conf_set_log_cb(conf, take_log);
    rd_kafka_conf_set_error_cb(conf, take_error);
    if (role != KAFKA_CONSUMER)
        rd_kafka_conf_set_dr_msg_cb(conf, role == KAFKA_APPENDER
                                              ? kafka_take_append
                                              : kafka_take_output);
    *out = rd_kafka_new(role == KAFKA_CONSUMER ? RD_KAFKA_CONSUMER
                                               : RD_KAFKA_PRODUCER,
                        conf, words, sizeof(words));
    if (*out != NULL)
        return MR_OK;
    rd_kafka_conf_destroy(conf);
    return mr_fail(err, MR_E_CONFIG, "kafka: %s", words);
}

void kafka_drop(rd_kafka_t *handle)
{
    if (handle != NULL)
        rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

int kafka_left_ms(struct mr_kafka *kafka, int64_t until_us)
{
    int64_t left_us = until_us - mr_clock_mono_us(kafka->clock);

    return left_us <= 0 ? 0 : (int)(left_us / 1000 + 1);
}

char *kafka_full_name(struct mr_kafka *kafka, const char *name)
{
    char *full;

    (void)pthread_mutex_lock(&kafka->lock);
    full = mr_arena_printf(kafka->arena, "%s%s", kafka->prefix, name);
    (void)pthread_mutex_unlock(&kafka->lock);
    return full;
}

static void *serve_reports(void *context)
{
    struct mr_kafka *kafka = context;

    while (!atomic_load(&kafka->closing))
        (void)rd_kafka_poll(kafka->producer, POLL_MS);
    return NULL;
}

static enum mr_code start_poller(struct mr_kafka *kafka, struct mr_err *err)
{
    int failure = pthread_create(&kafka->poller, NULL, serve_reports, kafka);

    if (failure != 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, failure,
                             "kafka: cannot start a thread");
    kafka->polling = true;
    return MR_OK;
}

/* Nothing else would say so before the first append. */
static enum mr_code greet(struct mr_kafka *kafka, struct mr_err *err)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t failure =
        rd_kafka_metadata(kafka->producer, 0, NULL, &metadata, KAFKA_WAIT_MS);
    bool refused;
    enum mr_code code;

    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(metadata);
        return MR_OK;
    }
    (void)pthread_mutex_lock(&kafka->lock);
    refused = strncmp(kafka->trouble, "not let in", 10) == 0;
    code = mr_fail(err, refused ? MR_E_CONFIG : MR_E_UNAVAILABLE,
                   "kafka: no broker of %.200s answers within %d s: %.300s",
                   kafka->brokers, KAFKA_WAIT_MS / 1000,
                   kafka->trouble[0] == '\0' ? rd_kafka_err2str(failure)
                                             : kafka->trouble);
    (void)pthread_mutex_unlock(&kafka->lock);
    return code;
}

static void copy_spec(struct mr_kafka *kafka, const struct mr_kafka_spec *spec)
{
    struct mr_arena *arena = kafka->arena;

    kafka->brokers = mr_arena_str(arena, mr_span_str(spec->brokers));
    kafka->prefix = mr_arena_str(
        arena, mr_span_str(spec->prefix == NULL ? "" : spec->prefix));
    kafka->settings =
        mr_arena_calloc(arena, spec->setting_count, sizeof(*kafka->settings));
    kafka->setting_count = spec->setting_count;
    for (size_t i = 0; i < spec->setting_count; i++) {
        const struct mr_kafka_setting *from = &spec->settings[i];

        kafka->settings[i] = (struct mr_kafka_setting){
            mr_arena_str(arena, mr_span_str(from->name)),
            mr_arena_str(arena, mr_span_str(from->value)),
        };
    }
    kafka->replication = spec->replication;
    kafka->clock = spec->clock;
    kafka->log = spec->log;
    kafka->log_context = spec->log_context;
    kafka->statistics = spec->statistics;
}

static enum mr_code bus_fetch(struct mr_bus *bus, mr_topic_id id,
                              uint32_t partition, uint64_t offset,
                              struct mr_arena *arena, struct mr_record *out,
                              struct mr_err *err)
{
    struct mr_kafka *kafka = ((struct kafka_bus *)bus)->kafka;
    struct kafka_topic *topic;
    enum mr_code code = kafka_find(kafka, id, partition, &topic, err);

    if (code != MR_OK)
        return code;
    return kafka_lookup_get(kafka->lookup, topic, partition, offset, arena, out,
                            err);
}

static enum mr_code bus_bounds(struct mr_bus *bus, mr_topic_id id,
                               uint32_t partition, uint64_t *begin,
                               uint64_t *end, struct mr_err *err)
{
    struct mr_kafka *kafka = ((struct kafka_bus *)bus)->kafka;
    struct kafka_topic *topic;
    enum mr_code code = kafka_find(kafka, id, partition, &topic, err);

    if (code != MR_OK)
        return code;
    return kafka_bounds(kafka, topic, partition, begin, end, err);
}

static enum mr_code bus_find_time(struct mr_bus *bus, mr_topic_id id,
                                  uint32_t partition, int64_t time_ms,
                                  uint64_t *out, struct mr_err *err)
{
    struct mr_kafka *kafka = ((struct kafka_bus *)bus)->kafka;
    struct kafka_topic *topic;
    enum mr_code code = kafka_find(kafka, id, partition, &topic, err);

    if (code != MR_OK)
        return code;
    return kafka_find_time(kafka, topic, partition, time_ms, out, err);
}

/* The cluster holds what it has acknowledged. */
static enum mr_code bus_sync(struct mr_bus *bus, struct mr_err *err)
{
    (void)bus;
    (void)err;
    return MR_OK;
}

static const struct mr_bus_ops bus_ops = {
    .topic = kafka_open_topic,
    .append = kafka_append,
    .fetch = bus_fetch,
    .bounds = bus_bounds,
    .find_time = bus_find_time,
    .sync = bus_sync,
    .reader = kafka_open_reader,
};

enum mr_code mr_kafka_open(const struct mr_kafka_spec *spec,
                           struct mr_kafka **out, struct mr_err *err)
{
    struct mr_kafka *kafka = mr_calloc(1, sizeof(*kafka));
    enum mr_code code;

    kafka->bus = (struct kafka_bus){ { &bus_ops, true }, kafka };
    kafka->arena = mr_arena_new();
    (void)pthread_mutex_init(&kafka->lock, NULL);
    (void)pthread_mutex_init(&kafka->opening, NULL);
    copy_spec(kafka, spec);
    kafka->spaces = kafka_spaces_new(spec->store);
    kafka->lookup = kafka_lookup_new(kafka);
    code = kafka_handle(kafka, KAFKA_APPENDER, NULL, &kafka->producer, err);
    if (code == MR_OK)
        code = start_poller(kafka, err);
    if (code == MR_OK)
        code = greet(kafka, err);
    if (code == MR_OK)
        code = kafka_registry_open(kafka, &kafka->registry, err);
    if (code != MR_OK) {
        mr_kafka_close(kafka);
        return code;
    }
    *out = kafka;
    return MR_OK;
}

void mr_kafka_close(struct mr_kafka *kafka)
{
    if (kafka == NULL)
        return;
    atomic_store(&kafka->closing, true);
    if (kafka->polling)
        (void)pthread_join(kafka->poller, NULL);
    kafka_drop(kafka->producer);
    kafka_lookup_free(kafka->lookup);
    kafka_registry_close(kafka->registry);
    kafka_spaces_free(kafka->spaces);
    for (uint32_t i = 0; i < kafka->topic_count; i++)
        mr_free(kafka->topics[i]);
    (void)pthread_mutex_destroy(&kafka->lock);
    (void)pthread_mutex_destroy(&kafka->opening);
    mr_arena_free(kafka->arena);
    mr_free(kafka);
}

enum mr_code mr_kafka_check(struct mr_kafka *kafka, struct mr_err *err)
{
    char words[300];
    rd_kafka_resp_err_t failure =
        rd_kafka_fatal_error(kafka->producer, words, sizeof(words));

    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR)
        return MR_OK;
    return mr_fail(err, MR_E_LOST, "kafka: no append is possible any more: %s",
                   words);
}

struct mr_bus *mr_kafka_bus(struct mr_kafka *kafka)
{
    return &kafka->bus.port;
}

struct mr_store *mr_kafka_store(struct mr_kafka *kafka)
{
    return kafka_spaces_port(kafka->spaces);
}
