// SPDX-License-Identifier: Apache-2.0
/*
 * load.h - the texts of hits, from the shards that hold them.
 *
 * Memory: in the arena.  Threads: any.  I/O: the peers'.
 */
#ifndef RETRIEVER_SEARCH_LOAD_H
#define RETRIEVER_SEARCH_LOAD_H

#include "retriever/search/fuse.h"
#include "retriever/search/scatter.h"

/*
 * One passage for each hit; those that were replaced meanwhile, or whose shard
 * went away, are not found.  A shard that fails otherwise fails it all.
 */
MR_MUST_CHECK enum mr_code load_passages(struct scatter *scatter,
                                         const struct fused_hit *hits,
                                         size_t count,
                                         struct shard_passage **out,
                                         struct mr_err *err);

#endif
