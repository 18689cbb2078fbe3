// SPDX-License-Identifier: Apache-2.0
/*
 * test_foreign.c - records of somebody else's topic as documents: paths, the
 * mapping, Confluent's frames and CloudEvents.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ingestor/foreign/map.h"

static struct mr_arena *arena;
static struct mr_raw raw;
static struct mr_json *keep;
static struct mr_err err;

static void setup(void)
{
    arena = mr_arena_new();
    keep = NULL;
    err = (struct mr_err){ 0 };
}

static void teardown(void)
{
    mr_json_free(keep);
    mr_arena_free(arena);
}

static struct source_config config_of(const char *format)
{
    struct source_config config = source_config_default(SOURCE_KAFKA);

    config.format = format;
    return config;
}

static enum mr_code map(const struct source_config *config,
                        const struct mr_record *record)
{
    struct foreign_map mapping;

    ck_assert_msg(foreign_map_parse(config, arena, &mapping, &err) == MR_OK,
                  "%s", err.text);
    mr_json_free(keep);
    return foreign_map_record(&mapping, NULL, record, arena, &raw, &keep, &err);
}

static struct mr_record record_of(const char *key, const char *value)
{
    return (struct mr_record){ .key = mr_span_str(key),
                               .value = mr_span_str(value) };
}

static void assert_text(struct mr_span got, const char *want)
{
    ck_assert_msg(mr_span_equal(got, mr_span_str(want)), "got %.*s, want %s",
                  MR_SPAN_ARG(got), want);
}

/* --- paths --- */

static const struct {
    const char *path;
    const char *found; /* NULL: nothing */
} paths[] = {
    { "a", "1" },        { "$.a", "1" },
    { "/a", "1" },       { "b.c", "2" },
    { "/b/c", "2" },     { "b.d[1]", "4" },
    { "$.b.d[0]", "3" }, { "b.d.1", "4" },
    { "/b/d/1", "4" },   { "/x~1y/~0z", "5" },
    { "b.d[2]", NULL },  { "b.d.x", NULL },
    { "b.d.-1", NULL },  { "a.b", NULL },
    { "nothing", NULL }, { "b.d[99999999999999999999]", NULL },
};

START_TEST(a_path_finds_what_lies_at_it)
{
    static const char json[] = "{\"a\":\"1\",\"b\":{\"c\":\"2\",\"d\":"
                               "[\"3\",\"4\"]},\"x/y\":{\"~z\":\"5\"}}";
    struct foreign_tree tree = { 0 };
    struct foreign_path path;
    const struct mr_json *found;

    ck_assert_int_eq(mr_json_parse(mr_span_str(json), &tree.root, NULL), MR_OK);
    ck_assert_int_eq(
        foreign_path_parse("x", paths[_i].path, arena, &path, &err), MR_OK);
    found = foreign_path_find(&path, &tree);
    if (paths[_i].found == NULL)
        ck_assert_ptr_null(found);
    else
        assert_text(mr_json_text(found), paths[_i].found);
    foreign_tree_free(&tree);
}
END_TEST

START_TEST(what_is_no_path_is_refused)
{
    static const char *const wrong[] = { "",   "$keys", "$.",      "a..b",
                                         "a[", "a[x]",  "a[]",     "a[1]x",
                                         "a.", "/",     "$header." };
    struct foreign_path path;

    ck_assert_int_eq(
        foreign_path_parse("fields.id", wrong[_i], arena, &path, &err),
        MR_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "\"fields.id\" is \""));
}
END_TEST

START_TEST(a_path_of_too_many_steps_is_refused)
{
    char deep[2 * 40];
    struct foreign_path path;

    for (size_t i = 0; i < sizeof(deep); i++)
        deep[i] = i % 2 == 0 ? 'a' : '.';
    deep[2 * 32 - 1] = '\0';
    ck_assert_int_eq(foreign_path_parse("x", deep, arena, &path, &err), MR_OK);
    deep[2 * 32 - 1] = '.';
    deep[2 * 33 - 1] = '\0';
    ck_assert_int_eq(foreign_path_parse("x", deep, arena, &path, &err),
                     MR_E_INVALID);
}
END_TEST

/* --- the mapping --- */

START_TEST(without_fields_a_value_is_as_a_line_of_json)
{
    const struct source_config config = config_of("json");
    const struct mr_record record = record_of(
        "k", "{\"text\":\"t\",\"title\":\"ti\",\"url\":\"u\",\"time\":"
             "\"2026-01-31\",\"owner\":\"o\",\"acl\":[\"p\",\"q\"],"
             "\"metadata\":{\"b\":2,\"a\":[\"x\",true]},\"more\":{}}");

    ck_assert_msg(map(&config, &record) == MR_OK, "%s", err.text);
    ck_assert_int_eq(raw.kind, MR_KIND_PUT);
    assert_text(raw.id, "k");
    assert_text(raw.put.body.bytes, "t");
    assert_text(raw.put.content_type, "text/plain");
    assert_text(raw.put.title, "ti");
    assert_text(raw.put.url, "u");
    ck_assert_int_eq(raw.time_ms, INT64_C(1769817600000));
    assert_text(raw.access.owner, "o");
    ck_assert_uint_eq(raw.access.principal_count, 2);
    ck_assert_uint_eq(raw.put.metadata.count, 3);
}
END_TEST

START_TEST(fields_say_where_the_parts_are)
{
    struct source_config config = config_of("json");
    const struct mr_record_header headers[] = {
        { .name = "Lang", .value = mr_span_str("en") },
        { .name = "none" },
    };
    struct mr_record record = record_of(
        "k", "{\"n\":12,\"b\":\"<p>\",\"ms\":\"1769817600000\",\"by\":\"ann\","
             "\"who\":\"bob\",\"m\":{\"x\":1,\"lang\":\"de\"},\"l\":[7]}");

    config.fields = (struct source_fields){
        .id = "n",
        .html = "b",
        .title = "$key",
        .time = "ms",
        .acl = "by",
        .owner = "$.who",
        .metadata = "m, lang=$header.lang, seven = l[0], not=there",
    };
    record.headers = headers;
    record.header_count = 2;
    ck_assert_msg(map(&config, &record) == MR_OK, "%s", err.text);
    assert_text(raw.id, "12");
    assert_text(raw.put.content_type, "text/html");
    assert_text(raw.put.title, "k");
    ck_assert_int_eq(raw.time_ms, INT64_C(1769817600000));
    assert_text(raw.access.principals[0], "ann");
    assert_text(raw.access.owner, "bob");
    ck_assert_uint_eq(raw.put.metadata.count, 3);
    assert_text(raw.put.metadata.items[0].key, "lang");
    assert_text(raw.put.metadata.items[0].text, "en");
    assert_text(raw.put.metadata.items[1].key, "seven");
    assert_text(raw.put.metadata.items[2].key, "x");
}
END_TEST

START_TEST(the_first_body_that_is_there_counts)
{
    struct source_config config = config_of("json");
    struct mr_record record = record_of("k", "{\"b\":\"<p>\",\"a\":null}");

    config.fields.text = "a";
    config.fields.html = "b";
    ck_assert_int_eq(map(&config, &record), MR_OK);
    assert_text(raw.put.content_type, "text/html");
    record = record_of("k", "{\"b\":\"<p>\",\"a\":\"t\"}");
    ck_assert_int_eq(map(&config, &record), MR_OK);
    assert_text(raw.put.content_type, "text/plain");
}
END_TEST

START_TEST(a_record_without_a_value_deletes_its_key)
{
    struct source_config config = config_of("json");
    struct mr_record record = { .key = mr_span_str("gone") };

    config.fields.id = "$.id";
    ck_assert_int_eq(map(&config, &record), MR_OK);
    ck_assert_int_eq(raw.kind, MR_KIND_DELETE);
    assert_text(raw.id, "gone");
    record.key = (struct mr_span){ 0 };
    ck_assert_int_eq(map(&config, &record), MR_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "no key"));
}
END_TEST

static const struct {
    const char *key;
    const char *value;
    const char *words;
} refusals[] = {
    { "k", "", "" },
    { "k", "{", "" },
    { "k", "{}", "nothing at text, nor at html" },
    { "k", "{\"text\":5}", "\"text\" is a number" },
    { "k", "{\"text\":\"a\",\"title\":{}}", "\"title\" is an object" },
    { "k", "{\"text\":\"a\",\"time\":\"soon\"}", "\"time\"" },
    { "k", "{\"text\":\"a\",\"metadata\":{\"x\":{}}}", "\"x\" is an object" },
    { "k", "{\"text\":\"a\",\"metadata\":[1]}", "is no object" },
    { "k", "{\"text\":\"a\",\"acl\":[\"\"]}", "\"acl\"[0]" },
    { "", "{\"text\":\"a\"}", "the id has 0 bytes" },
    { "a\nb", "{\"text\":\"a\"}", "control character at byte 1" },
    { "a\xff", "{\"text\":\"a\"}", "no UTF-8" },
    { NULL, "{\"text\":\"a\"}", "no key" },
};

START_TEST(what_is_no_document_is_refused_with_a_reason)
{
    const struct source_config config = config_of("json");
    const struct mr_record record =
        record_of(refusals[_i].key, refusals[_i].value);
    enum mr_code code = map(&config, &record);

    ck_assert_int_eq(mr_class_of(code), MR_CLASS_POISON);
    ck_assert_msg(strstr(err.text, refusals[_i].words) != NULL, "%s", err.text);
    ck_assert_ptr_null(keep);
}
END_TEST

START_TEST(who_names_owner_or_acl_opens_nothing_to_everybody)
{
    struct source_config config = config_of("json");
    const struct mr_record bare = record_of("k", "{\"text\":\"a\"}");
    const struct mr_record none =
        record_of("k", "{\"text\":\"a\",\"acl\":null}");
    const struct mr_record open = record_of("k", "{\"text\":\"a\",\"acl\":[]}");

    ck_assert_int_eq(map(&config, &bare), MR_OK);
    config.fields.acl = "acl";
    ck_assert_int_eq(map(&config, &bare), MR_E_INVALID);
    ck_assert_int_eq(map(&config, &none), MR_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "the acl: there is nothing at acl"));
    ck_assert_int_eq(map(&config, &open), MR_OK);
    config.fields.acl = NULL;
    config.fields.owner = "$header.owner";
    ck_assert_int_eq(map(&config, &bare), MR_E_INVALID);
}
END_TEST

START_TEST(an_id_may_be_a_whole_number_or_a_text)
{
    static const struct {
        const char *value;
        const char *id; /* NULL: refused */
    } rows[] = {
        { "{\"text\":\"a\",\"id\":\"x\"}", "x" },
        { "{\"text\":\"a\",\"id\":7}", "7" },
        { "{\"text\":\"a\",\"id\":-3}", "-3" },
        { "{\"text\":\"a\",\"id\":9007199254740991}", "9007199254740991" },
        { "{\"text\":\"a\",\"id\":1e300}", NULL },
        { "{\"text\":\"a\",\"id\":1.5}", NULL },
        { "{\"text\":\"a\",\"id\":true}", NULL },
        { "{\"text\":\"a\",\"id\":null}", NULL },
        { "{\"text\":\"a\"}", NULL },
    };
    struct source_config config = config_of("json");

    config.fields.id = "id";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct mr_record record = record_of("k", rows[i].value);
        enum mr_code code = map(&config, &record);

        ck_assert_msg((code == MR_OK) == (rows[i].id != NULL), "%s",
                      rows[i].value);
        if (code == MR_OK)
            assert_text(raw.id, rows[i].id);
    }
}
END_TEST

START_TEST(a_configuration_that_cannot_be_is_refused)
{
    const struct {
        const char *format;
        const char *inner;
        const char *message;
        const char *metadata;
        const char *words;
    } rows[] = {
        { "xml", "json", NULL, NULL, "\"format\" is \"xml\"" },
        { "confluent", "avro", NULL, NULL, "\"inner\" is \"avro\"" },
        { "protobuf", "json", "m", NULL, "needs \"descriptor\"" },
        { "confluent", "protobuf", NULL, NULL, "needs \"descriptor\"" },
        { "json", "json", "m", NULL, "are for protobuf" },
        { "json", "json", NULL, "a=b,a=c", "\"a\" is there twice" },
        { "json", "json", NULL, "=b", "may not be empty" },
        { "json", "json", NULL, "a=b,", "fields.metadata" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct source_config config = config_of(rows[i].format);
        struct foreign_map mapping;

        config.inner = rows[i].inner;
        config.message = rows[i].message;
        config.fields.metadata = rows[i].metadata;
        ck_assert_int_eq(foreign_map_parse(&config, arena, &mapping, &err),
                         MR_E_INVALID);
        ck_assert_msg(strstr(err.text, rows[i].words) != NULL, "%s", err.text);
    }
}
END_TEST

/* --- Confluent --- */

START_TEST(json_stands_behind_five_bytes_of_confluent)
{
    static const char framed[] = "\0\0\0\0\x07{\"text\":\"a\"}";
    const struct source_config config = config_of("confluent");
    struct mr_record record = record_of("k", "");

    record.value = mr_span(framed, sizeof(framed) - 1);
    ck_assert_int_eq(map(&config, &record), MR_OK);
    assert_text(raw.put.body.bytes, "a");
    record.value.size = 4;
    ck_assert_int_eq(map(&config, &record), MR_E_CORRUPT);
    record.value = mr_span_str("{\"text\":\"a\"}");
    ck_assert_int_eq(map(&config, &record), MR_E_CORRUPT);
    ck_assert_ptr_nonnull(strstr(err.text, "does not begin with 0"));
}
END_TEST

/* --- CloudEvents --- */

#define EVENT \
    "\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"s\",\"type\":\"t\""

START_TEST(an_event_may_be_in_structured_mode)
{
    struct source_config config = config_of("cloudevents");
    struct mr_record record =
        record_of("k", "{" EVENT ",\"time\":\"2026-01-31\",\"subject\":\"sub\","
                       "\"data\":{\"text\":\"a\",\"metadata\":{\"x\":1}}}");

    ck_assert_msg(map(&config, &record) == MR_OK, "%s", err.text);
    assert_text(raw.put.body.bytes, "a");
    ck_assert_int_eq(raw.time_ms, INT64_C(1769817600000));
    ck_assert_uint_eq(raw.put.metadata.count, 1);
    config.fields.id = "subject";
    config.fields.text = "data";
    record = record_of("k", "{" EVENT ",\"subject\":\"sub\",\"data_base64\":"
                            "\"aMOpbGxv\",\"datacontenttype\":\"text/plain\"}");
    ck_assert_msg(map(&config, &record) == MR_OK, "%s", err.text);
    assert_text(raw.id, "sub");
    assert_text(raw.put.body.bytes, "h\xc3\xa9llo");
}
END_TEST

START_TEST(an_event_may_be_in_binary_mode)
{
    struct source_config config = config_of("cloudevents");
    struct mr_record_header headers[] = {
        { .name = "ce_specversion", .value = mr_span_str("1.0") },
        { .name = "ce_id", .value = mr_span_str("e") },
        { .name = "ce_source", .value = mr_span_str("s") },
        { .name = "ce_type", .value = mr_span_str("t") },
        { .name = "ce_subject", .value = mr_span_str("sub") },
        { .name = "content-type", .value = mr_span_str("application/json") },
    };
    struct mr_record record =
        record_of("k", "{\"text\":\"a\",\"data\":{\"text\":\"b\"}}");

    record.headers = headers;
    record.header_count = 6;
    config.fields.metadata = "subject=subject, type=$.type";
    ck_assert_msg(map(&config, &record) == MR_OK, "%s", err.text);
    assert_text(raw.put.body.bytes, "a");
    ck_assert_uint_eq(raw.put.metadata.count, 2);
    /* A text is the data as a whole. */
    headers[5].value = mr_span_str("text/html; charset=utf-8");
    config.fields.html = "data";
    record.value = mr_span_str("<p>x");
    ck_assert_msg(map(&config, &record) == MR_OK, "%s", err.text);
    assert_text(raw.put.body.bytes, "<p>x");
    headers[5].value = mr_span_str("application/xml");
    ck_assert_int_eq(map(&config, &record), MR_E_INVALID);
    record.value = (struct mr_span){ 0 };
    ck_assert_int_eq(map(&config, &record), MR_OK);
    ck_assert_int_eq(raw.kind, MR_KIND_DELETE);
}
END_TEST

START_TEST(what_is_no_event_is_refused)
{
    static const struct {
        const char *type;
        const char *value;
        const char *words;
    } rows[] = {
        { NULL, "{\"text\":\"a\"}", "has no \"specversion\"" },
        { NULL, "[]", "has no \"specversion\"" },
        { NULL, "{\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"s\"}",
          "has no \"type\"" },
        { NULL,
          "{\"specversion\":\"0.3\",\"id\":\"e\",\"source\":\"s\","
          "\"type\":\"t\"}",
          "specversion is 0.3" },
        { NULL, "{" EVENT ",\"data_base64\":\"%\"}", "no base64" },
        { NULL, "{" EVENT ",\"data_base64\":\"a\"}", "no base64" },
        { "application/cloudevents-batch+json", "[]", "a batch" },
        { "application/cloudevents+json", "x", "" },
    };
    const struct source_config config = config_of("cloudevents");

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct mr_record_header type = { .name = "content-type",
                                               .value =
                                                   mr_span_str(rows[i].type) };
        struct mr_record record = record_of("k", rows[i].value);
        enum mr_code code;

        record.headers = &type;
        record.header_count = rows[i].type != NULL;
        code = map(&config, &record);
        ck_assert_int_eq(mr_class_of(code), MR_CLASS_POISON);
        ck_assert_msg(strstr(err.text, rows[i].words) != NULL, "%s", err.text);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("foreign");
    TCase *tests = tcase_create("foreign");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_path_finds_what_lies_at_it, 0,
                        (int)(sizeof(paths) / sizeof(paths[0])));
    tcase_add_loop_test(tests, what_is_no_path_is_refused, 0, 11);
    tcase_add_test(tests, a_path_of_too_many_steps_is_refused);
    tcase_add_test(tests, without_fields_a_value_is_as_a_line_of_json);
    tcase_add_test(tests, fields_say_where_the_parts_are);
    tcase_add_test(tests, the_first_body_that_is_there_counts);
    tcase_add_test(tests, a_record_without_a_value_deletes_its_key);
    tcase_add_loop_test(tests, what_is_no_document_is_refused_with_a_reason, 0,
                        (int)(sizeof(refusals) / sizeof(refusals[0])));
    tcase_add_test(tests, who_names_owner_or_acl_opens_nothing_to_everybody);
    tcase_add_test(tests, an_id_may_be_a_whole_number_or_a_text);
    tcase_add_test(tests, a_configuration_that_cannot_be_is_refused);
    tcase_add_test(tests, json_stands_behind_five_bytes_of_confluent);
    tcase_add_test(tests, an_event_may_be_in_structured_mode);
    tcase_add_test(tests, an_event_may_be_in_binary_mode);
    tcase_add_test(tests, what_is_no_event_is_refused);
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
