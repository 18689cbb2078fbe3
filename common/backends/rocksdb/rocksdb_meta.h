// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_meta.h - the entries of the default family, see mr_rocksdb.h.
 *
 * Private to this folder.
 */
#ifndef COMMON_BACKENDS_ROCKSDB_ROCKSDB_META_H
#define COMMON_BACKENDS_ROCKSDB_ROCKSDB_META_H

#include "common/backends/rocksdb/rocksdb_state.h"
#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_buf.h"

/* The longest key is that of a position. */
#define ROCKS_META_KEY_MAX (1 + MR_RULES_GROUP_MAX + 1 + 8)

/* --- entries --- */

void rocks_meta_put(struct mr_rocksdb *db, rocksdb_writebatch_t *batch,
                    struct mr_span key, struct mr_span value);

/* A value of `count` numbers. */
void rocks_meta_put_numbers(struct mr_rocksdb *db, rocksdb_writebatch_t *batch,
                            struct mr_span key, const uint64_t *numbers,
                            size_t count);

/* `count` numbers under a key; *found is false when there is none. */
MR_MUST_CHECK enum mr_code rocks_meta_numbers(struct mr_rocksdb *db,
                                              struct mr_span key,
                                              uint64_t *numbers, size_t count,
                                              bool *found, struct mr_err *err);

typedef enum mr_code rocks_meta_visit(struct mr_rocksdb *db, void *context,
                                      struct mr_span key, struct mr_span value,
                                      struct mr_err *err);

/* Calls `visit` for each entry whose key begins with `prefix`. */
MR_MUST_CHECK enum mr_code rocks_meta_each(struct mr_rocksdb *db,
                                           struct mr_span prefix,
                                           rocks_meta_visit *visit,
                                           void *context, struct mr_err *err);

/* MR_E_DAMAGED: an entry of this kind breaks its format. */
enum mr_code rocks_meta_fail(const struct mr_rocksdb *db, char kind,
                             struct mr_err *err);

/* --- positions, bounds and marks --- */

/* *next is UINT64_MAX when the group has no position. */
MR_MUST_CHECK enum mr_code rocks_meta_position(
    struct mr_rocksdb *db, const char *group, mr_topic_id topic,
    uint32_t partition, uint64_t *next, struct mr_err *err);
void rocks_meta_put_position(struct mr_rocksdb *db, rocksdb_writebatch_t *batch,
                             const char *group,
                             const struct mr_position *position);
void rocks_meta_put_begin(struct mr_rocksdb *db, rocksdb_writebatch_t *batch,
                          mr_topic_id topic, uint32_t partition,
                          uint64_t begin);

/* How far a partition is compacted, and how many records that left. */
struct rocks_clean_mark {
    uint64_t cleaned;
    uint64_t kept;
};

MR_MUST_CHECK enum mr_code rocks_meta_clean_mark(struct mr_rocksdb *db,
                                                 mr_topic_id topic,
                                                 uint32_t partition,
                                                 struct rocks_clean_mark *out,
                                                 struct mr_err *err);
void rocks_meta_put_clean_mark(struct mr_rocksdb *db,
                               rocksdb_writebatch_t *batch, mr_topic_id topic,
                               uint32_t partition,
                               const struct rocks_clean_mark *mark);

/* The slowest group at a partition; UINT64_MAX when none has been there. */
MR_MUST_CHECK enum mr_code rocks_meta_slowest(struct mr_rocksdb *db,
                                              mr_topic_id topic,
                                              uint32_t partition,
                                              uint64_t *next,
                                              struct mr_err *err);

/* Removes all positions of a group. */
MR_MUST_CHECK enum mr_code rocks_meta_forget(struct mr_rocksdb *db,
                                             const char *group,
                                             struct mr_err *err);

/* --- rocksdb_tables.c: topics and spaces --- */

/* Reads topics, spaces and bounds at an open; nobody else is there yet. */
MR_MUST_CHECK enum mr_code rocks_meta_load(struct mr_rocksdb *db,
                                           struct mr_err *err);

/* Both under the write lock. */
MR_MUST_CHECK enum mr_code rocks_meta_topic(struct mr_rocksdb *db,
                                            const struct mr_topic_spec *spec,
                                            mr_topic_id *out,
                                            struct mr_err *err);
MR_MUST_CHECK enum mr_code rocks_meta_space(struct mr_rocksdb *db,
                                            const char *name, mr_space_id *out,
                                            struct mr_err *err);

#endif
