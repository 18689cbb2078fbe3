// SPDX-License-Identifier: Apache-2.0
/*
 * segment.h - a segment of either kind and what is marked on it.
 *
 * A segment never changes.  Its marks do, but only while nobody else holds
 * them: whoever changes them gets a copy of its own first (marks_own()), so
 * that a snapshot that holds the old ones stays as it was.
 *
 *   dead    by the segment's own topic: what merges and manifests go by
 *   hidden  not to be found: dead, or its document is not live with this
 *           content by `documents`
 *
 * The units of an entry die and hide together.
 *
 * Memory:  counted references.
 * Threads: references may be taken and dropped by any; marks are changed by
 *          the writer only.
 * I/O:     a mapped segment is read from its file as it is used.
 */
#ifndef INDEXER_SHARD_SEGMENT_H
#define INDEXER_SHARD_SEGMENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "indexer/io/shard_folder.h"
#include "indexer/keyword/keyword.h"
#include "indexer/segment/image.h"
#include "indexer/vector/vector.h"

struct segment {
    atomic_uint refs;
    enum image_kind kind;
    struct mr_span image;
    bool sealed; /* mapped from file `name`; else on the heap */
    uint32_t level;
    uint64_t from; /* offsets of its records */
    uint64_t to;
    char name[SHARD_FOLDER_NAME_MAX];
    struct keyword_segment *keyword; /* one of the two */
    struct vector_segment *dense;
    const struct entries *entries;
    uint32_t units;
};

struct marks {
    atomic_uint refs;
    size_t words;
    uint64_t *dead; /* one bit a unit, `words` of 64 */
    uint64_t *hidden;
    uint32_t *dead_frequency; /* keyword: by term; NULL while all are 0 */
    uint32_t dead_units;
    uint32_t hidden_units;
    uint64_t dead_length;
};

/* A segment with its marks. */
struct view {
    struct segment *segment;
    struct marks *marks;
};

/* What a new segment is made of, but for its image. */
struct segment_spec {
    enum image_kind kind;
    bool sealed;
    uint32_t level;
    uint64_t from;
    uint64_t to;
    const char *name; /* when sealed */
};

/* Takes the image: a mapping when sealed, else heap memory.  It is given back
 * on failure too.  MR_E_DAMAGED: with the file's name. */
MR_MUST_CHECK enum mr_code segment_new(const struct segment_spec *spec,
                                       struct mr_span image, bool verify,
                                       struct segment **out,
                                       struct mr_err *err);
struct segment *segment_ref(struct segment *segment);
void segment_unref(struct segment *segment); /* NULL does nothing */

struct marks *marks_new(const struct segment *segment);
struct marks *marks_ref(struct marks *marks);
void marks_unref(struct marks *marks);

static inline bool bit_is_set(const uint64_t *bits, uint32_t nth)
{
    return (bits[nth / 64] >> (nth % 64) & 1) != 0;
}

/* Whether the entry is dead, or hidden; false for one without units. */
bool view_is_dead(const struct view *view, uint32_t entry);

/* Marks all units of an entry; the view has marks of its own after it. */
void view_kill(struct view *view, uint32_t entry);
void view_hide(struct view *view, uint32_t entry, bool hidden);

/* The dead of a keyword view as its scorer wants them. */
struct keyword_dead view_keyword_dead(const struct view *view);

#endif
