// SPDX-License-Identifier: Apache-2.0
/*
 * choose.h - which passages a prompt holds; the rules are in context.h.
 *
 * Memory: in the arena.  Threads: plain values.  I/O: none.
 */
#ifndef RETRIEVER_CONTEXT_CHOOSE_H
#define RETRIEVER_CONTEXT_CHOOSE_H

#include "retriever/context/context.h"
#include "retriever/context/tokens.h"

/* Fills the pieces, by source, and the fates of `out`, which has room for all
 * passages; gives how much of the tokens is left. */
size_t context_choose(const struct context_template *form,
                      const struct context_passage *passages, size_t count,
                      size_t tokens, struct mr_arena *arena,
                      struct context *out);

#endif
