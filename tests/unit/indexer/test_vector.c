// SPDX-License-Identifier: Apache-2.0
/*
 * test_vector.c - dense segments: exact, merged, by the graph, and damaged.
 *
 * Vectors are drawn from a seed around a few centres.  Graphs are small here,
 * by an exact_max of few units; where FAISS is not built there are none, and
 * all of it holds with exact search.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "indexer/vector/faiss_shim.h"
#include "indexer/vector/vector.h"

#define DIMENSION 24u
#define DOCUMENTS 40u
#define NO_GRAPH  ((size_t)1 << 40)

static uint64_t state;

static uint64_t draw(uint64_t below)
{
    state += 0x9E3779B97F4A7C15u;
    return mr_mix64(state) % below;
}

static float draw_float(void)
{
    return (float)draw(1u << 20) / (1u << 19) - 1;
}

static void draw_vector(float *out)
{
    uint64_t centre = draw(9);
    float length = 0;

    for (uint32_t i = 0; i < DIMENSION; i++) {
        out[i] =
            draw_float() + 2 * (float)(mr_mix64(centre * 99 + i) % 1000) / 1000;
        length += out[i] * out[i];
    }
    for (uint32_t i = 0; i < DIMENSION; i++)
        out[i] /= sqrtf(length);
}

struct documents {
    size_t count;
    size_t *units; /* of each */
    float *vectors;
};

static struct documents draw_documents(uint64_t seed, size_t count)
{
    struct documents all = { .count = count };
    size_t units = 0;

    state = seed;
    all.units = mr_calloc(count, sizeof(*all.units));
    for (size_t i = 0; i < count; i++)
        units += all.units[i] = draw(4); /* none as well */
    all.vectors = mr_calloc(units * DIMENSION, sizeof(float));
    for (size_t i = 0; i < units; i++)
        draw_vector(all.vectors + i * DIMENSION);
    return all;
}

static void drop_documents(struct documents *all)
{
    mr_free(all->units);
    mr_free(all->vectors);
}

struct segment {
    struct mr_buf image;
    struct vector_segment *segment;
};

static void open(struct segment *segment)
{
    struct mr_err err = { 0 };
    enum mr_code code = vector_open(mr_buf_bytes(&segment->image), true,
                                    &segment->segment, &err);

    ck_assert_msg(code == MR_OK, "%s", err.text);
}

static void drop(struct segment *segment)
{
    vector_close(segment->segment);
    mr_buf_deinit(&segment->image);
}

static struct segment build(const struct documents *all, size_t from,
                            size_t end, const bool *dead, size_t exact_max)
{
    struct vector_builder *builder = vector_builder_new(DIMENSION);
    struct segment segment = { .image = mr_buf(1u << 28) };
    const float *vectors = all->vectors;
    const uint32_t ordinals[3] = { 0, 0, 1 };
    char id[32];

    for (size_t i = 0; i < end; vectors += all->units[i++] * DIMENSION) {
        (void)snprintf(id, sizeof(id), "doc-%zu", i);
        if (i >= from && (dead == NULL || !dead[i]))
            vector_builder_add(builder, mr_span_str(id), i + 7, i, vectors,
                               ordinals, all->units[i]);
    }
    ck_assert_int_eq(
        vector_builder_write(builder, exact_max, &segment.image, NULL), MR_OK);
    ck_assert_uint_eq(vector_builder_units(builder), 0);
    vector_builder_free(builder);
    open(&segment);
    return segment;
}

static bool is_set(const uint64_t *bits, uint32_t unit)
{
    return bits != NULL && (bits[unit / 64] >> unit % 64 & 1) != 0;
}

static uint64_t *draw_bits(uint32_t units, uint64_t shown, uint64_t of)
{
    uint64_t *bits = mr_calloc(units / 64 + 1, sizeof(*bits));

    for (uint32_t i = 0; i < units; i++)
        if (draw(of) >= shown)
            bits[i / 64] |= (uint64_t)1 << i % 64;
    return bits;
}

static int by_score(const void *left, const void *right)
{
    const struct unit_hit *a = left;
    const struct unit_hit *b = right;

    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return (a->unit > b->unit) - (a->unit < b->unit);
}

static size_t naive(const struct vector_segment *segment, const float *query,
                    const uint64_t *hidden, struct unit_hit *hits)
{
    size_t count = 0;

    for (uint32_t i = 0; i < vector_units(segment); i++)
        if (!is_set(hidden, i))
            hits[count++] = (struct unit_hit){
                i, faiss_shim_inner(query, vector_at(segment, i), DIMENSION)
            };
    qsort(hits, count, sizeof(*hits), by_score);
    return count;
}

START_TEST(inner_products_are_right)
{
    for (uint32_t dimension = 1; dimension < 70; dimension++) {
        float a[70];
        float b[70];
        double want = 0;

        for (uint32_t i = 0; i < dimension; i++) {
            a[i] = draw_float();
            b[i] = draw_float();
            want += (double)a[i] * (double)b[i];
        }
        ck_assert_double_eq_tol((double)faiss_shim_inner(a, b, dimension), want,
                                1e-5);
    }
}
END_TEST

START_TEST(what_was_added_is_there)
{
    struct documents all = draw_documents(1, DOCUMENTS);
    struct segment segment = build(&all, 0, DOCUMENTS, NULL, NO_GRAPH);
    const struct entries *entries = vector_entries(segment.segment);
    uint32_t unit = 0;
    uint32_t entry = 0;

    for (size_t i = 0; i < DOCUMENTS; i++) {
        if (all.units[i] == 0)
            continue;
        ck_assert_uint_eq(entries->content_versions[entry], i + 7);
        ck_assert_uint_eq(entries->first_units[entry++], unit);
        for (size_t k = 0; k < all.units[i]; k++, unit++) {
            ck_assert_uint_eq(vector_ordinal(segment.segment, unit), k / 2);
            ck_assert(memcmp(vector_at(segment.segment, unit),
                             all.vectors + unit * DIMENSION,
                             DIMENSION * sizeof(float)) == 0);
        }
    }
    ck_assert_uint_eq(vector_units(segment.segment), unit);
    ck_assert_uint_eq(vector_dimension(segment.segment), DIMENSION);
    ck_assert(vector_recall(segment.segment) == 1);
    drop(&segment);
    drop_documents(&all);
}
END_TEST

/* Once flat, once with a graph that `exact` passes by. */
START_TEST(exact_search_equals_sorting_all)
{
    struct documents all = draw_documents(2, 600);
    struct segment segment =
        build(&all, 0, all.count, NULL, _i == 0 ? NO_GRAPH : 10);
    uint32_t units = vector_units(segment.segment);
    struct unit_hit *want = mr_calloc(units, sizeof(*want));
    struct unit_hit *got = mr_calloc(units, sizeof(*got));

    for (uint64_t round = 0; round < 100; round++) {
        uint64_t *hidden =
            round % 3 == 0 ? NULL : draw_bits(units, round % 7, 7);
        size_t room = 1 + draw(round % 2 ? units : 12);
        float query[DIMENSION];
        size_t count;
        size_t got_count;

        draw_vector(query);
        count = naive(segment.segment, query, hidden, want);
        if (count > room)
            count = room;
        ck_assert_int_eq(vector_search(segment.segment, query, hidden, true,
                                       got, room, &got_count, NULL),
                         MR_OK);
        ck_assert_uint_eq(got_count, count);
        ck_assert(memcmp(got, want, count * sizeof(*got)) == 0);
        mr_free(hidden);
    }
    mr_free(want);
    mr_free(got);
    drop(&segment);
    drop_documents(&all);
}
END_TEST

/* 18,000 units: few enough to build here, enough for the graph to be walked
 * where nothing or little is hidden. */
START_TEST(the_graph_finds_most_and_hides_the_hidden)
{
    struct documents all = draw_documents(3, 12000);
    struct segment segment = build(&all, 0, all.count, NULL, 1000);
    uint32_t units = vector_units(segment.segment);
    size_t wanted = 0;
    size_t found = 0;

    ck_assert_double_ge(vector_recall(segment.segment), .9);
    ck_assert_double_le(vector_recall(segment.segment), 1);
    for (uint64_t round = 0; round < 60; round++) {
        uint64_t *hidden =
            round % 3 == 0 ? NULL : draw_bits(units, round % 3 * 9, 20);
        struct unit_hit want[10];
        struct unit_hit got[10];
        float query[DIMENSION];
        size_t count;

        draw_vector(query);
        ck_assert_int_eq(vector_search(segment.segment, query, hidden, true,
                                       want, 10, &count, NULL),
                         MR_OK);
        ck_assert_uint_eq(count, 10);
        ck_assert_int_eq(vector_search(segment.segment, query, hidden, false,
                                       got, 10, &count, NULL),
                         MR_OK);
        ck_assert_uint_eq(count, 10);
        for (size_t i = 0; i < 10; i++) {
            ck_assert(!is_set(hidden, got[i].unit));
            ck_assert(i == 0 || got[i - 1].score >= got[i].score);
            ck_assert(got[i].score ==
                      faiss_shim_inner(query,
                                       vector_at(segment.segment, got[i].unit),
                                       DIMENSION));
            for (size_t k = 0; k < 10; k++)
                found += want[i].unit == got[k].unit;
            wanted++;
        }
        mr_free(hidden);
    }
    ck_assert_msg(found * 100 >= wanted * 95, "%zu of %zu", found, wanted);
    drop(&segment);
    drop_documents(&all);
}
END_TEST

static uint64_t *bits_of(const struct documents *all, size_t from, size_t end,
                         const bool *dead)
{
    uint64_t *bits = mr_calloc((end - from) * 3 / 64 + 1, sizeof(*bits));
    uint32_t unit = 0;

    for (size_t i = from; i < end; i++)
        for (size_t k = 0; k < all->units[i]; k++, unit++)
            if (dead[i])
                bits[unit / 64] |= (uint64_t)1 << unit % 64;
    return bits;
}

static struct segment merge(struct vector_segment *const *segments,
                            const uint64_t *const *dead, size_t count,
                            size_t exact_max)
{
    struct segment segment = { .image = mr_buf(1u << 28) };

    ck_assert_int_eq(
        vector_merge(segments, dead, count, exact_max, &segment.image, NULL),
        MR_OK);
    open(&segment);
    return segment;
}

#define PARTS 4u

START_TEST(merging_gives_the_bytes_of_building_what_lives)
{
    size_t exact_max = _i % 2 ? NO_GRAPH : 30;
    size_t count = (size_t)_i * 29 % 300;
    struct documents all = draw_documents((uint64_t)_i, count);
    bool *dead = mr_calloc(count, sizeof(*dead));
    size_t ends[PARTS + 1] = { 0 };
    struct segment parts[PARTS];
    struct vector_segment *opened[PARTS];
    uint64_t *bits[PARTS];
    struct segment want;
    struct segment flat;
    struct segment left;
    struct segment both;

    for (size_t i = 0; i < count; i++)
        dead[i] = draw(4) == 0;
    for (size_t i = 1; i < PARTS; i++)
        ends[i] = ends[i - 1] + draw(count + 1 - ends[i - 1]);
    ends[PARTS] = count;
    for (size_t i = 0; i < PARTS; i++) {
        parts[i] = build(&all, ends[i], ends[i + 1], NULL, exact_max);
        opened[i] = parts[i].segment;
        bits[i] = bits_of(&all, ends[i], ends[i + 1], dead);
    }
    want = build(&all, 0, count, dead, exact_max);
    flat = merge(opened, (const uint64_t *const *)bits, PARTS, exact_max);
    left = merge(opened, (const uint64_t *const *)bits, 2, exact_max);
    opened[1] = left.segment;
    mr_free(bits[1]);
    bits[1] = NULL; /* what was dead is gone */
    both = merge(opened + 1, (const uint64_t *const *)bits + 1, PARTS - 1,
                 exact_max);
    ck_assert(
        mr_span_equal(mr_buf_bytes(&want.image), mr_buf_bytes(&flat.image)));
    ck_assert(
        mr_span_equal(mr_buf_bytes(&want.image), mr_buf_bytes(&both.image)));
    for (size_t i = 0; i < PARTS; i++) {
        drop(&parts[i]);
        mr_free(bits[i]);
    }
    drop(&want);
    drop(&flat);
    drop(&left);
    drop(&both);
    mr_free(dead);
    drop_documents(&all);
}
END_TEST

START_TEST(what_is_no_number_does_not_get_in)
{
    struct vector_builder *builder = vector_builder_new(2);
    struct segment segment = { .image = mr_buf(1u << 20) };
    const float odd[6] = { NAN, 1, INFINITY, -INFINITY, 1e30f, .5f };
    const uint32_t ordinals[3] = { 0, 1, 2 };
    const float query[2] = { NAN, 0 };
    const float one[2] = { 0, 1 };
    struct unit_hit hits[3];
    size_t count;

    vector_builder_add(builder, mr_span_str("id"), 1, 1, odd, ordinals, 3);
    ck_assert_int_eq(vector_builder_write(builder, 0, &segment.image, NULL),
                     MR_OK);
    vector_builder_free(builder);
    open(&segment);
    ck_assert_int_eq(vector_search(segment.segment, query, NULL, false, hits, 3,
                                   &count, NULL),
                     MR_E_INVALID);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(
        vector_search(segment.segment, one, NULL, false, hits, 3, &count, NULL),
        MR_OK);
    ck_assert_uint_eq(count, 3);
    ck_assert(hits[0].unit == 0 && hits[0].score == 1);
    ck_assert(hits[1].unit == 2 && hits[1].score == .5f);
    ck_assert(hits[2].unit == 1 && hits[2].score == 0);
    drop(&segment);
}
END_TEST

START_TEST(an_empty_segment_answers)
{
    struct documents all = draw_documents(1, 0);
    struct segment segment = build(&all, 0, 0, NULL, 0);
    float query[DIMENSION] = { 1 };
    struct unit_hit hit;
    size_t count = 1;

    ck_assert_uint_eq(vector_units(segment.segment), 0);
    ck_assert_int_eq(vector_search(segment.segment, query, NULL, false, &hit, 1,
                                   &count, NULL),
                     MR_OK);
    ck_assert_uint_eq(count, 0);
    drop(&segment);
    drop_documents(&all);
}
END_TEST

START_TEST(every_bit_flip_is_refused_when_verified)
{
    struct documents all = draw_documents(12, 6);
    struct segment segment = build(&all, 0, 6, NULL, 3);
    struct vector_segment *opened;

    for (size_t bit = 0; bit < segment.image.size * 8; bit++) {
        segment.image.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_int_eq(
            vector_open(mr_buf_bytes(&segment.image), true, &opened, NULL),
            MR_E_DAMAGED);
        ck_assert_ptr_null(opened);
        segment.image.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    drop(&segment);
    drop_documents(&all);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("vector");
    Suite *suite = suite_create("vector");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, inner_products_are_right);
    tcase_add_test(tcase, what_was_added_is_there);
    tcase_add_loop_test(tcase, exact_search_equals_sorting_all, 0, 2);
    tcase_add_test(tcase, the_graph_finds_most_and_hides_the_hidden);
    tcase_add_loop_test(tcase, merging_gives_the_bytes_of_building_what_lives,
                        0, 24);
    tcase_add_test(tcase, what_is_no_number_does_not_get_in);
    tcase_add_test(tcase, an_empty_segment_answers);
    tcase_add_test(tcase, every_bit_flip_is_refused_when_verified);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
