// SPDX-License-Identifier: Apache-2.0
/*
 * checkpoint.h - what a checkpoint of a shard holds: files, cut into pieces
 * that are blobs, and what they were made from.
 *
 * It is written last and never changed; `control` says which one is the newest
 * (control.h).  A file's name is one of a shard's folder: letters, digits,
 * '-', '_' and '.', with at most one folder before it.
 */
#ifndef COMMON_WIRE_CHECKPOINT_H
#define COMMON_WIRE_CHECKPOINT_H

#include "common/wire/types.h"

#define MR_CHECKPOINT_BYTES_MAX ((size_t)16 * 1024 * 1024)
/* Half a terabyte of a store's files of 64 MiB. */
#define MR_CHECKPOINT_FILES_MAX 8192u
#define MR_CHECKPOINT_NAME_MAX  128u
#define MR_CHECKPOINT_HASH      16u /* bytes of one in `pieces` */

struct mr_checkpoint_file {
    struct mr_span name;
    uint64_t size;
    struct mr_hash128 digest; /* of its bytes */
    struct mr_span pieces;    /* the blobs' hashes, see below */
};

struct mr_checkpoint {
    struct mr_span index; /* the index that it is of, told from others */
    struct mr_span model;
    struct mr_span analyser;
    struct mr_span member; /* who wrote it */
    uint32_t generation;
    uint32_t partition;
    uint32_t partitions;
    uint32_t epoch;
    uint64_t documents_next; /* the first offsets that are not in it */
    uint64_t vectors_next;
    int64_t taken_ms; /* before anything of it was copied */
    bool has_previous;
    struct mr_hash128 previous; /* the checkpoint before it */
    uint32_t piece_bytes; /* of a file, in each of its pieces but the last */
    const struct mr_checkpoint_file *files; /* names rising */
    size_t file_count;
};

MR_MUST_CHECK enum mr_code mr_checkpoint_encode(
    const struct mr_checkpoint *checkpoint, struct mr_arena *arena,
    struct mr_span *out, struct mr_err *err);
MR_MUST_CHECK enum mr_code mr_checkpoint_parse(struct mr_span bytes,
                                               struct mr_arena *arena,
                                               struct mr_checkpoint *out,
                                               struct mr_err *err);

size_t mr_checkpoint_pieces(const struct mr_checkpoint_file *file);
struct mr_hash128 mr_checkpoint_piece(const struct mr_checkpoint_file *file,
                                      size_t nth);

/* The sixteen bytes of a hash as `pieces` holds them. */
void mr_checkpoint_put_piece(struct mr_hash128 hash,
                             uint8_t out[MR_CHECKPOINT_HASH]);

#endif
