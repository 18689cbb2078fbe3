// SPDX-License-Identifier: Apache-2.0
/*
 * query.c - the words of a query as terms, in each language of the index.
 *
 * A word of the query is known by its place in the text: the scanner finds the
 * same words whatever the language, only their stems differ.
 */
#include <string.h>

#include "common/base/mr_mem.h"
#include "indexer/analysis/analyzer.h"
#include "indexer/indexer.h"
#include "indexer/shard/query.h"

struct index_query *index_query_new(struct mr_span text,
                                    const char *const *languages,
                                    size_t language_count)
{
    struct index_query *query = mr_calloc(1, sizeof(*query));
    struct analyzer *analyzer = analyzer_new();

    query->arena = mr_arena_new();
    query->terms = mr_arena_calloc(query->arena, INDEX_QUERY_TERMS_MAX,
                                   sizeof(*query->terms));
    if (language_count == 0)
        query_add(query, analyzer, text, NULL);
    for (size_t i = 0; i < language_count; i++)
        query_add(query, analyzer, text, languages[i]);
    analyzer_free(analyzer);
    return query;
}

/* The number of the word that begins at `start`: a new one when its text was
 * not seen before. */
static uint32_t word_at(struct index_query *query, struct mr_span text,
                        const struct analyzer_term *term)
{
    struct mr_span word =
        mr_span(text.data + term->start, term->end - term->start);

    for (uint32_t i = 0; i < query->word_count; i++) {
        if (mr_span_equal(query->words[i], word))
            return i;
    }
    if (query->word_count == INDEX_QUERY_TERMS_MAX)
        return INDEX_QUERY_TERMS_MAX - 1;
    query->words[query->word_count] = mr_arena_copy(query->arena, word);
    return query->word_count++;
}

static struct query_term *term_of(struct index_query *query,
                                  struct mr_span term)
{
    for (size_t i = 0; i < query->count; i++) {
        if (mr_span_equal(query->terms[i].term, term))
            return &query->terms[i];
    }
    return NULL;
}

void query_add(struct index_query *query, struct analyzer *analyzer,
               struct mr_span text, const char *language)
{
    size_t known = query->count;
    struct analyzer_term *found;
    size_t count;

    analyzer_run(analyzer, text, language, query->arena, &found, &count);
    for (size_t i = 0; i < count; i++) {
        struct query_term *term = term_of(query, found[i].term);

        if (term != NULL) {
            /* Another language's equal stem is the same word, not another. */
            if ((size_t)(term - query->terms) >= known)
                term->weight++;
            continue;
        }
        if (query->count == INDEX_QUERY_TERMS_MAX)
            return;
        query->terms[query->count++] = (struct query_term){
            .term = found[i].term,
            .weight = 1,
            .word = word_at(query, text, &found[i]),
        };
    }
}

void index_query_free(struct index_query *query)
{
    if (query == NULL)
        return;
    mr_arena_free(query->arena);
    mr_free(query);
}

size_t index_query_terms(const struct index_query *query)
{
    return query->count;
}

struct mr_span index_query_term(const struct index_query *query, size_t nth)
{
    return query->terms[nth].term;
}

size_t index_query_word(const struct index_query *query, size_t nth)
{
    return query->terms[nth].word;
}

size_t index_query_words(const struct index_query *query)
{
    return query->word_count;
}

struct mr_span index_query_word_text(const struct index_query *query,
                                     size_t word)
{
    return query->words[word];
}

/* The place of a term in the query, or SIZE_MAX. */
static size_t find(const struct index_query *query, struct mr_span term)
{
    for (size_t i = 0; i < query->count; i++) {
        if (mr_span_equal(query->terms[i].term, term))
            return i;
    }
    return SIZE_MAX;
}

size_t index_query_highlight(const struct index_query *query,
                             struct mr_span text, const char *language,
                             uint32_t (*ranges)[2], size_t room)
{
    struct analyzer *analyzer = analyzer_new();
    struct mr_arena *arena = mr_arena_new();
    struct analyzer_term *found;
    size_t there;
    size_t count = 0;

    analyzer_run(analyzer, text, language, arena, &found, &there);
    for (size_t i = 0; i < there && count < room; i++) {
        if (find(query, found[i].term) == SIZE_MAX)
            continue;
        if (count > 0 && found[i].start < ranges[count - 1][1]) {
            ranges[count - 1][1] = found[i].end; /* bigrams overlap */
            continue;
        }
        ranges[count][0] = found[i].start;
        ranges[count][1] = found[i].end;
        count++;
    }
    mr_arena_free(arena);
    analyzer_free(analyzer);
    return count;
}

size_t index_query_match(const struct index_query *query, struct mr_span text,
                         const char *language, bool *present)
{
    struct analyzer *analyzer = analyzer_new();
    struct mr_arena *arena = mr_arena_new();
    struct analyzer_term *found;
    size_t there;
    size_t count = 0;

    memset(present, 0, query->count * sizeof(*present));
    analyzer_run(analyzer, text, language, arena, &found, &there);
    for (size_t i = 0; i < there; i++) {
        size_t nth = find(query, found[i].term);

        if (nth == SIZE_MAX || present[nth])
            continue;
        present[nth] = true;
        count++;
    }
    mr_arena_free(arena);
    analyzer_free(analyzer);
    return count;
}
