// SPDX-License-Identifier: Apache-2.0
/*
 * html_names.h - what the names of a class or id tell of its element.
 *
 * The words are those that published extractors have found to tell something
 * (Readability, trafilatura), and some of their kind in other languages.  A
 * word counts anywhere in a name, as in "postContent" or "sidebar-left", the
 * short ones only as a word of their own.
 *
 * Memory:  none.  Threads: any.  I/O: none.  Linear in the bytes.
 */
#ifndef PREPROCESSOR_CLEAN_HTML_NAMES_H
#define PREPROCESSOR_CLEAN_HTML_NAMES_H

#include "common/base/mr_span.h"

enum html_name {
    HTML_NAME_UNLIKELY = 1 << 0, /* no content, if nothing else speaks for it */
    HTML_NAME_MAYBE = 1 << 1,    /* which is this */
    HTML_NAME_GOOD = 1 << 2,
    HTML_NAME_BAD = 1 << 3,
    HTML_NAME_SHARE = 1 << 4, /* buttons to share the page */
    HTML_NAME_NEVER = 1 << 5, /* no content, whatever else is said */
};

/* The bits of all words in `name`. */
unsigned html_names_of(struct mr_span name);

#endif
