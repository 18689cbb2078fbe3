// SPDX-License-Identifier: Apache-2.0
/*
 * extract.c - see extract.h.
 *
 * Body -> UTF-8 -> draft (by format) -> normal form.  Each step has a map;
 * they are composed at the end.
 */
#include "preprocessor/clean/extract.h"

#include <strings.h>

#include "common/base/mr_assert.h"
#include "common/text/charset.h"
#include "common/text/unicode.h"
#include "common/text/utf8.h"
#include "common/wire/types.h"
#include "preprocessor/clean/html.h"
#include "preprocessor/clean/markdown.h"

enum format {
    PLAIN,
    MARKDOWN,
    HTML,
};

static bool names(struct mr_span type, const char *name)
{
    return type.size == strlen(name) &&
           strncasecmp((const char *)type.data, name, type.size) == 0;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* "text/html; charset=x" without its parameters. */
static struct mr_span essence(struct mr_span type)
{
    size_t end = 0;

    while (end < type.size && type.data[end] != ';')
        end++;
    while (end > 0 && is_blank(type.data[end - 1]))
        end--;
    return mr_span(type.data, end);
}

static enum format format_of(struct mr_span content_type)
{
    struct mr_span type = essence(content_type);

    if (names(type, "text/markdown") || names(type, "text/x-markdown"))
        return MARKDOWN;
    if (names(type, "text/html") || names(type, "application/xhtml+xml"))
        return HTML;
    return PLAIN;
}

static void write_draft(enum format format, struct mr_span body,
                        struct mr_arena *arena, struct clean_draft *draft)
{
    switch (format) {
    case HTML:
        clean_html(body, arena, draft);
        break;
    case MARKDOWN:
        clean_markdown(body, arena, draft);
        break;
    case PLAIN:
        clean_draft_copy(draft, body, 0, body.size);
        break;
    }
}

bool clean_is_white(struct mr_span text)
{
    for (size_t at = 0; at < text.size;)
        if (!mr_unicode_is_space(mr_utf8_next(text.data, text.size, &at)))
            return false;
    return true;
}

struct mr_span clean_one_line(struct mr_span text, struct mr_arena *arena)
{
    size_t most = 4 * MR_TITLE_BYTES_MAX;
    struct mr_buf normal = mr_buf(3 * most);
    struct mr_nfc_counts counts = { 0 };
    uint8_t *out = mr_arena_alloc(arena, MR_TITLE_BYTES_MAX);
    bool blank = false;
    size_t size = 0;

    mr_nfc(mr_span(text.data, text.size < most ? text.size : most), &normal,
           NULL, &counts);
    for (size_t i = 0; i < normal.size && size < MR_TITLE_BYTES_MAX; i++) {
        if (is_blank(normal.data[i])) {
            blank = size > 0;
            continue;
        }
        if (blank && size + 1 < MR_TITLE_BYTES_MAX)
            out[size++] = ' ';
        blank = false;
        out[size++] = normal.data[i];
    }
    if (size == MR_TITLE_BYTES_MAX) { /* the last one may not be whole */
        while (size > 0 && (out[size - 1] & 0xC0u) == 0x80u)
            size--;
        size -= size > 0;
    }
    mr_buf_deinit(&normal);
    return clean_is_white(mr_span(out, size)) ? mr_span(NULL, 0)
                                              : mr_span(out, size);
}

/* Headings by their place in the normal form: a run of the map that is one
 * byte shorter or longer moves all that follow. */
static void move_headings(struct clean_draft *draft,
                          const struct mr_source_map *map)
{
    size_t run = 0;

    for (size_t i = 0; i < 2 * draft->heading_count; i++) {
        struct clean_heading *heading = &draft->headings[i / 2];
        size_t *at = i % 2 == 0 ? &heading->start : &heading->end;
        const struct mr_source_run *now;

        while (run + 1 < map->count && map->runs[run + 1].source <= *at)
            run++;
        if (map->count == 0)
            continue;
        now = &map->runs[run];
        if (now->copied && *at >= now->source)
            *at = now->text + (*at - now->source < now->text_size
                                   ? *at - now->source
                                   : now->text_size);
        else if (*at > now->source)
            *at = now->text + now->text_size;
        else
            *at = now->text;
    }
}

static void keep_headings(struct clean_draft *draft, struct mr_arena *arena,
                          struct clean_text *out)
{
    out->headings =
        mr_arena_calloc(arena, draft->heading_count, sizeof(out->headings[0]));
    for (size_t i = 0; i < draft->heading_count; i++)
        if (draft->headings[i].end > draft->headings[i].start)
            out->headings[out->heading_count++] = draft->headings[i];
}

/* The map from the normal form over the draft (and what was decoded, if
 * `decoded` is not empty) to the body, encoded. */
static struct mr_span whole_map(const struct mr_source_map *normal,
                                const struct mr_source_map *draft,
                                const struct mr_source_map *decoded,
                                size_t body_size, struct mr_arena *arena)
{
    struct mr_source_map to_text = { 0 }, to_body = { 0 };
    struct mr_source_map *whole = &to_text;
    struct mr_span out;

    mr_source_map_compose(normal, draft, &to_text);
    if (decoded->count > 0) {
        mr_source_map_compose(&to_text, decoded, &to_body);
        whole = &to_body;
    }
    mr_source_map_coarsen(whole, CLEAN_MAP_RUNS_MAX);
    out = mr_source_map_encode(whole, body_size, arena);
    mr_source_map_deinit(&to_text);
    mr_source_map_deinit(&to_body);
    return out;
}

static void normalise(struct clean_draft *draft,
                      const struct mr_source_map *decoded, size_t body_size,
                      struct mr_arena *arena, struct clean_text *out)
{
    struct mr_buf normal = mr_buf(3 * draft->text.size);
    struct mr_source_map map = { 0 };

    mr_nfc(mr_buf_bytes(&draft->text), &normal, &map, &out->counts);
    MR_ASSERT(!normal.full);
    move_headings(draft, &map);
    keep_headings(draft, arena, out);
    out->source_map = whole_map(&map, &draft->map, decoded, body_size, arena);
    out->text = mr_arena_copy(
        arena, normal.data == NULL ? mr_span("", 0) : mr_buf_bytes(&normal));
    mr_buf_deinit(&normal);
    mr_source_map_deinit(&map);
}

/* The charset of "text/html; charset=x". */
static struct mr_span charset_of(struct mr_span content_type)
{
    static const char name[] = "charset=";
    size_t size = sizeof(name) - 1, at = 0, end;

    while (at + size <= content_type.size &&
           strncasecmp((const char *)content_type.data + at, name, size) != 0)
        at++;
    if (at + size > content_type.size)
        return mr_span(NULL, 0);
    at += size;
    if (at < content_type.size && content_type.data[at] == '"')
        at++;
    end = at;
    while (end < content_type.size && content_type.data[end] != ';' &&
           content_type.data[end] != '"' && !is_blank(content_type.data[end]))
        end++;
    return mr_span(content_type.data + at, end - at);
}

/* The body in UTF-8: itself, or what was decoded into `decoded`. */
static struct mr_span decode(const struct clean_source *source,
                             enum format format, struct mr_buf *decoded,
                             struct mr_source_map *map)
{
    struct mr_span charset = source->charset;
    const char *name;

    if (charset.size == 0)
        charset = charset_of(source->content_type);
    name = mr_charset_find(source->body, charset, format == HTML);
    if (mr_charset_is_utf8(name))
        return source->body;
    mr_charset_decode(source->body, name, decoded, map);
    return mr_buf_bytes(decoded);
}

/* A parser of pages leaves NUL bytes out. */
static size_t count_nuls(struct mr_span body)
{
    size_t count = 0;

    for (size_t i = 0; i < body.size; i++)
        count += body.data[i] == 0;
    return count;
}

void clean_extract(const struct clean_source *source, struct mr_arena *arena,
                   struct clean_text *out)
{
    enum format format = format_of(source->content_type);
    struct mr_buf decoded = mr_buf(4 * source->body.size);
    struct mr_source_map map = { 0 };
    struct clean_draft draft;
    struct mr_span body;

    MR_ASSERT(source->body.size <= CLEAN_BODY_BYTES_MAX);
    *out = (struct clean_text){ .text = mr_span("", 0) };
    body = decode(source, format, &decoded, &map);
    out->nuls = count_nuls(body);
    out->nuls_of = body.size;
    draft = clean_draft(body.size);
    write_draft(format, body, arena, &draft);
    normalise(&draft, &map, source->body.size, arena, out);
    out->title = clean_one_line(draft.title, arena);
    out->language = mr_arena_copy(arena, draft.language);
    out->canonical = mr_arena_copy(arena, draft.canonical);
    out->refresh = mr_arena_copy(arena, draft.refresh);
    out->noindex = draft.noindex;
    out->cut = draft.cut || draft.text.full;
    out->hidden = draft.hidden;
    out->linked = draft.linked;
    clean_draft_deinit(&draft);
    mr_buf_deinit(&decoded);
    mr_source_map_deinit(&map);
}
