// SPDX-License-Identifier: Apache-2.0
/*
 * event_log.c - see event_log.h.
 */
#include "retriever/io/event_log.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"

#define RETRY_MS 1000
/* Of an id; milliseconds since 1970 for another 8,900 years. */
#define TIME_BYTES 6u

struct queued {
    uint8_t *value;
    size_t size;
    char id[EVENT_ID_SIZE];
};

struct event_log {
    const struct mr_place *place;
    struct mr_telemetry *telemetry;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    pthread_cond_t emptied;
    struct queued queue[EVENT_LOG_QUEUE_MAX];
    size_t head;
    size_t count;
    uint64_t dropped; /* since the last write that worked */
    bool failing;     /* the last write failed */
    bool ending;
};

static enum mr_code append(const struct mr_place *place,
                           const struct queued *events, size_t count,
                           struct mr_err *err)
{
    struct mr_record *records = mr_calloc(count, sizeof(*records));
    enum mr_code code;

    for (size_t i = 0; i < count; i++)
        records[i] = (struct mr_record){
            .topic = place->topics[MR_TOPIC_EVENTS],
            .partition = MR_PARTITION_BY_KEY,
            .key = mr_span_str(events[i].id),
            .value = mr_span(events[i].value, events[i].size),
        };
    code = mr_bus_append(place->bus, records, count, err);
    mr_free(records);
    return code;
}

/* Takes all that is queued; waits for something, or gives 0 at the end. */
static size_t take(struct event_log *log, struct queued *out)
{
    size_t count;

    (void)pthread_mutex_lock(&log->mutex);
    while (log->count == 0 && !log->ending)
        (void)pthread_cond_wait(&log->filled, &log->mutex);
    count = log->count;
    for (size_t i = 0; i < count; i++)
        out[i] = log->queue[(log->head + i) % EVENT_LOG_QUEUE_MAX];
    log->head = (log->head + count) % EVENT_LOG_QUEUE_MAX;
    log->count = 0;
    (void)pthread_cond_broadcast(&log->emptied);
    (void)pthread_mutex_unlock(&log->mutex);
    return count;
}

static bool is_ending(struct event_log *log)
{
    bool ending;

    (void)pthread_mutex_lock(&log->mutex);
    ending = log->ending;
    (void)pthread_mutex_unlock(&log->mutex);
    return ending;
}

/* Queries that wait for room are let go when there will be none soon. */
static void note_result(struct event_log *log, bool failing)
{
    uint64_t dropped = 0;

    (void)pthread_mutex_lock(&log->mutex);
    log->failing = failing;
    if (failing) {
        (void)pthread_cond_broadcast(&log->emptied);
    } else {
        dropped = log->dropped;
        log->dropped = 0;
    }
    (void)pthread_mutex_unlock(&log->mutex);
    if (dropped > 0)
        mr_log(log->telemetry, MR_EV_EVENTS_FAILED, "retriever",
               "%llu events were dropped while none could be written",
               (unsigned long long)dropped);
}

/* Until it is written, or the process ends; the first failure is logged. */
static void write_out(struct event_log *log, const struct queued *events,
                      size_t count)
{
    struct mr_err err = { 0 };
    bool told = false;

    while (append(log->place, events, count, &err) != MR_OK) {
        if (!told || is_ending(log))
            mr_log(log->telemetry, MR_EV_EVENTS_FAILED, "retriever",
                   "%zu events could not be written: %s", count, err.text);
        told = true;
        if (is_ending(log))
            return;
        note_result(log, true);
        mr_clock_sleep_ms(log->place->clock, RETRY_MS);
    }
    note_result(log, false);
}

static void *run(void *context)
{
    struct event_log *log = context;
    struct queued *events = mr_calloc(EVENT_LOG_QUEUE_MAX, sizeof(*events));
    size_t count;

    while ((count = take(log, events)) > 0) {
        write_out(log, events, count);
        for (size_t i = 0; i < count; i++)
            mr_free(events[i].value);
    }
    mr_free(events);
    return NULL;
}

enum mr_code event_log_new(const struct mr_place *place,
                           struct mr_telemetry *telemetry,
                           struct event_log **out, struct mr_err *err)
{
    struct event_log *log = mr_calloc(1, sizeof(*log));
    int error;

    *out = NULL;
    log->place = place;
    log->telemetry = telemetry;
    (void)pthread_mutex_init(&log->mutex, NULL);
    (void)pthread_cond_init(&log->filled, NULL);
    (void)pthread_cond_init(&log->emptied, NULL);
    error = pthread_create(&log->thread, NULL, run, log);
    if (error != 0) {
        mr_free(log);
        return mr_fail_errno(err, MR_E_UNAVAILABLE, error, "events: thread");
    }
    *out = log;
    return MR_OK;
}

void event_log_free(struct event_log *log)
{
    if (log == NULL)
        return;
    (void)pthread_mutex_lock(&log->mutex);
    log->ending = true;
    (void)pthread_cond_broadcast(&log->filled);
    (void)pthread_mutex_unlock(&log->mutex);
    (void)pthread_join(log->thread, NULL);
    (void)pthread_cond_destroy(&log->emptied);
    (void)pthread_cond_destroy(&log->filled);
    (void)pthread_mutex_destroy(&log->mutex);
    mr_free(log);
}

void event_log_id(int64_t time_ms, char out[EVENT_ID_SIZE])
{
    uint8_t bits[16];

    MR_ASSERT(getrandom(bits, sizeof(bits), 0) == (ssize_t)sizeof(bits));
    for (unsigned i = 0; i < TIME_BYTES; i++)
        bits[i] = (uint8_t)((uint64_t)time_ms >> (8 * (TIME_BYTES - 1 - i)));
    mr_hex(mr_span(bits, sizeof(bits)), out);
}

bool event_log_id_time(struct mr_span id, int64_t *time_ms)
{
    if (id.size != EVENT_ID_SIZE - 1)
        return false;
    *time_ms = 0;
    for (size_t i = 0; i < id.size; i++) {
        uint8_t digit = id.data[i];
        bool letter = digit >= 'a' && digit <= 'f';

        if (!letter && (digit < '0' || digit > '9'))
            return false;
        if (i < 2 * TIME_BYTES)
            *time_ms = *time_ms * 16 + digit - (letter ? 'a' - 10 : '0');
    }
    return true;
}

/* The event as bytes on the heap; without the prompt when it does not fit. */
static enum mr_code encode(const struct mr_event *event, struct mr_arena *arena,
                           struct queued *out, struct mr_err *err)
{
    struct mr_event shorter = *event;
    struct mr_span bytes;
    enum mr_code code = mr_event_encode(event, arena, &bytes, err);

    if (code == MR_E_LIMIT && event->prompt.size > 0) {
        shorter.prompt = (struct mr_span){ 0 };
        code = mr_event_encode(&shorter, arena, &bytes, err);
    }
    if (code != MR_OK)
        return code;
    MR_ASSERT(event->id.size == EVENT_ID_SIZE - 1);
    *out = (struct queued){ .value = mr_memdup(bytes.data, bytes.size),
                            .size = bytes.size };
    memcpy(out->id, event->id.data, EVENT_ID_SIZE - 1);
    return MR_OK;
}

enum mr_code event_log_append(struct event_log *log,
                              const struct mr_event *event,
                              struct mr_arena *arena, struct mr_err *err)
{
    struct queued one;
    enum mr_code code = encode(event, arena, &one, err);

    if (code != MR_OK)
        return code;
    code = append(log->place, &one, 1, err);
    mr_free(one.value);
    return code;
}

enum mr_code event_log_queue(struct event_log *log,
                             const struct mr_event *event,
                             struct mr_arena *arena, struct mr_err *err)
{
    struct queued one;
    enum mr_code code = encode(event, arena, &one, err);

    if (code != MR_OK)
        return code;
    (void)pthread_mutex_lock(&log->mutex);
    while (log->count == EVENT_LOG_QUEUE_MAX && !log->failing)
        (void)pthread_cond_wait(&log->emptied, &log->mutex);
    if (log->count == EVENT_LOG_QUEUE_MAX) {
        log->dropped++;
        mr_free(one.value);
    } else {
        log->queue[(log->head + log->count++) % EVENT_LOG_QUEUE_MAX] = one;
        (void)pthread_cond_signal(&log->filled);
    }
    (void)pthread_mutex_unlock(&log->mutex);
    return MR_OK;
}
