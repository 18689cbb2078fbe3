// SPDX-License-Identifier: Apache-2.0
/*
 * test_keyword_image.c - keyword images: equal bytes from equal content,
 * whichever way it came, and no harm from damaged ones.
 */
#include "tests/unit/indexer/keyword_corpus.h"

/* The bits of units in documents [from, end) that are dead. */
static uint64_t *bits_of(const struct corpus *corpus, size_t from, size_t end,
                         const bool *dead)
{
    uint64_t *bits = mr_calloc((end - from) * 3 / 64 + 1, sizeof(*bits));
    uint32_t unit = 0;

    for (size_t i = from; i < end; i++)
        for (size_t u = 0; u < corpus->documents[i].unit_count; u++, unit++)
            if (dead[i])
                bits[unit / 64] |= (uint64_t)1 << unit % 64;
    return bits;
}

static struct segment merge(struct keyword_segment *const *segments,
                            const uint64_t *const *dead, size_t count)
{
    struct segment segment = { .image = mr_buf(1 << 28) };
    struct mr_err err = { 0 };

    ck_assert_msg(keyword_merge(segments, dead, count, &segment.image, &err) ==
                      MR_OK,
                  "%s", err.text);
    open(&segment);
    return segment;
}

#define PARTS 5u

START_TEST(merging_gives_the_bytes_of_building_what_lives)
{
    size_t count = (size_t)_i * 37 % 900;
    struct corpus corpus = draw_corpus((uint64_t)_i, count);
    bool *dead = mr_calloc(count, sizeof(*dead));
    size_t ends[PARTS + 1] = { 0 };
    struct segment parts[PARTS];
    struct keyword_segment *opened[PARTS];
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
        parts[i] = build(&corpus, ends[i], ends[i + 1], NULL);
        opened[i] = parts[i].segment;
        bits[i] = bits_of(&corpus, ends[i], ends[i + 1], dead);
    }
    want = build(&corpus, 0, count, dead);
    flat = merge(opened, (const uint64_t *const *)bits, PARTS);
    left = merge(opened, (const uint64_t *const *)bits, 3);
    opened[2] = left.segment;
    mr_free(bits[2]);
    bits[2] = NULL; /* what was dead is gone */
    both = merge(opened + 2, (const uint64_t *const *)bits + 2, PARTS - 2);
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
    mr_free(corpus.documents);
}
END_TEST

START_TEST(a_builder_is_empty_after_writing)
{
    struct corpus corpus = draw_corpus(3, 400);
    struct keyword_builder *builder = keyword_builder_new();
    struct segment fresh = build(&corpus, 200, 210, NULL);
    struct mr_buf image = mr_buf(1 << 28);

    for (size_t i = 0; i < corpus.count; i++)
        add(builder, &corpus.documents[i]);
    keyword_builder_write(builder, &image);
    ck_assert_uint_eq(keyword_builder_units(builder), 0);
    mr_buf_reset(&image);
    for (size_t i = 200; i < 210; i++)
        add(builder, &corpus.documents[i]);
    ck_assert_uint_eq(keyword_builder_units(builder),
                      keyword_units(fresh.segment));
    keyword_builder_write(builder, &image);
    ck_assert(mr_span_equal(mr_buf_bytes(&image), mr_buf_bytes(&fresh.image)));
    mr_buf_deinit(&image);
    keyword_builder_free(builder);
    drop(&fresh);
    mr_free(corpus.documents);
}
END_TEST

START_TEST(an_empty_segment_answers)
{
    struct corpus corpus = draw_corpus(3, 0);
    struct segment segment = build(&corpus, 0, 0, NULL);
    struct mr_span term = mr_span_str("a");
    uint64_t frequency = 0;
    uint32_t weight = 1;
    struct keyword_scorer scorer = { .k1 = 1.2,
                                     .b = .75,
                                     .terms = &term,
                                     .frequency = &frequency,
                                     .weight = &weight,
                                     .term_count = 1 };
    struct unit_hit hit;

    ck_assert_uint_eq(keyword_units(segment.segment), 0);
    ck_assert_uint_eq(keyword_frequency(segment.segment, NULL, term), 0);
    ck_assert_uint_eq(
        keyword_search(segment.segment, NULL, NULL, &scorer, &hit, 1), 0);
    drop(&segment);
    mr_free(corpus.documents);
}
END_TEST

/* Terms that hold zero bytes, or begin alike, are different terms. */
START_TEST(terms_are_bytes)
{
    struct mr_span terms[] = {
        mr_span("a\0b", 3), mr_span("a", 1),         mr_span("a\0", 2),
        mr_span("", 0),     mr_span("abcdefghi", 9), mr_span("abcdefgh", 8)
    };
    struct keyword_unit unit = { terms, 6 };
    struct keyword_builder *builder = keyword_builder_new();
    struct segment segment = { .image = mr_buf(1 << 20) };

    keyword_builder_add(builder, mr_span_str("id"), 1, 2, &unit, 1);
    keyword_builder_write(builder, &segment.image);
    open(&segment);
    ck_assert_uint_eq(keyword_term_count(segment.segment), 6);
    for (size_t i = 0; i < 6; i++)
        ck_assert_uint_eq(keyword_frequency(segment.segment, NULL, terms[i]),
                          1);
    keyword_builder_free(builder);
    drop(&segment);
}
END_TEST

START_TEST(every_bit_flip_is_refused_when_verified)
{
    struct corpus corpus = draw_corpus(12, 4);
    struct segment segment = build(&corpus, 0, 4, NULL);
    struct keyword_segment *opened;

    for (size_t bit = 0; bit < segment.image.size * 8; bit++) {
        segment.image.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_int_eq(
            keyword_open(mr_buf_bytes(&segment.image), true, &opened, NULL),
            MR_E_DAMAGED);
        ck_assert_ptr_null(opened);
        segment.image.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    drop(&segment);
    mr_free(corpus.documents);
}
END_TEST

/* Not verified, damage may give wrong hits, but no wrong addresses: for the
 * address sanitizer to see. */
START_TEST(damage_that_is_not_looked_for_does_no_harm)
{
    struct corpus corpus = draw_corpus(13, 600);
    struct segment segment = build(&corpus, 0, corpus.count, NULL);
    size_t size = segment.image.size;
    struct unit_hit hits[10];
    struct query query;

    draw_query(&query, segment.segment);
    for (int round = 0; round < 3000; round++) {
        uint8_t *copy = mr_memdup(segment.image.data, size);
        struct keyword_segment *opened;

        for (int i = 0; i < 1 + round % 3; i++)
            copy[400 + draw(size - 400)] ^= (uint8_t)(1u << draw(8));
        if (keyword_open(mr_span(copy, size), false, &opened, NULL) == MR_OK) {
            uint32_t *list =
                mr_calloc(keyword_unit_terms_max(opened) + 1, sizeof(*list));

            (void)keyword_search(opened, NULL, NULL, &query.scorer, hits, 10);
            for (uint32_t u = 0; u < keyword_units(opened); u += 17)
                (void)keyword_forward(opened, u, list);
            mr_free(list);
            keyword_close(opened);
        }
        mr_free(copy);
    }
    drop(&segment);
    mr_free(corpus.documents);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("image");
    Suite *suite = suite_create("keyword image");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_unchecked_fixture(tcase, setup, NULL);
    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, merging_gives_the_bytes_of_building_what_lives,
                        0, 60);
    tcase_add_test(tcase, a_builder_is_empty_after_writing);
    tcase_add_test(tcase, an_empty_segment_answers);
    tcase_add_test(tcase, terms_are_bytes);
    tcase_add_test(tcase, every_bit_flip_is_refused_when_verified);
    tcase_add_test(tcase, damage_that_is_not_looked_for_does_no_harm);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
