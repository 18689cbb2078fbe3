// SPDX-License-Identifier: Apache-2.0
/*
 * foreign.h - a source that is somebody else's topic: a worker on it.
 *
 * A run reads up to the end; then rounds read what comes, and where the topic
 * got partitions since, the source is to be opened again.  The group is
 * <collection>.source.<name>.
 *
 * Memory:  that of a worker.
 * Threads: one at a time, but for foreign_lag().
 * I/O:     the bus, the blob store, the store; a descriptor's file.
 */
#ifndef INGESTOR_FOREIGN_IO_FOREIGN_H
#define INGESTOR_FOREIGN_IO_FOREIGN_H

#include <stdatomic.h>

#include "ingestor/ingestor.h"
#include "ingestor/io/progress.h"

struct foreign_spec {
    const struct ingestor_spec *ingestor; /* place, lag and its limit, topics */
    const struct source_config *config;   /* checked, with a name */
    struct progress *progress;
    const atomic_bool *stop;
};

struct foreign;

/* Borrows what the spec points to.  MR_E_CONFIG: there is no such topic;
 * MR_E_INVALID: the descriptor is none. */
MR_MUST_CHECK enum mr_code foreign_open(const struct foreign_spec *spec,
                                        struct foreign **out,
                                        struct mr_err *err);

/* NULL does nothing. */
void foreign_close(struct foreign *foreign);

/* Reads to the end; as crawl_run(). */
MR_MUST_CHECK enum mr_code foreign_run(struct foreign *foreign,
                                       enum progress_outcome *outcome,
                                       int64_t *next_ms, struct mr_err *err);

/* Reads what has come, waiting a moment for it; *again: it is to be closed and
 * run anew. */
MR_MUST_CHECK enum mr_code foreign_round(struct foreign *foreign, bool *again,
                                         struct mr_err *err);

/* Records up to the end of the topic, as of a second ago; NULL has none. */
uint64_t foreign_lag(const struct foreign *foreign);

/* Deletes every document of the source, if wished, and what the bus knows of
 * it.  The source is not open. */
MR_MUST_CHECK enum mr_code foreign_forget(const struct foreign_spec *spec,
                                          bool documents, struct mr_err *err);

#endif
