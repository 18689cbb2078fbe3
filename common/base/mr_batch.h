// SPDX-License-Identifier: Apache-2.0
/*
 * mr_batch.h - changes to a store, collected to be written in one step.
 *
 * A plain list of puts, deletes and range deletes, in the order in which they
 * are to be applied.  Spaces are named by the store, see ports/store.h.
 *
 * Memory:  copies keys and values.
 * Threads: one at a time.
 * I/O:     none.
 */
#ifndef COMMON_BASE_MR_BATCH_H
#define COMMON_BASE_MR_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"

enum mr_batch_kind {
    MR_BATCH_PUT,
    MR_BATCH_DELETE,
    MR_BATCH_DELETE_RANGE, /* keys from `key` up to, not with, `value` */
};

struct mr_batch_op {
    enum mr_batch_kind kind;
    uint32_t space;
    struct mr_span key;
    struct mr_span value;
};

struct mr_batch;

struct mr_batch *mr_batch_new(void);

/* NULL does nothing. */
void mr_batch_free(struct mr_batch *batch);

/* Empty again, memory kept. */
void mr_batch_reset(struct mr_batch *batch);

void mr_batch_put(struct mr_batch *batch, uint32_t space, struct mr_span key,
                  struct mr_span value);
void mr_batch_delete(struct mr_batch *batch, uint32_t space,
                     struct mr_span key);
void mr_batch_delete_range(struct mr_batch *batch, uint32_t space,
                           struct mr_span from, struct mr_span to);

size_t mr_batch_count(const struct mr_batch *batch);

/* Of keys and values, about. */
size_t mr_batch_bytes(const struct mr_batch *batch);

/* Operation `nth`, counted from 0; borrowed (until reset or free). */
const struct mr_batch_op *mr_batch_at(const struct mr_batch *batch, size_t nth);

#endif
