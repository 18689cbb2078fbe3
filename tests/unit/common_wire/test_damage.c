// SPDX-License-Identifier: Apache-2.0
/*
 * test_damage.c - parsers believe nothing: every truncation and every bit
 * flip of every sample ends in OK or an error, and what breaks a rule on the
 * wire is refused by its name.
 *
 * Bytes are copied to memory of their exact size, so that a sanitizer sees a
 * read past their end.
 */
#include <check.h>
#include <stdlib.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"
#include "common/ports/bus.h"
#include "tests/unit/common_wire/compare.h"
#include "tests/unit/common_wire/samples.h"

static struct mr_arena *arena;
static struct mr_arena *kept;
static struct mr_err err;

static void setup(void)
{
    arena = mr_arena_new();
    kept = mr_arena_new();
}

static void teardown(void)
{
    mr_arena_free(arena);
    mr_arena_free(kept);
}

static struct mr_span encoded(const struct sample *sample)
{
    union any given = { 0 };
    struct mr_span bytes = { 0 };

    sample->fill(&given);
    ck_assert_int_eq(sample->encode(&given, kept, &bytes, &err), MR_OK);
    return bytes;
}

static const struct sample *sample_of(const char *name)
{
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        if (strcmp(samples[i].name, name) == 0)
            return &samples[i];
    }
    ck_abort_msg("no sample %s", name);
    return NULL;
}

static bool is_poison_or_ok(enum mr_code code)
{
    return code == MR_OK || code == MR_E_CORRUPT || code == MR_E_LIMIT;
}

START_TEST(every_truncation_is_ok_or_an_error)
{
    const struct sample *sample = &samples[_i];
    struct mr_span whole = encoded(sample);

    for (size_t size = 0; size < whole.size; size++) {
        uint8_t *bytes = mr_memdup(whole.data, size);
        union any back;
        enum mr_code code =
            sample->parse(mr_span(bytes, size), arena, &back, &err);

        ck_assert_msg(is_poison_or_ok(code), "%s of %zu bytes: %s",
                      sample->name, size, mr_code_name(code));
        mr_free(bytes);
        mr_arena_reset(arena);
    }
}
END_TEST

START_TEST(every_flipped_bit_is_ok_or_an_error)
{
    const struct sample *sample = &samples[_i];
    struct mr_span whole = encoded(sample);
    uint8_t *bytes = mr_memdup(whole.data, whole.size);

    for (size_t bit = 0; bit < 8 * whole.size; bit++) {
        union any back;
        enum mr_code code;

        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        code = sample->parse(mr_span(bytes, whole.size), arena, &back, &err);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_msg(
            is_poison_or_ok(code) || (code == MR_E_CONFIG && bit / 8 == 1),
            "%s, bit %zu flipped: %s", sample->name, bit, mr_code_name(code));
        mr_arena_reset(arena);
    }
    mr_free(bytes);
}
END_TEST

START_TEST(a_field_of_the_future_is_ignored)
{
    const struct sample *sample = &samples[_i];
    struct mr_span whole = encoded(sample);
    struct mr_buf buf = mr_buf(4096);
    union any given = { 0 };
    union any back;

    mr_buf_span(&buf, whole);
    mr_buf_str(&buf, "\xF8\x3F\x05");    /* 1023, varint */
    mr_buf_str(&buf, "\xFA\x3F\x03new"); /* 1023, bytes */
    mr_buf_str(&buf, "\xF9\x3F"
                     "8bytes.."); /* 1023, 64 bits */
    mr_buf_str(&buf, "\xFD\x3F"
                     "4byt"); /* 1023, 32 bits */
    ck_assert_msg(sample->parse(mr_buf_bytes(&buf), arena, &back, &err) ==
                      MR_OK,
                  "%s: %s", sample->name, err.text);
    sample->fill(&given);
    same_any(sample->name, &back, &given);
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(a_higher_major_stops_the_reader_whatever_else_is_wrong)
{
    const struct sample *sample = &samples[_i];
    union any back;

    ck_assert_int_eq(
        sample->parse(text("\x08\x02\xFF\xFF"), arena, &back, &err),
        MR_E_CONFIG);
    ck_assert_int_eq(mr_class_of(err.code), MR_CLASS_FATAL);
    ck_assert_int_eq(
        sample->parse(text("\x08\xFF\xFF\xFF\xFF\x0F"), arena, &back, &err),
        MR_E_CONFIG);
}
END_TEST

START_TEST(a_message_without_its_major_in_front_is_corrupt)
{
    const struct sample *sample = &samples[_i];
    struct mr_span whole = encoded(sample);
    union any back;

    ck_assert_int_eq(sample->parse((struct mr_span){ 0 }, arena, &back, &err),
                     MR_E_CORRUPT);
    ck_assert_int_eq(sample->parse(text("\x08"), arena, &back, &err),
                     MR_E_CORRUPT);
    ck_assert_int_eq(sample->parse(mr_span("\x08\0", 2), arena, &back, &err),
                     MR_E_CORRUPT);
    ck_assert_int_eq(sample->parse(mr_span(whole.data + 2, whole.size - 2),
                                   arena, &back, &err),
                     MR_E_CORRUPT);
}
END_TEST

/* What is no record has a limit of its own. */
static size_t size_max(const struct sample *sample)
{
    if (strcmp(sample->name, "shard_request") == 0)
        return MR_SHARD_REQUEST_BYTES_MAX;
    if (strcmp(sample->name, "shard_reply") == 0)
        return MR_SHARD_REPLY_BYTES_MAX;
    if (strcmp(sample->name, "checkpoint") == 0)
        return MR_CHECKPOINT_BYTES_MAX;
    return MR_VALUE_BYTES_MAX;
}

START_TEST(a_value_past_the_size_of_a_record_is_not_looked_at)
{
    const struct sample *sample = &samples[_i];
    size_t size = size_max(sample) + 1;
    uint8_t *bytes = mr_calloc(size, 1);
    union any back;

    ck_assert_int_eq(sample->parse(mr_span(bytes, size), arena, &back, &err),
                     MR_E_LIMIT);
    mr_free(bytes);
}
END_TEST

/* A good raw patch up to its parts: "\xAA\x01" and a size follow. */
#define RAW_HEAD       \
    "\x08\x01\x12\x01" \
    "a\x30\x01"

static const struct {
    const char *what;
    const char *sample;
    const char *bytes;
    enum mr_code code;
} wires[] = {
    { "a good patch", "raw_patch",
      RAW_HEAD "\xAA\x01\x0E\x0A\x05\x0A\x01"
               "a\x10\x04\x0A\x05\x0A\x01"
               "b\x10\x04",
      MR_OK },
    { "unsorted pairs", "raw_patch",
      RAW_HEAD "\xAA\x01\x0E\x0A\x05\x0A\x01"
               "b\x10\x04\x0A\x05\x0A\x01"
               "a\x10\x04",
      MR_E_CORRUPT },
    { "an unknown kind of value", "raw_patch",
      RAW_HEAD "\xAA\x01\x07\x0A\x05\x0A\x01"
               "a\x10\x05",
      MR_E_CORRUPT },
    { "neither put nor patch nor delete", "raw_patch", RAW_HEAD, MR_E_CORRUPT },
    { "a patch and a delete", "raw_patch",
      RAW_HEAD "\xAA\x01\x02\x10\x01\xB2\x01\x02\x0A", MR_E_CORRUPT },
    { "two patches", "raw_patch",
      RAW_HEAD "\xAA\x01\x02\x10\x01\xAA\x01\x02\x10\x01", MR_E_CORRUPT },
    { "two ids", "raw_patch",
      RAW_HEAD "\x12\x01"
               "b\xAA\x01\x02\x10\x01",
      MR_E_CORRUPT },
    { "an unknown lane", "raw_patch",
      "\x08\x01\x12\x01"
      "a\x30\x03\xAA\x01\x02\x10\x01",
      MR_E_CORRUPT },
    { "an id as a number", "raw_patch",
      "\x08\x01\x10\x01\x30\x01\xAA\x01\x02\x10\x01", MR_E_CORRUPT },
    { "an id past the end", "raw_patch",
      "\x08\x01\x12\x7F"
      "a",
      MR_E_CORRUPT },
    { "an id that is not UTF-8", "raw_patch",
      "\x08\x01\x12\x01\xFF\x30\x01\xAA\x01\x02\x10\x01", MR_E_CORRUPT },
    { "a group", "raw_patch", RAW_HEAD "\xAA\x01\x02\x10\x01\xFB\x3F",
      MR_E_CORRUPT },
    { "field number 0", "raw_patch",
      RAW_HEAD "\xAA\x01\x02\x10\x01\x02\x01"
               "a",
      MR_E_CORRUPT },
    { "a varint past 64 bits", "raw_patch",
      RAW_HEAD "\x28\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", MR_E_CORRUPT },
    { "a packed list that ends within a number", "vectors",
      "\x08\x01\x12\x01"
      "a\xAA\x01\x01\x80",
      MR_E_CORRUPT },
    { "a signature whose text hash is short", "signature_put",
      "\x08\x01\x12\x01"
      "a\x19VERSION8\x20\x01\x4A\x01"
      "h",
      MR_E_CORRUPT },
    { "a signature whose minhash is short", "signature_put",
      "\x08\x01\x12\x01"
      "a\x19VERSION8\x20\x01\x4A\x10"
      "0123456789ABCDEF"
      "\x52\x01"
      "h",
      MR_E_CORRUPT },
};

#define WIRE_COUNT (sizeof(wires) / sizeof(wires[0]))

START_TEST(bytes_that_break_a_rule_are_refused)
{
    const struct sample *sample = sample_of(wires[_i].sample);
    union any back;
    enum mr_code code =
        sample->parse(text(wires[_i].bytes), arena, &back, &err);

    ck_assert_msg(code == wires[_i].code, "%s: %s (%s), want %s",
                  wires[_i].what, mr_code_name(code), err.text,
                  mr_code_name(wires[_i].code));
}
END_TEST

/* As many fields as fit into a record, each of them taking memory. */
START_TEST(more_fields_than_any_message_has_are_refused_before_unpacking)
{
    static const char *const repeated[] = {
        "\x52\x00",     /* an empty pair of Clean */
        "\xB2\x01\x00", /* an empty signal */
        "\xBA\x01\x00", /* an empty passage */
        "\xFA\x3F\x00", /* of the future */
    };

    for (size_t i = 0; i < 4; i++) {
        struct mr_buf buf = mr_buf(MR_VALUE_BYTES_MAX);
        union any back;

        mr_buf_str(&buf, "\x08\x01");
        while (!buf.full)
            mr_buf_append(&buf, repeated[i], i == 0 ? 2 : 3);
        ck_assert_int_eq(
            mr_clean_parse(mr_buf_bytes(&buf), arena, &back.clean, &err),
            MR_E_LIMIT);
        ck_assert_uint_eq(mr_arena_used(arena), 0);
        mr_buf_deinit(&buf);
    }
}
END_TEST

START_TEST(a_packed_list_past_all_limits_is_refused_before_unpacking)
{
    struct mr_buf buf = mr_buf(MR_VALUE_BYTES_MAX);
    struct mr_vectors back;
    size_t count = 900000;

    mr_buf_str(&buf, "\x08\x01\xAA\x01");
    mr_buf_varint(&buf, count);
    memset(mr_buf_grow(&buf, count), 0, count);
    ck_assert_int_eq(mr_vectors_parse(mr_buf_bytes(&buf), arena, &back, &err),
                     MR_E_LIMIT);
    ck_assert_uint_eq(mr_arena_used(arena), 0);
    mr_buf_deinit(&buf);
}
END_TEST

/* 65,000 empty passages pass the walk; what they take is bounded. */
START_TEST(what_is_unpacked_takes_less_than_16_megabytes)
{
    struct mr_buf buf = mr_buf(MR_VALUE_BYTES_MAX);
    struct mr_clean back;

    mr_buf_str(&buf, "\x08\x01");
    for (unsigned i = 0; i < 65000; i++)
        mr_buf_append(&buf, "\xBA\x01\x00", 3);
    ck_assert_int_ne(mr_clean_parse(mr_buf_bytes(&buf), arena, &back, &err),
                     MR_OK);
    ck_assert_uint_lt(mr_arena_used(arena), 16u << 20);
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(what_came_unpacked_in_a_list_is_read_as_well)
{
    struct mr_vectors back;
    struct mr_buf buf = mr_buf(256);

    mr_buf_str(&buf, "\x08\x01\x12\x01"
                     "a\x19VERSION8\x28\x01\xA0\x01\x01");
    mr_buf_append(&buf, "\xA8\x01\x00\xA8\x01\x02", 6);
    mr_buf_append(&buf,
                  "\xB2\x01\x0A\x0A\x08"
                  "FLOAT_AB",
                  13);
    ck_assert_msg(mr_vectors_parse(mr_buf_bytes(&buf), arena, &back, &err) ==
                      MR_OK,
                  "%s", err.text);
    ck_assert_uint_eq(back.count, 2);
    ck_assert_uint_eq(back.passages[1], 2);
    mr_buf_deinit(&buf);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire.damage");
    TCase *tests = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, every_truncation_is_ok_or_an_error, 0,
                        SAMPLE_COUNT);
    tcase_add_loop_test(tests, every_flipped_bit_is_ok_or_an_error, 0,
                        SAMPLE_COUNT);
    tcase_add_loop_test(tests, a_field_of_the_future_is_ignored, 0,
                        SAMPLE_COUNT);
    tcase_add_loop_test(tests,
                        a_higher_major_stops_the_reader_whatever_else_is_wrong,
                        0, SAMPLE_COUNT);
    tcase_add_loop_test(tests, a_message_without_its_major_in_front_is_corrupt,
                        0, SAMPLE_COUNT);
    tcase_add_loop_test(tests,
                        a_value_past_the_size_of_a_record_is_not_looked_at, 0,
                        SAMPLE_COUNT);
    tcase_add_loop_test(tests, bytes_that_break_a_rule_are_refused, 0,
                        WIRE_COUNT);
    tcase_add_test(
        tests, more_fields_than_any_message_has_are_refused_before_unpacking);
    tcase_add_test(tests,
                   a_packed_list_past_all_limits_is_refused_before_unpacking);
    tcase_add_test(tests, what_is_unpacked_takes_less_than_16_megabytes);
    tcase_add_test(tests, what_came_unpacked_in_a_list_is_read_as_well);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
