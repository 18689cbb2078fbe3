// SPDX-License-Identifier: Apache-2.0
/*
 * json_write.c - writing, see json.h.
 */
#include "common/json/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mr_assert.h"

static void before(struct mr_json_out *out)
{
    if (out->comma)
        mr_buf_byte(out->buf, ',');
    out->comma = true;
}

static void begin(struct mr_json_out *out, uint8_t bracket)
{
    before(out);
    mr_buf_byte(out->buf, bracket);
    out->comma = false;
}

static void end(struct mr_json_out *out, uint8_t bracket)
{
    mr_buf_byte(out->buf, bracket);
    out->comma = true;
}

void mr_json_object_begin(struct mr_json_out *out)
{
    begin(out, '{');
}

void mr_json_object_end(struct mr_json_out *out)
{
    end(out, '}');
}

void mr_json_array_begin(struct mr_json_out *out)
{
    begin(out, '[');
}

void mr_json_array_end(struct mr_json_out *out)
{
    end(out, ']');
}

/* The size of the well-formed UTF-8 sequence at `at`, 0 for none (Unicode
 * 15, table 3-7). */
static size_t sequence(const uint8_t *at, size_t left)
{
    uint8_t lead = at[0];
    size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    }
    if ((lead == 0xE0 && at[1] < 0xA0) || (lead == 0xED && at[1] > 0x9F) ||
        (lead == 0xF0 && at[1] < 0x90) || (lead == 0xF4 && at[1] > 0x8F))
        return 0;
    return size;
}

static void escape(struct mr_buf *buf, uint8_t byte)
{
    switch (byte) {
    case '"':
        mr_buf_str(buf, "\\\"");
        return;
    case '\\':
        mr_buf_str(buf, "\\\\");
        return;
    case '\n':
        mr_buf_str(buf, "\\n");
        return;
    case '\r':
        mr_buf_str(buf, "\\r");
        return;
    case '\t':
        mr_buf_str(buf, "\\t");
        return;
    default:
        mr_buf_printf(buf, "\\u%04x", byte);
    }
}

/* Appends text[from, to) as it is, then what stands for the byte at `to`. */
static void quoted(struct mr_buf *buf, struct mr_span text)
{
    size_t from = 0;
    size_t at = 0;

    mr_buf_byte(buf, '"');
    while (at < text.size) {
        uint8_t byte = text.data[at];
        size_t size = sequence(text.data + at, text.size - at);

        if (size > 0 && byte >= 0x20 && byte != '"' && byte != '\\') {
            at += size;
            continue;
        }
        mr_buf_append(buf, text.data + from, at - from);
        if (size == 0)
            mr_buf_str(buf, "\xEF\xBF\xBD");
        else
            escape(buf, byte);
        from = ++at;
    }
    if (at > from)
        mr_buf_append(buf, text.data + from, at - from);
    mr_buf_byte(buf, '"');
}

void mr_json_key_span(struct mr_json_out *out, struct mr_span key)
{
    before(out);
    quoted(out->buf, key);
    mr_buf_byte(out->buf, ':');
    out->comma = false;
}

void mr_json_key(struct mr_json_out *out, const char *key)
{
    mr_json_key_span(out, mr_span_str(key));
}

void mr_json_put_text(struct mr_json_out *out, struct mr_span text)
{
    if (text.data == NULL) {
        mr_json_put_null(out);
        return;
    }
    before(out);
    quoted(out->buf, text);
}

void mr_json_put_str(struct mr_json_out *out, const char *text)
{
    mr_json_put_text(out, mr_span_str(text));
}

void mr_json_put_number(struct mr_json_out *out, double number)
{
    char text[40];

    if (!isfinite(number)) {
        mr_json_put_null(out);
        return;
    }
    before(out);
    for (int digits = 6; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    mr_buf_str(out->buf, text);
}

void mr_json_put_u64(struct mr_json_out *out, uint64_t number)
{
    before(out);
    mr_buf_printf(out->buf, "%" PRIu64, number);
}

void mr_json_put_i64(struct mr_json_out *out, int64_t number)
{
    before(out);
    mr_buf_printf(out->buf, "%" PRId64, number);
}

void mr_json_put_bool(struct mr_json_out *out, bool flag)
{
    before(out);
    mr_buf_str(out->buf, flag ? "true" : "false");
}

void mr_json_put_null(struct mr_json_out *out)
{
    before(out);
    mr_buf_str(out->buf, "null");
}

static void put_members(struct mr_json_out *out, const struct mr_json *value)
{
    mr_json_object_begin(out);
    for (size_t i = 0; i < mr_json_size(value); i++) {
        struct mr_span key;
        const struct mr_json *member = mr_json_member(value, i, &key);

        mr_json_key_span(out, key);
        mr_json_put_value(out, member);
    }
    mr_json_object_end(out);
}

/* Recursion is bounded by MR_JSON_DEPTH_MAX, which parsing enforced. */
void mr_json_put_value(struct mr_json_out *out, const struct mr_json *value)
{
    switch (mr_json_kind(value)) {
    case MR_JSON_NULL:
        mr_json_put_null(out);
        return;
    case MR_JSON_BOOL:
        mr_json_put_bool(out, mr_json_bool(value, false));
        return;
    case MR_JSON_NUMBER:
        mr_json_put_number(out, mr_json_number(value, 0));
        return;
    case MR_JSON_TEXT:
        mr_json_put_text(out, mr_json_text(value));
        return;
    case MR_JSON_ARRAY:
        mr_json_array_begin(out);
        for (size_t i = 0; i < mr_json_size(value); i++)
            mr_json_put_value(out, mr_json_at(value, i));
        mr_json_array_end(out);
        return;
    case MR_JSON_OBJECT:
        put_members(out, value);
        return;
    }
    MR_UNREACHABLE();
}
