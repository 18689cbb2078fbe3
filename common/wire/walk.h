// SPDX-License-Identifier: Apache-2.0
/*
 * walk.h - counts what a message holds before it is unpacked.  Private to
 * common/wire.
 *
 * One pass over the bytes, down into known parts, nothing allocated.  It
 * refuses what protobuf would have to guess about (a broken tag, a size past
 * the end, another wire type than the schema's, a single field twice), and
 * more than MR_WIRE_FIELDS_MAX fields and members of packed lists in all.
 * Messages are not recursive, so neither does this go deeper than the schema.
 *
 * Memory: borrows.  Threads: any.  I/O: none.
 */
#ifndef COMMON_WIRE_WALK_H
#define COMMON_WIRE_WALK_H

#include <protobuf-c/protobuf-c.h>

#include "common/base/mr_span.h"
#include "common/wire/check.h"

/* The largest known message, passages of five fields, takes a third of it. */
#define MR_WIRE_FIELDS_MAX 65536u

void mr_wire_walk(struct mr_wire_check *c,
                  const ProtobufCMessageDescriptor *descriptor,
                  struct mr_span bytes);

#endif
