// SPDX-License-Identifier: Apache-2.0
/*
 * mr_hash.c - see mr_hash.h.
 */
#include "common/base/mr_hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdio.h>

#include "common/base/mr_assert.h"

uint64_t mr_hash64(struct mr_span bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes.data, bytes.size, seed);
}

struct mr_hash128 mr_hash128(struct mr_span bytes)
{
    XXH128_hash_t hash = XXH3_128bits(bytes.data, bytes.size);

    return (struct mr_hash128){ .low = hash.low64, .high = hash.high64 };
}

uint32_t mr_checksum32(struct mr_span bytes)
{
    return (uint32_t)XXH3_64bits(bytes.data, bytes.size);
}

/* murmur2 with Kafka's seed 0x9747b28c, little-endian words. */
static uint32_t murmur2(struct mr_span bytes)
{
    const uint32_t m = 0x5BD1E995u;
    uint32_t hash = 0x9747B28Cu ^ (uint32_t)bytes.size;
    size_t at = 0;

    for (; bytes.size - at >= 4; at += 4) {
        uint32_t word = (uint32_t)bytes.data[at] |
                        (uint32_t)bytes.data[at + 1] << 8 |
                        (uint32_t)bytes.data[at + 2] << 16 |
                        (uint32_t)bytes.data[at + 3] << 24;

        word *= m;
        word ^= word >> 24;
        word *= m;
        hash = hash * m ^ word;
    }
    if (at < bytes.size) {
        for (size_t i = bytes.size; i > at; i--)
            hash ^= (uint32_t)bytes.data[i - 1] << (8 * (i - 1 - at));
        hash *= m;
    }
    hash ^= hash >> 13;
    hash *= m;
    return hash ^ hash >> 15;
}

uint32_t mr_partition_of(struct mr_span key, uint32_t partitions)
{
    MR_ASSERT(partitions > 0);

    return (murmur2(key) & 0x7FFFFFFFu) % partitions;
}

void mr_hex(struct mr_span bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.size; i++) {
        out[2 * i] = digits[bytes.data[i] >> 4];
        out[2 * i + 1] = digits[bytes.data[i] & 15];
    }
    out[2 * bytes.size] = '\0';
}

void mr_hash128_hex(struct mr_hash128 hash, char out[33])
{
    (void)snprintf(out, 33, "%016llx%016llx", (unsigned long long)hash.high,
                   (unsigned long long)hash.low);
}
