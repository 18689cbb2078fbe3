// SPDX-License-Identifier: Apache-2.0
/*
 * eval_set.h - a folder in BEIR's layout: corpus.jsonl ("_id", "title",
 * "text"), queries.jsonl ("_id", "text") and qrels/test.tsv (a header, then
 * query, document and gain between tabs).
 *
 * Memory:  all of it in one arena.
 * I/O:     reads the three files.
 */
#ifndef CLI_EVAL_SET_H
#define CLI_EVAL_SET_H

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

struct eval_document {
    struct mr_span id;
    struct mr_span title;
    struct mr_span text;
};

struct eval_judgement {
    struct mr_span query;
    struct mr_span document;
    double gain;
};

struct eval_query {
    struct mr_span id;
    struct mr_span text;
    const struct eval_judgement *judged; /* its own, a run of the set's */
    size_t judged_count;
};

struct eval_set {
    struct eval_document *documents;
    size_t document_count;
    struct eval_query *queries; /* those that have judgements */
    size_t query_count;
    struct mr_arena *arena;
};

/* MR_E_CONFIG: a file is not there; MR_E_CORRUPT: with file and line.  Freed
 * by eval_set_free(). */
MR_MUST_CHECK enum mr_code eval_set_read(const char *folder,
                                         struct eval_set *out,
                                         struct mr_err *err);
void eval_set_free(struct eval_set *set);

#endif
