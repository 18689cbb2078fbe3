// SPDX-License-Identifier: Apache-2.0
/*
 * charset.c - see charset.h.
 */
#include "common/text/charset.h"

#include <lexbor/encoding/encoding.h>
#include <lexbor/html/encoding.h>

#include "common/base/mr_assert.h"
#include "common/text/utf8.h"

#define CHUNK_BYTES 256u

/* No decoder gives more: gb18030 and ISO-2022-JP hold back a few bytes that
 * turn out to be no sequence. */
#define CHUNK_POINTS (2u * CHUNK_BYTES + 16u)

static const char *name_of(const lxb_encoding_data_t *data)
{
    return (const char *)data->name;
}

static const lxb_encoding_data_t *of_label(struct mr_span label)
{
    const lxb_encoding_data_t *data;

    if (label.size == 0)
        return NULL;
    data = lxb_encoding_data_by_pre_name(label.data, label.size);
    if (data == NULL || data->encoding == LXB_ENCODING_REPLACEMENT ||
        data->encoding == LXB_ENCODING_AUTO ||
        data->encoding == LXB_ENCODING_UNDEFINED ||
        data->encoding == LXB_ENCODING_DEFAULT)
        return NULL;
    return data;
}

static const lxb_encoding_data_t *of_page(struct mr_span bytes)
{
    size_t size = bytes.size < MR_CHARSET_PRESCAN_BYTES
                      ? bytes.size
                      : MR_CHARSET_PRESCAN_BYTES;
    const lxb_encoding_data_t *data = NULL;
    lxb_html_encoding_t prescan;
    const lxb_char_t *name;
    size_t length;

    if (lxb_html_encoding_init(&prescan) == LXB_STATUS_OK) {
        name = lxb_html_encoding_prescan(&prescan, bytes.data,
                                         bytes.data + size, &length);
        if (name != NULL)
            data = of_label(mr_span(name, length));
    }
    (void)lxb_html_encoding_destroy(&prescan, false);
    return data;
}

/* Sequences of UTF-8 beyond ASCII, and bytes that are in none. */
static void count_utf8(struct mr_span bytes, size_t *good, size_t *bad)
{
    *good = 0;
    *bad = 0;
    for (size_t at = 0; at < bytes.size;) {
        uint32_t c;

        if (bytes.data[at] < 0x80u) {
            at++;
            continue;
        }
        c = mr_utf8_next(bytes.data, bytes.size, &at);
        *good += c != MR_UTF8_BAD;
        *bad += c == MR_UTF8_BAD;
    }
}

/*
 * Whether the bytes say that a label is wrong, as for the two that servers and
 * templates put on everything: UTF-8 where most is none, and windows-1252 (or
 * iso-8859-1) where all is UTF-8, which would read as "Ã¼".
 */
static bool is_contradicted(const lxb_encoding_data_t *data,
                            struct mr_span bytes)
{
    size_t good, bad;

    if (data->encoding != LXB_ENCODING_UTF_8 &&
        data->encoding != LXB_ENCODING_WINDOWS_1252)
        return false;
    count_utf8(bytes, &good, &bad);
    return data->encoding == LXB_ENCODING_UTF_8 ? bad > good
                                                : good > 0 && bad == 0;
}

const char *mr_charset_find(struct mr_span bytes, struct mr_span transport,
                            bool html)
{
    const lxb_encoding_data_t *data;
    size_t good, bad;

    if (mr_span_starts(bytes, mr_span("\xEF\xBB\xBF", 3)))
        return "UTF-8";
    if (mr_span_starts(bytes, mr_span("\xFE\xFF", 2)))
        return "UTF-16BE";
    if (mr_span_starts(bytes, mr_span("\xFF\xFE", 2)))
        return "UTF-16LE";
    data = of_label(transport);
    if (data != NULL && is_contradicted(data, bytes))
        data = NULL;
    if (data == NULL && html)
        data = of_page(bytes);
    if (data != NULL && !is_contradicted(data, bytes))
        return name_of(data);
    count_utf8(bytes, &good, &bad);
    return bad == 0 || good > bad ? "UTF-8" : "windows-1252";
}

bool mr_charset_is_utf8(const char *name)
{
    return strcmp(name, "UTF-8") == 0;
}

static size_t mark_size(struct mr_span bytes, const char *name)
{
    if ((strcmp(name, "UTF-16BE") == 0 &&
         mr_span_starts(bytes, mr_span("\xFE\xFF", 2))) ||
        (strcmp(name, "UTF-16LE") == 0 &&
         mr_span_starts(bytes, mr_span("\xFF\xFE", 2))))
        return 2;
    if (mr_charset_is_utf8(name) &&
        mr_span_starts(bytes, mr_span("\xEF\xBB\xBF", 3)))
        return 3;
    return 0;
}

/* The code points so far; those that no text has become U+FFFD. */
static void write_points(const lxb_codepoint_t *points, size_t count,
                         struct mr_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t c = (uint32_t)points[i];
        uint8_t bytes[MR_UTF8_BYTES_MAX];

        if (c > 0x10FFFFu || (c >= 0xD800u && c <= 0xDFFFu))
            c = MR_UTF8_BAD;
        mr_buf_append(out, bytes, mr_utf8_encode(c, bytes));
    }
}

void mr_charset_decode(struct mr_span bytes, const char *name,
                       struct mr_buf *out, struct mr_source_map *map)
{
    const lxb_encoding_data_t *data =
        lxb_encoding_data_by_name((const lxb_char_t *)name, strlen(name));
    lxb_codepoint_t points[CHUNK_POINTS];
    lxb_encoding_decode_t decode;
    size_t at = mark_size(bytes, name);

    MR_ASSERT(data != NULL);
    (void)lxb_encoding_decode_init(&decode, data, points, CHUNK_POINTS);
    (void)lxb_encoding_decode_replace_set(&decode,
                                          LXB_ENCODING_REPLACEMENT_BUFFER,
                                          LXB_ENCODING_REPLACEMENT_BUFFER_LEN);
    while (at < bytes.size) {
        size_t size =
            bytes.size - at < CHUNK_BYTES ? bytes.size - at : CHUNK_BYTES;
        const lxb_char_t *from = bytes.data + at;
        size_t before = out->size;

        (void)data->decode(&decode, &from, bytes.data + at + size);
        if (at + size == bytes.size)
            (void)lxb_encoding_decode_finish(&decode);
        write_points(points, lxb_encoding_decode_buf_used(&decode), out);
        lxb_encoding_decode_buf_used_set(&decode, 0);
        mr_source_map_replaced(map, out->size - before, at, size);
        at += size;
    }
}
