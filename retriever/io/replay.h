// SPDX-License-Identifier: Apache-2.0
/*
 * replay.h - an answer's prompt once more, out of its event and the shards.
 *
 * The event names the template by its hash, and which bytes of which documents
 * in which version the sources were.  As long as all of them are there, the
 * prompt comes out byte for byte, and its hash is that of the event.  What was
 * replaced since is read from the log and cleaned once more; of a document that
 * is not live any more nothing is, wherever it lies.
 *
 * Memory:  in the arena.
 * Threads: any.
 * I/O:     the peers', and the log.
 */
#ifndef RETRIEVER_IO_REPLAY_H
#define RETRIEVER_IO_REPLAY_H

#include "common/json/json.h"
#include "common/wire/event.h"
#include "indexer/peer.h"
#include "retriever/context/template.h"
#include "retriever/retriever.h"

struct replay_place {
    struct index_peer *const *peers; /* one a partition */
    size_t peer_count;
    const struct context_template *form; /* of the configuration */
    retriever_earlier *earlier;          /* or NULL */
    void *context;                       /* its */
};

struct replay {
    struct context_template form;
    struct mr_span prompt; /* the user part */
    struct mr_hash128 hash;
    bool same;       /* as the event's */
    size_t from_log; /* pieces whose document was replaced since */
};

/*
 * MR_E_INVALID: the event has no prompt of a template.  MR_E_CONFIG: the
 * template is neither the configured nor a built-in one.  MR_E_LOST: a document
 * is not there any more in that version; the message names it.
 * MR_E_UNAVAILABLE: a shard is away.
 */
MR_MUST_CHECK enum mr_code replay_prompt(const struct replay_place *place,
                                         const struct mr_event *event,
                                         struct mr_arena *arena,
                                         struct replay *out,
                                         struct mr_err *err);

/* As an object: "event", "template", "prompt", "system", "prompt_hash",
 * "from_log", "same". */
void replay_render(const struct replay *replay, const struct mr_event *event,
                   struct mr_json_out *out);

#endif
