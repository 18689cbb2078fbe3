// SPDX-License-Identifier: Apache-2.0
/*
 * foreign_parts.h - the inside of a topic's source.  Private to foreign*.c.
 */
#ifndef INGESTOR_FOREIGN_IO_FOREIGN_PARTS_H
#define INGESTOR_FOREIGN_IO_FOREIGN_PARTS_H

#include "common/runtime/worker.h"
#include "ingestor/foreign/io/foreign.h"
#include "ingestor/foreign/io/foreign_stage.h"
#include "ingestor/foreign/protobuf.h"
#include "ingestor/io/meta.h"
#include "ingestor/io/outbox.h"

struct foreign {
    struct foreign_spec spec;
    const struct mr_place *place;
    struct mr_arena *arena;
    struct foreign_map map;
    struct proto_schema *schema;
    struct mr_stage_foreign topic;
    uint32_t partitions;
    struct foreign_stage *stage; /* the worker's */
    struct mr_worker *worker;
    struct outbox *outbox; /* only to be held by it */
    mr_space_id meta_space;
    struct source_meta meta;
    unsigned tries; /* failures in a row */
    int64_t lag_at_us;
    int64_t looked_at_us;
    _Atomic uint64_t lag;
};

/* Without topic and worker. */
struct foreign *foreign_allocate(const struct foreign_spec *spec);

void foreign_name_group(struct foreign *foreign);

MR_MUST_CHECK enum mr_code foreign_open_worker(
    struct foreign *foreign, const struct foreign_stage_spec *stage,
    uint32_t partitions, struct mr_err *err);

#endif
