// SPDX-License-Identifier: Apache-2.0
/*
 * protobuf.h - messages of any schema, known only when the program runs, as
 * JSON.
 *
 * The schema is a FileDescriptorSet with its imports, as protoc
 * --include_imports --descriptor_set_out writes it.  Names are those of the
 * .proto file; what is not set is not there; fields that the schema does not
 * know are left out.  As in protobuf's JSON:
 *
 *   enum      its name, or its number where it has none
 *   64 bits   a number; beyond 2^53 a text
 *   bytes     a text if they are UTF-8, else base64
 *   map       an object; of equal keys the last counts
 *   Timestamp "2026-01-31T12:00:00.000Z"; StringValue and the like: the value
 *
 * A single field that is there twice counts as its last (messages are merged),
 * as protobuf says.  Groups are refused.
 *
 * Memory:  a schema owns a copy; decoding takes some 40 bytes a field.
 * Threads: a schema may be read by any number.  I/O: none.
 */
#ifndef INGESTOR_FOREIGN_PROTOBUF_H
#define INGESTOR_FOREIGN_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

#define PROTO_SCHEMA_BYTES_MAX ((size_t)16 * 1024 * 1024)
/* Messages in messages, in the schema. */
#define PROTO_NESTING_MAX 16u
/* Messages in messages, in the bytes: each may be two levels of JSON, and two
 * more for a map. */
#define PROTO_DEPTH_MAX 20u
/* Fields and members of packed lists of one message, all in all. */
#define PROTO_FIELDS_MAX 262144u

struct proto_schema;

/* `message` is its full name, "shop.v1.Article".  MR_E_INVALID: there is no
 * such message, or something that it needs is not in the set; MR_E_CORRUPT: it
 * is no set.  Freed by proto_schema_free(). */
MR_MUST_CHECK enum mr_code proto_schema_parse(struct mr_span set,
                                              const char *message,
                                              struct proto_schema **out,
                                              struct mr_err *err);

/* NULL does nothing. */
void proto_schema_free(struct proto_schema *schema);

/* Whether the message is the one at these indexes of its file: the nth message,
 * the nth in that, ... */
bool proto_schema_is_at(const struct proto_schema *schema,
                        const uint32_t *indexes, size_t count);

/* Appends the message as JSON.  MR_E_CORRUPT, MR_E_LIMIT. */
MR_MUST_CHECK enum mr_code proto_to_json(const struct proto_schema *schema,
                                         struct mr_span bytes,
                                         struct mr_buf *out,
                                         struct mr_err *err);

#endif
