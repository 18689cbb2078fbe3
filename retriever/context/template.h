// SPDX-License-Identifier: Apache-2.0
/*
 * template.h - the form of a prompt: how the sources and the question stand in
 * it.
 *
 * A template is a text of two or three parts, each begun by its name alone on a
 * line:
 *
 *   [system]   what the generator is told before; may be left out
 *   [source]   one source: {{number}}, {{title}}, {{url}}, {{headings}},
 *              and {{text}}, which is there once
 *   [user]     the rest: {{sources}}, one a line, and {{question}}, both once
 *
 * Each part ends before the line end in front of the next one, or at the end.
 * Nothing else in double braces is taken, and no other name in brackets of
 * lower case letters alone on a line.
 *
 * What stands in documents is data.  A template in which a closing tag ("</")
 * follows {{text}} or {{sources}} frames it: in all that comes out of a
 * document "<" becomes "&lt;", so that no text can close its frame, open
 * another one, or hold a token such as <|im_end|>; and in what stands on one
 * line ({{title}}, {{url}}, {{headings}}) quotes and line ends are replaced.
 * A template without a frame shows texts as they are.
 *
 * Two are built in.  "plain" has no frame:
 *
 *   Context: <texts, one a line>\nQuestion: <question>\nAnswer:
 *
 * and "cited" numbers and frames the sources, and asks for [n] after each
 * sentence.
 *
 * Memory:  a template borrows its text and name.
 * Threads: plain values.
 * I/O:     none.
 */
#ifndef RETRIEVER_CONTEXT_TEMPLATE_H
#define RETRIEVER_CONTEXT_TEMPLATE_H

#include <stdbool.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

#define TEMPLATE_BYTES_MAX ((size_t)64 * 1024)

struct context_template {
    const char *name;       /* "plain", "cited", or "file" */
    struct mr_hash128 hash; /* of its whole text */
    struct mr_span system;  /* absent: none */
    struct mr_span source;
    struct mr_span user;
    bool framed;   /* see above */
    bool numbered; /* {{number}} is in [source]: answers can cite */
};

/* What a source has to be shown. */
struct template_source {
    size_t number; /* from 1 */
    struct mr_span title;
    struct mr_span url;
    struct mr_span headings;
    struct mr_span text;
};

/* A built-in one by its name, or false. */
bool template_named(const char *name, struct context_template *out);

/* MR_E_CONFIG: a part or placeholder is missing, there twice, or unknown; the
 * message names it and its line. */
MR_MUST_CHECK enum mr_code template_parse(struct mr_span text, const char *name,
                                          struct context_template *out,
                                          struct mr_err *err);

/* Appends the user part with all sources and the question. */
void template_write(const struct context_template *form,
                    const struct template_source *sources, size_t count,
                    struct mr_span question, struct mr_buf *out);

/* Appends one source. */
void template_write_source(const struct context_template *form,
                           const struct template_source *source,
                           struct mr_buf *out);

#endif
