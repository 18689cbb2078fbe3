// SPDX-License-Identifier: Apache-2.0
/*
 * newest.h - what the log says last of each document: the newest record of
 * every key of a partition, as far as the shard has read it.
 *
 * Memory:  about 100 bytes a record of the topic, until newest_deinit().
 * Threads: one at a time.
 * I/O:     reads the topic from its begin.
 */
#ifndef INDEXER_SHARD_NEWEST_H
#define INDEXER_SHARD_NEWEST_H

#include "indexer/shard/shard.h"

struct newest_record {
    struct mr_span id;
    uint64_t offset;
    bool is_null;
    struct mr_hash128 hash; /* of the value */
    uint64_t version;
    uint64_t content_version;
    enum mr_doc_state state;
    uint32_t units; /* passages, or vectors, when live */
    uint32_t alive; /* entries in segments, counted by whoever looks */
};

struct newest {
    struct mr_arena *arena;
    struct newest_record *records; /* one an id, in order of ids */
    size_t count;
};

/* Records of MR_TOPIC_DOCUMENTS or MR_TOPIC_VECTORS before `end`. */
MR_MUST_CHECK enum mr_code newest_read(const struct shard *shard,
                                       enum mr_topic topic, uint64_t end,
                                       struct newest *out, struct mr_err *err);
void newest_deinit(struct newest *newest);

/* NULL when the log has nothing on the id. */
struct newest_record *newest_find(const struct newest *newest,
                                  struct mr_span id);

#endif
