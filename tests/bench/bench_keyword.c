// SPDX-License-Identifier: Apache-2.0
// link: indexer common_json
/*
 * bench_keyword.c - what analysing, building, merging and searching cost.
 *
 * Passages are runs of 180 words out of real texts (ir/ of the evaluation
 * data), begun at random places; queries are the judged ones of the same sets.
 * Times are of the processor.
 *
 *   bench_keyword [PASSAGES]      default 20000
 */
#include "bench_corpus.h"
#include "common/base/mr_hash.h"
#include "indexer/analysis/analyzer.h"
#include "indexer/keyword/keyword.h"

#define WORDS_A_PASSAGE 180u
#define SEGMENT         4096u
#define QUERIES_MAX     2000u
#define TERMS_MAX       256u

static const char *const sets[] = { "cranfield", "cacm", "xquad-en" };

struct world {
    struct mr_buf text;
    struct analyzer *analyzer;
    struct mr_arena *arena; /* of all terms */
    struct analyzer_term *terms;
    size_t term_count;
    struct mr_span queries[QUERIES_MAX];
    size_t query_count;
};

static void take_text(void *context, const struct mr_json *object)
{
    struct world *world = context;

    mr_buf_span(&world->text, mr_json_text(mr_json_get(object, "text")));
    mr_buf_byte(&world->text, '\n');
}

static void take_query(void *context, const struct mr_json *object)
{
    struct world *world = context;
    struct mr_span text = mr_json_text(mr_json_get(object, "text"));

    if (world->query_count < QUERIES_MAX)
        world->queries[world->query_count++] =
            mr_arena_copy(world->arena, text);
}

static bool load(struct world *world)
{
    char name[64];
    double start;
    double spent;

    *world = (struct world){ .text = mr_buf(1u << 30),
                             .analyzer = analyzer_new(),
                             .arena = mr_arena_new() };
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(name, sizeof(name), "ir/%s/corpus.jsonl", sets[i]);
        if (!bench_json_lines(name, take_text, world))
            return false;
        (void)snprintf(name, sizeof(name), "ir/%s/queries.jsonl", sets[i]);
        (void)bench_json_lines(name, take_query, world);
    }
    start = bench_work();
    analyzer_run(world->analyzer, mr_buf_bytes(&world->text), "en",
                 world->arena, &world->terms, &world->term_count);
    spent = bench_work() - start;
    printf("analysis: %.1f MB, %zu terms, %.1f us for 1.5 kB\n",
           (double)world->text.size / 1e6, world->term_count,
           spent * 1e6 * 1500 / (double)world->text.size);
    return true;
}

/* A passage of the same number is always the same. */
static struct keyword_unit passage(const struct world *world, uint64_t number,
                                   struct mr_span terms[WORDS_A_PASSAGE])
{
    size_t from = mr_mix64(number + 1) % (world->term_count - WORDS_A_PASSAGE);

    for (size_t i = 0; i < WORDS_A_PASSAGE; i++)
        terms[i] = world->terms[from + i].term;
    return (struct keyword_unit){ terms, WORDS_A_PASSAGE };
}

static void add(struct keyword_builder *builder, const struct world *world,
                uint64_t number)
{
    struct mr_span terms[WORDS_A_PASSAGE];
    struct keyword_unit unit = passage(world, number, terms);
    char id[32];

    (void)snprintf(id, sizeof(id), "document-%llu", (unsigned long long)number);
    keyword_builder_add(builder, mr_span_str(id), number, number, &unit, 1);
}

static struct keyword_segment *open(const struct mr_buf *image, bool verify)
{
    struct keyword_segment *segment;
    struct mr_err err = { 0 };

    if (keyword_open(mr_buf_bytes(image), verify, &segment, &err) != MR_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    return segment;
}

static void bench_single(const struct world *world)
{
    struct keyword_builder *builder = keyword_builder_new();
    struct mr_buf image = mr_buf(1u << 30);
    double start = bench_work();
    double opening;
    uint32_t rounds = 5000;

    for (uint32_t i = 0; i < rounds; i++) {
        mr_buf_reset(&image);
        add(builder, world, i);
        keyword_builder_write(builder, &image);
    }
    opening = bench_work();
    for (uint32_t i = 0; i < rounds; i++)
        keyword_close(open(&image, false));
    printf("image of one passage: built in %.1f us, opened in %.1f us, "
           "%zu bytes\n",
           (opening - start) * 1e6 / rounds,
           (bench_work() - opening) * 1e6 / rounds, image.size);
    mr_buf_deinit(&image);
    keyword_builder_free(builder);
}

/* Sealed segments, and one merged from them. */
static struct keyword_segment *build(const struct world *world, size_t passages,
                                     struct mr_buf *merged)
{
    size_t count = (passages + SEGMENT - 1) / SEGMENT;
    struct mr_buf *images = mr_calloc(count, sizeof(*images));
    struct keyword_segment **segments = mr_calloc(count, sizeof(*segments));
    struct keyword_builder *builder = keyword_builder_new();
    struct keyword_segment *all;
    double start = bench_work();

    for (size_t i = 0; i < count; i++) {
        size_t end =
            (i + 1) * SEGMENT < passages ? (i + 1) * SEGMENT : passages;

        images[i] = mr_buf((size_t)1 << 34);
        for (size_t k = i * SEGMENT; k < end; k++)
            add(builder, world, k);
        keyword_builder_write(builder, &images[i]);
        segments[i] = open(&images[i], false);
    }
    printf("sealing: %zu segments, %.1f us a passage\n", count,
           (bench_work() - start) * 1e6 / (double)passages);
    start = bench_work();
    if (keyword_merge(segments, NULL, count, merged, NULL) != MR_OK)
        exit(1);
    printf("merging: %.1f us a passage, %.0f bytes a passage, %.2f of the "
           "text\n",
           (bench_work() - start) * 1e6 / (double)passages,
           (double)merged->size / (double)passages,
           (double)merged->size / (double)passages * (double)world->term_count /
               (WORDS_A_PASSAGE * (double)world->text.size));
    start = bench_work();
    all = open(merged, false);
    printf("opening: %.2f ms", (bench_work() - start) * 1e3);
    start = bench_work();
    keyword_close(open(merged, true));
    printf(", verified %.0f ms\n", (bench_work() - start) * 1e3);
    for (size_t i = 0; i < count; i++) {
        keyword_close(segments[i]);
        mr_buf_deinit(&images[i]);
    }
    mr_free(segments);
    mr_free(images);
    keyword_builder_free(builder);
    return all;
}

struct query {
    struct mr_span terms[TERMS_MAX];
    uint64_t frequency[TERMS_MAX];
    uint32_t weight[TERMS_MAX];
    struct keyword_scorer scorer;
};

static void prepare(struct world *world, const struct keyword_segment *in,
                    struct mr_span text, struct query *query)
{
    struct analyzer_term *terms;
    size_t count;
    size_t distinct = 0;

    analyzer_run(world->analyzer, text, "en", world->arena, &terms, &count);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;

        while (at < distinct && !mr_span_equal(query->terms[at], terms[i].term))
            at++;
        if (at == TERMS_MAX)
            continue;
        if (at == distinct) {
            query->terms[distinct] = terms[i].term;
            query->weight[distinct++] = 0;
        }
        query->weight[at]++;
    }
    for (size_t i = 0; i < distinct; i++)
        query->frequency[i] = keyword_frequency(in, NULL, query->terms[i]);
    query->scorer = (struct keyword_scorer){ .k1 = 1.2,
                                             .b = .75,
                                             .passages = keyword_units(in),
                                             .length = keyword_length(in),
                                             .terms = query->terms,
                                             .frequency = query->frequency,
                                             .weight = query->weight,
                                             .term_count = distinct };
}

static int compare(const void *left, const void *right)
{
    const double *a = left;
    const double *b = right;

    return (*a > *b) - (*a < *b);
}

static void bench_search(struct world *world,
                         const struct keyword_segment *segment, size_t room)
{
    static double spent[QUERIES_MAX];
    struct unit_hit *hits = mr_calloc(room, sizeof(*hits));
    struct query *query = mr_calloc(1, sizeof(*query));
    double sum = 0;
    size_t terms = 0;

    for (size_t i = 0; i < world->query_count; i++) {
        double start;

        prepare(world, segment, world->queries[i], query);
        terms += query->scorer.term_count;
        start = bench_work();
        (void)keyword_search(segment, NULL, NULL, &query->scorer, hits, room);
        spent[i] = bench_work() - start;
        sum += spent[i];
    }
    qsort(spent, world->query_count, sizeof(*spent), compare);
    printf("search, top %4zu: mean %.3f ms, p50 %.3f, p99 %.3f (%zu queries of "
           "%.1f terms)\n",
           room, sum * 1e3 / (double)world->query_count,
           spent[world->query_count / 2] * 1e3,
           spent[world->query_count * 99 / 100] * 1e3, world->query_count,
           (double)terms / (double)world->query_count);
    mr_free(query);
    mr_free(hits);
}

int main(int count, char **arguments)
{
    size_t passages = count > 1 ? strtoul(arguments[1], NULL, 10) : 20000;
    struct mr_buf merged = mr_buf((size_t)1 << 34);
    struct keyword_segment *segment;
    struct world world;

    if (!load(&world)) {
        printf("no evaluation data: set MILLRACE_EVAL_DATA\n");
        return 0;
    }
    bench_single(&world);
    segment = build(&world, passages, &merged);
    bench_search(&world, segment, 10);
    bench_search(&world, segment, 100);
    bench_search(&world, segment, 1000);
    keyword_close(segment);
    mr_buf_deinit(&merged);
    mr_buf_deinit(&world.text);
    analyzer_free(world.analyzer);
    mr_arena_free(world.arena);
    return 0;
}
