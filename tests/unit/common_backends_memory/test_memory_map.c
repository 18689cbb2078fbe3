// SPDX-License-Identifier: Apache-2.0
/*
 * test_memory_map.c - the skip list against a plain table of flags.
 */
#include <check.h>
#include <stdlib.h>

#include "common/backends/memory/memory_map.h"
#include "common/base/mr_mem.h"

enum {
    KEYS = 200,
    STEPS = 5000,
    SEED = 11
};

/* Keys of two digits of base 16, so that byte order is number order. */
static struct mr_span key_of(unsigned number, uint8_t bytes[2])
{
    bytes[0] = (uint8_t)(number / 16);
    bytes[1] = (uint8_t)(number % 16);
    return mr_span(bytes, 2);
}

static void check_same(const struct memory_map *map, const bool *there,
                       unsigned from, unsigned to)
{
    uint8_t from_bytes[2], to_bytes[2], bytes[2];
    size_t count, nth = 0;
    struct memory_pair **pairs = memory_map_collect(
        map, key_of(from, from_bytes), key_of(to, to_bytes), &count);

    for (unsigned i = from; i < to; i++) {
        if (!there[i])
            continue;
        ck_assert_uint_lt(nth, count);
        ck_assert_msg(mr_span_equal(pairs[nth]->key, key_of(i, bytes)),
                      "seed %d: pair %zu is not %u", SEED, nth, i);
        nth++;
    }
    ck_assert_uint_eq(nth, count);
    for (size_t i = 0; i < count; i++)
        memory_pair_drop(pairs[i]);
    mr_free(pairs);
}

START_TEST(it_holds_what_a_table_of_flags_holds)
{
    struct memory_map *map = memory_map_new();
    bool there[KEYS] = { false };

    srand(SEED);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned number = (unsigned)rand() % KEYS;
        bool put = rand() % 2 == 0;
        uint8_t bytes[2];
        struct mr_span key = key_of(number, bytes);
        struct memory_pair *old =
            put ? memory_map_put(map, memory_pair_new(key, key))
                : memory_map_remove(map, key);

        ck_assert_int_eq(old != NULL, there[number]);
        memory_pair_drop(old);
        there[number] = put;
        ck_assert_int_eq(memory_map_get(map, key) != NULL, put);
        if (step % 100 == 0)
            check_same(map, there, number / 2, number);
    }
    check_same(map, there, 0, KEYS);
    memory_map_free(map);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("map");
    Suite *suite = suite_create("memory");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, it_holds_what_a_table_of_flags_holds);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
