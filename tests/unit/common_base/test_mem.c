// SPDX-License-Identifier: Apache-2.0
/*
 * test_mem.c - memory that is there or ends the process.
 */
#include <check.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_mem.h"

START_TEST(a_size_of_zero_gives_memory)
{
    void *memory[] = { mr_malloc(0), mr_calloc(0, 8), mr_calloc(8, 0),
                       mr_realloc_array(NULL, 0, 8), mr_memdup(NULL, 0) };

    for (size_t i = 0; i < sizeof(memory) / sizeof(memory[0]); i++) {
        ck_assert_ptr_nonnull(memory[i]);
        mr_free(memory[i]);
    }
    mr_free(NULL);
}
END_TEST

START_TEST(copies_are_apart_from_what_was_copied)
{
    char text[] = "text";
    char *copy = mr_strdup(text);
    char *bytes = mr_memdup(text, 2);

    text[0] = 'T';
    ck_assert_str_eq(copy, "text");
    ck_assert_mem_eq(bytes, "te", 2);
    mr_free(copy);
    mr_free(bytes);
}
END_TEST

START_TEST(growing_keeps_the_bytes)
{
    uint32_t *numbers = mr_realloc_array(NULL, 4, sizeof(*numbers));

    for (uint32_t i = 0; i < 4; i++)
        numbers[i] = i;
    numbers = mr_realloc_array(numbers, 4000, sizeof(*numbers));
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_eq(numbers[i], i);
    mr_free(numbers);
}
END_TEST

/* Read at run time, so that no compiler sees the sizes. */
static volatile size_t half = SIZE_MAX / 2;

START_TEST(a_product_that_overflows_ends_the_process)
{
    (void)mr_calloc(half, 4);
}
END_TEST

START_TEST(growing_past_the_largest_size_ends_the_process)
{
    (void)mr_realloc_array(NULL, half, 4);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("mem");
    Suite *suite = suite_create("mem");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, a_size_of_zero_gives_memory);
    tcase_add_test(tcase, copies_are_apart_from_what_was_copied);
    tcase_add_test(tcase, growing_keeps_the_bytes);
    tcase_add_test_raise_signal(
        tcase, a_product_that_overflows_ends_the_process, SIGABRT);
    tcase_add_test_raise_signal(
        tcase, growing_past_the_largest_size_ends_the_process, SIGABRT);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
