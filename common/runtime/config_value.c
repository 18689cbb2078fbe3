// SPDX-License-Identifier: Apache-2.0
/*
 * config_value.c - text to a value and back, by type.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/base/mr_assert.h"
#include "common/json/json.h"
#include "common/runtime/config_internal.h"

#define NUMBER_BYTES_MAX 40u

struct unit {
    const char *name;
    double size;
};

/* The names that are written come first, the largest first of all. */
static const struct unit byte_units[] = {
    { "TiB", 1099511627776.0 },
    { "GiB", 1073741824.0 },
    { "MiB", 1048576.0 },
    { "KiB", 1024.0 },
    { "TB", 1e12 },
    { "GB", 1e9 },
    { "MB", 1e6 },
    { "kB", 1e3 },
    { "B", 1 },
    { "", 1 },
    { NULL, 0 },
};

#define WRITTEN_BYTE_UNITS 4u

static const struct unit duration_units[] = {
    { "d", 86400000.0 }, { "h", 3600000.0 }, { "min", 60000.0 },
    { "s", 1000.0 },     { "ms", 1.0 },      { NULL, 0 },
};

static bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

/* Digits with at most one point and a sign; no hexadecimals, no infinity.
 * *end is the first letter behind. */
static bool read_decimal(const char *text, double *out, const char **end)
{
    const char *at = text;
    bool digits = false;
    bool point = false;

    at += *at == '-';
    for (; is_digit(*at) || (*at == '.' && !point); at++) {
        digits = digits || *at != '.';
        point = point || *at == '.';
    }
    if (!digits || at - text >= (ptrdiff_t)NUMBER_BYTES_MAX)
        return false;
    *out = strtod(text, NULL);
    *end = at;
    return true;
}

/* A decimal number, spaces, and one of the units. */
static bool read_with_unit(const char *text, const struct unit *units,
                           double *out)
{
    const char *end;

    if (!read_decimal(text, out, &end))
        return false;
    while (*end == ' ')
        end++;
    for (; units->name != NULL; units++) {
        if (strcasecmp(units->name, end) == 0) {
            *out *= units->size;
            return true;
        }
    }
    return false;
}

static enum mr_code fail_form(const struct mr_config_row *row, const char *text,
                              struct mr_err *err)
{
    static const char *const forms[] = {
        [MR_CONFIG_FLAG] = "true nor false",
        [MR_CONFIG_COUNT] = "a whole number; write such as 12",
        [MR_CONFIG_NUMBER] = "a number; write such as 0.8",
        [MR_CONFIG_BYTES] = "a number of bytes; write such as 64 MiB",
        [MR_CONFIG_DURATION] =
            "a duration; write such as 10 s (ms, s, min, h, d)",
    };

    return mr_fail(err, MR_E_CONFIG, "\"%.80s\" is %s %s", text,
                   row->type == MR_CONFIG_FLAG ? "neither" : "not",
                   forms[row->type]);
}

static enum mr_code check_range(const struct mr_config_row *row, double number,
                                struct mr_err *err)
{
    struct mr_buf low = mr_buf(64);
    struct mr_buf high = mr_buf(64);
    union mr_config_value value;

    if (number >= row->low && number <= row->high)
        return MR_OK;
    switch (row->type) {
    case MR_CONFIG_NUMBER:
        value.number = row->low;
        mr_config_write_value(row, value, &low);
        value.number = row->high;
        break;
    case MR_CONFIG_COUNT:
        value.count = (uint32_t)row->low;
        mr_config_write_value(row, value, &low);
        value.count = (uint32_t)row->high;
        break;
    default:
        value.bytes = (uint64_t)row->low; /* as duration_ms */
        mr_config_write_value(row, value, &low);
        value.bytes = (uint64_t)row->high;
    }
    mr_config_write_value(row, value, &high);
    (void)mr_fail(err, MR_E_CONFIG, "is too %s: from %s to %s",
                  number < row->low ? "small" : "large", mr_buf_text(&low),
                  mr_buf_text(&high));
    mr_buf_deinit(&low);
    mr_buf_deinit(&high);
    return MR_E_CONFIG;
}

static enum mr_code read_number(const struct mr_config_row *row,
                                const char *text, union mr_config_value *out,
                                struct mr_err *err)
{
    const char *end = "";
    double number = 0;
    enum mr_code code;
    bool whole = true;
    bool good;

    if (row->type == MR_CONFIG_BYTES)
        good = read_with_unit(text, byte_units, &number);
    else if (row->type == MR_CONFIG_DURATION)
        good = read_with_unit(text, duration_units, &number) ||
               (read_decimal(text, &number, &end) && number == 0);
    else
        good = read_decimal(text, &number, &end);
    if (row->type == MR_CONFIG_COUNT)
        whole = number == floor(number);
    if (!good || *end != '\0' || !whole)
        return fail_form(row, text, err);
    if (row->type != MR_CONFIG_NUMBER)
        number = round(number);
    code = check_range(row, number, err);
    if (code != MR_OK)
        return code;
    if (row->type == MR_CONFIG_COUNT)
        out->count = (uint32_t)number;
    else if (row->type == MR_CONFIG_NUMBER)
        out->number = number;
    else
        out->bytes = (uint64_t)number; /* as duration_ms */
    return MR_OK;
}

static enum mr_code read_flag(const struct mr_config_row *row, const char *text,
                              union mr_config_value *out, struct mr_err *err)
{
    static const char *const words[] = { "false", "true", "no",
                                         "yes",   "off",  "on" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], text) == 0) {
            out->flag = i % 2 == 1;
            return MR_OK;
        }
    }
    return fail_form(row, text, err);
}

static void write_choices(const char *choices, struct mr_buf *out)
{
    for (const char *at = choices; *at != '\0'; at++) {
        if (*at == '|')
            mr_buf_str(out, ", ");
        else
            mr_buf_byte(out, (uint8_t)*at);
    }
}

static enum mr_code read_choice(const struct mr_config_row *row,
                                const char *text, union mr_config_value *out,
                                struct mr_err *err)
{
    struct mr_buf list = mr_buf(200);
    size_t size = strlen(text);
    const char *at = row->choices;

    while (at != NULL) {
        size_t length = strcspn(at, "|");

        if (length == size && strncmp(at, text, size) == 0) {
            out->text = text;
            return MR_OK;
        }
        at = at[length] == '|' ? at + length + 1 : NULL;
    }
    write_choices(row->choices, &list);
    (void)mr_fail(err, MR_E_CONFIG, "\"%.80s\" is none of %s", text,
                  mr_buf_text(&list));
    mr_buf_deinit(&list);
    return MR_E_CONFIG;
}

static enum mr_code read_text(const struct mr_config_row *row, const char *text,
                              union mr_config_value *out, struct mr_err *err)
{
    size_t size = strlen(text);

    if ((double)size < row->low || (double)size > row->high)
        return mr_fail(err, MR_E_CONFIG, "has %zu bytes: from %.0f to %.0f",
                       size, row->low, row->high);
    out->text = text;
    return MR_OK;
}

enum mr_code mr_config_read_value(const struct mr_config_row *row,
                                  struct mr_span text, struct mr_arena *arena,
                                  union mr_config_value *out,
                                  struct mr_err *err)
{
    char *copy = mr_arena_str(arena, text);

    *out = (union mr_config_value){ 0 };
    if (strlen(copy) != text.size)
        return mr_fail(err, MR_E_CONFIG, "holds a zero byte");
    switch (row->type) {
    case MR_CONFIG_TEXT:
        return read_text(row, copy, out, err);
    case MR_CONFIG_CHOICE:
        return read_choice(row, copy, out, err);
    case MR_CONFIG_FLAG:
        return read_flag(row, copy, out, err);
    case MR_CONFIG_COUNT:
    case MR_CONFIG_NUMBER:
    case MR_CONFIG_BYTES:
    case MR_CONFIG_DURATION:
        return read_number(row, copy, out, err);
    }
    MR_UNREACHABLE();
}

static size_t size_of(enum mr_config_type type)
{
    switch (type) {
    case MR_CONFIG_TEXT:
    case MR_CONFIG_CHOICE:
        return sizeof(const char *);
    case MR_CONFIG_FLAG:
        return sizeof(bool);
    case MR_CONFIG_COUNT:
        return sizeof(uint32_t);
    case MR_CONFIG_NUMBER:
        return sizeof(double);
    case MR_CONFIG_BYTES:
    case MR_CONFIG_DURATION:
        return sizeof(uint64_t);
    }
    MR_UNREACHABLE();
}

void mr_config_store(const struct mr_config_row *row, void *base,
                     union mr_config_value value)
{
    memcpy((char *)base + row->offset, &value, size_of(row->type));
}

union mr_config_value mr_config_fetch(const struct mr_config_row *row,
                                      const void *base)
{
    union mr_config_value value = { 0 };

    memcpy(&value, (const char *)base + row->offset, size_of(row->type));
    return value;
}

/* In the largest unit that leaves no remainder. */
static void write_with_unit(uint64_t value, const struct unit *units,
                            size_t count, const char *smallest,
                            struct mr_buf *out)
{
    for (size_t i = 0; i < count && value > 0; i++) {
        uint64_t size = (uint64_t)units[i].size;

        if (value % size == 0) {
            mr_buf_printf(out, "%" PRIu64 " %s", value / size, units[i].name);
            return;
        }
    }
    mr_buf_printf(out, "%" PRIu64 "%s", value, smallest);
}

/* The code point at `at` and its bytes; U+FFFD and 1 for what is none. */
static uint32_t decode(const char *at, size_t *size)
{
    const uint8_t *bytes = (const uint8_t *)at;
    uint32_t point = bytes[0];

    *size = point < 0x80 ? 1 : point < 0xE0 ? 2 : point < 0xF0 ? 3 : 4;
    if (*size > 1)
        point &= 0x7Fu >> *size;
    for (size_t i = 1; i < *size; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            *size = 1;
            return 0xFFFD;
        }
        point = point << 6 | (bytes[i] & 0x3F);
    }
    return point;
}

/* What YAML takes literally between double quotes, on one line. */
static bool is_literal(uint32_t point)
{
    return (point >= 0x20 && point <= 0x7E && point != '"' && point != '\\') ||
           (point >= 0xA0 && point <= 0xD7FF && point != 0x2028 &&
            point != 0x2029) ||
           (point >= 0xE000 && point < 0xFEFF) ||
           (point > 0xFEFF && point <= 0xFFFC) ||
           (point >= 0x10000 && point <= 0x10FFFF);
}

static void write_quoted(const char *text, struct mr_buf *out)
{
    size_t size;

    mr_buf_byte(out, '"');
    for (const char *at = text; *at != '\0'; at += size) {
        uint32_t point = decode(at, &size);

        if (is_literal(point))
            mr_buf_append(out, at, size);
        else if (point == '"' || point == '\\')
            mr_buf_printf(out, "\\%c", (int)point);
        else
            mr_buf_printf(out, "\\u%04X", (unsigned)(point & 0xFFFF));
    }
    mr_buf_byte(out, '"');
}

void mr_config_write_value(const struct mr_config_row *row,
                           union mr_config_value value, struct mr_buf *out)
{
    struct mr_json_out json = mr_json_out(out);

    switch (row->type) {
    case MR_CONFIG_TEXT:
        if (value.text != NULL)
            write_quoted(value.text, out);
        return;
    case MR_CONFIG_CHOICE:
        if (value.text != NULL)
            mr_buf_str(out, value.text);
        return;
    case MR_CONFIG_FLAG:
        mr_json_put_bool(&json, value.flag);
        return;
    case MR_CONFIG_COUNT:
        mr_json_put_u64(&json, value.count);
        return;
    case MR_CONFIG_NUMBER:
        mr_json_put_number(&json, value.number);
        return;
    case MR_CONFIG_BYTES:
        write_with_unit(value.bytes, byte_units, WRITTEN_BYTE_UNITS, "", out);
        return;
    case MR_CONFIG_DURATION:
        write_with_unit(value.bytes, duration_units, 5, " s", out);
        return;
    }
    MR_UNREACHABLE();
}

void mr_config_write_type(const struct mr_config_row *row, struct mr_buf *out)
{
    static const char *const names[] = {
        [MR_CONFIG_TEXT] = "text",
        [MR_CONFIG_CHOICE] = "one of ",
        [MR_CONFIG_FLAG] = "true or false",
        [MR_CONFIG_COUNT] = "a whole number",
        [MR_CONFIG_NUMBER] = "a number",
        [MR_CONFIG_BYTES] = "bytes",
        [MR_CONFIG_DURATION] = "a duration",
    };
    union mr_config_value low = { .bytes = (uint64_t)row->low };
    union mr_config_value high = { .bytes = (uint64_t)row->high };

    mr_buf_str(out, names[row->type]);
    if (row->type == MR_CONFIG_CHOICE)
        write_choices(row->choices, out);
    if (row->type == MR_CONFIG_TEXT || row->type == MR_CONFIG_CHOICE ||
        row->type == MR_CONFIG_FLAG)
        return;
    if (row->type == MR_CONFIG_NUMBER) {
        low.number = row->low;
        high.number = row->high;
    } else if (row->type == MR_CONFIG_COUNT) {
        low.count = (uint32_t)row->low;
        high.count = (uint32_t)row->high;
    }
    mr_buf_str(out, ", from ");
    mr_config_write_value(row, low, out);
    mr_buf_str(out, " to ");
    mr_config_write_value(row, high, out);
}
