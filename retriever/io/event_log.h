// SPDX-License-Identifier: Apache-2.0
/*
 * event_log.h - what was asked and said, onto the topic `events`.
 *
 * An event that somebody is given the id of (an answer, a rating) is appended
 * before its id goes out.  A query is appended by a thread of the log's own,
 * so that no query waits for the disk: up to EVENT_LOG_QUEUE_MAX of them are
 * lost when the process is killed, and none when it ends by itself.  When the
 * queue is full, queries wait; while nothing can be written, what comes beyond
 * the queue is dropped, and told how much once something can.
 *
 * Memory:  at most EVENT_LOG_QUEUE_MAX encoded events.
 * Threads: any; one of its own.
 * I/O:     the bus.
 */
#ifndef RETRIEVER_IO_EVENT_LOG_H
#define RETRIEVER_IO_EVENT_LOG_H

#include "common/runtime/place.h"
#include "common/runtime/telemetry.h"
#include "common/wire/event.h"

#define EVENT_LOG_QUEUE_MAX 1024u
#define EVENT_ID_SIZE       33u

struct event_log;

MR_MUST_CHECK enum mr_code event_log_new(const struct mr_place *place,
                                         struct mr_telemetry *telemetry,
                                         struct event_log **out,
                                         struct mr_err *err);

/* Writes out what is queued.  NULL does nothing. */
void event_log_free(struct event_log *log);

/* A new id in hexadecimal, and a zero: 48 bits of time, by which it is found
 * (event_find.h), and 80 random ones, by which nobody guesses it. */
void event_log_id(int64_t time_ms, char out[EVENT_ID_SIZE]);

/* The time of an id; false: it is none. */
bool event_log_id_time(struct mr_span id, int64_t *time_ms);

/* Appends now; MR_OK: it survives a power cut.  A prompt with which the event
 * is too long for a message is left out: its hits tell what it was made of. */
MR_MUST_CHECK enum mr_code event_log_append(struct event_log *log,
                                            const struct mr_event *event,
                                            struct mr_arena *arena,
                                            struct mr_err *err);

/* Appends soon. */
MR_MUST_CHECK enum mr_code event_log_queue(struct event_log *log,
                                           const struct mr_event *event,
                                           struct mr_arena *arena,
                                           struct mr_err *err);

#endif
