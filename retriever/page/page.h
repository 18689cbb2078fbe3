// SPDX-License-Identifier: Apache-2.0
/*
 * page.h - the files of the web page, which lie in the program.
 *
 * Memory:  static.  Threads: any.  I/O: none.
 */
#ifndef RETRIEVER_PAGE_PAGE_H
#define RETRIEVER_PAGE_PAGE_H

#include <stdbool.h>

#include "common/base/mr_span.h"

struct page_file {
    const char *content_type;
    struct mr_span bytes;
};

/* The file for a URL's path; false for any other path. */
bool page_find(const char *path, struct page_file *out);

#endif
