// SPDX-License-Identifier: Apache-2.0
/*
 * test_entries.c - entries are found by unit and by id, and damage is seen.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "indexer/segment/entries.h"

#define COUNT 200u

/* 0 to 3 units each; every seventh entry is the document of the one before. */
static uint32_t units_of(uint32_t entry)
{
    return (uint32_t)(mr_mix64(entry) % 4);
}

static struct mr_span name_of(uint32_t entry, char room[32])
{
    uint32_t number = entry % 7 == 6 ? entry - 1 : entry;

    (void)snprintf(room, 32, "document-%u", number);
    return mr_span_str(room);
}

static struct mr_buf build(uint32_t count)
{
    struct entries_builder *builder = entries_builder_new();
    struct mr_buf out = mr_buf(1 << 20);
    char room[32];

    for (uint32_t i = 0; i < count; i++)
        entries_builder_add(builder, name_of(i, room), 1000 + i, 5 * i,
                            units_of(i));
    entries_builder_write(builder, &out);
    entries_builder_free(builder);
    return out;
}

START_TEST(what_was_added_is_read)
{
    struct mr_buf bytes = build(COUNT);
    struct entries entries;
    uint32_t unit = 0;
    char room[32];

    ck_assert_int_eq(entries_parse(mr_buf_bytes(&bytes), &entries, NULL),
                     MR_OK);
    ck_assert_uint_eq(entries.count, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        ck_assert(mr_span_equal(entries_id(&entries, i), name_of(i, room)));
        ck_assert_uint_eq(entries.content_versions[i], 1000 + i);
        ck_assert_uint_eq(entries.offsets[i], 5 * i);
        ck_assert_uint_eq(entries.first_units[i], unit);
        for (uint32_t k = 0; k < units_of(i); k++)
            ck_assert_uint_eq(entries_of_unit(&entries, unit++), i);
    }
    ck_assert_uint_eq(entries.units, unit);
    mr_buf_deinit(&bytes);
}
END_TEST

START_TEST(all_entries_of_an_id_are_found_rising)
{
    struct mr_buf bytes = build(COUNT);
    struct entries entries;
    char room[32];

    ck_assert_int_eq(entries_parse(mr_buf_bytes(&bytes), &entries, NULL),
                     MR_OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t found[2] = { 0 };
        size_t want = i % 7 >= 5 && i - i % 7 + 6 < COUNT ? 2 : 1;
        uint32_t first = want == 2 ? i - i % 7 + 5 : i;

        ck_assert_uint_eq(entries_find(&entries, name_of(i, room), found, 2),
                          want);
        ck_assert_uint_eq(found[0], first);
        ck_assert(want == 1 || found[1] == first + 1);
        ck_assert_uint_eq(entries_find(&entries, name_of(i, room), NULL, 0),
                          want);
    }
    ck_assert_uint_eq(entries_find(&entries, mr_span_str("nobody"), NULL, 0),
                      0);
    mr_buf_deinit(&bytes);
}
END_TEST

START_TEST(no_entries_are_entries_too)
{
    struct mr_buf bytes = build(0);
    struct entries entries;

    ck_assert_int_eq(entries_parse(mr_buf_bytes(&bytes), &entries, NULL),
                     MR_OK);
    ck_assert_uint_eq(entries.count, 0);
    ck_assert_uint_eq(entries_find(&entries, mr_span_str("x"), NULL, 0), 0);
    mr_buf_deinit(&bytes);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    struct mr_buf bytes = build(20);
    struct entries entries;

    for (size_t size = 0; size < bytes.size; size++)
        ck_assert_int_eq(
            entries_parse(mr_span(bytes.data, size), &entries, NULL),
            MR_E_DAMAGED);
    mr_buf_deinit(&bytes);
}
END_TEST

/* Flips every bit; what is still accepted is read all over, for the address
 * sanitizer to see. */
START_TEST(damage_never_leads_out_of_the_bytes)
{
    struct mr_buf good = build(20);
    char room[32];

    for (size_t bit = 0; bit < good.size * 8; bit++) {
        uint8_t *copy = mr_memdup(good.data, good.size);
        struct entries entries;
        uint32_t found[4];

        copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        if (entries_parse(mr_span(copy, good.size), &entries, NULL) == MR_OK) {
            for (uint32_t i = 0; i < 20; i++)
                (void)entries_find(&entries, name_of(i, room), found, 4);
            for (uint32_t i = 0; i < entries.units; i++)
                ck_assert_uint_lt(entries_of_unit(&entries, i), 20);
        }
        mr_free(copy);
    }
    mr_buf_deinit(&good);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("entries");
    Suite *suite = suite_create("entries");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, what_was_added_is_read);
    tcase_add_test(tcase, all_entries_of_an_id_are_found_rising);
    tcase_add_test(tcase, no_entries_are_entries_too);
    tcase_add_test(tcase, every_truncation_is_refused);
    tcase_add_test(tcase, damage_never_leads_out_of_the_bytes);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
