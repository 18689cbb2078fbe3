// SPDX-License-Identifier: Apache-2.0
/*
 * test_protobuf.c - messages of a schema that is known at run time, as JSON.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_arena.h"
#include "common/json/json.h"
#include "ingestor/foreign/map.h"
#include "proto_bytes.h"

static struct mr_buf set;
static struct mr_buf bytes;
static struct mr_buf inner;
static struct mr_buf text;
static struct proto_schema *schema;
static struct mr_err err;

static void setup(void)
{
    set = mr_buf(1 << 20);
    bytes = mr_buf(1 << 24);
    inner = mr_buf(1 << 24);
    text = mr_buf(1 << 24);
    err = (struct mr_err){ 0 };
    pb_set(&set, true);
    ck_assert_msg(
        proto_schema_parse(mr_buf_bytes(&set), "t.Doc", &schema, &err) == MR_OK,
        "%s", err.text);
}

static void teardown(void)
{
    proto_schema_free(schema);
    mr_buf_deinit(&set);
    mr_buf_deinit(&bytes);
    mr_buf_deinit(&inner);
    mr_buf_deinit(&text);
}

static void assert_json(const char *want)
{
    mr_buf_reset(&text);
    ck_assert_msg(proto_to_json(schema, mr_buf_bytes(&bytes), &text, &err) ==
                      MR_OK,
                  "%s", err.text);
    ck_assert_str_eq(mr_buf_text(&text), want);
}

static void assert_code(enum mr_code want)
{
    mr_buf_reset(&text);
    ck_assert_int_eq(proto_to_json(schema, mr_buf_bytes(&bytes), &text, &err),
                     want);
}

static void put_64(uint32_t number, uint64_t value)
{
    mr_buf_varint(&bytes, (uint64_t)number << 3 | 1);
    mr_buf_u64(&bytes, value);
}

static void put_32(uint32_t number, uint32_t value)
{
    mr_buf_varint(&bytes, (uint64_t)number << 3 | 5);
    mr_buf_u32(&bytes, value);
}

START_TEST(values_of_every_type_are_read)
{
    pb_text(&bytes, 1, "a");
    pb_text(&bytes, 2, "h\xc3\xa9");
    pb_number(&bytes, 3, (uint64_t)-5);
    pb_number(&bytes, 8, 1);
    pb_text(&bytes, 9, "text");
    put_64(10, UINT64_C(0x3FF8000000000000));
    put_32(11, 0x40200000);
    pb_number(&bytes, 12, 1);
    pb_number(&bytes, 13, 3);
    put_64(14, 7);
    pb_number(&bytes, 15, UINT64_MAX);
    put_32(18, (uint32_t)-2);
    assert_json("{\"id\":\"a\",\"body\":\"h\xc3\xa9\",\"n\":-5,"
                "\"kind\":\"BOOK\",\"raw\":\"text\",\"d\":1.5,\"f\":2.5,"
                "\"b\":true,\"s\":-2,\"x\":7,"
                "\"u\":\"18446744073709551615\",\"y\":-2}");
}
END_TEST

START_TEST(an_empty_message_is_an_empty_object)
{
    assert_json("{}");
}
END_TEST

START_TEST(what_the_schema_does_not_know_is_left_out)
{
    pb_number(&bytes, 99, 1);
    pb_text(&bytes, 100, "x");
    put_64(101, 1);
    put_32(102, 1);
    pb_text(&bytes, 1, "a");
    assert_json("{\"id\":\"a\"}");
}
END_TEST

START_TEST(of_a_single_field_that_is_there_twice_the_last_counts)
{
    pb_text(&bytes, 1, "a");
    pb_text(&bytes, 2, "b");
    pb_text(&bytes, 1, "c");
    assert_json("{\"id\":\"c\",\"body\":\"b\"}");
}
END_TEST

START_TEST(messages_in_pieces_are_merged)
{
    pb_text(&inner, 1, "a");
    pb_take(&bytes, 5, &inner);
    pb_number(&inner, 3, 1);
    pb_take(&bytes, 5, &inner);
    pb_number(&inner, 3, 2);
    pb_take(&bytes, 5, &inner);
    assert_json("{\"inner\":{\"v\":\"a\",\"many\":[1,2]}}");
}
END_TEST

START_TEST(lists_may_be_packed_or_not_and_stand_apart)
{
    pb_number(&bytes, 4, 1);
    pb_text(&bytes, 1, "a");
    pb_bytes(&bytes, 4, mr_span("\x02\x80\x01", 3));
    pb_number(&bytes, 4, (uint64_t)-1);
    assert_json("{\"id\":\"a\",\"nums\":[1,2,128,-1]}");
    pb_text(&inner, 1, "x");
    pb_take(&bytes, 6, &inner);
    pb_take(&bytes, 6, &inner);
    assert_json("{\"id\":\"a\",\"nums\":[1,2,128,-1],"
                "\"inners\":[{\"v\":\"x\"},{}]}");
}
END_TEST

START_TEST(of_equal_keys_of_a_map_the_last_counts)
{
    pb_text(&inner, 1, "b");
    pb_number(&inner, 2, 1);
    pb_take(&bytes, 7, &inner);
    pb_text(&inner, 1, "a");
    pb_take(&bytes, 7, &inner);
    pb_number(&inner, 2, 2);
    pb_text(&inner, 1, "b");
    pb_take(&bytes, 7, &inner);
    pb_number(&inner, 1, 5);
    pb_text(&inner, 2, "\x0a\x01v");
    pb_take(&bytes, 19, &inner);
    assert_json("{\"tags\":{\"a\":null,\"b\":2},"
                "\"by\":{\"5\":{\"v\":\"v\"}}}");
}
END_TEST

START_TEST(times_and_wrapped_values_are_what_they_mean)
{
    pb_number(&inner, 1, 1769860800);
    pb_number(&inner, 2, 250000000);
    pb_take(&bytes, 16, &inner);
    pb_text(&inner, 1, "w");
    pb_take(&bytes, 17, &inner);
    pb_take(&bytes, 20, &inner);
    assert_json("{\"at\":\"2026-01-31T12:00:00.250Z\",\"w\":\"w\",\"z\":0}");
    mr_buf_reset(&bytes);
    pb_number(&inner, 1, UINT64_C(1) << 62);
    pb_take(&bytes, 16, &inner);
    assert_json("{\"at\":null}");
}
END_TEST

START_TEST(bytes_that_are_no_text_are_base64)
{
    static const struct {
        const char *raw;
        const char *want;
    } rows[] = {
        { "\xff", "{\"raw\":\"/w==\"}" },
        { "\xff\xfe", "{\"raw\":\"//4=\"}" },
        { "\xff\xfe\x41", "{\"raw\":\"//5B\"}" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        mr_buf_reset(&bytes);
        pb_text(&bytes, 9, rows[i].raw);
        assert_json(rows[i].want);
    }
}
END_TEST

START_TEST(a_value_without_a_name_in_its_enum_is_its_number)
{
    pb_number(&bytes, 8, 7);
    assert_json("{\"kind\":7}");
}
END_TEST

START_TEST(broken_bytes_are_refused)
{
    static const struct {
        const char *data;
        size_t size;
    } rows[] = {
        { "\x0a", 1 }, /* no size */
        { "\x0a\x05"
          "a",
          3 },                     /* cut off */
        { "\x08", 1 },             /* another type, and no value */
        { "\x08\x01", 2 },         /* a number where a text is */
        { "\x03", 1 },             /* a group */
        { "\x00\x01", 2 },         /* field 0 */
        { "\x0f", 1 },             /* a type that was never one */
        { "\x22\x01\x80", 3 },     /* a packed list that is cut off */
        { "\x2a\x02\x0a\x05", 4 }, /* inside of a message */
        { "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        mr_buf_reset(&bytes);
        mr_buf_append(&bytes, rows[i].data, rows[i].size);
        assert_code(MR_E_CORRUPT);
    }
}
END_TEST

/* `depth` messages in each other. */
static void nest(unsigned depth)
{
    mr_buf_reset(&bytes);
    pb_text(&bytes, 1, "x");
    for (unsigned i = 0; i < depth; i++) {
        mr_buf_reset(&inner);
        mr_buf_span(&inner, mr_buf_bytes(&bytes));
        mr_buf_reset(&bytes);
        pb_take(&bytes, i + 1 < depth ? 2 : 5, &inner);
    }
}

START_TEST(depth_is_limited)
{
    struct mr_json *json;

    nest(PROTO_DEPTH_MAX - 1);
    assert_code(MR_OK);
    ck_assert_int_eq(mr_json_parse(mr_buf_bytes(&text), &json, &err), MR_OK);
    mr_json_free(json);
    nest(PROTO_DEPTH_MAX);
    assert_code(MR_E_LIMIT);
    nest(500);
    assert_code(MR_E_LIMIT);
}
END_TEST

START_TEST(the_number_of_fields_is_limited)
{
    for (size_t i = 0; i < PROTO_FIELDS_MAX; i++)
        pb_number(&bytes, 4, 1);
    assert_code(MR_OK);
    pb_number(&bytes, 4, 1);
    assert_code(MR_E_LIMIT);
    mr_buf_reset(&bytes);
    for (size_t i = 0; i < PROTO_FIELDS_MAX; i++)
        mr_buf_byte(&inner, 1);
    pb_take(&bytes, 4, &inner); /* the list is a field too */
    assert_code(MR_E_LIMIT);
}
END_TEST

/* --- schemas --- */

START_TEST(a_schema_without_its_imports_is_refused)
{
    struct proto_schema *other = NULL;

    mr_buf_reset(&set);
    pb_set(&set, false);
    ck_assert_int_eq(
        proto_schema_parse(mr_buf_bytes(&set), "t.Doc", &other, &err),
        MR_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "--include_imports"));
    /* Which matter only to who needs them. */
    ck_assert_int_eq(
        proto_schema_parse(mr_buf_bytes(&set), "t.Other", &other, &err), MR_OK);
    proto_schema_free(other);
}
END_TEST

START_TEST(a_message_that_is_not_in_the_schema_is_told)
{
    struct proto_schema *other = NULL;

    ck_assert_int_eq(
        proto_schema_parse(mr_buf_bytes(&set), "t.Document", &other, &err),
        MR_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "no message \"t.Document\""));
    ck_assert_int_eq(proto_schema_parse(mr_span_str(""), "t.Doc", &other, &err),
                     MR_E_INVALID);
}
END_TEST

START_TEST(a_schema_cut_anywhere_is_refused_or_another)
{
    struct mr_span whole = mr_buf_bytes(&set);

    for (size_t size = 0; size < whole.size; size++) {
        struct proto_schema *other = NULL;
        enum mr_code code = proto_schema_parse(mr_span(whole.data, size),
                                               "t.Doc", &other, &err);

        ck_assert(code == MR_E_CORRUPT || code == MR_E_INVALID);
    }
}
END_TEST

START_TEST(a_message_knows_its_place_in_the_file)
{
    static const uint32_t doc[] = { 1, 1 };
    struct proto_schema *other = NULL;

    ck_assert(proto_schema_is_at(schema, doc, 1));
    ck_assert(!proto_schema_is_at(schema, doc, 2));
    ck_assert_int_eq(
        proto_schema_parse(mr_buf_bytes(&set), "t.Doc.Inner", &other, &err),
        MR_OK);
    ck_assert(proto_schema_is_at(other, doc, 2));
    ck_assert(!proto_schema_is_at(other, doc, 1));
    proto_schema_free(other);
}
END_TEST

/* --- records --- */

START_TEST(a_frame_of_confluent_names_the_message)
{
    static const struct {
        const char *frame;
        size_t size;
        enum mr_code code;
    } rows[] = {
        { "\0\0\0\0\1\2\2", 7, MR_OK },          /* one index: 1 */
        { "\0\0\0\0\1\0", 6, MR_E_INVALID },     /* short for 0 */
        { "\0\0\0\0\1\2\0", 7, MR_E_INVALID },   /* 0 */
        { "\0\0\0\0\1\4\2\2", 8, MR_E_INVALID }, /* 1, 1 */
        { "\0\0\0\0\1\1\2", 7, MR_E_CORRUPT },   /* less than none */
        { "\0\0\0\0\1\x40", 6, MR_E_CORRUPT },   /* 32 of them */
        { "\0\0\0\0\1", 5, MR_E_CORRUPT },
    };
    struct source_config config = source_config_default(SOURCE_KAFKA);
    struct mr_arena *arena = mr_arena_new();
    struct mr_record record = { .key = mr_span_str("k") };
    struct foreign_map map;

    config.format = "confluent";
    config.inner = "protobuf";
    config.descriptor = "f";
    config.message = "t.Doc";
    config.fields.text = "body";
    ck_assert_int_eq(foreign_map_parse(&config, arena, &map, &err), MR_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mr_json *keep = NULL;
        struct mr_raw raw;

        mr_buf_reset(&bytes);
        mr_buf_append(&bytes, rows[i].frame, rows[i].size);
        if (rows[i].code != MR_E_CORRUPT)
            pb_text(&bytes, 2, "a body");
        record.value = mr_buf_bytes(&bytes);
        ck_assert_int_eq(
            foreign_map_record(&map, schema, &record, arena, &raw, &keep, &err),
            rows[i].code);
        if (rows[i].code == MR_OK)
            ck_assert(mr_span_equal(raw.put.body.bytes, mr_span_str("a body")));
        mr_json_free(keep);
    }
    mr_arena_free(arena);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("protobuf");
    TCase *tests = tcase_create("protobuf");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, values_of_every_type_are_read);
    tcase_add_test(tests, an_empty_message_is_an_empty_object);
    tcase_add_test(tests, what_the_schema_does_not_know_is_left_out);
    tcase_add_test(tests,
                   of_a_single_field_that_is_there_twice_the_last_counts);
    tcase_add_test(tests, messages_in_pieces_are_merged);
    tcase_add_test(tests, lists_may_be_packed_or_not_and_stand_apart);
    tcase_add_test(tests, of_equal_keys_of_a_map_the_last_counts);
    tcase_add_test(tests, times_and_wrapped_values_are_what_they_mean);
    tcase_add_test(tests, bytes_that_are_no_text_are_base64);
    tcase_add_test(tests, a_value_without_a_name_in_its_enum_is_its_number);
    tcase_add_test(tests, broken_bytes_are_refused);
    tcase_add_test(tests, depth_is_limited);
    tcase_add_test(tests, the_number_of_fields_is_limited);
    tcase_add_test(tests, a_schema_without_its_imports_is_refused);
    tcase_add_test(tests, a_message_that_is_not_in_the_schema_is_told);
    tcase_add_test(tests, a_schema_cut_anywhere_is_refused_or_another);
    tcase_add_test(tests, a_message_knows_its_place_in_the_file);
    tcase_add_test(tests, a_frame_of_confluent_names_the_message);
    suite_add_tcase(all, tests);
    return all;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
