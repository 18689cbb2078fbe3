// SPDX-License-Identifier: Apache-2.0
/*
 * sweep.h - a source of files: the whole folder once in a while, and changes
 * as they come.
 *
 * A file whose size and time are those of its record is not opened; one whose
 * bytes have the hash of its record is not sent.  What is recorded and not
 * there any more is deleted, unless the folder itself is not there.  Of a
 * JSONL file each line is a document with a record of its own, so a change
 * sends the lines that changed and deletes those that are gone.
 *
 * Memory:  one file (a line of JSONL), and the outbox.
 * Threads: one at a time.
 * I/O:     the file system; raw and the store through the outbox.
 */
#ifndef INGESTOR_FILES_IO_SWEEP_H
#define INGESTOR_FILES_IO_SWEEP_H

#include <stdatomic.h>

#include "ingestor/ingestor.h"
#include "ingestor/io/progress.h"

struct sweep_spec {
    const struct ingestor_spec *ingestor; /* place, lag and its limit */
    const struct source_config *config;   /* checked, with a name */
    struct progress *progress;
    const atomic_bool *stop;
};

struct sweep;

/* Opens the state; borrows what the spec points to. */
MR_MUST_CHECK enum mr_code sweep_open(const struct sweep_spec *spec,
                                      struct sweep **out, struct mr_err *err);

/* NULL does nothing. */
void sweep_close(struct sweep *sweep);

/* Looks at everything; as crawl_run().  From then on changes are watched. */
MR_MUST_CHECK enum mr_code sweep_run(struct sweep *sweep,
                                     enum progress_outcome *outcome,
                                     int64_t *next_ms, struct mr_err *err);

/* The descriptor to poll for changes, -1 when nothing is watched. */
int sweep_fd(const struct sweep *sweep);

/* Takes in what was told of changes; gives how long until they should be
 * worked off (0: now), -1 for none. */
int sweep_due_ms(struct sweep *sweep);

/* Works off the changes.  *everything: they want sweep_run() instead. */
MR_MUST_CHECK enum mr_code sweep_changes(struct sweep *sweep, bool *everything,
                                         struct mr_err *err);

/* Deletes every document of the source. */
MR_MUST_CHECK enum mr_code sweep_delete_all(struct sweep *sweep,
                                            struct mr_err *err);

#endif
