// SPDX-License-Identifier: Apache-2.0
/*
 * template_write.c - prompts are written by a template; see template.h.
 */
#include <string.h>

#include "common/base/mr_assert.h"
#include "retriever/context/places.h"
#include "retriever/context/template.h"

/* A text out of a document: data, whatever it holds. */
static void write_data(const struct context_template *form, struct mr_span text,
                       struct mr_buf *out)
{
    const uint8_t *less;

    while (form->framed && text.size > 0 &&
           (less = memchr(text.data, '<', text.size)) != NULL) {
        mr_buf_append(out, text.data, (size_t)(less - text.data));
        mr_buf_str(out, "&lt;");
        text = span_from(text, less + 1);
    }
    mr_buf_span(out, text);
}

/* The same on one line, and within quotes. */
static void write_line(const struct context_template *form, struct mr_span text,
                       struct mr_buf *out)
{
    size_t begin = out->size;

    write_data(form, text, out);
    for (size_t i = begin; form->framed && i < out->size; i++) {
        if (out->data[i] == '"')
            out->data[i] = '\'';
        else if (out->data[i] < ' ')
            out->data[i] = ' ';
    }
}

static void write_place(const struct context_template *form,
                        const struct template_source *source,
                        enum template_place place, struct mr_buf *out)
{
    switch (place) {
    case PLACE_NUMBER:
        mr_buf_printf(out, "%zu", source->number);
        return;
    case PLACE_TITLE:
        write_line(form, source->title, out);
        return;
    case PLACE_URL:
        write_line(form, source->url, out);
        return;
    case PLACE_HEADINGS:
        write_line(form, source->headings, out);
        return;
    case PLACE_TEXT:
        write_data(form, source->text, out);
        return;
    case PLACE_SOURCES:
    case PLACE_QUESTION:
    case PLACE_COUNT: /* the end */
        return;
    }
    MR_UNREACHABLE();
}

void template_write_source(const struct context_template *form,
                           const struct template_source *source,
                           struct mr_buf *out)
{
    struct mr_span rest = form->source;

    while (rest.size > 0) {
        struct template_stretch stretch = template_next(&rest);

        mr_buf_span(out, stretch.literal);
        write_place(form, source, stretch.place, out);
    }
}

void template_write(const struct context_template *form,
                    const struct template_source *sources, size_t count,
                    struct mr_span question, struct mr_buf *out)
{
    struct mr_span rest = form->user;

    while (rest.size > 0) {
        struct template_stretch stretch = template_next(&rest);

        mr_buf_span(out, stretch.literal);
        if (stretch.place == PLACE_QUESTION)
            mr_buf_span(out, question);
        for (size_t i = 0; stretch.place == PLACE_SOURCES && i < count; i++) {
            if (i > 0)
                mr_buf_byte(out, '\n');
            template_write_source(form, &sources[i], out);
        }
    }
}
