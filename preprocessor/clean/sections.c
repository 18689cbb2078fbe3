// SPDX-License-Identifier: Apache-2.0
/*
 * sections.c - see sections.h.
 */
#include "preprocessor/clean/sections.h"

#include "common/base/mr_assert.h"
#include "common/text/words.h"

/* A section of fewer words than a quarter of the target is no passage of its
 * own if a neighbour can take it. */
#define SHORT_PART 4u

static size_t words_between(struct mr_span text, size_t start, size_t end)
{
    return mr_words_count(mr_span(text.data + start, end - start));
}

/* The path of heading `nth`, made of that of the one before. */
static void descend(struct clean_path *path,
                    const struct clean_heading *headings, uint32_t nth)
{
    while (path->depth > 0 &&
           headings[path->nodes[path->depth - 1]].level >= headings[nth].level)
        path->depth--;
    MR_ASSERT(path->depth < CLEAN_LEVELS);
    path->nodes[path->depth++] = nth;
}

static void keep_common(struct clean_path *path, const struct clean_path *other)
{
    unsigned depth = 0;

    while (depth < path->depth && depth < other->depth &&
           path->nodes[depth] == other->nodes[depth])
        depth++;
    path->depth = depth;
}

static void join(struct clean_section *left, const struct clean_section *right)
{
    if (left->bare)
        left->path = right->path;
    else
        keep_common(&left->path, &right->path);
    left->bare = left->bare && right->bare;
    left->words += right->words;
    left->end = right->end;
}

static bool goes_along(const struct clean_section *left,
                       const struct clean_section *right, size_t target)
{
    size_t few = target / SHORT_PART;

    if (left->words + right->words > target)
        return left->bare && left->words < few;
    return left->bare || left->words < few || right->words < few;
}

static size_t join_short(struct clean_section *sections, size_t count,
                         size_t target)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && goes_along(&sections[kept - 1], &sections[i], target))
            join(&sections[kept - 1], &sections[i]);
        else
            sections[kept++] = sections[i];
    }
    return kept;
}

size_t clean_sections(struct mr_span text, const struct clean_heading *headings,
                      size_t heading_count, uint32_t words_target,
                      struct mr_arena *arena, struct clean_section **out)
{
    struct clean_section *sections =
        mr_arena_calloc(arena, heading_count + 1, sizeof(*sections));
    struct clean_path path = { .depth = 0 };
    size_t first = heading_count > 0 ? headings[0].start : text.size;
    size_t count = 0;

    if (first > 0)
        sections[count++] = (struct clean_section){
            .end = first,
            .words = words_between(text, 0, first),
        };
    if (count > 0 && sections[0].words == 0 && heading_count > 0)
        sections[0].bare = true;
    for (uint32_t i = 0; i < heading_count; i++) {
        size_t end = i + 1 < heading_count ? headings[i + 1].start : text.size;
        size_t body = words_between(text, headings[i].end, end);

        descend(&path, headings, i);
        sections[count++] = (struct clean_section){
            .start = headings[i].start,
            .end = end,
            .words =
                body + words_between(text, headings[i].start, headings[i].end),
            .bare = body == 0,
            .path = path,
        };
    }
    *out = sections;
    return join_short(sections, count, words_target);
}

/* Appends the heading's words with single blanks between. */
static size_t append_words(struct mr_span heading, char *out, size_t at,
                           size_t max)
{
    bool blank = false;
    size_t begin = at;

    for (size_t i = 0; i < heading.size && at < max; i++) {
        char c = (char)heading.data[i];

        if (c == ' ' || c == '\n' || c == '\t') {
            blank = at > begin;
            continue;
        }
        if (blank && at + 1 < max)
            out[at++] = ' ';
        blank = false;
        out[at++] = c;
    }
    return at;
}

/* `size` without the last character, which may not be whole. */
static size_t cut_character(const char *out, size_t size)
{
    while (size > 0 && ((uint8_t)out[size - 1] & 0xC0u) == 0x80u)
        size--;
    return size > 0 ? size - 1 : 0;
}

struct mr_span clean_path_text(const struct clean_path *path,
                               struct mr_span text,
                               const struct clean_heading *headings,
                               size_t bytes_max, struct mr_arena *arena)
{
    char *out = mr_arena_alloc(arena, bytes_max + 1);
    size_t at = 0;

    for (unsigned i = 0; i < path->depth; i++) {
        const struct clean_heading *heading = &headings[path->nodes[i]];

        for (const char *c = i > 0 ? " > " : ""; *c != '\0'; c++)
            if (at < bytes_max)
                out[at++] = *c;
        at = append_words(
            mr_span(text.data + heading->start, heading->end - heading->start),
            out, at, bytes_max);
    }
    if (at == bytes_max)
        at = cut_character(out, at);
    return at == 0 ? mr_span(NULL, 0) : mr_span(out, at);
}
