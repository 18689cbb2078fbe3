// SPDX-License-Identifier: Apache-2.0
/*
 * mr_buf.c - see mr_buf.h.
 */
#include "common/base/mr_buf.h"

#include <stdio.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

#define ROOM_FIRST ((size_t)256)

void mr_buf_deinit(struct mr_buf *buf)
{
    size_t limit = buf->limit;

    mr_free(buf->data);
    *buf = mr_buf(limit);
}

void mr_buf_reset(struct mr_buf *buf)
{
    buf->size = 0;
    buf->full = false;
}

/* Makes `size` bytes fit behind the present ones, plus one for a zero. */
static void reserve(struct mr_buf *buf, size_t size)
{
    size_t need = buf->size + size + 1;
    size_t room = buf->room > 0 ? buf->room : ROOM_FIRST;

    if (need <= buf->room)
        return;
    while (room < need)
        room *= 2;
    buf->data = mr_realloc_array(buf->data, room, 1);
    buf->room = room;
}

uint8_t *mr_buf_grow(struct mr_buf *buf, size_t size)
{
    uint8_t *at;

    MR_ASSERT(buf->size <= buf->limit);
    if (buf->full || size > buf->limit - buf->size) {
        buf->full = true;
        return NULL;
    }
    reserve(buf, size);
    at = buf->data + buf->size;
    buf->size += size;
    return at;
}

void mr_buf_append(struct mr_buf *buf, const void *bytes, size_t size)
{
    uint8_t *at = mr_buf_grow(buf, size);

    if (at != NULL && size > 0)
        memcpy(at, bytes, size);
}

void mr_buf_span(struct mr_buf *buf, struct mr_span span)
{
    mr_buf_append(buf, span.data, span.size);
}

void mr_buf_str(struct mr_buf *buf, const char *text)
{
    mr_buf_append(buf, text, strlen(text));
}

void mr_buf_byte(struct mr_buf *buf, uint8_t byte)
{
    mr_buf_append(buf, &byte, 1);
}

void mr_buf_printf(struct mr_buf *buf, const char *fmt, ...)
{
    va_list args;
    uint8_t *at;
    int size;

    va_start(args, fmt);
    size = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    MR_ASSERT(size >= 0);
    at = mr_buf_grow(buf, (size_t)size);
    if (at == NULL)
        return;
    va_start(args, fmt);
    (void)vsnprintf((char *)at, (size_t)size + 1, fmt, args);
    va_end(args);
}

static void put_le(struct mr_buf *buf, uint64_t value, size_t width)
{
    uint8_t *at = mr_buf_grow(buf, width);

    for (size_t i = 0; at != NULL && i < width; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static void put_be(struct mr_buf *buf, uint64_t value, size_t width)
{
    uint8_t *at = mr_buf_grow(buf, width);

    for (size_t i = 0; at != NULL && i < width; i++)
        at[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
}

void mr_buf_u16(struct mr_buf *buf, uint16_t value)
{
    put_le(buf, value, 2);
}

void mr_buf_u32(struct mr_buf *buf, uint32_t value)
{
    put_le(buf, value, 4);
}

void mr_buf_u64(struct mr_buf *buf, uint64_t value)
{
    put_le(buf, value, 8);
}

void mr_buf_u32_be(struct mr_buf *buf, uint32_t value)
{
    put_be(buf, value, 4);
}

void mr_buf_u64_be(struct mr_buf *buf, uint64_t value)
{
    put_be(buf, value, 8);
}

void mr_buf_varint(struct mr_buf *buf, uint64_t value)
{
    uint8_t bytes[10];
    size_t size = 0;

    while (value >= 0x80) {
        bytes[size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    bytes[size++] = (uint8_t)value;
    mr_buf_append(buf, bytes, size);
}

void mr_buf_sized(struct mr_buf *buf, struct mr_span span)
{
    mr_buf_varint(buf, span.size);
    mr_buf_span(buf, span);
}

const char *mr_buf_text(struct mr_buf *buf)
{
    reserve(buf, 0);
    buf->data[buf->size] = '\0';
    return (const char *)buf->data;
}
