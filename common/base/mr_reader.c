// SPDX-License-Identifier: Apache-2.0
/*
 * mr_reader.c - see mr_reader.h.
 */
#include "common/base/mr_reader.h"

struct mr_span mr_read_span(struct mr_reader *in, size_t size)
{
    struct mr_span span = { 0 };

    if (in->overrun || size > in->size - in->at) {
        in->overrun = true;
        return span;
    }
    span = mr_span(in->data, size);
    if (in->at > 0) /* nothing may be added to a NULL, not even 0 */
        span.data += in->at;
    in->at += size;
    return span;
}

static uint64_t read_le(struct mr_reader *in, size_t width)
{
    struct mr_span bytes = mr_read_span(in, width);
    uint64_t value = 0;

    for (size_t i = 0; i < bytes.size; i++)
        value |= (uint64_t)bytes.data[i] << (8 * i);
    return value;
}

static uint64_t read_be(struct mr_reader *in, size_t width)
{
    struct mr_span bytes = mr_read_span(in, width);
    uint64_t value = 0;

    for (size_t i = 0; i < bytes.size; i++)
        value = value << 8 | bytes.data[i];
    return value;
}

uint8_t mr_read_byte(struct mr_reader *in)
{
    return (uint8_t)read_le(in, 1);
}

uint16_t mr_read_u16(struct mr_reader *in)
{
    return (uint16_t)read_le(in, 2);
}

uint32_t mr_read_u32(struct mr_reader *in)
{
    return (uint32_t)read_le(in, 4);
}

uint64_t mr_read_u64(struct mr_reader *in)
{
    return read_le(in, 8);
}

uint32_t mr_read_u32_be(struct mr_reader *in)
{
    return (uint32_t)read_be(in, 4);
}

uint64_t mr_read_u64_be(struct mr_reader *in)
{
    return read_be(in, 8);
}

uint64_t mr_read_varint(struct mr_reader *in)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = mr_read_byte(in);

        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0)
            return in->overrun ? 0 : value;
    }
    in->overrun = true;
    return 0;
}

struct mr_span mr_read_sized(struct mr_reader *in)
{
    uint64_t size = mr_read_varint(in);

    if (size > in->size) {
        in->overrun = true;
        size = 0;
    }
    return mr_read_span(in, (size_t)size);
}

struct mr_span mr_read_rest(struct mr_reader *in)
{
    return mr_read_span(in, in->overrun ? 0 : in->size - in->at);
}
