// SPDX-License-Identifier: Apache-2.0
/*
 * manifest.h - what a shard's folder holds, as of the last seal of each side.
 *
 * Replaced as a whole in one rename, so whoever reads it sees one state of the
 * index.  Reading the log from the offsets that it names makes the rest.
 *
 *   magic:u32 "MRIX"  version:u16  partition:u16  partitions:u16  epoch:u16
 *   generation:u32  dimension:u32
 *   collection, model, analyser: sized (a varint and the bytes)
 *   two sides, keyword then dense:
 *     next:u64  count:u32
 *     segment: name sized, level:u32 units:u32 from:u64 to:u64, dead sized
 *   checksum:u64 (XXH3) of every byte before it
 *   all numbers little-endian
 *
 * Memory:  what is parsed lies in the arena.
 * Threads: any.
 * I/O:     none.
 */
#ifndef INDEXER_SHARD_MANIFEST_H
#define INDEXER_SHARD_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

#define MANIFEST_NAME         "manifest"
#define MANIFEST_SEGMENTS_MAX 4096u
#define MANIFEST_BYTES_MAX    ((size_t)1 << 30)
#define MANIFEST_SIDES        2u

struct manifest_segment {
    struct mr_span name; /* of the file */
    uint32_t level;
    uint32_t units;
    uint64_t from;       /* offsets of the records that it was made of */
    uint64_t to;         /* first one after them */
    struct mr_span dead; /* one bit a unit, 8 bytes for each 64; or absent */
};

struct manifest_side {
    uint64_t next; /* offset of the first record that is not in a segment */
    struct manifest_segment *segments; /* in order of their offsets */
    uint32_t count;
};

struct manifest {
    uint16_t partition;
    uint16_t partitions;
    uint16_t epoch;
    uint32_t generation;
    uint32_t dimension;
    struct mr_span collection;
    struct mr_span model;
    struct mr_span analyser;
    struct manifest_side sides[MANIFEST_SIDES];
};

void manifest_encode(const struct manifest *manifest, struct mr_buf *out);

/* MR_E_DAMAGED: the bytes break the format above. */
MR_MUST_CHECK enum mr_code manifest_parse(struct mr_span bytes,
                                          struct mr_arena *arena,
                                          struct manifest *out,
                                          struct mr_err *err);

#endif
