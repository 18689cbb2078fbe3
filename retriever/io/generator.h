// SPDX-License-Identifier: Apache-2.0
/*
 * generator.h - asks a server that speaks OpenAI's chat completions.
 *
 * POST <url>/chat/completions {"model", "messages": [{"role": "system",
 * "content": <system>}, {"role": "user", "content": <prompt>}], "max_tokens",
 * "temperature": 0}
 *
 * Threads: any; a call makes its own connection.
 * I/O:     the network.
 */
#ifndef RETRIEVER_IO_GENERATOR_H
#define RETRIEVER_IO_GENERATOR_H

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "retriever/retriever.h"

/* `system` may be absent.  The answer's text into the arena.  MR_E_TIMEOUT,
 * MR_E_UNAVAILABLE: the server; MR_E_CORRUPT: what it said is no chat
 * completion. */
MR_MUST_CHECK enum mr_code generator_ask(const struct generator_config *config,
                                         struct mr_span system,
                                         struct mr_span prompt,
                                         struct mr_arena *arena,
                                         struct mr_span *out,
                                         struct mr_err *err);

#endif
