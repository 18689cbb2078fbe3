// SPDX-License-Identifier: Apache-2.0
/*
 * template.c - see template.h.
 */
#include "retriever/context/template.h"

#include <string.h>

#include "common/base/mr_assert.h"
#include "common/text/utf8.h"
#include "retriever/context/built_in.h"

#define SHOWN_MAX 64u

/* What may stand between {{ and }}. */
enum place {
    PLACE_NUMBER,
    PLACE_TITLE,
    PLACE_URL,
    PLACE_HEADINGS,
    PLACE_TEXT,
    PLACE_SOURCES,
    PLACE_QUESTION,
    PLACE_COUNT, /* none of them */
};

static const char *const place_names[PLACE_COUNT] = {
    "number", "title", "url", "headings", "text", "sources", "question",
};

enum part {
    PART_SYSTEM,
    PART_SOURCE,
    PART_USER,
    PART_COUNT, /* none of them */
};

static const char *const part_names[PART_COUNT] = { "[system]", "[source]",
                                                    "[user]" };

static const char *const part_places[PART_COUNT] = {
    "there it has none",
    "there it has number, title, url, headings, text",
    "there it has sources, question",
};

static bool may_stand(enum part part, enum place place)
{
    switch (part) {
    case PART_SOURCE:
        return place <= PLACE_TEXT;
    case PART_USER:
        return place == PLACE_SOURCES || place == PLACE_QUESTION;
    case PART_SYSTEM:
    case PART_COUNT:
        return false;
    }
    MR_UNREACHABLE();
}

/* Literal text, then what is put behind it. */
struct stretch {
    struct mr_span literal;
    bool open;           /* {{ follows */
    bool closed;         /* and }} on the same line */
    struct mr_span name; /* between them */
    enum place place;    /* PLACE_COUNT: unknown, or none */
};

static enum place place_of(struct mr_span name)
{
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        if (mr_span_equal(name, mr_span_str(place_names[i])))
            return (enum place)i;
    }
    return PLACE_COUNT;
}

static const uint8_t *find(struct mr_span in, const char *what)
{
    return in.size == 0 ? NULL : memmem(in.data, in.size, what, strlen(what));
}

/* The line that begins there, without its end. */
static struct mr_span line_of(struct mr_span rest)
{
    const uint8_t *end = memchr(rest.data, '\n', rest.size);

    if (end != NULL)
        rest.size = (size_t)(end - rest.data);
    return rest;
}

static struct mr_span behind(struct mr_span of, const uint8_t *at)
{
    return mr_span(at, of.size - (size_t)(at - of.data));
}

/* Takes the next stretch off the front of `rest`. */
static struct stretch next_stretch(struct mr_span *rest)
{
    struct stretch out = { .literal = *rest, .place = PLACE_COUNT };
    const uint8_t *open = find(*rest, "{{");
    const uint8_t *close;

    *rest = mr_span(NULL, 0);
    if (open == NULL)
        return out;
    out.open = true;
    out.name = behind(out.literal, open + 2);
    out.literal.size = (size_t)(open - out.literal.data);
    close = find(line_of(out.name), "}}");
    if (close == NULL)
        return out;
    out.closed = true;
    *rest = behind(out.name, close + 2);
    out.name.size = (size_t)(close - out.name.data);
    out.place = place_of(out.name);
    return out;
}

/* Without the end that a line of a file from elsewhere may have. */
static struct mr_span without_return(struct mr_span line)
{
    if (line.size > 0 && line.data[line.size - 1] == '\r')
        line.size--;
    return line;
}

static enum part part_of(struct mr_span line)
{
    for (size_t i = 0; i < PART_COUNT; i++) {
        if (mr_span_equal(without_return(line), mr_span_str(part_names[i])))
            return (enum part)i;
    }
    return PART_COUNT;
}

/* "[soruce]": meant to be the name of a part. */
static bool looks_like_part(struct mr_span line)
{
    line = without_return(line);
    if (line.size < 3 || line.data[0] != '[' || line.data[line.size - 1] != ']')
        return false;
    for (size_t i = 1; i + 1 < line.size; i++) {
        if (line.data[i] < 'a' || line.data[i] > 'z')
            return false;
    }
    return true;
}

static size_t line_number(struct mr_span text, const uint8_t *at)
{
    size_t number = 1;

    for (const uint8_t *byte = text.data; byte < at; byte++)
        number += *byte == '\n';
    return number;
}

/* What the line is, as a part's name; the message says what is wrong. */
static enum mr_code judge_line(struct mr_span text, struct mr_span line,
                               const struct mr_span parts[PART_COUNT],
                               bool begun, struct mr_err *err)
{
    enum part part = part_of(line);
    size_t shown = line.size < SHOWN_MAX ? line.size : SHOWN_MAX;

    if (part != PART_COUNT && parts[part].data != NULL)
        return mr_fail(err, MR_E_CONFIG, "line %zu: %s is there twice",
                       line_number(text, line.data), part_names[part]);
    if (part == PART_COUNT && looks_like_part(line))
        return mr_fail(err, MR_E_CONFIG,
                       "line %zu: \"%.*s\" is no part: they are [system], "
                       "[source] and [user]",
                       line_number(text, line.data), (int)shown,
                       (const char *)line.data);
    if (part == PART_COUNT && !begun && without_return(line).size > 0)
        return mr_fail(err, MR_E_CONFIG,
                       "line %zu: a part's name should come first, alone on a "
                       "line: [system], [source] or [user]",
                       line_number(text, line.data));
    return MR_OK;
}

/* Without the line end before the next part's name, or at the end. */
static struct mr_span ended(struct mr_span part)
{
    if (part.size > 0 && part.data[part.size - 1] == '\n')
        part.size--;
    return without_return(part);
}

/* Cuts the text into its parts. */
static enum mr_code split(struct mr_span text, struct mr_span parts[PART_COUNT],
                          struct mr_err *err)
{
    const uint8_t *end = text.data + text.size;
    struct mr_span *open = NULL;

    for (const uint8_t *at = text.data; at < end;) {
        struct mr_span line = line_of(behind(text, at));
        enum part part = part_of(line);
        enum mr_code code = judge_line(text, line, parts, open != NULL, err);

        if (code != MR_OK)
            return code;
        at += line.size;
        at += at < end; /* the line's end */
        if (part == PART_COUNT)
            continue;
        if (open != NULL)
            *open =
                ended(mr_span(open->data, (size_t)(line.data - open->data)));
        open = &parts[part];
        *open = mr_span(at, 0);
    }
    if (open != NULL)
        *open = ended(behind(text, open->data));
    return MR_OK;
}

static enum mr_code check_part(struct mr_span text, enum part part,
                               struct mr_span rest, size_t seen[PLACE_COUNT],
                               struct mr_err *err)
{
    while (rest.size > 0) {
        struct stretch stretch = next_stretch(&rest);
        size_t shown =
            stretch.name.size < SHOWN_MAX ? stretch.name.size : SHOWN_MAX;

        if (!stretch.open)
            return MR_OK;
        if (!stretch.closed)
            return mr_fail(err, MR_E_CONFIG, "line %zu: {{ is not closed by }}",
                           line_number(text, stretch.name.data));
        if (!may_stand(part, stretch.place))
            return mr_fail(err, MR_E_CONFIG,
                           "line %zu: {{%.*s}} has no meaning in %s: %s",
                           line_number(text, stretch.name.data), (int)shown,
                           (const char *)stretch.name.data, part_names[part],
                           part_places[part]);
        if (++seen[stretch.place] > 1 && stretch.place >= PLACE_TEXT)
            return mr_fail(err, MR_E_CONFIG, "line %zu: {{%s}} is there twice",
                           line_number(text, stretch.name.data),
                           place_names[stretch.place]);
    }
    return MR_OK;
}

static enum mr_code check_parts(struct mr_span text,
                                const struct mr_span parts[PART_COUNT],
                                size_t seen[PLACE_COUNT], struct mr_err *err)
{
    static const enum place needed[] = { PLACE_TEXT, PLACE_SOURCES,
                                         PLACE_QUESTION };

    for (size_t i = 0; i < PART_COUNT; i++) {
        enum mr_code code = check_part(text, (enum part)i, parts[i], seen, err);

        if (code != MR_OK)
            return code;
        if (i != PART_SYSTEM && parts[i].data == NULL)
            return mr_fail(err, MR_E_CONFIG, "%s is missing", part_names[i]);
    }
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (seen[needed[i]] == 0)
            return mr_fail(err, MR_E_CONFIG, "{{%s}} is missing in %s",
                           place_names[needed[i]],
                           needed[i] == PLACE_TEXT ? "[source]" : "[user]");
    }
    return MR_OK;
}

/* Whether a closing tag stands behind the place. */
static bool frames(struct mr_span part, enum place place)
{
    while (part.size > 0) {
        if (next_stretch(&part).place == place)
            return find(part, "</") != NULL;
    }
    return false;
}

enum mr_code template_parse(struct mr_span text, const char *name,
                            struct context_template *out, struct mr_err *err)
{
    struct mr_span parts[PART_COUNT] = { 0 };
    size_t seen[PLACE_COUNT] = { 0 };
    enum mr_code code = MR_OK;

    *out = (struct context_template){ .name = name, .hash = mr_hash128(text) };
    if (text.size > TEMPLATE_BYTES_MAX)
        return mr_fail(err, MR_E_CONFIG,
                       "%zu bytes are too many for a template: at most %zu",
                       text.size, TEMPLATE_BYTES_MAX);
    if (!mr_utf8_valid(text))
        return mr_fail(err, MR_E_CONFIG, "a template should be UTF-8");
    code = split(text, parts, err);
    if (code == MR_OK)
        code = check_parts(text, parts, seen, err);
    if (code != MR_OK)
        return code;
    out->system = parts[PART_SYSTEM];
    out->source = parts[PART_SOURCE];
    out->user = parts[PART_USER];
    out->framed =
        frames(out->source, PLACE_TEXT) || frames(out->user, PLACE_SOURCES);
    out->numbered = seen[PLACE_NUMBER] > 0;
    return MR_OK;
}

bool template_named(const char *name, struct context_template *out)
{
    static const char *const texts[][2] = { { "plain", built_in_plain },
                                            { "cited", built_in_cited } };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(name, texts[i][0]) != 0)
            continue;
        MR_ASSERT(template_parse(mr_span_str(texts[i][1]), texts[i][0], out,
                                 NULL) == MR_OK);
        return true;
    }
    return false;
}

/* A text out of a document: data, whatever it holds. */
static void write_data(const struct context_template *form, struct mr_span text,
                       struct mr_buf *out)
{
    const uint8_t *less;

    while (form->framed && text.size > 0 &&
           (less = memchr(text.data, '<', text.size)) != NULL) {
        mr_buf_append(out, text.data, (size_t)(less - text.data));
        mr_buf_str(out, "&lt;");
        text = behind(text, less + 1);
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
                        const struct template_source *source, enum place place,
                        struct mr_buf *out)
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
        struct stretch stretch = next_stretch(&rest);

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
        struct stretch stretch = next_stretch(&rest);

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
