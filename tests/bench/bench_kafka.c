// SPDX-License-Identifier: Apache-2.0
// link: common_runtime
/*
 * bench_kafka.c - messages of 1 KiB, each exactly once, over Kafka: through a
 * worker, and by librdkafka alone in transactions of the same size, one after
 * the other in turns over the same messages.
 *
 * Usage: MILLRACE_KAFKA=host:port bench_kafka [messages].  The broker should
 * run with both of java's compilers: deploy/kafka start
 * --java=-XX:TieredStopAtLevel=4.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/backends/kafka/mr_kafka.h"
#include "common/backends/rocksdb/mr_rocksdb.h"
#include "common/backends/system/mr_system_clock.h"
#include "common/base/mr_assert.h"
#include "common/runtime/worker.h"
#include "tests/bench/bench_folder.h"

#define VALUE_BYTES 1024u
#define APPENDED    1000u
#define BATCH       2000u /* messages a transaction */
#define ROUNDS      3
#define WAIT_MS     30000

struct rig {
    struct mr_system_clock *time;
    struct mr_rocksdb *db;
    struct mr_kafka *kafka;
    struct mr_place place;
    char prefix[64];
};

static void must(enum mr_code code, const struct mr_err *err)
{
    if (code == MR_OK)
        return;
    (void)fprintf(stderr, "bench_kafka: %s\n", err->text);
    exit(1);
}

static void must_error(rd_kafka_error_t *error)
{
    if (error == NULL)
        return;
    (void)fprintf(stderr, "bench_kafka: %s\n", rd_kafka_error_string(error));
    exit(1);
}

static double now_s(struct rig *rig)
{
    return (double)mr_clock_mono_us(rig->place.clock) / 1e6;
}

static void push(struct rig *rig, size_t messages)
{
    static char value[VALUE_BYTES];
    struct mr_record records[APPENDED];
    char keys[APPENDED][16];
    struct mr_err err;

    for (size_t i = 0; i < VALUE_BYTES; i++)
        value[i] = (char)rand(); /* it does not compress */
    for (size_t at = 0; at < messages; at += APPENDED) {
        for (size_t i = 0; i < APPENDED; i++) {
            int size = snprintf(keys[i], sizeof(keys[i]), "%zu", at + i);

            records[i] = (struct mr_record){
                .topic = rig->place.topics[MR_TOPIC_RAW],
                .key = mr_span(keys[i], (size_t)size),
                .value = mr_span(value, sizeof(value)),
            };
        }
        must(mr_bus_append(rig->place.bus, records, APPENDED, &err), &err);
    }
}

/* --- through the runtime --- */

static enum mr_code step(struct mr_stage *stage, struct mr_state *state,
                         const struct mr_input *inputs, size_t count,
                         struct mr_effects *effects, struct mr_err *err)
{
    (void)stage;
    (void)state;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        const struct mr_record *record = &inputs[i].record;

        mr_effects_emit(effects, MR_TOPIC_CLEAN,
                        &(struct mr_emit){ .key = record->key,
                                           .value = record->value,
                                           .cause = &inputs[i] });
        mr_effects_account(effects, MR_OUTCOME_PASSED, NULL);
    }
    return MR_OK;
}

static enum mr_code fail(struct mr_stage *stage, struct mr_state *state,
                         const struct mr_input *input,
                         const struct mr_err *cause, struct mr_effects *effects,
                         struct mr_err *err)
{
    (void)stage;
    (void)state;
    (void)input;
    (void)effects;
    *err = *cause;
    return cause->code;
}

static void keep(struct mr_stage *stage)
{
    (void)stage;
}

static double run_worker(struct rig *rig, size_t messages, int round)
{
    static const struct mr_stage_ops ops = {
        .step = step,
        .fail = fail,
        .free = keep,
    };
    static const uint32_t partitions[] = { 0 };
    char name[32];
    struct mr_stage copier = {
        .ops = &ops,
        .name = name,
        .reads = { MR_TOPIC_RAW },
        .read_count = 1,
        .batch_records_max = BATCH,
        .batch_bytes_max = 16 << 20,
    };
    struct mr_worker_spec spec = {
        .place = &rig->place,
        .stage = &copier,
        .partitions = partitions,
        .partition_count = 1,
    };
    struct mr_worker_status status = { 0 };
    struct mr_worker *worker;
    struct mr_err err;
    double began_s, took_s;
    bool worked;

    (void)snprintf(name, sizeof(name), "copier%d", round);
    must(mr_worker_new(&spec, &worker, &err), &err);
    began_s = now_s(rig);
    while (status.inputs < messages) {
        must(mr_worker_step(worker, 1000, &worked, &err), &err);
        mr_worker_status(worker, &status);
    }
    took_s = now_s(rig) - began_s;
    mr_worker_free(worker);
    return (double)messages / took_s;
}

/* --- librdkafka alone --- */

static rd_kafka_t *client(rd_kafka_type_t type,
                          const char *const (*settings)[2])
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char words[256];
    rd_kafka_t *made;

    for (size_t i = 0; settings[i][0] != NULL; i++)
        MR_ASSERT(rd_kafka_conf_set(conf, settings[i][0], settings[i][1], words,
                                    sizeof(words)) == RD_KAFKA_CONF_OK);
    made = rd_kafka_new(type, conf, words, sizeof(words));
    MR_ASSERT(made != NULL);
    return made;
}

static void copy_batch(rd_kafka_t *consumer, rd_kafka_t *producer,
                       const char *topic, const char *source, size_t count)
{
    rd_kafka_topic_partition_list_t *at = rd_kafka_topic_partition_list_new(1);
    rd_kafka_consumer_group_metadata_t *group =
        rd_kafka_consumer_group_metadata(consumer);
    int64_t next = 0;

    must_error(rd_kafka_begin_transaction(producer));
    for (size_t i = 0; i < count;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, WAIT_MS);

        MR_ASSERT(message != NULL);
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            MR_ASSERT(rd_kafka_producev(
                          producer, RD_KAFKA_V_TOPIC(topic),
                          RD_KAFKA_V_PARTITION(0),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                          RD_KAFKA_V_KEY(message->key, message->key_len),
                          RD_KAFKA_V_VALUE(message->payload, message->len),
                          RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR);
            next = message->offset + 1;
            i++;
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_topic_partition_list_add(at, source, 0)->offset = next;
    must_error(
        rd_kafka_send_offsets_to_transaction(producer, at, group, WAIT_MS));
    must_error(rd_kafka_commit_transaction(producer, WAIT_MS));
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(at);
}

static double run_bare(struct rig *rig, size_t messages, int round)
{
    char name[100], source[100], target[100];
    const char *const consumer_settings[][2] = {
        { "bootstrap.servers", getenv("MILLRACE_KAFKA") },
        { "group.id", name },
        { "enable.auto.commit", "false" },
        { "isolation.level", "read_committed" },
        { NULL, NULL }
    };
    const char *const producer_settings[][2] = { { "bootstrap.servers",
                                                   getenv("MILLRACE_KAFKA") },
                                                 { "transactional.id", name },
                                                 { "compression.type", "lz4" },
                                                 { NULL, NULL } };
    rd_kafka_topic_partition_list_t *at = rd_kafka_topic_partition_list_new(1);
    rd_kafka_t *consumer, *producer;
    double began_s, took_s;

    (void)snprintf(name, sizeof(name), "%sbare%d", rig->prefix, round);
    (void)snprintf(source, sizeof(source), "%smain.raw", rig->prefix);
    (void)snprintf(target, sizeof(target), "%smain.1.clean", rig->prefix);
    consumer = client(RD_KAFKA_CONSUMER, consumer_settings);
    producer = client(RD_KAFKA_PRODUCER, producer_settings);
    (void)rd_kafka_poll_set_consumer(consumer);
    must_error(rd_kafka_init_transactions(producer, WAIT_MS));
    rd_kafka_topic_partition_list_add(at, source, 0)->offset = 0;
    MR_ASSERT(rd_kafka_assign(consumer, at) == RD_KAFKA_RESP_ERR_NO_ERROR);
    began_s = now_s(rig);
    for (size_t done = 0; done < messages; done += BATCH)
        copy_batch(consumer, producer, target, source, BATCH);
    took_s = now_s(rig) - began_s;
    rd_kafka_topic_partition_list_destroy(at);
    rd_kafka_destroy(producer);
    rd_kafka_destroy(consumer);
    return (double)messages / took_s;
}

static void open_rig(struct rig *rig, const char *folder)
{
    struct mr_rocksdb_spec db = { .path = folder };
    struct mr_kafka_spec kafka = { .brokers = getenv("MILLRACE_KAFKA"),
                                   .prefix = rig->prefix };
    struct mr_place_spec place = {
        .collection = "main", .generation = 1, .model = "none", .partitions = 1
    };
    struct mr_err err;

    (void)snprintf(rig->prefix, sizeof(rig->prefix), "bench-kafka-%d.",
                   getpid());
    must(mr_system_clock_open(&rig->time, &err), &err);
    place.clock = mr_system_clock_port(rig->time);
    db.clock = place.clock;
    must(mr_rocksdb_open(&db, &rig->db, &err), &err);
    kafka.store = mr_rocksdb_store(rig->db);
    kafka.clock = place.clock;
    must(mr_kafka_open(&kafka, &rig->kafka, &err), &err);
    place.bus = mr_kafka_bus(rig->kafka);
    place.store = mr_kafka_store(rig->kafka);
    must(mr_place_init(&rig->place, &place, &err), &err);
}

int main(int argc, char **argv)
{
    size_t messages = argc > 1 ? (size_t)atol(argv[1]) : 100000;
    const char *base = getenv("TMPDIR");
    struct rig rig = { 0 };
    char folder[200];

    if (getenv("MILLRACE_KAFKA") == NULL) {
        printf("skipped: MILLRACE_KAFKA names no broker\n");
        return 0;
    }
    messages = (messages + BATCH - 1) / BATCH * BATCH;
    (void)snprintf(folder, sizeof(folder), "%s/bench-kafka-XXXXXX",
                   base != NULL ? base : "/tmp");
    MR_ASSERT(mkdtemp(folder) != NULL);
    open_rig(&rig, folder);
    push(&rig, messages);
    for (int round = 0; round < ROUNDS; round++) {
        double bare = run_bare(&rig, messages, round);
        double worker = run_worker(&rig, messages, round);

        printf("%zu messages of %u bytes, %u a transaction: worker %.0f, "
               "librdkafka alone %.0f a second: %.2f\n",
               messages, VALUE_BYTES, BATCH, worker, bare, worker / bare);
    }
    mr_kafka_close(rig.kafka);
    mr_rocksdb_close(rig.db);
    mr_system_clock_close(rig.time);
    bench_folder_remove(folder);
    return 0;
}
