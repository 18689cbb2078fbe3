// SPDX-License-Identifier: Apache-2.0
/*
 * context.h - from hits to a prompt that fits its generator.
 *
 * Passages are looked at in the order of their rank:
 *   - one that a taken one holds already (same.h) is left out; one that holds a
 *     taken one takes its place;
 *   - else it is taken, as long as the estimate (tokens.h) of the whole prompt
 *     stays within the budget;
 *   - the first that does not fit any more is cut after the last of its
 *     sentences that does, if a quarter of it does; all behind it are left out.
 * Taken passages that stand beside each other in one document, with at most
 * CONTEXT_GAP_BYTES between them, become one source, in the document's order
 * with a line end between two.  Sources are numbered by their best passage.
 *
 * The prompt is a function of the template, the question and the sources:
 * context_write() makes the same bytes of them at any time.  An event keeps
 * which bytes of which documents the sources are (struct context_piece), and
 * context_restore() makes the sources of them again.
 *
 * Memory:  all of it lies in the arena, but for what is borrowed of the
 *          passages.
 * Threads: plain values.
 * I/O:     none.
 */
#ifndef RETRIEVER_CONTEXT_CONTEXT_H
#define RETRIEVER_CONTEXT_CONTEXT_H

#include "common/base/mr_arena.h"
#include "retriever/context/template.h"

#define CONTEXT_GAP_BYTES 256u

/* A hit. */
struct context_passage {
    struct mr_span document;
    uint32_t start; /* bytes of the document's text */
    uint32_t end;
    struct mr_span text;
    struct mr_span title;
    struct mr_span url;
    struct mr_span headings;
};

enum context_fate {
    CONTEXT_TAKEN,
    CONTEXT_CUT,     /* taken in part */
    CONTEXT_SAME,    /* as another passage, which may be so as well */
    CONTEXT_NO_ROOM, /* in the budget */
};

/* "taken", "cut", "same", "no_room": static. */
const char *context_fate_name(enum context_fate fate);

/* The first `size` bytes of a passage's text. */
struct context_piece {
    uint32_t source;  /* its number, from 1 */
    uint32_t passage; /* position in the given passages */
    uint32_t size;
};

/* One source of the prompt. */
struct context_source {
    const struct context_piece *pieces; /* in the document's order */
    size_t piece_count;
    struct mr_span text;
};

struct context {
    struct context_piece *pieces; /* by source */
    size_t piece_count;
    struct context_source *sources; /* number i + 1 */
    size_t source_count;
    enum context_fate *fates; /* one a passage; NULL after a restore */
    uint32_t *same_as;        /* of CONTEXT_SAME: which passage */
    size_t tokens;            /* of the whole prompt, estimated */
};

/* Chooses the sources.  MR_E_LIMIT: the question alone is too much. */
MR_MUST_CHECK enum mr_code context_build(
    const struct context_template *form, struct mr_span question,
    const struct context_passage *passages, size_t count, size_t tokens_max,
    struct mr_arena *arena, struct context *out, struct mr_err *err);

/* Takes the pieces as they are.  MR_E_CORRUPT: they are none of a context. */
MR_MUST_CHECK enum mr_code context_restore(
    const struct context_passage *passages, size_t count,
    const struct context_piece *pieces, size_t piece_count,
    struct mr_arena *arena, struct context *out, struct mr_err *err);

/* Appends the user part of the prompt. */
void context_write(const struct context_template *form, struct mr_span question,
                   const struct context_passage *passages,
                   const struct context *context, struct mr_arena *arena,
                   struct mr_buf *out);

/* The hash that an event keeps: of the system part, a zero, the user part. */
struct mr_hash128 context_hash(const struct context_template *form,
                               struct mr_span user, struct mr_arena *arena);

/* Which of the numbers 1 to `count` a text cites as [n]: sets cited[n - 1], and
 * gives how many. */
size_t context_citations(struct mr_span text, bool *cited, size_t count);

#endif
