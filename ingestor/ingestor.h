// SPDX-License-Identifier: Apache-2.0
/*
 * ingestor.h - sources: what is read from sites and folders into `raw`.
 * The one public header of the ingestor.
 *
 * A source is a site, a folder, or a topic of somebody else's, with a name.  It
 * is read when it is given, and again by its own pace; a folder is watched
 * besides.  What was sent is kept in the store, so that nothing is sent again
 * that did not change, and a crawl that was killed goes on where it was:
 * records are appended and acknowledged before the state says so.  Where the
 * bus is not on this machine, the state is on it too (io/mirror.h): an ingestor
 * on another machine goes on, and of two the later fences the earlier.
 *
 * A run that reads a source is a job.  Jobs of a source are numbered from 1,
 * over restarts too; a source given again while it is read is read again
 * afterwards.  Of a topic a run ends when all that was there is read; what
 * comes later is read as it comes.
 *
 * Memory:  owns copies of what it is given; a crawl holds its addresses (some
 *          500 bytes a page) and one body a connection.
 * Threads: any may call; each source has a thread of its own, of which at most
 *          INGESTOR_RUNNING_MAX read at a time, and one a host.
 * I/O:     the network, the file system, the bus (synced), the store.
 */
#ifndef INGESTOR_INGESTOR_H
#define INGESTOR_INGESTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_status.h"
#include "common/http/server.h"
#include "common/json/json.h"
#include "common/runtime/place.h"
#include "common/runtime/telemetry.h"

#define INGESTOR_SOURCES_MAX 256u
#define INGESTOR_RUNNING_MAX 8u
#define INGESTOR_PAGES_MAX   1000000u

#define SOURCE_EVERY_MS_MAX ((int64_t)3650 * 24 * 60 * 60 * 1000)

enum source_kind {
    SOURCE_WEB,
    SOURCE_FILES,
    SOURCE_KAFKA,
};

/* Where the parts of a document are in a record; see foreign/path.h. */
struct source_fields {
    const char *id; /* all may be NULL: see foreign/map.h */
    const char *text;
    const char *html;
    const char *title;
    const char *url;
    const char *time;
    const char *owner;
    const char *acl;
    const char *metadata;
};

struct source_config {
    const char *name; /* [a-z0-9._-]{1,64}; NULL: made of what is read */
    enum source_kind kind;
    const char *url;  /* web: where the crawl begins */
    const char *path; /* files: a file or folder, absolute */
    int64_t every_ms; /* the pace; pages have their own around it; at most
                       * SOURCE_EVERY_MS_MAX, which is as good as never */
    uint32_t rank;    /* lower wins among duplicates */
    size_t bytes_max; /* of a page or file, and of a line of JSONL */
    int64_t total_ms; /* a run ends after it, the next one goes on */
    /* Web only. */
    uint32_t max_pages; /* fetched in one crawl */
    uint32_t depth;     /* links from the seed */
    uint32_t connections_per_host;
    int64_t delay_ms;           /* between two requests to a host */
    bool ignore_crawl_delay;    /* robots.txt's, which is kept otherwise */
    bool allow_private;         /* private and loopback addresses */
    int64_t page_timeout_ms;    /* of one request, whole */
    const char *headers_file;   /* "Name: value" lines; NULL: none */
    const char *cookies_file;   /* Netscape's form; NULL: none */
    const char *const *include; /* prefixes that are followed besides */
    size_t include_count;
    const char *const *exclude; /* prefixes that are not */
    size_t exclude_count;
    /* Kafka only. */
    const char *topic;      /* by its whole name */
    const char *format;     /* "json", "protobuf", "confluent", "cloudevents" */
    const char *inner;      /* of the latter two: "json", "protobuf" */
    const char *from;       /* "beginning", "end" */
    const char *descriptor; /* protobuf: a file of FileDescriptorSet */
    const char *message;    /* protobuf: the full name */
    struct source_fields fields;
};

/* A day, 1,000 pages, depth 8, two connections; url and path are NULL. */
struct source_config source_config_default(enum source_kind kind);

struct mr_flight;

struct ingestor_spec {
    const struct mr_place *place;   /* borrowed, as all below */
    struct mr_telemetry *telemetry; /* may be NULL */
    const char *user_agent;         /* NULL: "millrace/VERSION" */
    /* Records between `raw` and being searchable by words; while there are
     * more than the limit, sources wait.  NULL: never. */
    uint64_t (*keyword_lag)(void *context);
    uint64_t keyword_lag_max;
    /* Whether there is room to write; while it says no, sources wait and tell
     * its words.  NULL: always. */
    enum mr_code (*may_write)(void *context, struct mr_err *err);
    /* Names a topic of somebody else's, and says how many partitions it has.
     * MR_E_CONFIG: there is none of that name.  NULL: the bus has no topics of
     * others. */
    enum mr_code (*foreign)(void *context, const char *name, mr_topic_id *topic,
                            uint32_t *partitions, struct mr_err *err);
    /* Removes what a group has read; together with `foreign`. */
    enum mr_code (*forget_group)(void *context, const char *group,
                                 struct mr_err *err);
    /* Another ingestor of the collection has taken over, as only a bus that is
     * not on this machine can tell: this one writes nothing more.  May be
     * NULL. */
    void (*ended)(void *context, const struct mr_err *err);
    void *context;
    struct mr_flight *flight; /* as in runtime/worker.h; may be NULL */
    size_t body_bytes_max;    /* bytes_max of a source given through HTTP that
                                 does not say; 0: 16 MiB */
};

struct ingestor;

/* Opens the state and the sources that were given before; reads nothing yet.
 */
MR_MUST_CHECK enum mr_code ingestor_new(const struct ingestor_spec *spec,
                                        struct ingestor **out,
                                        struct mr_err *err);

/* The configuration of the source that reads what `like` names, in the arena;
 * false: there is none. */
bool ingestor_known(struct ingestor *ingestor, const struct source_config *like,
                    struct mr_arena *arena, struct source_config *out);

/*
 * Adds a source, or takes its new configuration, and reads it now; it is kept
 * over restarts.  `job` gets the number of the run, `name` (of
 * INGESTOR_NAME_SIZE) the source's name; both may be NULL.  MR_E_INVALID: what
 * is wrong with the configuration, for whoever gave it; among other things an
 * address that is private without allow_private, a path that is not there, and
 * a name that another url or path has.  MR_E_LIMIT: INGESTOR_SOURCES_MAX.
 */
#define INGESTOR_NAME_SIZE 65u
MR_MUST_CHECK enum mr_code ingestor_give(struct ingestor *ingestor,
                                         const struct source_config *config,
                                         uint64_t *job, char *name,
                                         struct mr_err *err);

/* As ingestor_give() for a source of the configuration file: it is read when
 * it is due (at once when it is new), and not kept: each start adds it again.
 * A path that is not there is a problem of its runs. */
MR_MUST_CHECK enum mr_code ingestor_add(struct ingestor *ingestor,
                                        const struct source_config *config,
                                        struct mr_err *err);

/* Forgets a source and its state, when it has stopped reading; with
 * `documents`, what it sent is deleted first.  MR_E_INVALID: there is none. */
MR_MUST_CHECK enum mr_code ingestor_remove(struct ingestor *ingestor,
                                           const char *name, bool documents,
                                           struct mr_err *err);

/* Begins to read. */
MR_MUST_CHECK enum mr_code ingestor_start(struct ingestor *ingestor,
                                          struct mr_err *err);

/* Breaks off: what is read is appended, and the next start goes on.  Returns
 * when all threads have ended. */
void ingestor_stop(struct ingestor *ingestor);

/* Stops first, if need be.  NULL does nothing. */
void ingestor_free(struct ingestor *ingestor);

/* An array of objects, one a source; see ingestor/README.md for members. */
void ingestor_status(struct ingestor *ingestor, struct mr_json_out *out);

/* POST and GET /v1/sources, GET and DELETE /v1/sources/{name}; the context of
 * their table is the ingestor. */
const struct mr_http_route *ingestor_routes(size_t *count);

#endif
