// SPDX-License-Identifier: Apache-2.0
/*
 * eval_set.c - see eval_set.h.
 */
#include "cli/eval_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_mem.h"
#include "common/json/json.h"

/* A file while it is read line by line. */
struct lines {
    char path[4096];
    FILE *file;
    char *line;
    size_t room;
    size_t number;
};

static enum mr_code open_lines(struct lines *lines, const char *folder,
                               const char *name, struct mr_err *err)
{
    *lines = (struct lines){ 0 };
    (void)snprintf(lines->path, sizeof(lines->path), "%s/%s", folder, name);
    lines->file = fopen(lines->path, "r");
    if (lines->file == NULL)
        return mr_fail_errno(err, MR_E_CONFIG, errno,
                             "eval: cannot read %.350s", lines->path);
    return MR_OK;
}

static void close_lines(struct lines *lines)
{
    free(lines->line);
    if (lines->file != NULL)
        (void)fclose(lines->file);
}

/* The next line that is not empty, without its end. */
static bool next_line(struct lines *lines, struct mr_span *out)
{
    ssize_t size;

    while ((size = getline(&lines->line, &lines->room, lines->file)) > 0) {
        lines->number++;
        while (size > 0 &&
               (lines->line[size - 1] == '\n' || lines->line[size - 1] == '\r'))
            size--;
        *out = mr_span(lines->line, (size_t)size);
        if (size > 0)
            return true;
    }
    return false;
}

static enum mr_code bad_line(const struct lines *lines, const char *what,
                             struct mr_err *err)
{
    return mr_fail(err, MR_E_CORRUPT, "eval: %.350s, line %zu: %.350s",
                   lines->path, lines->number, what);
}

/* One more member of an array that doubles. */
static void *grow(void *items, size_t count, size_t size)
{
    if (count == 0 || (count & (count - 1)) == 0)
        return mr_realloc_array(items, count == 0 ? 1 : 2 * count, size);
    return items;
}

static struct mr_span text_in(const struct mr_json *object, const char *key,
                              struct mr_arena *arena)
{
    struct mr_span text = mr_json_text(mr_json_get(object, key));

    return mr_arena_copy(arena, text.data == NULL ? mr_span("", 0) : text);
}

static enum mr_code read_documents(const char *folder, struct eval_set *set,
                                   struct mr_err *err)
{
    struct lines lines;
    struct mr_span line;
    enum mr_code code = open_lines(&lines, folder, "corpus.jsonl", err);

    while (code == MR_OK && next_line(&lines, &line)) {
        struct eval_document document;
        struct mr_err why = { 0 };
        struct mr_json *json;

        if (mr_json_parse(line, &json, &why) != MR_OK) {
            code = bad_line(&lines, why.text, err);
            break;
        }
        document.id = text_in(json, "_id", set->arena);
        document.title = text_in(json, "title", set->arena);
        document.text = text_in(json, "text", set->arena);
        mr_json_free(json);
        if (document.id.size == 0)
            code = bad_line(&lines, "no \"_id\"", err);
        set->documents =
            grow(set->documents, set->document_count, sizeof(*set->documents));
        set->documents[set->document_count++] = document;
    }
    close_lines(&lines);
    return code;
}

struct judgements {
    struct eval_judgement *items;
    size_t count;
};

static enum mr_code read_judgement(const struct lines *lines,
                                   struct mr_span line, struct mr_arena *arena,
                                   struct eval_judgement *out,
                                   struct mr_err *err)
{
    char *text = mr_arena_str(arena, line);
    char *rest = text;
    const char *query = strsep(&rest, "\t");
    const char *document = strsep(&rest, "\t");

    if (document == NULL || rest == NULL)
        return bad_line(lines, "should be query, document and gain", err);
    *out = (struct eval_judgement){ .query = mr_span_str(query),
                                    .document = mr_span_str(document),
                                    .gain = strtod(rest, NULL) };
    return MR_OK;
}

static int compare(const void *a, const void *b)
{
    const struct eval_judgement *left = a;
    const struct eval_judgement *right = b;
    int order = mr_span_compare(left->query, right->query);

    return order != 0 ? order
                      : mr_span_compare(left->document, right->document);
}

static enum mr_code read_judgements(const char *folder, struct mr_arena *arena,
                                    struct judgements *out, struct mr_err *err)
{
    struct lines lines;
    struct mr_span line;
    enum mr_code code = open_lines(&lines, folder, "qrels/test.tsv", err);

    if (code == MR_OK)
        (void)next_line(&lines, &line); /* the header */
    while (code == MR_OK && next_line(&lines, &line)) {
        out->items = grow(out->items, out->count, sizeof(*out->items));
        code =
            read_judgement(&lines, line, arena, &out->items[out->count], err);
        out->count += code == MR_OK;
    }
    close_lines(&lines);
    if (out->count > 0)
        qsort(out->items, out->count, sizeof(*out->items), compare);
    return code;
}

/* Gives the query its run of the sorted judgements; false: it has none. */
static bool find_judged(const struct judgements *judgements,
                        struct eval_query *query)
{
    for (size_t i = 0; i < judgements->count; i++) {
        if (!mr_span_equal(judgements->items[i].query, query->id))
            continue;
        query->judged = &judgements->items[i];
        while (
            i + query->judged_count < judgements->count &&
            mr_span_equal(query->judged[query->judged_count].query, query->id))
            query->judged_count++;
        return true;
    }
    return false;
}

static enum mr_code read_queries(const char *folder, struct eval_set *set,
                                 const struct judgements *judgements,
                                 struct mr_err *err)
{
    struct lines lines;
    struct mr_span line;
    enum mr_code code = open_lines(&lines, folder, "queries.jsonl", err);

    while (code == MR_OK && next_line(&lines, &line)) {
        struct eval_query query = { 0 };
        struct mr_err why = { 0 };
        struct mr_json *json;

        if (mr_json_parse(line, &json, &why) != MR_OK) {
            code = bad_line(&lines, why.text, err);
            break;
        }
        query.id = text_in(json, "_id", set->arena);
        query.text = text_in(json, "text", set->arena);
        mr_json_free(json);
        if (!find_judged(judgements, &query))
            continue;
        set->queries =
            grow(set->queries, set->query_count, sizeof(*set->queries));
        set->queries[set->query_count++] = query;
    }
    close_lines(&lines);
    return code;
}

enum mr_code eval_set_read(const char *folder, struct eval_set *out,
                           struct mr_err *err)
{
    struct judgements judgements = { 0 };
    enum mr_code code;

    *out = (struct eval_set){ .arena = mr_arena_new() };
    code = read_documents(folder, out, err);
    if (code == MR_OK)
        code = read_judgements(folder, out->arena, &judgements, err);
    if (code == MR_OK && judgements.count > 0) {
        struct eval_judgement *kept =
            mr_arena_calloc(out->arena, judgements.count, sizeof(*kept));

        memcpy(kept, judgements.items, judgements.count * sizeof(*kept));
        mr_free(judgements.items);
        judgements.items = NULL;
        code = read_queries(
            folder, out, &(struct judgements){ kept, judgements.count }, err);
    }
    mr_free(judgements.items);
    if (code == MR_OK && out->query_count == 0)
        code = mr_fail(err, MR_E_CONFIG, "eval: %.350s has no judged query",
                       folder);
    if (code != MR_OK)
        eval_set_free(out);
    return code;
}

void eval_set_free(struct eval_set *set)
{
    mr_free(set->documents);
    mr_free(set->queries);
    mr_arena_free(set->arena);
    *set = (struct eval_set){ 0 };
}
