// SPDX-License-Identifier: Apache-2.0
/*
 * telemetry.c - see telemetry.h.
 *
 * One lock guards all families: workers count once a batch, servers a few
 * times a request.  A line is built on the stack and written by one write(),
 * so that lines of several threads never mix.
 */
#include "common/runtime/telemetry.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/json/json.h"
#include "common/runtime/telemetry_family.h"

#define MESSAGE_BYTES_MAX 1024u
#define LINE_BYTES_MAX    (size_t)(8 * MESSAGE_BYTES_MAX)

struct event_row {
    const char *name;
    enum mr_level level;
    const char *counter;
    const char *help;
};

struct metric_row {
    const char *name;
    enum mr_family_kind kind;
    const char *labels;
    const char *help;
};

static const struct event_row event_rows[] = {
#define MR_EVENT(symbol, name, level, counter, help) \
    [MR_EV_##symbol] = { name, MR_LEVEL_##level, counter, help },
#define MR_METRIC(symbol, name, kind, labels, help)
#include "common/runtime/telemetry.def"
#undef MR_EVENT
#undef MR_METRIC
};

static const struct metric_row metric_rows[] = {
#define MR_EVENT(symbol, name, level, counter, help)
#define MR_METRIC(symbol, name, kind, labels, help) \
    [MR_M_##symbol] = { name, MR_FAMILY_##kind, labels, help },
#include "common/runtime/telemetry.def"
#undef MR_EVENT
#undef MR_METRIC
};

static const char *const level_names[] = { "debug", "info", "warn", "error" };
static const char *const level_colours[] = { "\033[2m", "\033[32m", "\033[33m",
                                             "\033[31m" };

struct mr_telemetry {
    struct mr_telemetry_spec spec;
    bool colour;
    pthread_mutex_t lock; /* over the families */
    struct mr_family metrics[MR_M_COUNT];
    struct mr_family events[MR_EV_COUNT];
};

struct mr_telemetry *mr_telemetry_new(const struct mr_telemetry_spec *spec)
{
    struct mr_telemetry *telemetry = mr_calloc(1, sizeof(*telemetry));

    MR_ASSERT(spec->clock != NULL);
    telemetry->spec = *spec;
    telemetry->colour = spec->human && spec->fd >= 0 && isatty(spec->fd) != 0;
    (void)pthread_mutex_init(&telemetry->lock, NULL);
    for (size_t i = 0; i < MR_M_COUNT; i++)
        mr_family_init(&telemetry->metrics[i], metric_rows[i].kind,
                       metric_rows[i].name, metric_rows[i].labels,
                       metric_rows[i].help);
    for (size_t i = 0; i < MR_EV_COUNT; i++)
        mr_family_init(&telemetry->events[i], MR_FAMILY_COUNTER,
                       event_rows[i].counter, "part", event_rows[i].help);
    return telemetry;
}

void mr_telemetry_free(struct mr_telemetry *telemetry)
{
    if (telemetry == NULL)
        return;
    for (size_t i = 0; i < MR_M_COUNT; i++)
        mr_family_deinit(&telemetry->metrics[i]);
    for (size_t i = 0; i < MR_EV_COUNT; i++)
        mr_family_deinit(&telemetry->events[i]);
    (void)pthread_mutex_destroy(&telemetry->lock);
    mr_free(telemetry);
}

/* What comes from outside must not steer a terminal or end the line. */
static void put_harmless(struct mr_buf *line, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        uint8_t byte = (uint8_t)*at;

        mr_buf_byte(line, byte < 0x20 || byte == 0x7F ? ' ' : byte);
    }
}

static void human_line(const struct mr_telemetry *telemetry, int64_t wall_ms,
                       enum mr_level level, const char *part,
                       const char *message, struct mr_buf *line)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm local;

    (void)localtime_r(&seconds, &local);
    mr_buf_printf(line, "%02d:%02d:%02d %s%-5s%s ", local.tm_hour, local.tm_min,
                  local.tm_sec, telemetry->colour ? level_colours[level] : "",
                  level_names[level], telemetry->colour ? "\033[0m" : "");
    if (part != NULL) {
        put_harmless(line, part);
        mr_buf_str(line, ": ");
    }
    put_harmless(line, message);
}

static void json_line(int64_t wall_ms, const struct event_row *row,
                      const char *part, const char *message,
                      struct mr_buf *line)
{
    struct mr_json_out out = mr_json_out(line);
    time_t seconds = (time_t)(wall_ms / 1000);
    char stamp[64];
    struct tm utc;
    size_t size;

    (void)gmtime_r(&seconds, &utc);
    size = strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(stamp + size, sizeof(stamp) - size, ".%03dZ",
                   (int)(wall_ms % 1000));
    mr_json_object_begin(&out);
    mr_json_key(&out, "time");
    mr_json_put_str(&out, stamp);
    mr_json_key(&out, "level");
    mr_json_put_str(&out, level_names[row->level]);
    mr_json_key(&out, "event");
    mr_json_put_str(&out, row->name);
    if (part != NULL) {
        mr_json_key(&out, "stage");
        mr_json_put_str(&out, part);
    }
    mr_json_key(&out, "message");
    mr_json_put_str(&out, message);
    mr_json_object_end(&out);
}

static void write_line(const struct mr_telemetry *telemetry,
                       const struct event_row *row, const char *part,
                       const char *message)
{
    int64_t wall_ms = mr_clock_wall_ms(telemetry->spec.clock);
    struct mr_buf line = mr_buf(LINE_BYTES_MAX);
    ssize_t written;

    if (telemetry->spec.human)
        human_line(telemetry, wall_ms, row->level, part, message, &line);
    else
        json_line(wall_ms, row, part, message, &line);
    mr_buf_byte(&line, '\n');
    /* A log that nobody can write to is no reason to stop the work. */
    written = write(telemetry->spec.fd, line.data, line.size);
    (void)written;
    mr_buf_deinit(&line);
}

void mr_log(struct mr_telemetry *telemetry, enum mr_log_event event,
            const char *part, const char *fmt, ...)
{
    const struct event_row *row = &event_rows[event];
    char message[MESSAGE_BYTES_MAX];
    va_list args;

    MR_ASSERT(event < MR_EV_COUNT);
    if (telemetry == NULL)
        return;
    if (row->counter != NULL) {
        (void)pthread_mutex_lock(&telemetry->lock);
        mr_family_series(&telemetry->events[event], part, NULL)->value += 1;
        (void)pthread_mutex_unlock(&telemetry->lock);
    }
    if (telemetry->spec.fd < 0 || row->level < telemetry->spec.level)
        return;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    write_line(telemetry, row, part, message);
}

enum change {
    CHANGE_ADD,
    CHANGE_SET,
    CHANGE_OBSERVE,
};

static void change(struct mr_telemetry *telemetry, enum mr_metric metric,
                   const char *a, const char *b, enum change how, double value)
{
    struct mr_series *series;

    MR_ASSERT(metric < MR_M_COUNT);
    if (telemetry == NULL)
        return;
    (void)pthread_mutex_lock(&telemetry->lock);
    series = mr_family_series(&telemetry->metrics[metric], a, b);
    if (how == CHANGE_OBSERVE)
        mr_series_observe(series, value);
    else
        series->value = how == CHANGE_ADD ? series->value + value : value;
    (void)pthread_mutex_unlock(&telemetry->lock);
}

void mr_count(struct mr_telemetry *telemetry, enum mr_metric metric,
              const char *a, const char *b, double add)
{
    MR_ASSERT(metric_rows[metric].kind == MR_FAMILY_COUNTER && add >= 0);

    change(telemetry, metric, a, b, CHANGE_ADD, add);
}

void mr_gauge(struct mr_telemetry *telemetry, enum mr_metric metric,
              const char *a, const char *b, double value)
{
    MR_ASSERT(metric_rows[metric].kind == MR_FAMILY_GAUGE);

    change(telemetry, metric, a, b, CHANGE_SET, value);
}

void mr_gauge_add(struct mr_telemetry *telemetry, enum mr_metric metric,
                  const char *a, const char *b, double add)
{
    MR_ASSERT(metric_rows[metric].kind == MR_FAMILY_GAUGE);

    change(telemetry, metric, a, b, CHANGE_ADD, add);
}

void mr_observe(struct mr_telemetry *telemetry, enum mr_metric metric,
                const char *a, const char *b, double seconds)
{
    MR_ASSERT(metric_rows[metric].kind == MR_FAMILY_HISTOGRAM);

    change(telemetry, metric, a, b, CHANGE_OBSERVE, seconds);
}

void mr_telemetry_expose(struct mr_telemetry *telemetry, struct mr_buf *out)
{
    if (telemetry == NULL)
        return;
    (void)pthread_mutex_lock(&telemetry->lock);
    for (size_t i = 0; i < MR_M_COUNT; i++)
        mr_family_expose(&telemetry->metrics[i], out);
    for (size_t i = 0; i < MR_EV_COUNT; i++)
        mr_family_expose(&telemetry->events[i], out);
    (void)pthread_mutex_unlock(&telemetry->lock);
}
