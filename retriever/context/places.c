// SPDX-License-Identifier: Apache-2.0
/*
 * places.c - see places.h.
 */
#include "retriever/context/places.h"

static const char *const place_names[PLACE_COUNT] = {
    "number", "title", "url", "headings", "text", "sources", "question",
};

const char *template_place_name(enum template_place place)
{
    return place_names[place];
}

static enum template_place place_of(struct mr_span name)
{
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        if (mr_span_equal(name, mr_span_str(place_names[i])))
            return (enum template_place)i;
    }
    return PLACE_COUNT;
}

struct template_stretch template_next(struct mr_span *rest)
{
    struct template_stretch out = { .literal = *rest, .place = PLACE_COUNT };
    const uint8_t *open = span_find(*rest, "{{");
    const uint8_t *close;

    *rest = mr_span(NULL, 0);
    if (open == NULL)
        return out;
    out.open = true;
    out.name = span_from(out.literal, open + 2);
    out.literal.size = (size_t)(open - out.literal.data);
    close = span_find(span_line(out.name), "}}");
    if (close == NULL)
        return out;
    out.closed = true;
    *rest = span_from(out.name, close + 2);
    out.name.size = (size_t)(close - out.name.data);
    out.place = place_of(out.name);
    return out;
}
