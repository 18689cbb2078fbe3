// SPDX-License-Identifier: Apache-2.0
/*
 * terms.c - see terms.h.
 */
#include "indexer/shard/terms.h"

struct gathering {
    struct analyzer *analyzer;
    const char *language;
    struct mr_arena *arena;
    struct mr_span *terms;
    size_t count;
    size_t room;
};

/* Terms of one text, behind those that are there already. */
static void append_terms(struct gathering *gathering, struct mr_span text)
{
    struct analyzer_term *found;
    size_t there;

    analyzer_run(gathering->analyzer, text, gathering->language,
                 gathering->arena, &found, &there);
    for (size_t i = 0; i < there && gathering->count < gathering->room; i++)
        gathering->terms[gathering->count++] = found[i].term;
}

enum mr_code terms_of_passage(struct analyzer *analyzer, const char *language,
                              const struct mr_document *document,
                              struct mr_span text, size_t nth,
                              struct mr_arena *arena, struct keyword_unit *out,
                              struct mr_err *err)
{
    const struct mr_passage *passage = &document->passages.items[nth];
    struct gathering gathering = {
        .analyzer = analyzer,
        .language = document->language.size > 0
                        ? mr_arena_str(arena, document->language)
                        : language,
        .arena = arena,
    };

    if (passage->end > text.size || passage->start > passage->end)
        return mr_fail(err, MR_E_DAMAGED,
                       "index: a passage of %.*s lies outside its text",
                       MR_SPAN_ARG(document->id));
    /* A term takes at least a byte, and CJK two for each but the first. */
    gathering.room = document->title.size + passage->headings.size +
                     passage->end - passage->start + 3;
    gathering.terms =
        mr_arena_alloc(arena, gathering.room * sizeof(*gathering.terms));
    append_terms(&gathering, document->title);
    append_terms(&gathering, passage->headings);
    append_terms(&gathering, mr_span(text.data + passage->start,
                                     passage->end - passage->start));
    *out = (struct keyword_unit){ gathering.terms, gathering.count };
    return MR_OK;
}
