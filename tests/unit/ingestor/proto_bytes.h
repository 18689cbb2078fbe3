// SPDX-License-Identifier: Apache-2.0
/*
 * proto_bytes.h - protobuf written by hand, and a schema of most there is:
 *
 *   package t;
 *   enum Kind { NONE = 0; BOOK = 1; }
 *   message Other { string v = 1; }
 *   message Doc {
 *     message Inner { string v = 1; Inner in = 2; repeated int32 many = 3; }
 *     string id = 1;      string body = 2;           int64 n = 3;
 *     repeated int32 nums = 4; Inner inner = 5;      repeated Inner inners = 6;
 *     map<string, int32> tags = 7; Kind kind = 8;    bytes raw = 9;
 *     double d = 10;      float f = 11;              bool b = 12;
 *     sint32 s = 13;      fixed64 x = 14;            uint64 u = 15;
 *     google.protobuf.Timestamp at = 16;  google.protobuf.StringValue w = 17;
 *     sfixed32 y = 18;    map<int32, Inner> by = 19; google.protobuf.Int64Value
 *     z = 20;
 *   }
 */
#ifndef TESTS_UNIT_INGESTOR_PROTO_BYTES_H
#define TESTS_UNIT_INGESTOR_PROTO_BYTES_H

#include "common/base/mr_buf.h"
#include "ingestor/foreign/protobuf.h"

enum {
    OPTIONAL = 1,
    REPEATED = 3
};
enum {
    T_DOUBLE = 1,
    T_FLOAT,
    T_INT64,
    T_UINT64,
    T_INT32,
    T_FIXED64,
    T_FIXED32,
    T_BOOL,
    T_STRING,
    T_GROUP,
    T_MESSAGE,
    T_BYTES,
    T_UINT32,
    T_ENUM,
    T_SFIXED32,
    T_SFIXED64,
    T_SINT32,
    T_SINT64
};

static inline void pb_number(struct mr_buf *out, uint32_t number,
                             uint64_t value)
{
    mr_buf_varint(out, (uint64_t)number << 3);
    mr_buf_varint(out, value);
}

static inline void pb_bytes(struct mr_buf *out, uint32_t number,
                            struct mr_span bytes)
{
    mr_buf_varint(out, (uint64_t)number << 3 | 2);
    mr_buf_varint(out, bytes.size);
    mr_buf_span(out, bytes);
}

static inline void pb_text(struct mr_buf *out, uint32_t number,
                           const char *text)
{
    pb_bytes(out, number, mr_span_str(text));
}

/* Puts `inner` there, and empties it. */
static inline void pb_take(struct mr_buf *out, uint32_t number,
                           struct mr_buf *inner)
{
    pb_bytes(out, number, mr_buf_bytes(inner));
    mr_buf_reset(inner);
}

/* A FieldDescriptorProto into a DescriptorProto. */
static inline void pb_field(struct mr_buf *message, const char *name,
                            uint32_t number, int label, int type,
                            const char *type_name)
{
    struct mr_buf field = mr_buf(1000);

    pb_text(&field, 1, name);
    pb_number(&field, 3, number);
    pb_number(&field, 4, (uint64_t)label);
    pb_number(&field, 5, (uint64_t)type);
    if (type_name != NULL)
        pb_text(&field, 6, type_name);
    pb_take(message, 2, &field);
    mr_buf_deinit(&field);
}

static inline void pb_map(struct mr_buf *message, const char *name, int key,
                          int value, const char *value_type)
{
    struct mr_buf entry = mr_buf(1000);
    struct mr_buf options = mr_buf(10);

    pb_text(&entry, 1, name);
    pb_field(&entry, "key", 1, OPTIONAL, key, NULL);
    pb_field(&entry, "value", 2, OPTIONAL, value, value_type);
    pb_number(&options, 7, 1);
    pb_take(&entry, 7, &options);
    pb_take(message, 3, &entry);
    mr_buf_deinit(&entry);
    mr_buf_deinit(&options);
}

static inline void pb_enum(struct mr_buf *file)
{
    struct mr_buf values = mr_buf(1000);
    struct mr_buf value = mr_buf(100);

    pb_text(&values, 1, "Kind");
    pb_text(&value, 1, "NONE");
    pb_number(&value, 2, 0);
    pb_take(&values, 2, &value);
    pb_text(&value, 1, "BOOK");
    pb_number(&value, 2, 1);
    pb_take(&values, 2, &value);
    pb_take(file, 5, &values);
    mr_buf_deinit(&values);
    mr_buf_deinit(&value);
}

static inline void pb_inner(struct mr_buf *doc)
{
    struct mr_buf inner = mr_buf(1000);

    pb_text(&inner, 1, "Inner");
    pb_field(&inner, "v", 1, OPTIONAL, T_STRING, NULL);
    pb_field(&inner, "in", 2, OPTIONAL, T_MESSAGE, ".t.Doc.Inner");
    pb_field(&inner, "many", 3, REPEATED, T_INT32, NULL);
    pb_take(doc, 3, &inner);
    mr_buf_deinit(&inner);
}

static inline void pb_doc(struct mr_buf *file)
{
    struct mr_buf doc = mr_buf(10000);

    pb_text(&doc, 1, "Doc");
    pb_map(&doc, "TagsEntry", T_STRING, T_INT32, NULL);
    pb_inner(&doc);
    pb_map(&doc, "ByEntry", T_INT32, T_MESSAGE, ".t.Doc.Inner");
    pb_field(&doc, "s", 13, OPTIONAL, T_SINT32, NULL);
    pb_field(&doc, "id", 1, OPTIONAL, T_STRING, NULL);
    pb_field(&doc, "body", 2, OPTIONAL, T_STRING, NULL);
    pb_field(&doc, "n", 3, OPTIONAL, T_INT64, NULL);
    pb_field(&doc, "nums", 4, REPEATED, T_INT32, NULL);
    pb_field(&doc, "inner", 5, OPTIONAL, T_MESSAGE, ".t.Doc.Inner");
    pb_field(&doc, "inners", 6, REPEATED, T_MESSAGE, ".t.Doc.Inner");
    pb_field(&doc, "tags", 7, REPEATED, T_MESSAGE, ".t.Doc.TagsEntry");
    pb_field(&doc, "kind", 8, OPTIONAL, T_ENUM, ".t.Kind");
    pb_field(&doc, "raw", 9, OPTIONAL, T_BYTES, NULL);
    pb_field(&doc, "d", 10, OPTIONAL, T_DOUBLE, NULL);
    pb_field(&doc, "f", 11, OPTIONAL, T_FLOAT, NULL);
    pb_field(&doc, "b", 12, OPTIONAL, T_BOOL, NULL);
    pb_field(&doc, "x", 14, OPTIONAL, T_FIXED64, NULL);
    pb_field(&doc, "u", 15, OPTIONAL, T_UINT64, NULL);
    pb_field(&doc, "at", 16, OPTIONAL, T_MESSAGE, ".google.protobuf.Timestamp");
    pb_field(&doc, "w", 17, OPTIONAL, T_MESSAGE,
             ".google.protobuf.StringValue");
    pb_field(&doc, "y", 18, OPTIONAL, T_SFIXED32, NULL);
    pb_field(&doc, "by", 19, REPEATED, T_MESSAGE, ".t.Doc.ByEntry");
    pb_field(&doc, "z", 20, OPTIONAL, T_MESSAGE, ".google.protobuf.Int64Value");
    pb_take(file, 4, &doc);
    mr_buf_deinit(&doc);
}

/* One message of one or two fields, into a file. */
static inline void pb_small(struct mr_buf *file, const char *name, int type,
                            const char *first, const char *second)
{
    struct mr_buf message = mr_buf(1000);

    pb_text(&message, 1, name);
    pb_field(&message, first, 1, OPTIONAL, type, NULL);
    if (second != NULL)
        pb_field(&message, second, 2, OPTIONAL, T_INT32, NULL);
    pb_take(file, 4, &message);
    mr_buf_deinit(&message);
}

/* The FileDescriptorSet; without `imports` what is Google's is not in it. */
static inline void pb_set(struct mr_buf *out, bool imports)
{
    struct mr_buf file = mr_buf(20000);

    if (imports) {
        pb_text(&file, 2, "google.protobuf");
        pb_small(&file, "Timestamp", T_INT64, "seconds", "nanos");
        pb_small(&file, "StringValue", T_STRING, "value", NULL);
        pb_small(&file, "Int64Value", T_INT64, "value", NULL);
        pb_take(out, 1, &file);
    }
    pb_text(&file, 1, "t.proto");
    pb_text(&file, 2, "t");
    pb_enum(&file);
    pb_small(&file, "Other", T_STRING, "v", NULL);
    pb_doc(&file);
    pb_text(&file, 12, "proto3");
    pb_take(out, 1, &file);
    mr_buf_deinit(&file);
}

#endif
