// SPDX-License-Identifier: Apache-2.0
/*
 * scalar.c - single values of protobuf as JSON; see protobuf.h.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/wire/utf8.h"
#include "ingestor/foreign/schema.h"

#define WHOLE_MAX INT64_C(9007199254740991)

enum proto_wire proto_wire_of(enum proto_type type)
{
    switch (type) {
    case PROTO_DOUBLE:
    case PROTO_FIXED64:
    case PROTO_SFIXED64:
        return PROTO_64BIT;
    case PROTO_FLOAT:
    case PROTO_FIXED32:
    case PROTO_SFIXED32:
        return PROTO_32BIT;
    case PROTO_STRING:
    case PROTO_BYTES:
    case PROTO_MESSAGE:
    case PROTO_GROUP:
        return PROTO_SIZED;
    case PROTO_INT64:
    case PROTO_UINT64:
    case PROTO_INT32:
    case PROTO_BOOL:
    case PROTO_UINT32:
    case PROTO_ENUM:
    case PROTO_SINT32:
    case PROTO_SINT64:
        return PROTO_VARINT;
    }
    MR_UNREACHABLE();
}

static void put_whole(struct mr_json_out *out, int64_t number)
{
    char text[24];

    if (number >= -WHOLE_MAX && number <= WHOLE_MAX) {
        mr_json_put_i64(out, number);
        return;
    }
    (void)snprintf(text, sizeof(text), "%lld", (long long)number);
    mr_json_put_str(out, text);
}

static void put_unsigned(struct mr_json_out *out, uint64_t number)
{
    char text[24];

    if (number <= (uint64_t)WHOLE_MAX) {
        mr_json_put_u64(out, number);
        return;
    }
    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    mr_json_put_str(out, text);
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static double as_double(uint64_t value)
{
    double number;

    memcpy(&number, &value, sizeof(number));
    return number;
}

static double as_float(uint64_t value)
{
    uint32_t half = (uint32_t)value;
    float number;

    memcpy(&number, &half, sizeof(number));
    return number;
}

static void put_enum(struct mr_json_out *out, const struct proto_enum *values,
                     int32_t number)
{
    for (size_t i = 0; i < values->count; i++) {
        if (values->values[i].number == number) {
            mr_json_put_str(out, values->values[i].name);
            return;
        }
    }
    mr_json_put_i64(out, number);
}

void proto_put_bytes(struct mr_json_out *out, struct mr_span bytes,
                     struct mr_arena *arena)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t size = 0;
    char *text;

    if (mr_wire_utf8_valid(bytes)) {
        mr_json_put_text(out, bytes);
        return;
    }
    text = mr_arena_alloc(arena, bytes.size / 3 * 4 + 4);
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t rest = bytes.size - i;
        uint32_t three = (uint32_t)bytes.data[i] << 16;

        three |= rest > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
        three |= rest > 2 ? bytes.data[i + 2] : 0;
        text[size++] = letters[three >> 18];
        text[size++] = letters[three >> 12 & 63];
        text[size] = '=';
        text[size + 1] = '=';
        if (rest > 1)
            text[size] = letters[three >> 6 & 63];
        if (rest > 2)
            text[size + 1] = letters[three & 63];
        size += 2;
    }
    mr_json_put_text(out, mr_span(text, size));
}

void proto_put_number(struct mr_json_out *out, const struct proto_field *field,
                      uint64_t value)
{
    switch (field->type) {
    case PROTO_DOUBLE:
        mr_json_put_number(out, as_double(value));
        return;
    case PROTO_FLOAT:
        mr_json_put_number(out, as_float(value));
        return;
    case PROTO_UINT64:
    case PROTO_FIXED64:
        put_unsigned(out, value);
        return;
    case PROTO_UINT32:
    case PROTO_FIXED32:
        put_unsigned(out, (uint32_t)value);
        return;
    case PROTO_INT32:
    case PROTO_SFIXED32:
        put_whole(out, (int32_t)(uint32_t)value);
        return;
    case PROTO_SINT32:
    case PROTO_SINT64:
        put_whole(out, unzigzag(value));
        return;
    case PROTO_BOOL:
        mr_json_put_bool(out, value != 0);
        return;
    case PROTO_ENUM:
        put_enum(out, field->values, (int32_t)(uint32_t)value);
        return;
    default:
        put_whole(out, (int64_t)value);
    }
}
