// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_writer.h - the sections of an image, written in one pass.
 *
 * Building and merging end here, so that equal content gives equal bytes:
 *   keyword_writer_unit()     each unit's length, in order
 *   keyword_writer_term()     each term with its postings, in order
 *   keyword_writer_forward()  each unit's ordinals, in order
 *   keyword_writer_end()      the image
 *
 * Memory:  holds all sections until the end.
 * Threads: one at a time.
 * I/O:     none.
 */
#ifndef INDEXER_KEYWORD_KEYWORD_WRITER_H
#define INDEXER_KEYWORD_KEYWORD_WRITER_H

#include "common/base/mr_buf.h"
#include "indexer/keyword/keyword_format.h"
#include "indexer/segment/entries.h"

struct keyword_writer {
    struct keyword_head head;
    struct mr_buf terms;
    struct mr_buf words;
    struct mr_buf blocks;
    struct mr_buf posts;
    struct mr_buf lengths;
    struct mr_buf forward_at;
    struct mr_buf forward;
    struct mr_buf entries;
};

void keyword_writer_init(struct keyword_writer *writer);
void keyword_writer_deinit(struct keyword_writer *writer);

void keyword_writer_unit(struct keyword_writer *writer, uint32_t length);

/* The word is above all before it; units rise; `count` is not 0. */
void keyword_writer_term(struct keyword_writer *writer, struct mr_span word,
                         const uint32_t *units, const uint32_t *tfs,
                         size_t count);

void keyword_writer_forward(struct keyword_writer *writer,
                            const uint32_t *ordinals, size_t count);

/* Appends the image to `out`, which is empty; `full` when it is too large.
 * The writer is empty after it, its memory kept. */
void keyword_writer_end(struct keyword_writer *writer,
                        const struct entries_builder *entries,
                        struct mr_buf *out);

#endif
