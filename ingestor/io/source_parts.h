// SPDX-License-Identifier: Apache-2.0
/*
 * source_parts.h - the inside of a source.  Private to source*.c.
 */
#ifndef INGESTOR_IO_SOURCE_PARTS_H
#define INGESTOR_IO_SOURCE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/base/mr_arena.h"
#include "ingestor/files/io/sweep.h"
#include "ingestor/foreign/io/foreign.h"
#include "ingestor/io/progress.h"
#include "ingestor/io/source.h"

/* A configuration and what its texts lie in. */
struct held {
    struct mr_arena *arena;
    struct source_config config;
};

struct source {
    const struct ingestor_spec *ingestor;
    struct mr_clock *clock;
    const char *user_agent;
    struct gate *gate;
    char name[INGESTOR_NAME_SIZE];
    enum source_kind kind;
    char *host; /* for the gate; NULL for others than web */
    struct progress *progress;
    struct sweep *sweep;     /* of files, once a run has begun; the thread's */
    struct foreign *foreign; /* of Kafka, the same; changed under the lock */
    pthread_t thread;
    bool started;
    int wake_fd;
    atomic_bool stop;
    struct held *current; /* the thread's */

    pthread_mutex_t lock; /* all below */
    struct held *wanted;  /* the newest configuration, also when current */
    bool kept;
    bool asked;
    bool running;
    uint64_t job;    /* of the run under way, or of the next one */
    int64_t next_ms; /* when it is due */
};

static inline int64_t source_now_ms(const struct source *source)
{
    return mr_clock_wall_ms(source->clock);
}

static inline void source_lock(struct source *source)
{
    (void)pthread_mutex_lock(&source->lock);
}

static inline void source_unlock(struct source *source)
{
    (void)pthread_mutex_unlock(&source->lock);
}

/* NULL does nothing. */
void source_let_go(struct held *held);

/* source_run.c: one run, from the newest configuration to its end. */
void source_run(struct source *source);

/* What a topic has got since the run; what goes wrong is told, and the source
 * closed until the next one. */
void source_follow(struct source *source);

/* Closes what the next run opens anew. */
void source_close(struct source *source);

#endif
