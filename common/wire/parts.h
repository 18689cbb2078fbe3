// SPDX-License-Identifier: Apache-2.0
/*
 * parts.h - what messages have in common, to protobuf-c's structs and back.
 * Private to common/wire.
 *
 * put: into what will be packed; it borrows the bytes of the plain struct and
 * takes the rest from the arena.  get: out of what was unpacked; spans point
 * into the message, arrays come from the arena.  Only shape is judged here (a
 * hash of 16 bytes); check.h judges values.
 *
 * Memory: see above.  Threads: one arena, one at a time.  I/O: none.
 */
#ifndef COMMON_WIRE_PARTS_H
#define COMMON_WIRE_PARTS_H

#include "common/base/mr_arena.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_span.h"
#include "common/wire/check.h"
#include "common/wire/clean.h"
#include "common/wire/types.h"
#include "proto/types.pb-c.h"

#define MR_WIRE_HASH_BYTES 16u

/* An absent span is written as an empty field, which reads as absent. */
ProtobufCBinaryData mr_wire_put(struct mr_span span);
struct mr_span mr_wire_get(ProtobufCBinaryData data);

ProtobufCBinaryData mr_wire_put_hash(struct mr_arena *arena,
                                     struct mr_hash128 hash);
struct mr_hash128 mr_wire_get_hash(struct mr_wire_check *c,
                                   ProtobufCBinaryData data);

/*
 * The text of an error or a measured value as it may be sent: cut to `max`
 * bytes, and what is not UTF-8 replaced by "?", so that telling of a failure
 * never fails.
 */
struct mr_span mr_wire_words(struct mr_arena *arena, struct mr_span text,
                             size_t max);

/* A payload that is always there: an absent one becomes an empty one. */
struct mr_payload mr_wire_present(struct mr_payload payload);

/* The pairs in order of their keys; a copy if they are not yet. */
struct mr_pairs mr_wire_sorted(struct mr_arena *arena, struct mr_pairs pairs);

/* NULL for everybody's. */
Millrace__Access *mr_wire_put_access(struct mr_arena *arena,
                                     const struct mr_access *access);
struct mr_access mr_wire_get_access(struct mr_arena *arena,
                                    const Millrace__Access *message);

Millrace__Pair **mr_wire_put_pairs(struct mr_arena *arena,
                                   const struct mr_pairs *pairs);
struct mr_pairs mr_wire_get_pairs(struct mr_arena *arena, Millrace__Pair **list,
                                  size_t count);

Millrace__Signal **mr_wire_put_signals(struct mr_arena *arena,
                                       const struct mr_signals *signals);
struct mr_signals mr_wire_get_signals(struct mr_arena *arena,
                                      Millrace__Signal **list, size_t count);

/* NULL for one that is neither here nor in the blob store. */
Millrace__Payload *mr_wire_put_payload(struct mr_arena *arena,
                                       const struct mr_payload *payload);
struct mr_payload mr_wire_get_payload(struct mr_wire_check *c,
                                      const Millrace__Payload *message);

Millrace__Passage **mr_wire_put_passages(struct mr_arena *arena,
                                         const struct mr_passages *passages);
struct mr_passages mr_wire_get_passages(struct mr_wire_check *c,
                                        struct mr_arena *arena,
                                        Millrace__Passage **list, size_t count);

/* NULL for none. */
Millrace__Reason *mr_wire_put_reason(struct mr_arena *arena,
                                     const struct mr_reason *reason);
struct mr_reason mr_wire_get_reason(const Millrace__Reason *message);

#endif
