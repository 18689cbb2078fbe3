// SPDX-License-Identifier: Apache-2.0
/*
 * entries.h - whose units a segment holds.
 *
 * A segment of either kind has units (passages, or vectors), numbered from 0;
 * an entry is a document at one content version with a run of units.  Entries
 * are in the order in which their records lay in the topic; a document may
 * have several entries (older ones are dead).
 *
 * As bytes, all numbers little-endian, every array aligned to 8:
 *   count:u32 units:u32
 *   content_version:u64[count]  offset:u64[count]   (of the record)
 *   first_unit:u32[count + 1]   id_at:u32[count + 1]
 *   by_hash:u32[count]          entries by (hash64 of id, entry)
 *   ids                         the bytes of all ids
 *
 * Memory:  a view borrows its bytes; a builder owns its own.
 * Threads: views: any number of readers.
 * I/O:     none.
 */
#ifndef INDEXER_SEGMENT_ENTRIES_H
#define INDEXER_SEGMENT_ENTRIES_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

struct entries {
    struct mr_span bytes;
    uint32_t count;
    uint32_t units;
    const uint64_t *content_versions;
    const uint64_t *offsets;
    const uint32_t *first_units;
    const uint32_t *id_ats;
    const uint32_t *by_hash;
    const uint8_t *ids;
};

/* Checks everything that reading relies on. MR_E_DAMAGED when it fails. */
MR_MUST_CHECK enum mr_code entries_parse(struct mr_span bytes,
                                         struct entries *out,
                                         struct mr_err *err);

struct mr_span entries_id(const struct entries *entries, uint32_t entry);

/* The entry that unit `unit` belongs to. */
uint32_t entries_of_unit(const struct entries *entries, uint32_t unit);

/* Entries of a document, rising, at most `room`; gives how many there are. */
size_t entries_find(const struct entries *entries, struct mr_span id,
                    uint32_t *out, size_t room);

struct entries_builder;

struct entries_builder *entries_builder_new(void);
void entries_builder_free(struct entries_builder *builder);

/* Adds an entry of `units` units behind the last one; copies the id. */
void entries_builder_add(struct entries_builder *builder, struct mr_span id,
                         uint64_t content_version, uint64_t offset,
                         uint32_t units);

/* Appends the bytes above, equal for equal entries. */
void entries_builder_write(const struct entries_builder *builder,
                           struct mr_buf *out);

#endif
