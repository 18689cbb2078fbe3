// SPDX-License-Identifier: Apache-2.0
/*
 * segment.c - see segment.h.
 */
#include "indexer/shard/segment.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

static void give_back(struct mr_span image, bool sealed)
{
    union {
        const void *from;
        void *to;
    } at = { .from = image.data };

    if (sealed)
        shard_folder_unmap(image);
    else
        mr_free(at.to);
}

static enum mr_code open_kind(struct segment *segment, bool verify,
                              struct mr_err *err)
{
    enum mr_code code;

    if (segment->kind == IMAGE_KEYWORD) {
        code = keyword_open(segment->image, verify, &segment->keyword, err);
        if (code != MR_OK)
            return code;
        segment->entries = keyword_entries(segment->keyword);
        segment->units = keyword_units(segment->keyword);
        return MR_OK;
    }
    code = vector_open(segment->image, verify, &segment->dense, err);
    if (code != MR_OK)
        return code;
    segment->entries = vector_entries(segment->dense);
    segment->units = vector_units(segment->dense);
    return MR_OK;
}

enum mr_code segment_new(const struct segment_spec *spec, struct mr_span image,
                         bool verify, struct segment **out, struct mr_err *err)
{
    struct segment *segment = mr_calloc(1, sizeof(*segment));
    struct mr_err why = { 0 };
    enum mr_code code;

    *out = NULL;
    atomic_init(&segment->refs, 1);
    segment->kind = spec->kind;
    segment->image = image;
    segment->sealed = spec->sealed;
    segment->level = spec->level;
    segment->from = spec->from;
    segment->to = spec->to;
    if (spec->name != NULL)
        (void)snprintf(segment->name, sizeof(segment->name), "%s", spec->name);
    code = open_kind(segment, verify, &why);
    if (code != MR_OK) {
        give_back(image, spec->sealed);
        mr_free(segment);
        return mr_fail(err, code, "index: segment %s: %.350s",
                       spec->name == NULL ? "in memory" : spec->name, why.text);
    }
    *out = segment;
    return MR_OK;
}

struct segment *segment_ref(struct segment *segment)
{
    atomic_fetch_add(&segment->refs, 1);
    return segment;
}

void segment_unref(struct segment *segment)
{
    if (segment == NULL || atomic_fetch_sub(&segment->refs, 1) != 1)
        return;
    if (segment->keyword != NULL)
        keyword_close(segment->keyword);
    if (segment->dense != NULL)
        vector_close(segment->dense);
    give_back(segment->image, segment->sealed);
    mr_free(segment);
}

struct marks *marks_new(const struct segment *segment)
{
    struct marks *marks = mr_calloc(1, sizeof(*marks));

    atomic_init(&marks->refs, 1);
    marks->words = ((size_t)segment->units + 63) / 64;
    marks->dead = mr_calloc(marks->words, sizeof(*marks->dead));
    marks->hidden = mr_calloc(marks->words, sizeof(*marks->hidden));
    return marks;
}

struct marks *marks_ref(struct marks *marks)
{
    atomic_fetch_add(&marks->refs, 1);
    return marks;
}

void marks_unref(struct marks *marks)
{
    if (marks == NULL || atomic_fetch_sub(&marks->refs, 1) != 1)
        return;
    mr_free(marks->dead);
    mr_free(marks->hidden);
    mr_free(marks->dead_frequency);
    mr_free(marks);
}

/* Marks that only this view holds, a copy of the present ones if need be. */
static struct marks *marks_own(struct view *view)
{
    struct marks *old = view->marks;
    struct marks *own;
    size_t bytes = old->words * sizeof(*old->dead);

    if (atomic_load(&old->refs) == 1)
        return old;
    own = mr_calloc(1, sizeof(*own));
    atomic_init(&own->refs, 1);
    own->words = old->words;
    own->dead = mr_memdup(old->dead, bytes);
    own->hidden = mr_memdup(old->hidden, bytes);
    own->dead_units = old->dead_units;
    own->hidden_units = old->hidden_units;
    own->dead_length = old->dead_length;
    if (old->dead_frequency != NULL)
        own->dead_frequency = mr_memdup(
            old->dead_frequency, keyword_term_count(view->segment->keyword) *
                                     sizeof(*own->dead_frequency));
    marks_unref(old);
    view->marks = own;
    return own;
}

bool view_is_dead(const struct view *view, uint32_t entry)
{
    uint32_t first = view->segment->entries->first_units[entry];

    if (first == view->segment->entries->first_units[entry + 1])
        return false;
    return bit_is_set(view->marks->dead, first);
}

/* Takes the words of a dead passage out of the statistics. */
static void subtract(struct marks *marks, const struct keyword_segment *keyword,
                     uint32_t unit)
{
    uint32_t *terms =
        mr_calloc(keyword_unit_terms_max(keyword), sizeof(*terms));
    size_t count = keyword_forward(keyword, unit, terms);

    if (marks->dead_frequency == NULL)
        marks->dead_frequency = mr_calloc(keyword_term_count(keyword),
                                          sizeof(*marks->dead_frequency));
    for (size_t i = 0; i < count; i++)
        marks->dead_frequency[terms[i]]++;
    marks->dead_length += keyword_unit_length(keyword, unit);
    mr_free(terms);
}

void view_kill(struct view *view, uint32_t entry)
{
    const struct entries *entries = view->segment->entries;
    struct marks *marks;

    if (view_is_dead(view, entry))
        return;
    marks = marks_own(view);
    for (uint32_t unit = entries->first_units[entry];
         unit < entries->first_units[entry + 1]; unit++) {
        marks->dead[unit / 64] |= UINT64_C(1) << (unit % 64);
        marks->dead_units++;
        if (view->segment->keyword != NULL)
            subtract(marks, view->segment->keyword, unit);
    }
    view_hide(view, entry, true);
}

void view_hide(struct view *view, uint32_t entry, bool hidden)
{
    const struct entries *entries = view->segment->entries;
    uint32_t first = entries->first_units[entry];
    uint32_t end = entries->first_units[entry + 1];
    struct marks *marks;

    if (first == end || bit_is_set(view->marks->hidden, first) == hidden)
        return;
    marks = marks_own(view);
    for (uint32_t unit = first; unit < end; unit++)
        marks->hidden[unit / 64] ^= UINT64_C(1) << (unit % 64);
    marks->hidden_units += hidden ? end - first : first - end;
}

struct keyword_dead view_keyword_dead(const struct view *view)
{
    return (struct keyword_dead){
        .bits = view->marks->dead_units > 0 ? view->marks->dead : NULL,
        .dead_frequency = view->marks->dead_frequency,
        .units = view->marks->dead_units,
        .length = view->marks->dead_length,
    };
}
