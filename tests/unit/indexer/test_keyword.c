// SPDX-License-Identifier: Apache-2.0
/*
 * test_keyword.c - keyword search against a scorer that cannot be wrong.
 *
 * The naive scorer counts words by comparing numbers and sorts all scores.
 */
#include <math.h>

#include "tests/unit/indexer/keyword_corpus.h"

struct flat {
    uint32_t count;
    const struct unit *units[6000];
};

static struct flat flatten(const struct corpus *corpus)
{
    struct flat flat = { 0 };

    for (size_t i = 0; i < corpus->count; i++)
        for (size_t u = 0; u < corpus->documents[i].unit_count; u++)
            flat.units[flat.count++] = &corpus->documents[i].units[u];
    return flat;
}

static uint32_t tf_in(const struct unit *unit, uint32_t number)
{
    uint32_t tf = 0;

    for (size_t i = 0; i < unit->count; i++)
        tf += unit->words[i] == number;
    return tf;
}

static double score_of(const struct unit *unit, const uint32_t *query,
                       const struct keyword_scorer *scorer)
{
    double average = (double)scorer->length / (double)scorer->passages;
    double base = scorer->k1 * (1 - scorer->b);
    double slope = scorer->k1 * scorer->b / average;
    double score = 0;

    for (size_t i = 0; i < scorer->term_count; i++) {
        double n = (double)scorer->frequency[i];
        double idf = log(1 + ((double)scorer->passages - n + .5) / (n + .5));
        double weight = scorer->weight[i] * idf;
        uint32_t tf = tf_in(unit, query[i]);

        if (tf > 0)
            score += weight * tf / (tf + (base + slope * (double)unit->count));
    }
    return score;
}

static int by_score(const void *left, const void *right)
{
    const struct unit_hit *a = left;
    const struct unit_hit *b = right;

    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return (a->unit > b->unit) - (a->unit < b->unit);
}

static size_t naive(const struct flat *flat, const uint64_t *dead,
                    const uint64_t *skip, const uint32_t *query,
                    const struct keyword_scorer *scorer, struct unit_hit *hits)
{
    size_t count = 0;

    for (uint32_t i = 0; i < flat->count; i++) {
        double score = score_of(flat->units[i], query, scorer);

        if (score > 0 && !is_set(dead, i) && !is_set(skip, i))
            hits[count++] = (struct unit_hit){ i, score };
    }
    qsort(hits, count, sizeof(*hits), by_score);
    return count;
}

static void compare_search(const struct segment *segment,
                           const struct flat *flat, uint64_t seed)
{
    struct unit_hit *want = mr_calloc(flat->count, sizeof(*want));
    struct unit_hit *got = mr_calloc(flat->count, sizeof(*got));
    struct keyword_dead dead = { 0 };
    uint64_t *dead_bits = NULL;
    uint64_t *skip = NULL;
    struct query query;
    size_t room = 1 + draw(draw(2) == 0 ? 10 : flat->count);
    size_t count;

    if (draw(2) == 0)
        dead.bits = dead_bits = draw_bits(flat->count, 1 + draw(5));
    if (draw(2) == 0)
        skip = draw_bits(flat->count, 1 + draw(5));
    draw_query(&query, segment->segment);
    count = naive(flat, dead.bits, skip, query.words, &query.scorer, want);
    if (count > room)
        count = room;
    ck_assert_uint_eq(
        keyword_search(segment->segment, &dead, skip, &query.scorer, got, room),
        count);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(
            got[i].unit == want[i].unit &&
                memcmp(&got[i].score, &want[i].score, sizeof(double)) == 0,
            "seed %llu, hit %zu of %zu: unit %u score %.17g, want "
            "unit %u score %.17g",
            (unsigned long long)seed, i, count, got[i].unit, got[i].score,
            want[i].unit, want[i].score);
    mr_free(want);
    mr_free(got);
    mr_free(dead_bits);
    mr_free(skip);
}

START_TEST(search_equals_the_naive_scorer_bit_for_bit)
{
    static const size_t sizes[] = { 1, 5, 90, 700, 3500 };
    size_t size = sizes[_i];
    struct corpus corpus = draw_corpus(1000 + (uint64_t)_i, size);
    struct flat *flat = mr_malloc(sizeof(*flat));
    struct segment segment = build(&corpus, 0, size, NULL);

    *flat = flatten(&corpus);
    ck_assert_uint_eq(keyword_units(segment.segment), flat->count);
    for (uint64_t seed = 0; seed < 250; seed++) {
        state = seed * 77 + size;
        compare_search(&segment, flat, seed);
    }
    drop(&segment);
    mr_free(flat);
    mr_free(corpus.documents);
}
END_TEST

START_TEST(explained_parts_add_up_to_the_score)
{
    struct corpus corpus = draw_corpus(5, 1500);
    struct segment segment = build(&corpus, 0, corpus.count, NULL);
    struct unit_hit hits[20];
    struct query query;

    for (int round = 0; round < 50; round++) {
        size_t count;

        draw_query(&query, segment.segment);
        count = keyword_search(segment.segment, NULL, NULL, &query.scorer, hits,
                               20);
        for (size_t i = 0; i < count; i++) {
            double parts[QUERY_MAX];
            double sum = 0;

            keyword_explain(segment.segment, hits[i].unit, &query.scorer,
                            parts);
            for (size_t k = 0; k < query.scorer.term_count; k++)
                sum += parts[k];
            ck_assert(memcmp(&sum, &hits[i].score, sizeof(sum)) == 0);
        }
    }
    drop(&segment);
    mr_free(corpus.documents);
}
END_TEST

START_TEST(statistics_and_lists_are_those_of_the_documents)
{
    struct corpus corpus = draw_corpus(6, 800);
    struct segment segment = build(&corpus, 0, corpus.count, NULL);
    struct flat *flat = mr_malloc(sizeof(*flat));
    uint32_t *list =
        mr_calloc(keyword_unit_terms_max(segment.segment) + 1, sizeof(*list));
    uint64_t length = 0;

    *flat = flatten(&corpus);
    for (uint32_t i = 0; i < VOCABULARY; i++) {
        uint64_t frequency = 0;

        for (uint32_t u = 0; u < flat->count; u++)
            frequency += tf_in(flat->units[u], i) > 0;
        ck_assert_uint_eq(keyword_frequency(segment.segment, NULL, word(i)),
                          frequency);
    }
    for (uint32_t u = 0; u < flat->count; u++) {
        uint32_t distinct = 0;

        for (uint32_t i = 0; i < VOCABULARY; i++)
            distinct += tf_in(flat->units[u], i) > 0;
        ck_assert_uint_eq(keyword_forward(segment.segment, u, list), distinct);
        for (uint32_t i = 1; i < distinct; i++)
            ck_assert_uint_lt(list[i - 1], list[i]);
        ck_assert_uint_eq(keyword_unit_length(segment.segment, u),
                          flat->units[u]->count);
        length += flat->units[u]->count;
    }
    ck_assert_uint_eq(keyword_length(segment.segment), length);
    mr_free(list);
    mr_free(flat);
    drop(&segment);
    mr_free(corpus.documents);
}
END_TEST

/* What shard/ does for each dead unit, done here by hand. */
START_TEST(the_dead_are_subtracted_through_their_lists)
{
    struct corpus corpus = draw_corpus(8, 300);
    struct segment segment = build(&corpus, 0, corpus.count, NULL);
    uint32_t units = keyword_units(segment.segment);
    uint64_t *bits = draw_bits(units, 3);
    uint32_t *gone =
        mr_calloc(keyword_term_count(segment.segment), sizeof(*gone));
    uint32_t list[WORDS_MAX];
    struct keyword_dead dead = { .bits = bits, .dead_frequency = gone };
    struct flat *flat = mr_malloc(sizeof(*flat));

    *flat = flatten(&corpus);
    for (uint32_t u = 0; u < units; u++) {
        size_t count = keyword_forward(segment.segment, u, list);

        for (size_t i = 0; i < count && is_set(bits, u); i++)
            gone[list[i]]++;
    }
    for (uint32_t i = 0; i < VOCABULARY; i++) {
        uint64_t frequency = 0;

        for (uint32_t u = 0; u < units; u++)
            frequency += !is_set(bits, u) && tf_in(flat->units[u], i) > 0;
        ck_assert_uint_eq(keyword_frequency(segment.segment, &dead, word(i)),
                          frequency);
    }
    mr_free(flat);
    mr_free(gone);
    mr_free(bits);
    drop(&segment);
    mr_free(corpus.documents);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("search");
    Suite *suite = suite_create("keyword");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_unchecked_fixture(tcase, setup, NULL);
    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, search_equals_the_naive_scorer_bit_for_bit, 0,
                        5);
    tcase_add_test(tcase, explained_parts_add_up_to_the_score);
    tcase_add_test(tcase, statistics_and_lists_are_those_of_the_documents);
    tcase_add_test(tcase, the_dead_are_subtracted_through_their_lists);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
