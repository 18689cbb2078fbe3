// SPDX-License-Identifier: Apache-2.0
// link: indexer common_json
/*
 * bench_ranking.c - how well the keyword side ranks: nDCG@10 with linear gains
 * and recall@100 on the judged sets, each document one passage of its title and
 * text.
 *
 *   bench_ranking [K1 B]      default 1.2 .75
 */
#include <math.h>

#include "bench_corpus.h"
#include "common/base/mr_arena.h"
#include "indexer/analysis/analyzer.h"
#include "indexer/keyword/keyword.h"

#define TOP       100u
#define TERMS_MAX 256u

static const char *const sets[] = { "cranfield", "cacm", "xquad-en" };

struct world {
    struct analyzer *analyzer;
    struct mr_arena *arena;
    struct keyword_builder *builder;
    const struct keyword_segment *segment;
    struct mr_span qrels;
    double k1;
    double b;
    double ndcg;
    double recall;
    size_t queries;
};

static void take_document(void *context, const struct mr_json *object)
{
    struct world *world = context;
    struct mr_buf text = mr_buf(1u << 24);
    struct analyzer_term *terms;
    struct mr_span *spans;
    struct keyword_unit unit;

    mr_buf_span(&text, mr_json_text(mr_json_get(object, "title")));
    mr_buf_byte(&text, '\n');
    mr_buf_span(&text, mr_json_text(mr_json_get(object, "text")));
    analyzer_run(world->analyzer, mr_buf_bytes(&text), "en", world->arena,
                 &terms, &unit.count);
    spans = mr_arena_alloc(world->arena, unit.count * sizeof(*spans));
    for (size_t i = 0; i < unit.count; i++)
        spans[i] = terms[i].term;
    unit.terms = spans;
    keyword_builder_add(world->builder,
                        mr_json_text(mr_json_get(object, "_id")), 1, 1, &unit,
                        1);
    mr_buf_deinit(&text);
}

static struct mr_span field(struct mr_span *line)
{
    size_t size = 0;
    struct mr_span out;

    while (size < line->size && line->data[size] != '\t')
        size++;
    out = mr_span(line->data, size);
    size += size < line->size;
    *line = mr_span(line->data + size, line->size - size);
    return out;
}

/* The judgement of a document for a query, 0 for none; with `document` absent
 * the nth judgement of the query. */
static double judged(const struct world *world, struct mr_span query,
                     struct mr_span document, size_t nth)
{
    struct mr_span line;
    size_t at = 0;

    while (bench_line(world->qrels, &at, &line)) {
        if (!mr_span_equal(field(&line), query))
            continue;
        if (document.data == NULL ? nth-- == 0
                                  : mr_span_equal(field(&line), document)) {
            if (document.data == NULL)
                (void)field(&line);
            return strtod((const char *)line.data, NULL);
        }
    }
    return -1;
}

static int falling(const void *left, const void *right)
{
    const double *a = left;
    const double *b = right;

    return (*a < *b) - (*a > *b);
}

static void evaluate(struct world *world, struct mr_span query,
                     const struct unit_hit *hits, size_t count)
{
    const struct entries *entries = keyword_entries(world->segment);
    double gains[1000];
    double ideal = 0;
    double found = 0;
    double dcg = 0;
    double relevant = 0;
    size_t judgements = 0;

    while (judgements < 1000 &&
           (gains[judgements] =
                judged(world, query, mr_span(NULL, 0), judgements)) >= 0)
        relevant += gains[judgements++] > 0;
    if (relevant == 0)
        return;
    qsort(gains, judgements, sizeof(*gains), falling);
    for (size_t i = 0; i < judgements && i < 10; i++)
        ideal += gains[i] / log2((double)i + 2);
    for (size_t i = 0; i < count; i++) {
        struct mr_span id = entries_id(entries, hits[i].unit);
        double gain = judged(world, query, id, 0);

        found += gain > 0;
        if (i < 10 && gain > 0)
            dcg += gain / log2((double)i + 2);
    }
    world->ndcg += dcg / ideal;
    world->recall += found / relevant;
    world->queries++;
}

static void take_query(void *context, const struct mr_json *object)
{
    struct world *world = context;
    struct mr_span terms[TERMS_MAX];
    uint64_t frequency[TERMS_MAX];
    uint32_t weight[TERMS_MAX];
    struct unit_hit hits[TOP];
    struct keyword_scorer scorer = {
        .k1 = world->k1,
        .b = world->b,
        .passages = keyword_units(world->segment),
        .length = keyword_length(world->segment),
        .terms = terms,
        .frequency = frequency,
        .weight = weight,
    };
    struct analyzer_term *found;
    size_t count;

    analyzer_run(world->analyzer, mr_json_text(mr_json_get(object, "text")),
                 "en", world->arena, &found, &count);
    for (size_t i = 0; i < count && i < TERMS_MAX; i++) {
        terms[i] = found[i].term;
        weight[i] = 1;
        frequency[i] = keyword_frequency(world->segment, NULL, terms[i]);
        scorer.term_count++;
    }
    count = keyword_search(world->segment, NULL, NULL, &scorer, hits, TOP);
    evaluate(world, mr_json_text(mr_json_get(object, "_id")), hits, count);
}

static bool run(struct world *world, const char *set)
{
    struct mr_buf image = mr_buf(1u << 30);
    struct mr_buf qrels = mr_buf(1u << 30);
    struct keyword_segment *segment = NULL;
    char name[64];
    bool there;

    world->ndcg = world->recall = 0;
    world->queries = 0;
    (void)snprintf(name, sizeof(name), "ir/%s/qrels/test.tsv", set);
    there = bench_read(name, &qrels);
    world->qrels = mr_buf_bytes(&qrels);
    (void)snprintf(name, sizeof(name), "ir/%s/corpus.jsonl", set);
    there = there && bench_json_lines(name, take_document, world);
    keyword_builder_write(world->builder, &image);
    if (keyword_open(mr_buf_bytes(&image), true, &segment, NULL) != MR_OK)
        return false;
    world->segment = segment;
    (void)snprintf(name, sizeof(name), "ir/%s/queries.jsonl", set);
    there = there && bench_json_lines(name, take_query, world);
    if (there)
        printf("%-10s %4zu queries, nDCG@10 %.4f, recall@100 %.4f\n", set,
               world->queries, world->ndcg / (double)world->queries,
               world->recall / (double)world->queries);
    keyword_close(segment);
    mr_buf_deinit(&image);
    mr_buf_deinit(&qrels);
    return there;
}

int main(int count, char **arguments)
{
    struct world world = { .k1 = count > 2 ? strtod(arguments[1], NULL) : 1.2,
                           .b = count > 2 ? strtod(arguments[2], NULL) : .75 };

    world.analyzer = analyzer_new();
    world.arena = mr_arena_new();
    world.builder = keyword_builder_new();
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
        if (!run(&world, sets[i]))
            printf("%s: no evaluation data: set MILLRACE_EVAL_DATA\n", sets[i]);
    keyword_builder_free(world.builder);
    analyzer_free(world.analyzer);
    mr_arena_free(world.arena);
    return 0;
}
