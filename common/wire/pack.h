// SPDX-License-Identifier: Apache-2.0
/*
 * pack.h - bytes to a protobuf-c message and back.  Private to common/wire.
 *
 * Bytes are believed in four steps: their size; the major version, which they
 * begin with; one walk over all fields without allocating, see walk.h; only
 * then protobuf-c unpacks them, from an allocator with a limit.
 *
 * Memory:  messages live in the arena and are never freed by protobuf-c.
 * Threads: one arena, one at a time.
 * I/O:     none.
 */
#ifndef COMMON_WIRE_PACK_H
#define COMMON_WIRE_PACK_H

#include <protobuf-c/protobuf-c.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"
#include "common/wire/check.h"

/*
 * The message as protobuf-c's struct of `descriptor`, or NULL with the reason
 * in `c`: MR_E_LIMIT, MR_E_CORRUPT, or MR_E_CONFIG for a higher major.
 */
void *mr_wire_unpack(struct mr_wire_check *c,
                     const ProtobufCMessageDescriptor *descriptor,
                     struct mr_span bytes, struct mr_arena *arena);

/* MR_E_LIMIT: more than MR_VALUE_BYTES_MAX. */
MR_MUST_CHECK enum mr_code mr_wire_pack(struct mr_wire_check *c,
                                        const ProtobufCMessage *message,
                                        struct mr_arena *arena,
                                        struct mr_span *out);

/* As those, for what is no record: with a limit of its own. */
void *mr_wire_unpack_max(struct mr_wire_check *c,
                         const ProtobufCMessageDescriptor *descriptor,
                         struct mr_span bytes, size_t max,
                         struct mr_arena *arena);
MR_MUST_CHECK enum mr_code mr_wire_pack_max(struct mr_wire_check *c,
                                            const ProtobufCMessage *message,
                                            size_t max, struct mr_arena *arena,
                                            struct mr_span *out);

#endif
