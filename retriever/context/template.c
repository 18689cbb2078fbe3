// SPDX-License-Identifier: Apache-2.0
/*
 * template.c - templates are read; see template.h.
 */
#include "retriever/context/template.h"

#include <string.h>

#include "common/base/mr_assert.h"
#include "common/text/utf8.h"
#include "retriever/context/built_in.h"
#include "retriever/context/places.h"

#define SHOWN_MAX 64u

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

static bool may_stand(enum part part, enum template_place place)
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
        struct mr_span line = span_line(span_from(text, at));
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
        *open = ended(span_from(text, open->data));
    return MR_OK;
}

static enum mr_code check_part(struct mr_span text, enum part part,
                               struct mr_span rest, size_t seen[PLACE_COUNT],
                               struct mr_err *err)
{
    while (rest.size > 0) {
        struct template_stretch stretch = template_next(&rest);
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
                           template_place_name(stretch.place));
    }
    return MR_OK;
}

static enum mr_code check_parts(struct mr_span text,
                                const struct mr_span parts[PART_COUNT],
                                size_t seen[PLACE_COUNT], struct mr_err *err)
{
    static const enum template_place needed[] = { PLACE_TEXT, PLACE_SOURCES,
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
                           template_place_name(needed[i]),
                           needed[i] == PLACE_TEXT ? "[source]" : "[user]");
    }
    return MR_OK;
}

/* Whether a closing tag stands behind the place. */
static bool frames(struct mr_span part, enum template_place place)
{
    while (part.size > 0) {
        if (template_next(&part).place == place)
            return span_find(part, "</") != NULL;
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
