// SPDX-License-Identifier: Apache-2.0
/*
 * ingest.h - what `millrace ingest` is made of: sources that the server reads
 * by itself, and lines of standard input that are put one by one.
 *
 * Each gives an object for --json, and words otherwise; what went wrong is
 * printed to standard error in both cases.
 *
 * Memory:  names and ids are freed by mr_free().
 * Threads: one.
 * I/O:     the server, standard input, standard output and error.
 */
#ifndef CLI_INGEST_H
#define CLI_INGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/json/json.h"

struct ingest_wishes {
    const char *server;
    const char *max_pages;
    const char *depth;
    bool allow_private;
    bool wait;
    bool json;
};

/* What the server made of one argument. */
struct ingest_given {
    const char *what; /* as it was given */
    char *name;       /* of the source; NULL: it was refused */
    uint64_t job;
};

/* Gives one site, folder or file to the server; the exit code. */
int ingest_give(const struct ingest_wishes *wishes, const char *what,
                struct ingest_given *out);

/* Waits until all of it is searchable in every mode; the exit code.  With
 * --json the source's status is a member "status" of the open object. */
int ingest_wait(const struct ingest_wishes *wishes,
                const struct ingest_given *given, struct mr_json_out *out);

/* Puts every line of standard input, and with --wait waits for what becomes
 * of each; the exit code.  With --json into the open object. */
int ingest_lines(const struct ingest_wishes *wishes, struct mr_json_out *out);

/* A write that was taken, to wait for it. */
struct ingest_taken {
    uint64_t line; /* of standard input */
    uint64_t version;
    char *id;
};

/* Waits until the writes, the last of each partition, are known in every mode,
 * and nothing waits for its vectors any more; the exit code. */
int ingest_settle(const struct ingest_wishes *wishes,
                  const struct ingest_taken *last, size_t count);

enum ingest_state {
    INGEST_LIVE,
    INGEST_DUPLICATE,
    INGEST_REJECTED,
    INGEST_DELETED, /* by somebody, meanwhile */
    INGEST_FAILED,
    INGEST_SUPERSEDED, /* by a later line, or somebody */
    INGEST_STATES,
};

extern const char *const ingest_state_names[INGEST_STATES];

struct ingest_fates {
    uint64_t states[INGEST_STATES];
    uint64_t failed; /* for good, or only their embedding */
    /* Told of each that was rejected or failed. */
    void (*problem)(void *context, uint64_t line, const char *words);
    void *context;
};

/* Waits until each has its final state in every mode, and counts them; the
 * exit code of what went wrong with the server. */
int ingest_fates(const struct ingest_wishes *wishes, struct ingest_taken *taken,
                 size_t count, struct ingest_fates *fates);

void ingest_pause(void);

/* A bar on standard error when that is a terminal; `part` is of 0..1. */
void ingest_bar(const char *name, double part, const char *words);
void ingest_bar_clear(void);

/* How fast a number rises; all zero at first. */
struct ingest_pace {
    double at[2]; /* seconds: the older one is what the rate counts from */
    double done[2];
    char text[64];
};

/* ", 25/s, 40 s left", or nothing while that is not known; `unit` stands
 * before "/s", `total` 0 is unknown.  Borrowed until the next call. */
const char *ingest_pace_text(struct ingest_pace *pace, double done,
                             double total, const char *unit);

/* What Ctrl-C says from now on, before it ends the process. */
void ingest_on_interrupt(const char *words);

#define INGEST_GOES_ON                                         \
    "\nmillrace ingest: the server goes on with what it has; " \
    "`millrace status` shows how far it is\n"
#define INGEST_NOT_ALL_SENT                                   \
    "\nmillrace ingest: not all lines were sent; those that " \
    "were stay, and giving all of them again does no harm\n"

#endif
