// SPDX-License-Identifier: Apache-2.0
/*
 * mr_reader.h - reads numbers and spans from bytes that it does not believe.
 *
 * A read past the end gives zero or an absent span and sets `overrun`, so a
 * parser reads on and checks once.  The counterpart of mr_buf.h.
 *
 * Memory: borrows the bytes.  Threads: one at a time.  I/O: none.
 */
#ifndef COMMON_BASE_MR_READER_H
#define COMMON_BASE_MR_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"

struct mr_reader {
    const uint8_t *data;
    size_t size;
    size_t at;
    bool overrun; /* a read went past the end, or a varint past 64 bits */
};

static inline struct mr_reader mr_reader(struct mr_span bytes)
{
    return (struct mr_reader){ .data = bytes.data, .size = bytes.size };
}

uint8_t mr_read_byte(struct mr_reader *in);
uint16_t mr_read_u16(struct mr_reader *in);
uint32_t mr_read_u32(struct mr_reader *in);
uint64_t mr_read_u64(struct mr_reader *in);
uint32_t mr_read_u32_be(struct mr_reader *in);
uint64_t mr_read_u64_be(struct mr_reader *in);
uint64_t mr_read_varint(struct mr_reader *in);

/* The next `size` bytes, borrowed from what is read; absent on overrun. */
struct mr_span mr_read_span(struct mr_reader *in, size_t size);

/* What mr_buf_sized() wrote. */
struct mr_span mr_read_sized(struct mr_reader *in);

/* All that is left. */
struct mr_span mr_read_rest(struct mr_reader *in);

/* True when everything was read and nothing was missing. */
static inline bool mr_reader_done(const struct mr_reader *in)
{
    return !in->overrun && in->at == in->size;
}

#endif
