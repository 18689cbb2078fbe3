// SPDX-License-Identifier: Apache-2.0
/*
 * extract_filter.c - clean_extract() as a filter, for extraction.py.
 *
 * Reads {"html", "url"}, one object a line, and writes {"text", "title"}.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/json/json.h"
#include "preprocessor/clean/extract.h"

#define LINE_BYTES_MAX ((size_t)512 * 1024 * 1024)

static int filter(struct mr_span line, struct mr_arena *arena)
{
    struct mr_buf out = mr_buf(LINE_BYTES_MAX);
    struct mr_json_out json = mr_json_out(&out);
    struct clean_source source = { .content_type = mr_span_str("text/html"),
                                   .charset = mr_span_str("utf-8") };
    struct mr_err err = { 0 };
    struct mr_json *root;
    struct clean_text text;

    if (mr_json_parse(line, &root, &err) != MR_OK) {
        fprintf(stderr, "%s\n", err.text);
        return EXIT_FAILURE;
    }
    source.body = mr_json_text(mr_json_get(root, "html"));
    source.url = mr_json_text(mr_json_get(root, "url"));
    clean_extract(&source, arena, &text);
    mr_json_object_begin(&json);
    mr_json_key(&json, "text");
    mr_json_put_text(&json, text.text);
    mr_json_key(&json, "title");
    mr_json_put_text(&json, text.title);
    mr_json_object_end(&json);
    mr_buf_byte(&out, '\n');
    fwrite(out.data, 1, out.size, stdout);
    mr_buf_deinit(&out);
    mr_json_free(root);
    return EXIT_SUCCESS;
}

int main(void)
{
    struct mr_arena *arena = mr_arena_new();
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    int status = EXIT_SUCCESS;

    while (status == EXIT_SUCCESS &&
           (size = getline(&line, &room, stdin)) > 0) {
        status = filter(mr_span(line, (size_t)size), arena);
        mr_arena_reset(arena);
    }
    free(line);
    mr_arena_free(arena);
    return status;
}
