// SPDX-License-Identifier: Apache-2.0
/*
 * schema.h - the inside of a schema.  Private to schema.c, scalar.c and
 * protobuf.c.
 */
#ifndef INGESTOR_FOREIGN_SCHEMA_H
#define INGESTOR_FOREIGN_SCHEMA_H

#include "common/base/mr_arena.h"
#include "common/base/mr_reader.h"
#include "common/json/json.h"
#include "ingestor/foreign/protobuf.h"

/* As descriptor.proto numbers them. */
enum proto_type {
    PROTO_DOUBLE = 1,
    PROTO_FLOAT,
    PROTO_INT64,
    PROTO_UINT64,
    PROTO_INT32,
    PROTO_FIXED64,
    PROTO_FIXED32,
    PROTO_BOOL,
    PROTO_STRING,
    PROTO_GROUP,
    PROTO_MESSAGE,
    PROTO_BYTES,
    PROTO_UINT32,
    PROTO_ENUM,
    PROTO_SFIXED32,
    PROTO_SFIXED64,
    PROTO_SINT32,
    PROTO_SINT64,
};

enum proto_wire {
    PROTO_VARINT = 0,
    PROTO_64BIT = 1,
    PROTO_SIZED = 2,
    PROTO_32BIT = 5,
};

struct proto_value {
    int32_t number;
    const char *name;
};

struct proto_enum {
    const char *name; /* full */
    struct proto_value *values;
    size_t count;
};

struct proto_field {
    uint32_t number;
    enum proto_type type;
    bool repeated;
    const char *name;
    const char *type_name;               /* full; of messages and enums */
    const struct proto_message *message; /* once resolved */
    const struct proto_enum *values;
};

struct proto_message {
    const char *name;           /* full */
    struct proto_field *fields; /* by number */
    size_t count;
    bool is_map; /* an entry of one */
    bool wanted; /* its fields are resolved, or will be */
    uint32_t indexes[PROTO_NESTING_MAX];
    size_t depth; /* of these */
};

struct proto_schema {
    struct mr_arena *arena;
    struct proto_message **messages; /* by name, once read */
    size_t message_count;
    struct proto_enum **enums;
    size_t enum_count;
    const struct proto_message *root;
};

/* One field as it is on the wire. */
struct proto_wire_field {
    uint32_t number;
    unsigned wire;
    uint64_t value;       /* of numbers */
    struct mr_span bytes; /* of PROTO_SIZED */
};

/* The wire type of one value of a type. */
enum proto_wire proto_wire_of(enum proto_type type);

/* A value of a type that is no text, bytes or message, by its bits. */
void proto_put_number(struct mr_json_out *out, const struct proto_field *field,
                      uint64_t value);

/* Bytes as a text, or as base64 in `arena`. */
void proto_put_bytes(struct mr_json_out *out, struct mr_span bytes,
                     struct mr_arena *arena);

/* The next field; false at the end, and when the bytes are broken, which
 * in->overrun then says. */
bool proto_wire_next(struct mr_reader *in, struct proto_wire_field *out);

#endif
