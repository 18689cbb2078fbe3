// SPDX-License-Identifier: Apache-2.0
/*
 * engine_bus.c - where the log lies: in the data folder, or on Kafka.
 *
 * On Kafka what lies on this machine are the stages' state and the indexes,
 * both made from the log, in a folder of their own: offsets mean something on
 * their own bus only.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/engine_parts.h"

#define CACHE_BYTES    ((size_t)64 << 20)
#define SETTINGS_BYTES ((size_t)64 << 10)
#define SETTINGS_MAX   256u

char *engine_path(struct engine *engine, const char *name)
{
    return mr_arena_printf(engine->arena, "%s/%s", engine->data, name);
}

/* Where the log is, or what is made of one that is elsewhere. */
char *engine_log_path(struct engine *engine, const char *name)
{
    return engine_path(engine,
                       engine->options.kafka.used
                           ? mr_arena_printf(engine->arena, "kafka/%s", name)
                           : name);
}

static enum mr_code open_local(struct engine *engine, struct mr_err *err)
{
    const char *name = engine->options.kafka.used ? "state" : "log";
    struct mr_rocksdb_spec log = {
        .path = engine_log_path(engine, name),
        .cache_bytes = CACHE_BYTES,
        .clock = mr_system_clock_port(engine->clock),
    };
    enum mr_code code = mr_rocksdb_open(&log, &engine->log, err);

    if (code == MR_E_BUSY)
        return mr_fail(err, code,
                       "data: another process works on %.350s; stop it, or "
                       "name another folder with --data",
                       engine->data);
    if (code == MR_E_DAMAGED && engine->options.kafka.used)
        return mr_fail(err, code,
                       "%.700s; delete %.350s, it is made anew from Kafka",
                       err->text, log.path);
    if (code == MR_E_DAMAGED)
        return mr_fail(err, code,
                       "%.700s; restore it from a backup, for all else is "
                       "made from it",
                       err->text);
    return code;
}

/* --- the file of settings --- */

static void trim(char **text)
{
    size_t size;

    *text += strspn(*text, " \t");
    size = strlen(*text);
    while (size > 0 && strchr(" \t\r\n", (*text)[size - 1]) != NULL)
        (*text)[--size] = '\0';
}

/* One line; what is no setting is told by its number, for it may be a secret.
 */
static enum mr_code read_line(char *line, const char *path, unsigned number,
                              struct mr_kafka_setting *out, bool *found,
                              struct mr_err *err)
{
    char *value;
    char *name = line;

    *found = false;
    trim(&name);
    if (name[0] == '\0' || name[0] == '#')
        return MR_OK;
    value = strchr(name, '=');
    if (value == NULL || value == name)
        return mr_fail(err, MR_E_CONFIG,
                       "kafka.settings_file: %.350s:%u: not of the form "
                       "name=value",
                       path, number);
    *value++ = '\0';
    trim(&name);
    trim(&value);
    *out = (struct mr_kafka_setting){ name, value };
    *found = true;
    return MR_OK;
}

static enum mr_code split_lines(char *text, const char *path,
                                struct mr_kafka_setting *settings,
                                size_t *count, struct mr_err *err)
{
    enum mr_code code = MR_OK;
    unsigned number = 0;

    *count = 0;
    while (code == MR_OK && text != NULL) {
        char *line = strsep(&text, "\n");
        bool found;

        if (*count == SETTINGS_MAX)
            return mr_fail(err, MR_E_LIMIT,
                           "kafka.settings_file: %.350s has more than %u "
                           "settings",
                           path, SETTINGS_MAX);
        code = read_line(line, path, ++number, &settings[*count], &found, err);
        *count += code == MR_OK && found;
    }
    return code;
}

static enum mr_code read_settings(struct engine *engine,
                                  struct mr_kafka_spec *spec,
                                  struct mr_err *err)
{
    const char *path = engine->options.kafka.settings_file;
    struct mr_kafka_setting *settings;
    char *text;
    size_t size;
    FILE *file;
    enum mr_code code;

    if (path == NULL)
        return MR_OK;
    file = fopen(path, "re");
    if (file == NULL)
        return mr_fail_errno(err, MR_E_CONFIG, errno,
                             "kafka.settings_file: cannot read %.350s", path);
    text = mr_arena_alloc(engine->arena, SETTINGS_BYTES + 1);
    size = fread(text, 1, SETTINGS_BYTES + 1, file);
    (void)fclose(file);
    if (size > SETTINGS_BYTES)
        return mr_fail(err, MR_E_LIMIT,
                       "kafka.settings_file: %.350s is larger than %zu KiB",
                       path, SETTINGS_BYTES >> 10);
    text[size] = '\0';
    settings = mr_arena_calloc(engine->arena, SETTINGS_MAX, sizeof(*settings));
    code = split_lines(text, path, settings, &spec->setting_count, err);
    spec->settings = settings;
    return code;
}

/* --- Kafka --- */

static void take_words(void *context, const char *words)
{
    struct engine *engine = context;

    mr_log(engine->telemetry, MR_EV_NOTE, "kafka", "%s", words);
}

/* --- the client's statistics as metrics --- */

struct brokers {
    double up;
    double others;
    double retries;
    double timeouts;
    double slowest_us;
};

static double number(const struct mr_json *object, const char *key)
{
    return mr_json_number(mr_json_get(object, key), 0);
}

static struct brokers sum_brokers(const struct mr_json *list)
{
    struct brokers sum = { 0 };

    for (size_t i = 0; i < mr_json_size(list); i++) {
        struct mr_span name;
        const struct mr_json *broker = mr_json_member(list, i, &name);
        double rtt_us = number(mr_json_get(broker, "rtt"), "avg");

        /* The addresses to begin with are not brokers. */
        if (number(broker, "nodeid") < 0)
            continue;
        if (mr_span_equal(mr_json_text(mr_json_get(broker, "state")),
                          mr_span_str("UP")))
            sum.up++;
        else
            sum.others++;
        sum.retries += number(broker, "txretries");
        sum.timeouts += number(broker, "req_timeouts");
        sum.slowest_us = rtt_us > sum.slowest_us ? rtt_us : sum.slowest_us;
    }
    return sum;
}

static void take_statistics(void *context, struct mr_span text)
{
    struct engine *engine = context;
    struct mr_telemetry *telemetry = engine->telemetry;
    struct mr_json *json;
    struct brokers brokers;

    if (mr_json_parse(text, &json, NULL) != MR_OK)
        return;
    brokers = sum_brokers(mr_json_get(json, "brokers"));
    mr_gauge(telemetry, MR_M_KAFKA_BROKERS, "up", NULL, brokers.up);
    mr_gauge(telemetry, MR_M_KAFKA_BROKERS, "other", NULL, brokers.others);
    mr_gauge(telemetry, MR_M_KAFKA_QUEUED, NULL, NULL, number(json, "msg_cnt"));
    mr_gauge(telemetry, MR_M_KAFKA_SENT, NULL, NULL, number(json, "tx_bytes"));
    mr_gauge(telemetry, MR_M_KAFKA_RETRIES, NULL, NULL, brokers.retries);
    mr_gauge(telemetry, MR_M_KAFKA_TIMEOUTS, NULL, NULL, brokers.timeouts);
    mr_gauge(telemetry, MR_M_KAFKA_ROUND_TRIP, NULL, NULL,
             brokers.slowest_us / 1e6);
    mr_json_free(json);
}

static enum mr_code open_kafka(struct engine *engine, struct mr_err *err)
{
    const struct engine_kafka *options = &engine->options.kafka;
    struct mr_kafka_spec spec = {
        .brokers = options->brokers,
        .prefix = options->prefix,
        .replication = options->replication,
        .store = mr_rocksdb_store(engine->log),
        .clock = mr_system_clock_port(engine->clock),
        .log = take_words,
        .log_context = engine,
        .statistics = take_statistics,
    };
    enum mr_code code = read_settings(engine, &spec, err);

    if (code == MR_OK)
        code = mr_kafka_open(&spec, &engine->kafka, err);
    return code;
}

enum mr_code engine_open_bus(struct engine *engine, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    if (engine->options.kafka.used)
        code = engine_make_folder(engine_path(engine, "kafka"), err);
    if (code == MR_OK)
        code = open_local(engine, err);
    if (code != MR_OK || !engine->options.kafka.used) {
        engine->bus = code == MR_OK ? mr_rocksdb_bus(engine->log) : NULL;
        engine->store = code == MR_OK ? mr_rocksdb_store(engine->log) : NULL;
        return code;
    }
    code = open_kafka(engine, err);
    if (code != MR_OK)
        return code;
    engine->bus = mr_kafka_bus(engine->kafka);
    engine->store = mr_kafka_store(engine->kafka);
    return MR_OK;
}

void engine_close_bus(struct engine *engine)
{
    mr_kafka_close(engine->kafka);
    mr_rocksdb_close(engine->log);
}

static enum mr_code find_foreign(void *context, const char *name,
                                 mr_topic_id *topic, uint32_t *partitions,
                                 struct mr_err *err)
{
    struct engine *engine = context;

    return mr_kafka_foreign(engine->kafka, name, topic, partitions, err);
}

static enum mr_code forget_group(void *context, const char *group,
                                 struct mr_err *err)
{
    struct engine *engine = context;

    return mr_kafka_forget_group(engine->kafka, group, err);
}

void engine_offer_topics(const struct engine *engine,
                         struct ingestor_spec *spec)
{
    if (engine->kafka == NULL)
        return;
    spec->foreign = find_foreign;
    spec->forget_group = forget_group;
}

/* An index is of one topic: made again, it is another. */
char *engine_index_name(struct engine *engine)
{
    const struct mr_place *place = &engine->place;
    char *name = mr_arena_printf(engine->arena, "%s.%u.%s", place->collection,
                                 place->generation, place->model);

    if (engine->kafka == NULL)
        return name;
    return mr_arena_printf(
        engine->arena, "%s.%s", name,
        mr_kafka_topic_uuid(engine->kafka, place->topics[MR_TOPIC_DOCUMENTS]));
}
