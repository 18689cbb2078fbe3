// SPDX-License-Identifier: Apache-2.0
/*
 * mr_buf.h - bytes that grow at their end, up to a limit.
 *
 * For building messages, keys and answers.  A buffer has a limit from the
 * start; what would grow past it is not written and the buffer says `full`
 * from then on, so that a chain of appends is checked once at its end.
 *
 * Memory:  one block that doubles.  mr_buf_reset() keeps it.
 * Threads: one at a time.
 * I/O:     none.
 */
#ifndef COMMON_BASE_MR_BUF_H
#define COMMON_BASE_MR_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"

struct mr_buf {
    uint8_t *data;
    size_t size;
    size_t room;
    size_t limit;
    bool full; /* something was left out because of `limit` */
};

/* An empty buffer of at most `limit` bytes; allocates nothing yet. */
static inline struct mr_buf mr_buf(size_t limit)
{
    return (struct mr_buf){ .limit = limit };
}

/* Frees the bytes; the buffer is empty and usable after it. */
void mr_buf_deinit(struct mr_buf *buf);

/* Empty again, not full, memory kept. */
void mr_buf_reset(struct mr_buf *buf);

/* Room for `size` more bytes at the returned place, counted as written but not
 * set; NULL (and full) past the limit. Valid until the next append. */
uint8_t *mr_buf_grow(struct mr_buf *buf, size_t size);

void mr_buf_append(struct mr_buf *buf, const void *bytes, size_t size);
void mr_buf_span(struct mr_buf *buf, struct mr_span span);
void mr_buf_str(struct mr_buf *buf, const char *text);
void mr_buf_byte(struct mr_buf *buf, uint8_t byte);
void mr_buf_printf(struct mr_buf *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Little-endian numbers, and big-endian ones that sort as bytes do. */
void mr_buf_u16(struct mr_buf *buf, uint16_t value);
void mr_buf_u32(struct mr_buf *buf, uint32_t value);
void mr_buf_u64(struct mr_buf *buf, uint64_t value);
void mr_buf_u32_be(struct mr_buf *buf, uint32_t value);
void mr_buf_u64_be(struct mr_buf *buf, uint64_t value);

/* LEB128, at most 10 bytes. */
void mr_buf_varint(struct mr_buf *buf, uint64_t value);

/* A varint size and the bytes; an absent span is written as an empty one. */
void mr_buf_sized(struct mr_buf *buf, struct mr_span span);

/* The bytes so far; borrowed (until the next append, reset or deinit). */
static inline struct mr_span mr_buf_bytes(const struct mr_buf *buf)
{
    return mr_span(buf->data, buf->size);
}

/* Ends the text with a zero byte that is not counted; borrowed as above.
 * Never NULL: an empty or full buffer gives what fits. */
const char *mr_buf_text(struct mr_buf *buf);

#endif
