// SPDX-License-Identifier: Apache-2.0
/*
 * html.h - a page as the HTML standard parses it, as a flat array of nodes.
 *
 * A thin wrap over lexbor, which builds the tree; it is then laid out in the
 * order of the document, each node before its children, so that whatever
 * looks at it is a loop: the nodes below node n are those from n + 1 up to,
 * not with, nodes[n].end.  Elements that millrace knows have a tag and the
 * attributes of enum mr_html_name; others have MR_HTML_OTHER.  Comments are
 * left out.
 *
 * Each node has the place in the source where it begins, as far as it is known
 * (source_end > source), so that text leads back to its bytes.
 *
 * Memory:  a page owns its nodes and what they point to, until
 *          mr_html_free(): some 15 to 30 times the source.
 * Threads: one at a time.  I/O: none.
 * Limits:  MR_HTML_DEPTH_MAX levels: elements below are read, but lie on that
 *          level.  Work and memory grow with the source alone, the tree up to
 *          1 GiB: a page built to make the standard's algorithms explode is
 *          cut where they begin to.
 */
#ifndef COMMON_TEXT_HTML_H
#define COMMON_TEXT_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"

/* Browsers have 512; pages that people wrote stay below 100. */
#define MR_HTML_DEPTH_MAX 256u

/* clang-format off */
#define MR_HTML_TAGS(X) \
    X(A) X(ABBR) X(ADDRESS) X(ARTICLE) X(ASIDE) X(AUDIO) X(B) X(BASE) \
    X(BLOCKQUOTE) X(BODY) X(BR) X(BUTTON) X(CANVAS) X(CAPTION) X(CENTER) \
    X(CITE) X(CODE) X(DD) X(DEL) X(DETAILS) X(DIALOG) X(DIV) X(DL) X(DT) \
    X(EM) X(EMBED) X(FIELDSET) X(FIGCAPTION) X(FIGURE) X(FONT) X(FOOTER) \
    X(FORM) X(H1) X(H2) X(H3) X(H4) X(H5) X(H6) X(HEAD) X(HEADER) X(HGROUP) \
    X(HR) X(HTML) X(I) X(IFRAME) X(IMG) X(INPUT) X(KBD) X(LABEL) X(LEGEND) \
    X(LI) X(LINK) X(MAIN) X(MATH) X(MENU) X(META) X(NAV) X(NOSCRIPT) \
    X(OBJECT) X(OL) X(OPTGROUP) X(OPTION) X(P) X(PICTURE) X(PRE) X(Q) X(S) \
    X(SAMP) X(SCRIPT) X(SEARCH) X(SECTION) X(SELECT) X(SMALL) X(SOURCE) \
    X(SPAN) X(STRONG) X(STYLE) X(SUB) X(SUMMARY) X(SUP) X(SVG) X(TABLE) \
    X(TBODY) X(TD) X(TEMPLATE) X(TEXTAREA) X(TFOOT) X(TH) X(THEAD) X(TIME) \
    X(TITLE) X(TR) X(TT) X(U) X(UL) X(VAR) X(VIDEO)
/* clang-format on */

enum mr_html_tag {
    MR_HTML_OTHER,
    MR_HTML_TEXT, /* no element: `text` holds it */
#define MR_HTML_TAG_ENUM(name) MR_HTML_##name,
    MR_HTML_TAGS(MR_HTML_TAG_ENUM)
#undef MR_HTML_TAG_ENUM
    MR_HTML_TAG_COUNT
};

/* clang-format off */
#define MR_HTML_NAMES(X) \
    X(ALT, "alt") X(ARIA_HIDDEN, "aria-hidden") X(CHARSET, "charset") \
    X(CLASS, "class") X(CONTENT, "content") X(HIDDEN, "hidden") \
    X(HREF, "href") X(HTTP_EQUIV, "http-equiv") X(ID, "id") \
    X(ITEMPROP, "itemprop") X(LANG, "lang") X(NAME, "name") \
    X(PROPERTY, "property") X(REL, "rel") X(ROLE, "role") X(STYLE, "style") \
    X(XML_LANG, "xml:lang")
/* clang-format on */

enum mr_html_name {
#define MR_HTML_NAME_ENUM(name, text) MR_HTML_ATTR_##name,
    MR_HTML_NAMES(MR_HTML_NAME_ENUM)
#undef MR_HTML_NAME_ENUM
    MR_HTML_ATTR_COUNT
};

struct mr_html_attr {
    enum mr_html_name name;
    struct mr_span value; /* never absent */
};

struct mr_html_node {
    enum mr_html_tag tag;
    uint32_t parent; /* the root's is 0, itself */
    uint32_t end;    /* behind the last node below */
    uint32_t attr;   /* its first in the page's attributes */
    uint32_t attr_count;
    struct mr_span text; /* of MR_HTML_TEXT: UTF-8, references resolved */
    size_t source;       /* where its tag or text begins */
    size_t source_end;   /* behind it; 0: not known */
};

struct mr_html {
    const struct mr_html_node *nodes; /* nodes[0] is the document */
    uint32_t count;
    const struct mr_html_attr *attrs;
    bool cut; /* the page was not read to its end, see Limits */
};

/* Parses any UTF-8, or nearly; a page always has at least its document.
 * Freed by mr_html_free(). */
struct mr_html *mr_html_parse(struct mr_span source);

/* NULL does nothing. */
void mr_html_free(struct mr_html *html);

/* The value of an attribute; absent when it is not there. */
struct mr_span mr_html_attr(const struct mr_html *html, uint32_t node,
                            enum mr_html_name name);

#endif
