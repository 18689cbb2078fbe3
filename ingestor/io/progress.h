// SPDX-License-Identifier: Apache-2.0
/*
 * progress.h - how reading a source goes, for its status.
 *
 * Numbers of the run under way, or of the last one; its problems, the last
 * PROGRESS_PROBLEMS_MAX of them with place and reason; and when runs began,
 * ended and will begin.  A problem is logged when it is noted here, and
 * nowhere else.
 *
 * Memory:  bounded.  Threads: any.  I/O: none but the log.
 */
#ifndef INGESTOR_IO_PROGRESS_H
#define INGESTOR_IO_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/json/json.h"
#include "common/runtime/telemetry.h"

#define PROGRESS_PROBLEMS_MAX 50u

enum progress_state {
    PROGRESS_IDLE,    /* waits until it is due */
    PROGRESS_WAITING, /* due, but others read, or are on its host */
    PROGRESS_READING,
    PROGRESS_HELD, /* reading, but too much is on its way to the index */
};

/* What is counted, X(symbol, name): pages or files, and lines of JSONL. */
#define PROGRESS_COUNTS(X)                                                  \
    X(FOUND, "found")           /* distinct ones inside the source */       \
    X(FETCHED, "fetched")       /* answered, or read */                     \
    X(SENT, "sent")             /* documents appended to raw */             \
    X(UNCHANGED, "unchanged")   /* as they were sent before */              \
    X(DELETED, "deleted")       /* deletions appended to raw */             \
    X(SKIPPED, "skipped")       /* no document: other type, noindex, ... */ \
    X(REDIRECTED, "redirected") /* stand for another page: redirects,       \
                                   canonical links, refreshes */            \
    X(FORBIDDEN, "forbidden")   /* by robots.txt */                         \
    X(GONE, "gone")             /* 404 or 410 */                            \
    X(FAILED, "failed")         /* could not be read; each is a problem */  \
    X(RETRIED, "retried")       /* asked again */                           \
    X(LEFT, "left_out")         /* beyond max_pages or depth, repeats       \
                                   counted */

enum progress_count {
#define PROGRESS_ENUM(symbol, name) PROGRESS_##symbol,
    PROGRESS_COUNTS(PROGRESS_ENUM)
#undef PROGRESS_ENUM
    PROGRESS_COUNT_COUNT
};

enum progress_outcome {
    PROGRESS_NEVER,   /* no run has ended */
    PROGRESS_DONE,    /* read to its end */
    PROGRESS_LIMITED, /* a limit ended it: see problems */
    PROGRESS_BROKEN,  /* nothing could be read */
    PROGRESS_STOPPED, /* told to stop; goes on at the next start */
};

struct progress;

/* `name` is the source's; copied.  `telemetry` may be NULL. */
struct progress *progress_new(const char *name, struct mr_telemetry *telemetry);
/* NULL does nothing. */
void progress_free(struct progress *progress);

/* A run begins: numbers and problems are those of it from now on. */
void progress_begin(struct progress *progress, uint64_t job, int64_t now_ms);
void progress_end(struct progress *progress, enum progress_outcome outcome,
                  int64_t now_ms);
/* The run could not even begin, or go on; its words are a problem. */
void progress_fail(struct progress *progress, uint64_t job, int64_t now_ms);

/* Of a source that goes on after its run: all that is there is read now. */
void progress_caught_up(struct progress *progress, int64_t now_ms);

/* What is known of earlier processes: the last run, whether it ended, and when
 * the last that ended did. */
void progress_restore(struct progress *progress, uint64_t job, bool unfinished,
                      int64_t ended_ms);

void progress_set_state(struct progress *progress, enum progress_state state);
void progress_set_next(struct progress *progress, int64_t next_ms);
/* The run under way, or the last one. */
uint64_t progress_job(struct progress *progress);
/* A job that was asked for and has not begun; one that failed may be asked for
 * again. */
void progress_set_asked(struct progress *progress, uint64_t job);
/* Documents now known to be in the index's input. */
void progress_set_documents(struct progress *progress, uint64_t documents);

void progress_add(struct progress *progress, enum progress_count count,
                  uint64_t add);
uint64_t progress_get(struct progress *progress, enum progress_count count);
/* Numbers of the part of a run that an earlier process did. */
void progress_set(struct progress *progress, enum progress_count count,
                  uint64_t value);

/* `where` is a page, file or line. */
void progress_problem(struct progress *progress, struct mr_span where,
                      int64_t now_ms, const char *fmt, ...) MR_PRINTF(4, 5);

/* The last record that was appended to a partition: what waiting for a run's
 * documents is about. */
void progress_appended(struct progress *progress, uint32_t partition,
                       uint64_t version, struct mr_span id);

/* Members of the source's status, into an object that is open. */
void progress_render(struct progress *progress, int64_t now_ms,
                     struct mr_json_out *out);

#endif
