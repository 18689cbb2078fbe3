// SPDX-License-Identifier: Apache-2.0
/*
 * extract.c - see extract.h.
 *
 * Body -> draft (by format) -> normal form.  Each step has a map; they are
 * composed at the end.
 */
#include "preprocessor/clean/extract.h"

#include <strings.h>

#include "common/base/mr_assert.h"
#include "common/wire/types.h"
#include "preprocessor/clean/markdown.h"

enum format {
    PLAIN,
    MARKDOWN
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
    return PLAIN;
}

static void write_draft(const struct clean_source *source,
                        struct mr_arena *arena, struct clean_draft *draft)
{
    switch (format_of(source->content_type)) {
    case MARKDOWN:
        clean_markdown(source->body, arena, draft);
        break;
    case PLAIN:
        clean_draft_copy(draft, source->body, 0, source->body.size);
        break;
    }
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
    return size == 0 ? mr_span(NULL, 0) : mr_span(out, size);
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

static void normalise(struct clean_draft *draft, size_t body_size,
                      struct mr_arena *arena, struct clean_text *out)
{
    struct mr_buf normal = mr_buf(3 * draft->text.size);
    struct mr_source_map map = { 0 }, whole = { 0 };

    mr_nfc(mr_buf_bytes(&draft->text), &normal, &map, &out->counts);
    MR_ASSERT(!normal.full);
    move_headings(draft, &map);
    keep_headings(draft, arena, out);
    mr_source_map_compose(&map, &draft->map, &whole);
    mr_source_map_coarsen(&whole, CLEAN_MAP_RUNS_MAX);
    out->source_map = mr_source_map_encode(&whole, body_size, arena);
    out->text = mr_arena_copy(
        arena, normal.data == NULL ? mr_span("", 0) : mr_buf_bytes(&normal));
    mr_buf_deinit(&normal);
    mr_source_map_deinit(&map);
    mr_source_map_deinit(&whole);
}

void clean_extract(const struct clean_source *source, struct mr_arena *arena,
                   struct clean_text *out)
{
    struct clean_draft draft = clean_draft(source->body.size);

    MR_ASSERT(source->body.size <= CLEAN_BODY_BYTES_MAX);
    *out = (struct clean_text){ .text = mr_span("", 0) };
    write_draft(source, arena, &draft);
    normalise(&draft, source->body.size, arena, out);
    out->title = clean_one_line(draft.title, arena);
    out->language = mr_arena_copy(arena, draft.language);
    out->canonical = mr_arena_copy(arena, draft.canonical);
    out->refresh = mr_arena_copy(arena, draft.refresh);
    out->noindex = draft.noindex;
    out->hidden = draft.hidden;
    out->linked = draft.linked;
    clean_draft_deinit(&draft);
}
