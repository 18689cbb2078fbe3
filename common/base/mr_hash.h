// SPDX-License-Identifier: Apache-2.0
/*
 * mr_hash.h - hashes and checksums, all of them published and fixed.
 *
 * Their values are written to disk and to the bus, so they never change.
 * None of them is cryptographic.
 *
 * Threads: any.  I/O: none.
 */
#ifndef COMMON_BASE_MR_HASH_H
#define COMMON_BASE_MR_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"

struct mr_hash128 {
    uint64_t low;
    uint64_t high;
};

/* XXH3 of 64 bits (xxHash 0.8 specification) under a seed. */
uint64_t mr_hash64(struct mr_span bytes, uint64_t seed);

/* XXH3 of 128 bits, seed 0: equal texts are equal by this. */
struct mr_hash128 mr_hash128(struct mr_span bytes);

/* The partition of a key: murmur2 as Kafka's Java client computes it, the
 * sign bit cleared, modulo `partitions`. */
uint32_t mr_partition_of(struct mr_span key, uint32_t partitions);

/* The low 32 bits of XXH3 over the bytes: the checksum of our files. */
uint32_t mr_checksum32(struct mr_span bytes);

/* A bijection of 64 bits that spreads them (splitmix64's finaliser). */
static inline uint64_t mr_mix64(uint64_t value)
{
    value ^= value >> 30;
    value *= 0xBF58476D1CE4E5B9u;
    value ^= value >> 27;
    value *= 0x94D049BB133111EBu;
    return value ^ value >> 31;
}

/* Lower-case hexadecimal of `bytes` into `out`, 2 characters a byte and a
 * zero. */
void mr_hex(struct mr_span bytes, char *out);

/* 32 hexadecimal digits, high half first, and a zero. */
void mr_hash128_hex(struct mr_hash128 hash, char out[33]);

#endif
