// SPDX-License-Identifier: Apache-2.0
/*
 * store.h - the port to ordered keys and values on the local machine.
 *
 * A store has named spaces; in a space keys are ordered as bytes.  A stage's
 * state is written only through the commit of its reader (ports/bus.h);
 * mr_store_write() is for what needs no bus: the records of a shard, the
 * frontier of a crawl.
 *
 * Contract, held by every backend and tested by tests/contract/:
 *   - A write or commit is applied whole or not at all, also over kill -9.
 *   - A read sees every write that returned before it began.
 *   - A scan sees the store as it was when the scan began.
 *
 * Memory:  what is handed out lives in the caller's arena, or for the call of
 *          a visitor.
 * Threads: any.
 * I/O:     that of the backend.
 */
#ifndef COMMON_PORTS_STORE_H
#define COMMON_PORTS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_batch.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

#define MR_SPACE_NAME_MAX 200u

typedef uint32_t mr_space_id;

/* Called for each pair in order; the spans are borrowed for the call.  A code
 * other than MR_OK ends the scan with it; *stop ends it with MR_OK. */
typedef enum mr_code mr_store_visit(void *context, struct mr_span key,
                                    struct mr_span value, bool *stop,
                                    struct mr_err *err);

/* Keys from `from` (absent: the first) up to, not with, `to` (absent: past
 * the last). */
struct mr_range {
    struct mr_span from;
    struct mr_span to;
};

struct mr_store;

struct mr_store_ops {
    enum mr_code (*space)(struct mr_store *store, const char *name,
                          mr_space_id *out, struct mr_err *err);
    enum mr_code (*get)(struct mr_store *store, mr_space_id space,
                        struct mr_span key, struct mr_arena *arena,
                        struct mr_span *out, struct mr_err *err);
    enum mr_code (*scan)(struct mr_store *store, mr_space_id space,
                         struct mr_range range, mr_store_visit *visit,
                         void *context, struct mr_err *err);
    enum mr_code (*write)(struct mr_store *store, const struct mr_batch *batch,
                          bool sync, struct mr_err *err);
};

struct mr_store {
    const struct mr_store_ops *ops;
};

/* The id of a space, made when it is new; the same over restarts. */
MR_MUST_CHECK static inline enum mr_code mr_store_space(struct mr_store *store,
                                                        const char *name,
                                                        mr_space_id *out,
                                                        struct mr_err *err)
{
    return store->ops->space(store, name, out, err);
}

/* The value of a key into `arena`; an absent span when there is none. */
MR_MUST_CHECK static inline enum mr_code mr_store_get(
    struct mr_store *store, mr_space_id space, struct mr_span key,
    struct mr_arena *arena, struct mr_span *out, struct mr_err *err)
{
    return store->ops->get(store, space, key, arena, out, err);
}

/* Visits the pairs of a range in rising order of keys. */
MR_MUST_CHECK static inline enum mr_code mr_store_scan(
    struct mr_store *store, mr_space_id space, struct mr_range range,
    mr_store_visit *visit, void *context, struct mr_err *err)
{
    return store->ops->scan(store, space, range, visit, context, err);
}

/* Applies the batch in one step; with `sync` it survives a power cut. */
MR_MUST_CHECK static inline enum mr_code mr_store_write(
    struct mr_store *store, const struct mr_batch *batch, bool sync,
    struct mr_err *err)
{
    return store->ops->write(store, batch, sync, err);
}

#endif
