// SPDX-License-Identifier: Apache-2.0
/*
 * test_rocksdb_record.c - records as bytes, and bytes that are no records.
 */
#include <check.h>
#include <stdlib.h>

#include "common/backends/rocksdb/rocksdb_record.h"

/* Encodes as the write path does: the head, then the parts. */
static struct mr_span encode(const struct mr_record *record, uint8_t *bytes)
{
    const struct mr_span parts[] = { record->key, record->trace,
                                     record->value };
    size_t size = ROCKS_RECORD_HEAD_BYTES;

    rocks_record_head(record, bytes);
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].size > 0)
            memcpy(bytes + size, parts[i].data, parts[i].size);
        size += parts[i].size;
    }
    return mr_span(bytes, size);
}

static const struct mr_record good = {
    .append_ms = 1700000000123,
    .version = 0x123456789ABCDEF0,
    .time_ms = -5,
    .key = { (const uint8_t *)"key", 3 },
    .value = { (const uint8_t *)"value", 5 },
    .trace = { (const uint8_t *)"trace", 5 },
};

START_TEST(a_record_comes_back)
{
    uint8_t bytes[100];
    struct mr_record out;

    ck_assert(rocks_record_parse(encode(&good, bytes), &out));
    ck_assert_int_eq(out.append_ms, good.append_ms);
    ck_assert_uint_eq(out.version, good.version);
    ck_assert_int_eq(out.time_ms, good.time_ms);
    ck_assert(mr_span_equal(out.key, good.key));
    ck_assert(mr_span_equal(out.value, good.value));
    ck_assert(mr_span_equal(out.trace, good.trace));
    ck_assert_uint_eq(rocks_record_bytes(encode(&good, bytes)), 13);
}
END_TEST

/* Each of the parts there, empty or absent. */
START_TEST(parts_that_are_not_there_stay_so)
{
    struct mr_record record = good, out;
    struct mr_span *parts[] = { &record.key, &record.trace, &record.value };
    struct mr_span *read[] = { &out.key, &out.trace, &out.value };
    uint8_t bytes[100];
    int shape = _i;

    for (size_t i = 0; i < 3; i++, shape /= 3) {
        if (shape % 3 == 1)
            *parts[i] = mr_span("", 0);
        else if (shape % 3 == 2)
            *parts[i] = (struct mr_span){ 0 };
    }
    ck_assert(rocks_record_parse(encode(&record, bytes), &out));
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(read[i]->data == NULL, parts[i]->data == NULL);
        ck_assert(mr_span_equal(*read[i], *parts[i]));
    }
}
END_TEST

START_TEST(the_head_is_as_documented)
{
    static const uint8_t want[ROCKS_RECORD_HEAD_BYTES] = {
        7,    5,    3,    0,                            /* sizes */
        0x7B, 0x68, 0xE5, 0xCF, 0x8B, 0x01, 0x00, 0x00, /* append_ms */
        0xF0, 0xDE, 0xBC, 0x9A, 0x78, 0x56, 0x34, 0x12, /* version */
        0xFB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF  /* time_ms */
    };
    uint8_t head[ROCKS_RECORD_HEAD_BYTES];

    rocks_record_head(&good, head);
    ck_assert_mem_eq(head, want, sizeof(want));
}
END_TEST

/* The value has no size of its own: it is what is left. */
START_TEST(no_truncation_of_the_parts_before_the_value_is_read)
{
    uint8_t bytes[100];
    struct mr_span whole = encode(&good, bytes);
    struct mr_record out;

    for (size_t size = 0; size < whole.size - good.value.size; size++)
        ck_assert(!rocks_record_parse(mr_span(bytes, size), &out));
}
END_TEST

START_TEST(a_part_without_its_flag_is_refused)
{
    uint8_t bytes[100];
    struct mr_span whole = encode(&good, bytes);
    struct mr_record out;

    for (uint8_t flags = 0; flags < 7; flags++) {
        bytes[0] = flags;
        ck_assert(!rocks_record_parse(whole, &out));
    }
    bytes[0] = 8;
    ck_assert(!rocks_record_parse(whole, &out));
}
END_TEST

START_TEST(a_log_key_sorts_by_topic_partition_and_offset)
{
    struct rocks_log_key keys[] = {
        rocks_log_key(1, 2, UINT64_MAX), rocks_log_key(1, 3, 0),
        rocks_log_key(1, 3, 255),        rocks_log_key(1, 3, 256),
        rocks_log_key(2, 0, 0),          rocks_log_key(256, 0, 0),
    };
    uint64_t offset;

    for (size_t i = 1; i < sizeof(keys) / sizeof(keys[0]); i++)
        ck_assert_int_lt(memcmp(&keys[i - 1], &keys[i], sizeof(keys[0])), 0);
    ck_assert(rocks_log_key_offset(mr_span(&keys[3], sizeof(keys[3])), 1, 3,
                                   &offset));
    ck_assert_uint_eq(offset, 256);
    ck_assert(!rocks_log_key_offset(mr_span(&keys[3], sizeof(keys[3])), 1, 4,
                                    &offset));
    ck_assert(!rocks_log_key_offset(mr_span(&keys[3], 15), 1, 3, &offset));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("record");
    Suite *suite = suite_create("rocksdb");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, a_record_comes_back);
    tcase_add_loop_test(tcase, parts_that_are_not_there_stay_so, 0, 27);
    tcase_add_test(tcase, the_head_is_as_documented);
    tcase_add_test(tcase, no_truncation_of_the_parts_before_the_value_is_read);
    tcase_add_test(tcase, a_part_without_its_flag_is_refused);
    tcase_add_test(tcase, a_log_key_sorts_by_topic_partition_and_offset);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
