// SPDX-License-Identifier: Apache-2.0
/*
 * sources.h - the prompt of an answer: its sources out of the hits, what its
 * event keeps of it, and how a reply shows it.  Private to the api.
 *
 * Memory:  all but the prompt lies in the call's arena.
 * Threads: one at a time.  I/O: none.
 */
#ifndef RETRIEVER_API_SOURCES_H
#define RETRIEVER_API_SOURCES_H

#include "retriever/api/ask.h"
#include "retriever/context/context.h"

struct sources {
    const struct context_template *form;
    struct context_passage *passages; /* one a hit */
    size_t count;
    struct context context;
    struct mr_buf prompt; /* its user part */
    struct mr_hash128 hash;
    struct mr_err problem; /* why there is no prompt */
};

/* Ended by sources_end(). */
void sources_begin(struct sources *sources, const struct ask *ask,
                   const struct mr_http_call *call);
void sources_end(struct sources *sources);

/* Whether there is something to ask a generator. */
bool sources_any(const struct sources *sources);

/* The prompt, and what it was made of. */
void sources_event(const struct sources *sources, const struct ask *ask,
                   struct mr_arena *arena, struct mr_event *out);

/* Members "prompt", "system" and "context" into an open object. */
void sources_render(const struct sources *sources, struct mr_json_out *out);

#endif
