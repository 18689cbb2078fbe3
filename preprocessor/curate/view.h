// SPDX-License-Identifier: Apache-2.0
/*
 * view.h - the state that curation reads and changes, whatever holds it.
 *
 * In the stage it is the state of the worker and its effects; in tests a
 * sorted array.  A read sees what was written before it; a visitor of a scan
 * writes nothing.
 *
 * Memory:  what get() gives, and what the pure parts build, lives in `arena`
 *          until the end of the step; keys and values of a scan for the call.
 * Threads: one at a time.
 * I/O:     that of what holds it.
 */
#ifndef PREPROCESSOR_CURATE_VIEW_H
#define PREPROCESSOR_CURATE_VIEW_H

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"
#include "common/ports/store.h"

/* The spaces of curate's state. */
enum curate_space {
    CURATE_RECORDS,  /* id -> record.h */
    CURATE_BUCKETS,  /* bucket.h */
    CURATE_CHILDREN, /* a canonical -> its duplicates, bucket.h */
    CURATE_QUEUE,    /* queue.h */
    CURATE_META,     /* "policy" -> the fingerprint judged by */
    CURATE_SPACE_COUNT,
};

struct curate_view;

struct curate_view_ops {
    enum mr_code (*get)(struct curate_view *view, enum curate_space space,
                        struct mr_span key, struct mr_span *out,
                        struct mr_err *err);
    enum mr_code (*scan)(struct curate_view *view, enum curate_space space,
                         struct mr_range range, mr_store_visit *visit,
                         void *context, struct mr_err *err);
    void (*put)(struct curate_view *view, enum curate_space space,
                struct mr_span key, struct mr_span value);
    void (*del)(struct curate_view *view, enum curate_space space,
                struct mr_span key);
};

struct curate_view {
    const struct curate_view_ops *ops;
    struct mr_arena *arena;
};

/* The value of a key; an absent span when there is none. */
MR_MUST_CHECK static inline enum mr_code view_get(struct curate_view *view,
                                                  enum curate_space space,
                                                  struct mr_span key,
                                                  struct mr_span *out,
                                                  struct mr_err *err)
{
    return view->ops->get(view, space, key, out, err);
}

/* Visits a range in rising order of keys. */
MR_MUST_CHECK static inline enum mr_code view_scan(
    struct curate_view *view, enum curate_space space, struct mr_range range,
    mr_store_visit *visit, void *context, struct mr_err *err)
{
    return view->ops->scan(view, space, range, visit, context, err);
}

static inline void view_put(struct curate_view *view, enum curate_space space,
                            struct mr_span key, struct mr_span value)
{
    view->ops->put(view, space, key, value);
}

static inline void view_delete(struct curate_view *view,
                               enum curate_space space, struct mr_span key)
{
    view->ops->del(view, space, key);
}

/*
 * The keys from `from` up to, not with, `to`, at most `max` of them, without
 * their first `skip` bytes, into *out (room for `max`).  Gives how many.
 */
MR_MUST_CHECK enum mr_code view_keys(struct curate_view *view,
                                     enum curate_space space,
                                     struct mr_range range, size_t skip,
                                     size_t max, struct mr_span *out,
                                     size_t *count, struct mr_err *err);

/* The smallest key that begins with no `prefix`; absent: there is none. */
struct mr_span view_past_prefix(struct mr_span prefix, struct mr_arena *arena);

/* The smallest key behind `key`. */
struct mr_span view_past_key(struct mr_span key, struct mr_arena *arena);

/* `head` as 8 bytes big-endian, then `tail`, in `arena`. */
struct mr_span view_key(uint64_t head, struct mr_span tail,
                        struct mr_arena *arena);

#endif
