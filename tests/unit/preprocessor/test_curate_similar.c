// SPDX-License-Identifier: Apache-2.0
/*
 * test_curate_similar.c - when two documents count as similar, and how often
 * that errs.
 */
#include <check.h>
#include <math.h>

#include "preprocessor/curate/bands.h"
#include "preprocessor/curate/similar.h"

static struct curate_record with_rows(uint64_t text)
{
    struct curate_record record = { .state = MR_STATE_LIVE,
                                    .has_content = true,
                                    .text_hash = { text, 0 },
                                    .has_minhash = true };

    for (size_t i = 0; i < MR_MINHASH_ROWS; i++)
        record.minhash[i] = (uint16_t)(1000 + i);
    return record;
}

START_TEST(a_wished_jaccard_becomes_rows)
{
    ck_assert_uint_eq(similar_rows_min(.8), 102);
    ck_assert_uint_eq(similar_rows_min(.5), 64);
    ck_assert_uint_eq(similar_rows_min(0), 0);
    ck_assert_uint_eq(similar_rows_min(.999), 128);
    ck_assert_uint_eq(similar_rows_min(1), SIMILAR_ROWS_NEVER);
}
END_TEST

START_TEST(documents_are_similar_from_as_many_rows_as_asked_for)
{
    for (unsigned differ = 0; differ <= 120; differ++) {
        struct curate_record a = with_rows(1);
        struct curate_record b = with_rows(2);
        uint8_t rows = 0;
        bool is;

        for (unsigned i = 0; i < differ; i++)
            b.minhash[i]++;
        is = similar(&a, &b, 102, &rows);
        ck_assert_msg(is == (128 - differ >= 102), "%u rows differ", differ);
        ck_assert(!is || rows == 128 - differ);
    }
}
END_TEST

START_TEST(without_a_common_band_they_are_not_compared)
{
    struct curate_record a = with_rows(1);
    struct curate_record b = with_rows(2);
    uint8_t rows;

    for (size_t band = 0; band < BANDS_COUNT; band++)
        b.minhash[band * BANDS_ROWS + band % BANDS_ROWS]++;
    ck_assert(!similar(&a, &b, 102, &rows)); /* 112 rows agree */
    b.minhash[0] = a.minhash[0];
    ck_assert(similar(&a, &b, 102, &rows) && rows == 113);
}
END_TEST

START_TEST(equal_texts_are_similar_and_other_access_never_is)
{
    struct curate_record a = with_rows(1);
    struct curate_record b = with_rows(1);
    uint8_t rows = 0;

    a.has_minhash = false;
    ck_assert(similar(&a, &b, SIMILAR_ROWS_NEVER, &rows) && rows == 128);
    b.access_hash = 1;
    ck_assert(!similar(&a, &b, 0, &rows));
    b = with_rows(2);
    ck_assert(!similar(&a, &b, 0, &rows)); /* too short for a MinHash */
    a.has_minhash = true;
    ck_assert(!similar(&a, &b, SIMILAR_ROWS_NEVER, &rows));
    ck_assert(similar(&a, &b, 128, &rows));
}
END_TEST

static double choose(unsigned n, unsigned k)
{
    return exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0));
}

/* The table in similar.h, from the binomial distribution. */
START_TEST(the_stated_odds_are_those_of_the_estimator)
{
    static const struct {
        double jaccard, rows, band;
    } table[] = {
        { .60, 0, .237 },    { .70, .0091, .613 }, { .75, .130, .815 },
        { .80, .587, .947 }, { .85, .960, .994 },  { .90, 1, 1 },
        { .95, 1, 1 },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        double j = table[i].jaccard;
        double rows = 0;

        for (unsigned k = similar_rows_min(.8); k <= 128; k++)
            rows += choose(128, k) * pow(j, k) * pow(1 - j, 128 - k);
        ck_assert_double_eq_tol(rows, table[i].rows, .0006);
        ck_assert_double_eq_tol(1 - pow(1 - pow(j, BANDS_ROWS), BANDS_COUNT),
                                table[i].band, .0006);
    }
}
END_TEST

START_TEST(a_document_lies_in_a_bucket_for_each_band_and_one_for_its_text)
{
    struct curate_record a = with_rows(1);
    struct curate_record b = with_rows(2);
    uint64_t of_a[BANDS_BUCKETS_MAX];
    uint64_t of_b[BANDS_BUCKETS_MAX];
    unsigned both = CURATE_PLACED_TEXT | CURATE_PLACED_BANDS;
    size_t equal = 0;

    ck_assert_uint_eq(bands_buckets(&a, both, of_a), 17);
    b.minhash[20]++; /* band 2 */
    ck_assert_uint_eq(bands_buckets(&b, both, of_b), 17);
    for (size_t i = 0; i < 17; i++)
        equal += of_a[i] == of_b[i];
    ck_assert_uint_eq(equal, 15);
    b = a;
    b.access_hash = 1;
    bands_buckets(&b, both, of_b);
    for (size_t i = 0; i < 17; i++)
        ck_assert(of_a[i] != of_b[i]);
    ck_assert_uint_eq(bands_buckets(&a, CURATE_PLACED_TEXT, of_a), 1);
    ck_assert_uint_eq(bands_buckets(&a, 0, of_a), 0);
    a.has_minhash = false;
    ck_assert_uint_eq(bands_buckets(&a, both, of_a), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("curate similar");
    TCase *tcase = tcase_create("curate similar");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, a_wished_jaccard_becomes_rows);
    tcase_add_test(tcase, documents_are_similar_from_as_many_rows_as_asked_for);
    tcase_add_test(tcase, without_a_common_band_they_are_not_compared);
    tcase_add_test(tcase, equal_texts_are_similar_and_other_access_never_is);
    tcase_add_test(tcase, the_stated_odds_are_those_of_the_estimator);
    tcase_add_test(
        tcase, a_document_lies_in_a_bucket_for_each_band_and_one_for_its_text);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
