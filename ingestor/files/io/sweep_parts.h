// SPDX-License-Identifier: Apache-2.0
/*
 * sweep_parts.h - the inside of a sweep.  Private to sweep*.c and lines.c.
 */
#ifndef INGESTOR_FILES_IO_SWEEP_PARTS_H
#define INGESTOR_FILES_IO_SWEEP_PARTS_H

#include "ingestor/files/io/folder.h"
#include "ingestor/files/io/sweep.h"
#include "ingestor/files/io/watch.h"
#include "ingestor/files/record.h"
#include "ingestor/io/meta.h"
#include "ingestor/io/outbox.h"

struct sweep {
    struct sweep_spec spec;
    const struct source_config *config;
    const struct mr_place *place;
    struct mr_arena *arena;   /* as long as the sweep */
    struct mr_arena *scratch; /* as long as one file or line */
    struct outbox *outbox;
    mr_space_id meta_space;
    mr_space_id files_space;
    mr_space_id lines_space;
    struct source_meta meta;
    uint64_t *ends; /* of raw, when the run or the changes began */
    struct folder folder;
    bool opened; /* `folder` is */
    struct watch *watch;
    bool again;  /* a file that was seen is to be read again */
    bool counts; /* a run counts what it sees, changes only what they do */
    uint64_t documents;
    struct mr_buf body; /* of a file, or a line */
    struct mr_buf key;
    struct mr_buf value;
};

int64_t sweep_now_ms(const struct sweep *sweep);

void sweep_problem(struct sweep *sweep, const char *path, const char *fmt, ...)
    MR_PRINTF(3, 4);

/* sweep_file.c */

/* Looks at one file, and sends what is new in it. */
MR_MUST_CHECK enum mr_code sweep_file(struct sweep *sweep, const char *path,
                                      const struct stat *about,
                                      struct mr_err *err);

/* Deletes what was sent of a path, or of all below it. */
MR_MUST_CHECK enum mr_code sweep_forget(struct sweep *sweep, const char *path,
                                        struct mr_err *err);

/* Deletes what was sent of files that are not there any more. */
MR_MUST_CHECK enum mr_code sweep_forget_missing(struct sweep *sweep,
                                                struct mr_err *err);

void sweep_save_file(struct sweep *sweep, const char *path,
                     const struct file_record *record);

/* The file is read again, changed or not. */
MR_MUST_CHECK enum mr_code sweep_want_file(struct sweep *sweep,
                                           const char *path,
                                           struct mr_err *err);

/* holders.c; what was put into the outbox before must have been flushed. */

/* The file holds a line of the id. */
void holders_add(struct sweep *sweep, const char *path, struct mr_span id);

/* It holds none any more.  *held: another file does, whose line is sent when
 * it is read again, which is asked for. */
MR_MUST_CHECK enum mr_code holders_remove(struct sweep *sweep, const char *path,
                                          struct mr_span id, bool *held,
                                          struct mr_err *err);

/* lines.c */

/* Reads a JSONL file from `fd`; `record` is the one before, and changed. */
MR_MUST_CHECK enum mr_code lines_read(struct sweep *sweep, const char *path,
                                      int fd, struct file_record *record,
                                      struct mr_err *err);

/* Deletes the lines of a path that are not of `generation` (0: all). */
MR_MUST_CHECK enum mr_code lines_forget(struct sweep *sweep, const char *path,
                                        uint64_t generation,
                                        struct mr_err *err);

#endif
