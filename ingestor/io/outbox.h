// SPDX-License-Identifier: Apache-2.0
/*
 * outbox.h - what a source appends to `raw`, and the state that follows it.
 *
 * Records and changes of state are collected; a flush appends the records in
 * one synced call, waits for the acknowledgement, and only then writes the
 * state.  So a death in between makes the source send something twice, which
 * changes nothing, and never forget to send it.
 *
 * A bus or disk that fails for a time is waited for, until told to stop; so
 * is the index, while more is on its way to it than the spec allows, and room
 * on the disk.
 *
 * Memory:  OUTBOX_BYTES_MAX and one record.
 * Threads: one at a time.
 * I/O:     the bus, the blob store, the store.
 */
#ifndef INGESTOR_IO_OUTBOX_H
#define INGESTOR_IO_OUTBOX_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/base/mr_batch.h"
#include "common/runtime/place.h"
#include "common/wire/raw.h"
#include "ingestor/io/progress.h"

#define OUTBOX_RECORDS_MAX 512u
#define OUTBOX_BYTES_MAX   ((size_t)8 * 1024 * 1024)
#define OUTBOX_CHANGES_MAX 20000u
/* What was added waits no longer than this for more. */
#define OUTBOX_WAIT_US 200000

struct outbox_spec {
    const struct mr_place *place;
    struct progress *progress;
    const char *source; /* of the records */
    uint32_t rank;
    const atomic_bool *stop;
    uint64_t (*keyword_lag)(void *context); /* as in ingestor.h */
    uint64_t keyword_lag_max;
    enum mr_code (*may_write)(void *context, struct mr_err *err);
    void *context;
};

struct outbox;

/* Borrows what the spec points to. */
struct outbox *outbox_new(const struct outbox_spec *spec);

/* What was not flushed is lost.  NULL does nothing. */
void outbox_free(struct outbox *outbox);

/* Adds a put, flushing first when there is no room; source, rank and lane are
 * filled in, the body is borrowed for the call.  MR_E_INVALID, MR_E_LIMIT: it
 * is no record, nothing was added.  MR_E_CANCELLED: told to stop. */
MR_MUST_CHECK enum mr_code outbox_put(struct outbox *outbox, struct mr_raw *raw,
                                      struct mr_err *err);

/* Ends of the partitions of `raw` when a sweep begins, one a partition of the
 * place. */
MR_MUST_CHECK enum mr_code outbox_ends(const struct mr_place *place,
                                       uint64_t *ends, struct mr_err *err);

/* Adds a sweep's delete of what is older than `ends`. */
MR_MUST_CHECK enum mr_code outbox_delete(struct outbox *outbox,
                                         struct mr_span id,
                                         const uint64_t *ends,
                                         struct mr_err *err);

/* Changes that are to be written when all that was added is appended. */
struct mr_batch *outbox_state(struct outbox *outbox);

/* Whether it is time for a flush. */
bool outbox_is_due(const struct outbox *outbox);

/* MR_E_CANCELLED: told to stop before the bus took it. */
MR_MUST_CHECK enum mr_code outbox_flush(struct outbox *outbox,
                                        struct mr_err *err);

/* Waits while too much is on its way to the index, or while nothing may be
 * written, which is then told.  MR_E_CANCELLED: told to
 * stop. */
MR_MUST_CHECK enum mr_code outbox_hold(struct outbox *outbox,
                                       struct mr_err *err);

/* Whether outbox_hold() would wait. */
bool outbox_is_held(const struct outbox *outbox);

#endif
