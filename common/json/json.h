// SPDX-License-Identifier: Apache-2.0
/*
 * json.h - reads JSON that came from outside, and writes JSON.
 *
 * Reading builds a tree (by jansson) under limits: MR_JSON_DEPTH_MAX levels,
 * duplicate keys refused, UTF-8 checked, \u0000 accepted.  Writing appends to
 * a struct mr_buf and puts the commas in.
 *
 * Memory:  a tree is owned by its root; what the accessors hand out is
 *          borrowed until mr_json_free().
 * Threads: a tree may be read by any number of threads; a writer one.
 * I/O:     none.
 */
#ifndef COMMON_JSON_JSON_H
#define COMMON_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

#define MR_JSON_DEPTH_MAX 64u

struct mr_json;

enum mr_json_kind {
    MR_JSON_NULL,
    MR_JSON_BOOL,
    MR_JSON_NUMBER,
    MR_JSON_TEXT,
    MR_JSON_ARRAY,
    MR_JSON_OBJECT,
};

/* "null", "a boolean", "a number", "a text", "an array", "an object". */
const char *mr_json_kind_name(enum mr_json_kind kind);

/* MR_E_CORRUPT: not JSON; the message gives line and column. */
MR_MUST_CHECK enum mr_code mr_json_parse(struct mr_span text,
                                         struct mr_json **out,
                                         struct mr_err *err);
void mr_json_free(struct mr_json *root);

enum mr_json_kind mr_json_kind(const struct mr_json *value);

/* Members of an object, NULL when absent or when `object` is no object. */
const struct mr_json *mr_json_get(const struct mr_json *object,
                                  const char *key);

/* Array members and object members by position, in their order. */
size_t mr_json_size(const struct mr_json *value);
const struct mr_json *mr_json_at(const struct mr_json *array, size_t nth);
const struct mr_json *mr_json_member(const struct mr_json *object, size_t nth,
                                     struct mr_span *key);

/* An absent span, the fallback: when value is NULL or of another kind. */
struct mr_span mr_json_text(const struct mr_json *value);
double mr_json_number(const struct mr_json *value, double fallback);
bool mr_json_bool(const struct mr_json *value, bool fallback);

/* Writing: calls nest as JSON does; a key comes before each member. */
struct mr_json_out {
    struct mr_buf *buf; /* borrowed */
    bool comma;
};

static inline struct mr_json_out mr_json_out(struct mr_buf *buf)
{
    return (struct mr_json_out){ .buf = buf };
}

void mr_json_object_begin(struct mr_json_out *out);
void mr_json_object_end(struct mr_json_out *out);
void mr_json_array_begin(struct mr_json_out *out);
void mr_json_array_end(struct mr_json_out *out);
void mr_json_key(struct mr_json_out *out, const char *key);
void mr_json_key_span(struct mr_json_out *out, struct mr_span key);

/* Bytes that are not UTF-8 are written as U+FFFD; an absent span as null. */
void mr_json_put_text(struct mr_json_out *out, struct mr_span text);
void mr_json_put_str(struct mr_json_out *out, const char *text);
/* The shortest form that reads back as the same double; not finite: null. */
void mr_json_put_number(struct mr_json_out *out, double number);
void mr_json_put_u64(struct mr_json_out *out, uint64_t number);
void mr_json_put_i64(struct mr_json_out *out, int64_t number);
void mr_json_put_bool(struct mr_json_out *out, bool flag);
void mr_json_put_null(struct mr_json_out *out);
/* Writes a parsed value as it is. */
void mr_json_put_value(struct mr_json_out *out, const struct mr_json *value);

#endif
