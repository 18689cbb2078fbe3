// SPDX-License-Identifier: Apache-2.0
/*
 * source.h - one source and its thread, which reads when it is asked or due,
 * and works off changes of a folder in between.
 *
 * Memory:  owns copies of its configuration.
 * Threads: one of its own; the functions may be called by any, start and stop
 *          by one at a time.
 * I/O:     that of crawl.h and sweep.h.
 */
#ifndef INGESTOR_IO_SOURCE_H
#define INGESTOR_IO_SOURCE_H

#include "ingestor/ingestor.h"
#include "ingestor/io/gate.h"

struct source;

struct source_spec {
    const struct ingestor_spec *ingestor; /* borrowed, as all below */
    const char *user_agent;
    struct gate *gate;
    const struct source_config *config; /* checked, with a name; copied */
    bool kept; /* in the store's list, see ingestor_give() */
};

/* Reads what the store knows of it.  MR_E_DAMAGED and codes of the store. */
MR_MUST_CHECK enum mr_code source_new(const struct source_spec *spec,
                                      struct source **out, struct mr_err *err);

/* Stops first.  NULL does nothing. */
void source_free(struct source *source);

const char *source_name(const struct source *source);
bool source_is_kept(const struct source *source);
void source_keep(struct source *source);

/* Whether it reads what the configuration says. */
bool source_reads(struct source *source, const struct source_config *config);

/* What it is configured with, in the arena. */
struct source_config source_config_of(struct source *source,
                                      struct mr_arena *arena);

/* A checked configuration of the same name, for the next run. */
void source_configure(struct source *source,
                      const struct source_config *config);

/* To be read now; gives the number of that job. */
uint64_t source_ask(struct source *source);

MR_MUST_CHECK enum mr_code source_start(struct source *source,
                                        struct mr_err *err);
/* source_stop() in two steps, so that many stop at once. */
void source_tell_stop(struct source *source);
void source_stop(struct source *source);

/* After source_stop(): deletes the documents, if wished, and the state. */
MR_MUST_CHECK enum mr_code source_forget(struct source *source, bool documents,
                                         struct mr_err *err);

/* One object; see ingestor/README.md. */
void source_render(struct source *source, struct mr_json_out *out);

#endif
