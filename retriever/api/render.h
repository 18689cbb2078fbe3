// SPDX-License-Identifier: Apache-2.0
/*
 * render.h - documents and hits as JSON, in one form everywhere.
 *
 * Threads: any.  I/O: none.
 */
#ifndef RETRIEVER_API_RENDER_H
#define RETRIEVER_API_RENDER_H

#include "common/json/json.h"
#include "retriever/search/search.h"

/* A key's values: one as it is, several as a list. */
void render_metadata(struct mr_json_out *out, const struct mr_pairs *pairs);

/* Members "id", "version", "state", "reason" and what the reason is made of,
 * "dense"; into an object that is open. */
void render_state(struct mr_json_out *out, struct mr_span id,
                  const struct shard_record *record);

/* All that a hit says, as an object. */
void render_hit(struct mr_json_out *out, const struct search_result *result,
                const struct search_hit *hit, bool explain);

/* "live, searchable by words; its vectors are not there yet": a sentence for
 * people about a record, into the buffer. */
void render_reason(struct mr_buf *out, const struct shard_record *record);

#endif
