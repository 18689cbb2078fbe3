// SPDX-License-Identifier: Apache-2.0
/*
 * sealed.h - the sealed segments as of one seal, and the merges that it
 * triggers.  Private to side.c.
 *
 * Memory:  a list holds references and its own copies of the dead.
 * Threads: one at a time; a list may be handed to another thread.
 * I/O:     sealed_merge() writes files.
 */
#ifndef INDEXER_SHARD_SEALED_H
#define INDEXER_SHARD_SEALED_H

#include "indexer/shard/side.h"

struct sealed_item {
    struct segment *segment;
    uint64_t *dead; /* as of the seal */
    uint32_t dead_units;
};

struct sealed {
    uint64_t next; /* offset of the first record after the seal */
    struct sealed_item *items;
    size_t count;
    char (*garbage)[SHARD_FOLDER_NAME_MAX]; /* files that were merged away */
    size_t garbage_count;
};

/* Appends a segment with the dead of `marks` (NULL: none); takes a reference
 * of its own. */
void sealed_add(struct sealed *list, struct segment *segment,
                const struct marks *marks);
/* Without the garbage. */
void sealed_copy(const struct sealed *from, struct sealed *out);
void sealed_clear(struct sealed *list);

/* Whether sealed_merge() has something to do. */
bool sealed_wants_merge(const struct sealed *list, uint32_t fan_in);

/* Merges the last `fan_in` segments of one level, as often as there are. */
MR_MUST_CHECK enum mr_code sealed_merge(struct sealed *list,
                                        const struct side_spec *spec,
                                        struct mr_err *err);

/* Writes an image as a file and opens it: retries while the disk fails, until
 * told to end.  Takes the image's bytes. */
MR_MUST_CHECK enum mr_code sealed_write(const struct side_spec *spec,
                                        uint32_t level, uint64_t from,
                                        uint64_t to, struct mr_buf *image,
                                        struct segment **out,
                                        struct mr_err *err);

#endif
