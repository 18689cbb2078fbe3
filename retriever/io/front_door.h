// SPDX-License-Identifier: Apache-2.0
/*
 * front_door.h - the one way by which a document enters through HTTP: an
 * append to `raw`, and waiting for what becomes of it.
 *
 * A token names a version of a document: "<version in hex>-<id>".
 *
 * Threads: any.
 * I/O:     the bus (synced), the blob store.
 */
#ifndef RETRIEVER_IO_FRONT_DOOR_H
#define RETRIEVER_IO_FRONT_DOOR_H

#include "common/runtime/place.h"
#include "common/wire/raw.h"
#include "indexer/peer.h"

enum front_door_fate {
    FRONT_DOOR_PENDING,    /* the deadline came first */
    FRONT_DOOR_DONE,       /* what `record` says */
    FRONT_DOOR_SUPERSEDED, /* something newer of the id came */
};

/* Appends, with the traceparent of who asks or an absent span, and gives the
 * version.  MR_E_INVALID: an id that is empty or too long, or that is not
 * UTF-8. */
MR_MUST_CHECK enum mr_code front_door_append(
    const struct mr_place *place, struct mr_raw *raw, struct mr_span trace,
    struct mr_arena *arena, uint64_t *version, struct mr_err *err);

/* Waits until the shard has it, with `dense` in every mode. */
MR_MUST_CHECK enum mr_code front_door_wait(
    struct index_peer *peer, struct mr_span id, uint64_t version, bool dense,
    int wait_ms, struct mr_arena *arena, enum front_door_fate *fate,
    struct shard_record *record, struct mr_err *err);

char *front_door_token(struct mr_arena *arena, struct mr_span id,
                       uint64_t version);

/* False for what is no token. */
bool front_door_token_parse(struct mr_span token, struct mr_span *id,
                            uint64_t *version);

#endif
