// SPDX-License-Identifier: Apache-2.0
/*
 * answer.h - what a shard answers to a request.  Private to indexer/serve.
 *
 * Memory:  in the arena.
 * Threads: any.
 * I/O:     the shard's.
 */
#ifndef INDEXER_SERVE_ANSWER_H
#define INDEXER_SERVE_ANSWER_H

#include <stdatomic.h>

#include "common/wire/shard.h"
#include "indexer/indexer.h"

/*
 * `ending` breaks off waiting.  MR_E_INVALID: it asks for what cannot be, such
 * as a vector of another model.  MR_E_TIMEOUT: the shard has not yet seen what
 * the search stands on.
 */
MR_MUST_CHECK enum mr_code answer_request(
    struct shard *shard, const struct mr_shard_request *request,
    const atomic_bool *ending, struct mr_arena *arena,
    struct mr_shard_reply *out, struct mr_err *err);

#endif
