// SPDX-License-Identifier: Apache-2.0
// link: retriever
/*
 * fuzz_template.c - no bytes crash the reader of templates, and one that it
 * takes writes prompts whose sources stay within their frame, whatever they
 * hold.
 *
 * The input is a template, and behind the last zero byte what a document
 * holds.
 */
#include <stdint.h>

#include "common/base/mr_assert.h"
#include "retriever/context/context.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count(struct mr_span text, uint8_t byte)
{
    size_t found = 0;

    for (size_t i = 0; i < text.size; i++)
        found += text.data[i] == byte;
    return found;
}

/* Bytes "<" of the prompt of one source, of that text. */
static size_t tags(const struct context_template *form, struct mr_span text)
{
    struct template_source source = {
        .number = 1, .title = text, .url = text, .headings = text, .text = text
    };
    struct mr_buf buf = mr_buf((size_t)64 * 1024 * 1024);
    size_t found;

    template_write(form, &source, 1, mr_span_str("?"), &buf);
    found = count(mr_buf_bytes(&buf), '<');
    MR_ASSERT(!buf.full);
    mr_buf_deinit(&buf);
    return found;
}

static void build(const struct context_template *form, struct mr_span text)
{
    struct context_passage passages[] = {
        { .document = mr_span_str("a"), .text = text, .title = text },
        { .document = mr_span_str("b"), .text = text, .title = text },
    };
    struct mr_arena *arena = mr_arena_new();
    struct mr_buf buf = mr_buf((size_t)64 * 1024 * 1024);
    struct context context;
    struct mr_err err = { 0 };

    passages[0].end = passages[1].end = (uint32_t)text.size;
    if (context_build(form, text, passages, 2, 2000, arena, &context, &err) ==
        MR_OK) {
        context_write(form, text, passages, &context, arena, &buf);
        MR_ASSERT(context.tokens <= 2000 && context.source_count <= 2);
    }
    mr_buf_deinit(&buf);
    mr_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size == 0 ? NULL : memrchr(data, '\0', size);
    size_t end = zero == NULL ? size : (size_t)(zero - data);
    struct mr_span text =
        zero == NULL ? mr_span_str("") : mr_span(zero + 1, size - end - 1);
    struct context_template form;
    struct mr_err err = { 0 };

    if (template_parse(mr_span(data, end), "file", &form, &err) != MR_OK) {
        MR_ASSERT(err.code == MR_E_CONFIG && err.text[0] != '\0');
        return 0;
    }
    if (form.framed)
        MR_ASSERT(tags(&form, text) == tags(&form, mr_span_str("x")));
    build(&form, text);
    return 0;
}
