// SPDX-License-Identifier: Apache-2.0
/*
 * test_line.c - lines of JSONL as documents, kinds of files, and their ids.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ingestor/files/kind.h"
#include "ingestor/files/line.h"
#include "ingestor/files/record.h"

static struct mr_arena *arena;

static void setup(void)
{
    arena = mr_arena_new();
}

static void teardown(void)
{
    mr_arena_free(arena);
}

static const struct {
    const char *line;
    const char *problem; /* NULL: it is a document */
} rows[] = {
    { "{\"text\": \"a\"}", NULL },
    { "{\"html\": \"<p>a\", \"id\": \"x\"}", NULL },
    { "{\"text\": \"\", \"title\": null, \"metadata\": null}", NULL },
    { "{\"text\": \"a\", \"metadata\": {\"k\": [1, \"b\", true], \"n\": null}}",
      NULL },
    { "{\"text\": \"a\", \"time\": \"2026-01-31\"}", NULL },
    { "{\"text\": \"a\", \"time\": 1700000000000}", NULL },
    { "{\"text\": \"a\", \"owner\": \"o\", \"acl\": [\"p\", \"q\"]}", NULL },
    { "{\"text\": \"a\", \"other\": {}}", NULL },
    { "[]", "it is an array" },
    { "\"x\"", "it is a text" },
    { "{}", "needs \"text\" or \"html\"" },
    { "{\"text\": \"a\", \"html\": \"b\"}", "needs \"text\" or \"html\"" },
    { "{\"text\": 5}", "\"text\" is a number, should be a text" },
    { "{\"text\": \"a\", \"id\": 5}", "\"id\" is a number" },
    { "{\"text\": \"a\", \"id\": \"\"}", "\"id\" is empty" },
    { "{\"text\": \"a\", \"id\": \"a\\nb\"}", "control character at byte 1" },
    { "{\"text\": \"a\", \"metadata\": []}", "\"metadata\" is an array" },
    { "{\"text\": \"a\", \"metadata\": {\"k\": {}}}",
      "metadata \"k\" is an object" },
    { "{\"text\": \"a\", \"metadata\": {\"$k\": 1}}", "begin with \"$\"" },
    { "{\"text\": \"a\", \"time\": \"yesterday\"}", "\"time\" should be" },
    { "{\"text\": \"a\", \"acl\": \"p\"}", "\"acl\" should be an array" },
    { "{\"text\": \"a\", \"acl\": [1]}", "\"acl\"[0]" },
    { "{\"text\": \"a\", \"acl\": [\"\"]}", "\"acl\"[0]" },
};

START_TEST(a_line_is_a_document_or_says_why_not)
{
    struct line_document document;
    struct mr_err err = { 0 };
    struct mr_raw raw = { 0 };
    struct mr_json *json;
    enum mr_code code;

    ck_assert_int_eq(mr_json_parse(mr_span_str(rows[_i].line), &json, &err),
                     MR_OK);
    code = line_read(json, arena, &raw, &document, &err);
    ck_assert_msg((code == MR_OK) == (rows[_i].problem == NULL), "%s: %s",
                  rows[_i].line, err.text);
    if (rows[_i].problem != NULL)
        ck_assert_msg(strstr(err.text, rows[_i].problem) != NULL, "%s: %s",
                      rows[_i].line, err.text);
    mr_json_free(json);
}
END_TEST

START_TEST(all_that_a_line_holds_is_read)
{
    static const char line[] =
        "{\"_id\": \"i\", \"text\": \"t\", \"title\": \"ti\", \"url\": \"u\","
        "\"metadata\": {\"b\": 2, \"a\": [\"x\", true]},"
        "\"time\": \"1970-01-01T00:00:01Z\", \"owner\": \"o\","
        "\"acl\": [\"p\"], \"odd\": 1}";
    struct line_document document;
    struct mr_raw raw = { 0 };
    struct mr_json *json;

    ck_assert_int_eq(mr_json_parse(mr_span_str(line), &json, NULL), MR_OK);
    ck_assert_int_eq(line_read(json, arena, &raw, &document, NULL), MR_OK);
    ck_assert(mr_span_equal(document.id, mr_span_str("i")));
    ck_assert(mr_span_equal(document.unknown, mr_span_str("odd")));
    ck_assert(mr_span_equal(raw.put.body.bytes, mr_span_str("t")));
    ck_assert(mr_span_equal(raw.put.title, mr_span_str("ti")));
    ck_assert(mr_span_equal(raw.put.url, mr_span_str("u")));
    ck_assert(mr_span_equal(raw.put.content_type, mr_span_str("text/plain")));
    ck_assert_int_eq(raw.time_ms, 1000);
    ck_assert_uint_eq(raw.put.metadata.count, 3);
    ck_assert(mr_span_equal(raw.access.owner, mr_span_str("o")));
    ck_assert_uint_eq(raw.access.principal_count, 1);
    mr_json_free(json);
}
END_TEST

static const struct {
    const char *path;
    enum file_kind kind;
} kinds[] = {
    { "a.html", FILE_HTML },
    { "a/b.HTM", FILE_HTML },
    { "a.xhtml", FILE_HTML },
    { "README.md", FILE_MARKDOWN },
    { "a.markdown", FILE_MARKDOWN },
    { "a.txt", FILE_TEXT },
    { "a.text", FILE_TEXT },
    { "a.jsonl", FILE_JSONL },
    { "a.ndjson", FILE_JSONL },
    { "a.json", FILE_OTHER },
    { "txt", FILE_OTHER },
    { ".txt", FILE_OTHER },
    { "a.txt~", FILE_OTHER },
    { "a.pdf", FILE_OTHER },
    { "", FILE_OTHER },
};

START_TEST(the_name_of_a_file_says_its_kind)
{
    ck_assert_msg(file_kind_of(mr_span_str(kinds[_i].path)) == kinds[_i].kind,
                  "%s", kinds[_i].path);
}
END_TEST

START_TEST(ids_are_made_of_source_path_and_line)
{
    struct mr_err err = { 0 };
    char path[600];
    struct mr_span id;

    ck_assert_int_eq(file_id("s", mr_span_str("a/b.txt"), 0, arena, &id, NULL),
                     MR_OK);
    ck_assert(mr_span_equal(id, mr_span_str("s:a/b.txt")));
    ck_assert_int_eq(file_id("s", mr_span_str("b.jsonl"), 7, arena, &id, NULL),
                     MR_OK);
    ck_assert(mr_span_equal(id, mr_span_str("s:b.jsonl#7")));
    ck_assert_int_eq(file_id("s", mr_span_str("a\nb"), 0, arena, &id, &err),
                     MR_E_INVALID);
    ck_assert_int_eq(file_id("s", mr_span_str("a\xFF"), 0, arena, &id, &err),
                     MR_E_INVALID);
    memset(path, 'a', sizeof(path));
    ck_assert_int_eq(file_id("s", mr_span(path, 510), 0, arena, &id, NULL),
                     MR_OK);
    ck_assert_int_eq(file_id("s", mr_span(path, 511), 0, arena, &id, &err),
                     MR_E_INVALID);
    ck_assert(file_is_hidden(mr_span_str(".git/config")));
    ck_assert(file_is_hidden(mr_span_str("a/.b/c")));
    ck_assert(!file_is_hidden(mr_span_str("a/b.c")));
}
END_TEST

START_TEST(records_survive_the_way_through_the_store)
{
    const struct file_record file = { 1, 2, { 3, 4 }, 5, 6 };
    const struct line_record line = { 7, { 8, 9 } };
    struct mr_buf bytes = mr_buf(256);
    struct file_record file_again;
    struct line_record line_again;

    file_record_encode(&file, &bytes);
    ck_assert_int_eq(file_record_parse(mr_buf_bytes(&bytes), &file_again, NULL),
                     MR_OK);
    ck_assert_uint_eq(file_again.size, 1);
    ck_assert_int_eq(file_again.mtime_ns, 2);
    ck_assert_uint_eq(file_again.hash.high, 4);
    ck_assert_uint_eq(file_again.generation, 5);
    ck_assert_uint_eq(file_again.documents, 6);
    for (size_t i = 0; i < bytes.size; i++)
        ck_assert_int_eq(
            file_record_parse(mr_span(bytes.data, i), &file_again, NULL),
            MR_E_DAMAGED);
    mr_buf_reset(&bytes);
    line_record_encode(&line, &bytes);
    ck_assert_int_eq(line_record_parse(mr_buf_bytes(&bytes), &line_again, NULL),
                     MR_OK);
    ck_assert_uint_eq(line_again.generation, 7);
    ck_assert_uint_eq(line_again.hash.low, 8);
    mr_buf_deinit(&bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("line");
    TCase *tcase = tcase_create("line");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_line_is_a_document_or_says_why_not, 0,
                        sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(tcase, all_that_a_line_holds_is_read);
    tcase_add_loop_test(tcase, the_name_of_a_file_says_its_kind, 0,
                        sizeof(kinds) / sizeof(kinds[0]));
    tcase_add_test(tcase, ids_are_made_of_source_path_and_line);
    tcase_add_test(tcase, records_survive_the_way_through_the_store);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
