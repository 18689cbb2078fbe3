// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_codec.c - see keyword_codec.h.
 */
#include "indexer/keyword/keyword_codec.h"

#include "common/base/mr_reader.h"

void keyword_encode_short(const uint32_t *units, const uint32_t *tfs,
                          size_t count, struct mr_buf *out)
{
    uint32_t before = UINT32_MAX;

    for (size_t i = 0; i < count; i++) {
        uint32_t distance = units[i] - before - 1; /* from -1 it wraps */

        mr_buf_varint(out, (uint64_t)distance << 1 | (tfs[i] == 1));
        if (tfs[i] > 1)
            mr_buf_varint(out, tfs[i] - 2);
        before = units[i];
    }
}

bool keyword_decode_short(struct mr_span bytes, size_t count,
                          uint32_t units_end, uint32_t *units, uint32_t *tfs)
{
    struct mr_reader in = mr_reader(bytes);
    uint64_t next = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t number = mr_read_varint(&in);
        uint64_t tf = 1;

        if ((number & 1) == 0)
            tf = mr_read_varint(&in) + 2;
        if (in.overrun || (number >> 1) >= units_end - next || tf > INT32_MAX ||
            tf < 1)
            return false;
        next += number >> 1;
        units[i] = (uint32_t)next++;
        tfs[i] = (uint32_t)tf;
    }
    return true;
}

static unsigned bits_of(uint32_t value)
{
    return value == 0 ? 0 : 32u - (unsigned)__builtin_clz(value);
}

/* `bits` of each number, the lowest first. */
static void pack(const uint32_t *numbers, size_t count, unsigned bits,
                 struct mr_buf *out)
{
    uint64_t held = 0;
    unsigned used = 0;

    for (size_t i = 0; i < count; i++) {
        held |= (uint64_t)numbers[i] << used;
        used += bits;
        while (used >= 8) {
            mr_buf_byte(out, (uint8_t)held);
            held >>= 8;
            used -= 8;
        }
    }
    if (used > 0)
        mr_buf_byte(out, (uint8_t)held);
}

void keyword_encode_block(uint32_t before, const uint32_t *units,
                          const uint32_t *tfs, size_t count, struct mr_buf *out,
                          struct keyword_block *block)
{
    uint32_t numbers[KEYWORD_BLOCK];
    uint32_t all_units = 0;
    uint32_t all_tfs = 0;

    MR_ASSERT(count > 0 && count <= KEYWORD_BLOCK);
    block->last = units[count - 1];
    for (size_t i = 0; i < count; i++) {
        numbers[i] = units[i] - before - 1; /* from -1 it wraps */
        before = units[i];
        all_units |= numbers[i];
        all_tfs |= tfs[i] - 1;
    }
    block->unit_bits = (uint8_t)bits_of(all_units);
    block->tf_bits = (uint8_t)bits_of(all_tfs);
    pack(numbers, count, block->unit_bits, out);
    for (size_t i = 0; i < count; i++)
        numbers[i] = tfs[i] - 1;
    pack(numbers, count, block->tf_bits, out);
}

static inline uint32_t unpack_one(const uint8_t *bytes, size_t bit,
                                  uint64_t mask)
{
    uint64_t word;

    memcpy(&word, bytes + bit / 8, sizeof(word));
    return (uint32_t)(word >> bit % 8 & mask);
}

bool keyword_decode_block(const uint8_t *bytes, uint32_t before,
                          const struct keyword_block *block, size_t count,
                          uint32_t *units, uint32_t *tfs)
{
    uint64_t mask = ((uint64_t)1 << block->unit_bits) - 1;
    uint64_t next = (uint64_t)before + 1;

    if (before == UINT32_MAX)
        next = 0;
    for (size_t i = 0; i < count; i++) {
        next += unpack_one(bytes, i * block->unit_bits, mask);
        units[i] = (uint32_t)next++;
    }
    bytes += keyword_packed_bytes(count, block->unit_bits);
    mask = ((uint64_t)1 << block->tf_bits) - 1;
    for (size_t i = 0; i < count; i++)
        tfs[i] = unpack_one(bytes, i * block->tf_bits, mask) + 1;
    /* Distances are not negative: so all units lie below the last. */
    return next == (uint64_t)block->last + 1;
}
