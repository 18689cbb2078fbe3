// SPDX-License-Identifier: Apache-2.0
/*
 * test_batch.c - changes to a store, collected in order.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "common/base/mr_batch.h"

START_TEST(operations_keep_order_kind_and_space)
{
    struct mr_batch *batch = mr_batch_new();
    const struct mr_batch_op *op;

    mr_batch_put(batch, 1, mr_span_str("k"), mr_span_str("v"));
    mr_batch_delete(batch, 2, mr_span_str("gone"));
    mr_batch_delete_range(batch, 3, mr_span_str("a"), mr_span_str("b"));
    ck_assert_uint_eq(mr_batch_count(batch), 3);
    op = mr_batch_at(batch, 0);
    ck_assert_int_eq(op->kind, MR_BATCH_PUT);
    ck_assert_uint_eq(op->space, 1);
    ck_assert(mr_span_equal(op->key, mr_span_str("k")));
    ck_assert(mr_span_equal(op->value, mr_span_str("v")));
    op = mr_batch_at(batch, 1);
    ck_assert_int_eq(op->kind, MR_BATCH_DELETE);
    ck_assert_uint_eq(op->space, 2);
    ck_assert(mr_span_equal(op->key, mr_span_str("gone")));
    ck_assert_ptr_null(op->value.data);
    op = mr_batch_at(batch, 2);
    ck_assert_int_eq(op->kind, MR_BATCH_DELETE_RANGE);
    ck_assert(mr_span_equal(op->value, mr_span_str("b")));
    mr_batch_free(batch);
}
END_TEST

START_TEST(keys_and_values_are_copied)
{
    struct mr_batch *batch = mr_batch_new();
    char key[] = "key";
    char value[] = "value";

    mr_batch_put(batch, 0, mr_span_str(key), mr_span_str(value));
    key[0] = value[0] = 'X';
    ck_assert(mr_span_equal(mr_batch_at(batch, 0)->key, mr_span_str("key")));
    ck_assert(
        mr_span_equal(mr_batch_at(batch, 0)->value, mr_span_str("value")));
    mr_batch_free(batch);
}
END_TEST

START_TEST(many_operations_stay_what_they_were)
{
    struct mr_batch *batch = mr_batch_new();

    for (uint32_t i = 0; i < 10000; i++)
        mr_batch_put(batch, i, mr_span(&i, sizeof(i)), mr_span("", 0));
    ck_assert_uint_eq(mr_batch_count(batch), 10000);
    for (uint32_t i = 0; i < 10000; i++) {
        const struct mr_batch_op *op = mr_batch_at(batch, i);

        ck_assert_uint_eq(op->space, i);
        ck_assert(mr_span_equal(op->key, mr_span(&i, sizeof(i))));
        ck_assert_uint_eq(op->value.size, 0);
        ck_assert_ptr_nonnull(op->value.data);
    }
    mr_batch_free(batch);
}
END_TEST

START_TEST(a_reset_empties_the_batch)
{
    struct mr_batch *batch = mr_batch_new();

    mr_batch_delete(batch, 0, mr_span_str("k"));
    mr_batch_reset(batch);
    ck_assert_uint_eq(mr_batch_count(batch), 0);
    mr_batch_delete(batch, 7, mr_span_str("l"));
    ck_assert_uint_eq(mr_batch_at(batch, 0)->space, 7);
    mr_batch_free(batch);
    mr_batch_free(NULL);
}
END_TEST

START_TEST(asking_past_the_end_is_our_own_mistake)
{
    struct mr_batch *batch = mr_batch_new();

    (void)mr_batch_at(batch, 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("batch");
    Suite *suite = suite_create("batch");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, operations_keep_order_kind_and_space);
    tcase_add_test(tcase, keys_and_values_are_copied);
    tcase_add_test(tcase, many_operations_stay_what_they_were);
    tcase_add_test(tcase, a_reset_empties_the_batch);
    tcase_add_test_raise_signal(tcase, asking_past_the_end_is_our_own_mistake,
                                SIGABRT);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
