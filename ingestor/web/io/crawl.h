// SPDX-License-Identifier: Apache-2.0
/*
 * crawl.h - one crawl of a source of the web, from its seed to its end.
 *
 * Every address is fetched once a crawl, repeats after a failure aside: robots
 * first, then sitemaps and pages in the order of the frontier.  A page that
 * was there before is asked for under its ETag and date, and sent only when
 * its bytes changed.  What was found to be no document in two crawls in a row
 * is deleted.
 *
 *   a page that ...                        is
 *   redirects                              not a document; its target is
 *                                          fetched if inside the scope
 *   refreshes to another within 10 s       the same: such a stub is counted
 *                                          (redirected) and never sent
 *   names another canonical inside scope   the same; if that one was found
 *                                          broken, or names this one, it is a
 *                                          document
 *   says noindex (or its X-Robots-Tag)     counted (skipped); links followed
 *   is 404 or 410                          gone
 *   has another type than text             counted (skipped)
 *
 * Memory:  the pages of the source, a body a connection, the outbox.
 * Threads: runs on the caller's.
 * I/O:     the http port; raw and the store through the outbox.
 */
#ifndef INGESTOR_WEB_IO_CRAWL_H
#define INGESTOR_WEB_IO_CRAWL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/ports/http.h"
#include "common/runtime/place.h"
#include "ingestor/ingestor.h"
#include "ingestor/io/meta.h"
#include "ingestor/io/progress.h"

struct crawl_spec {
    const struct ingestor_spec *ingestor; /* place, lag and its limit */
    const struct source_config *config;   /* checked, with a name */
    const char *user_agent;
    struct mr_http *http; /* may be left with requests under way */
    struct progress *progress;
    const atomic_bool *stop;
    bool everything; /* look at all pages, not only at those that are due */
};

/*
 * Runs, or goes on with a crawl that was broken off, and says how it ended;
 * when told to stop that is PROGRESS_STOPPED.  `next_ms` gets when something
 * is due again.  Another code than MR_OK: state or bus cannot be used, or the
 * files with headers and cookies cannot be read.
 */
MR_MUST_CHECK enum mr_code crawl_run(const struct crawl_spec *spec,
                                     enum progress_outcome *outcome,
                                     int64_t *next_ms, struct mr_err *err);

/* Deletes every document of the source, as a sweep. */
MR_MUST_CHECK enum mr_code crawl_delete_all(const struct crawl_spec *spec,
                                            struct mr_err *err);

#endif
