// SPDX-License-Identifier: Apache-2.0
/*
 * event.h - the message on `events`: a query, an answer or what a person said.
 *
 * An answer's event names its hits by document, content version and passage,
 * so that it can be joined with feedback and traced long after.  Its pieces say
 * which bytes of which documents its prompt was made of, and in which order; a
 * source of the prompt is one piece or several, which share its number.
 */
#ifndef COMMON_WIRE_EVENT_H
#define COMMON_WIRE_EVENT_H

#include "common/wire/types.h"

#define MR_EVENT_HITS_MAX   1000u
#define MR_EVENT_PIECES_MAX 1000u

enum mr_event_kind {
    MR_EVENT_QUERY = 1,
    MR_EVENT_ANSWER = 2,
    MR_EVENT_FEEDBACK = 3,
};

struct mr_event_hit {
    struct mr_span document;
    uint64_t content_version;
    struct mr_hash128 passage;
    double score;
};

struct mr_event_piece {
    struct mr_span document;
    uint64_t content_version;
    uint32_t passage; /* ordinal in the document */
    uint32_t source;  /* its number in the prompt, from 1; never falling */
    uint32_t start;   /* bytes into the normalised text */
    uint32_t end;
};

struct mr_event {
    struct mr_span id; /* 32 hexadecimal digits */
    enum mr_event_kind kind;
    int64_t time_ms;
    struct mr_span owner; /* who asked, or absent */

    /* query and answer */
    struct mr_span query;
    struct mr_span mode;
    uint32_t top_k;
    struct mr_event_hit *hits;
    size_t hit_count;
    uint32_t took_ms;
    bool partial;
    struct mr_span model; /* fingerprint of the embedding model */
    uint64_t index_version;

    /* answer */
    struct mr_span prompt; /* whole, or absent: longer than a message */
    struct mr_span answer;
    struct mr_span generator; /* "extractive", or the model's name */
    /* How the prompt was made; absent and zeros before there were templates,
     * or when the question alone was too long for one. */
    struct mr_span template_name;
    struct mr_hash128 template_hash;
    struct mr_hash128 prompt_hash;
    uint32_t prompt_tokens; /* estimated */
    struct mr_event_piece *pieces;
    size_t piece_count;

    /* feedback */
    struct mr_span about; /* the event that it is about */
    int32_t rating;       /* 1, -1, or 0 for none */
    struct mr_span text;
    struct mr_span correction;
};

MR_MUST_CHECK enum mr_code mr_event_encode(const struct mr_event *event,
                                           struct mr_arena *arena,
                                           struct mr_span *out,
                                           struct mr_err *err);
MR_MUST_CHECK enum mr_code mr_event_parse(struct mr_span bytes,
                                          struct mr_arena *arena,
                                          struct mr_event *out,
                                          struct mr_err *err);

#endif
