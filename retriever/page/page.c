// SPDX-License-Identifier: Apache-2.0
/*
 * page.c - see page.h.  The assembler puts the files in as they are;
 * MILLRACE_PAGE_DIR is this folder (CMakeLists.txt).
 */
#include "retriever/page/page.h"

#include <string.h>

#define FILE_IN(symbol, name)                                                \
    __asm__(".section .rodata\n"                                             \
            ".balign 16\n" #symbol "_begin:\n"                               \
            ".incbin \"" MILLRACE_PAGE_DIR "/" name "\"\n" #symbol "_end:\n" \
            ".byte 0\n"                                                      \
            ".previous\n");                                                  \
    extern const uint8_t symbol##_begin[]                                    \
        __attribute__((visibility("hidden")));                               \
    extern const uint8_t symbol##_end[] __attribute__((visibility("hidden")))

FILE_IN(page_html, "index.html");
FILE_IN(page_css, "style.css");
FILE_IN(page_access, "access.js");
FILE_IN(page_js, "app.js");
FILE_IN(page_pipeline, "pipeline.js");

bool page_find(const char *path, struct page_file *out)
{
    static const struct {
        const char *path;
        const char *content_type;
        const uint8_t *begin;
        const uint8_t *end;
    } files[] = {
        { "/", "text/html; charset=utf-8", page_html_begin, page_html_end },
        { "/style.css", "text/css; charset=utf-8", page_css_begin,
          page_css_end },
        { "/access.js", "text/javascript; charset=utf-8", page_access_begin,
          page_access_end },
        { "/app.js", "text/javascript; charset=utf-8", page_js_begin,
          page_js_end },
        { "/pipeline.js", "text/javascript; charset=utf-8", page_pipeline_begin,
          page_pipeline_end },
    };

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (strcmp(files[i].path, path) != 0)
            continue;
        *out = (struct page_file){
            .content_type = files[i].content_type,
            .bytes = mr_span(files[i].begin,
                             (size_t)(files[i].end - files[i].begin)),
        };
        return true;
    }
    return false;
}
