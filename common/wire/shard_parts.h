// SPDX-License-Identifier: Apache-2.0
/*
 * shard_parts.h - what requests to shards and their replies have in common.
 * Private to common/wire; as parts.h.
 *
 * Memory: see parts.h.  Threads: one arena, one at a time.  I/O: none.
 */
#ifndef COMMON_WIRE_SHARD_PARTS_H
#define COMMON_WIRE_SHARD_PARTS_H

#include "common/wire/check.h"
#include "common/wire/parts.h"
#include "common/wire/shard.h"
#include "proto/shard.pb-c.h"

void mr_wire_check_place(struct mr_wire_check *c,
                         const struct mr_shard_place *place);

/* Into a message that lies somewhere. */
void mr_wire_put_place(const struct mr_shard_place *place,
                       Millrace__ShardPlace *message);
struct mr_shard_place mr_wire_get_place(const Millrace__ShardPlace *message);

/* A list of texts. */
ProtobufCBinaryData *mr_wire_put_texts(struct mr_arena *arena,
                                       const struct mr_span *texts,
                                       size_t count);
struct mr_span *mr_wire_get_texts(struct mr_arena *arena,
                                  const ProtobufCBinaryData *list,
                                  size_t count);
void mr_wire_check_texts(struct mr_wire_check *c, const char *what,
                         const struct mr_span *texts, size_t count, size_t max);

#endif
