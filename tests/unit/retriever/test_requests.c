// SPDX-License-Identifier: Apache-2.0
/*
 * test_requests.c - bodies of requests: what is taken, and what is refused
 * with which words.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "retriever/io/front_door.h"
#include "retriever/request/document_request.h"
#include "retriever/request/search_request.h"

static struct mr_arena *arena;
static struct mr_json *json;
static struct mr_err err;

static void setup(void)
{
    arena = mr_arena_new();
    json = NULL;
    memset(&err, 0, sizeof(err));
}

static void teardown(void)
{
    mr_json_free(json);
    mr_arena_free(arena);
}

static void parse(const char *text)
{
    ck_assert_int_eq(mr_json_parse(mr_span_str(text), &json, NULL), MR_OK);
}

START_TEST(a_put_is_read_whole)
{
    struct mr_raw raw = { 0 };

    parse("{\"text\":\"words\",\"title\":\"T\",\"url\":\"http://u/\","
          "\"metadata\":{\"year\":2024,\"tags\":[\"b\",\"a\"],\"draft\":false,"
          "\"none\":null},\"time\":\"2026-01-31T12:00:00Z\",\"owner\":\"me\","
          "\"acl\":[\"x\",\"y\"]}");
    ck_assert_msg(document_request_put(json, arena, &raw, &err) == MR_OK, "%s",
                  err.text);
    ck_assert_int_eq(raw.kind, MR_KIND_PUT);
    ck_assert(mr_span_equal(raw.put.body.bytes, mr_span_str("words")));
    ck_assert(mr_span_equal(raw.put.content_type, mr_span_str("text/plain")));
    ck_assert_uint_eq(raw.put.metadata.count, 4); /* null is nothing */
    ck_assert(
        mr_span_equal(raw.put.metadata.items[0].key, mr_span_str("draft")));
    ck_assert(mr_span_equal(raw.put.metadata.items[1].text, mr_span_str("b")));
    ck_assert(raw.put.metadata.items[3].number == 2024);
    ck_assert_int_eq(raw.time_ms, 1769860800000);
    ck_assert_uint_eq(raw.access.principal_count, 2);
}
END_TEST

static const struct {
    const char *body;
    const char *say;
} bad_puts[] = {
    { "[]", "should be an object" },
    { "{}", "needs \"text\" or \"html\"" },
    { "{\"text\":\"a\",\"html\":\"b\"}", "one of them" },
    { "{\"text\":1}", "\"text\" is a number" },
    { "{\"text\":\"a\",\"titel\":\"b\"}", "\"titel\" is not known" },
    { "{\"text\":\"a\",\"metadata\":[]}", "\"metadata\" is an array" },
    { "{\"text\":\"a\",\"metadata\":{\"k\":{}}}",
      "metadata \"k\" is an object" },
    { "{\"text\":\"a\",\"metadata\":{\"$id\":1}}", "begin with \"$\"" },
    { "{\"text\":\"a\",\"metadata\":{\"k\":[[1]]}}", "is an array" },
    { "{\"text\":\"a\",\"time\":\"yesterday\"}", "\"time\" should be" },
    { "{\"text\":\"a\",\"acl\":\"me\"}", "\"acl\" should be an array" },
    { "{\"text\":\"a\",\"acl\":[\"\"]}", "\"acl\"[0]" },
};

START_TEST(a_bad_put_is_refused_with_words)
{
    struct mr_raw raw = { 0 };

    parse(bad_puts[_i].body);
    ck_assert_int_eq(document_request_put(json, arena, &raw, &err),
                     MR_E_INVALID);
    ck_assert_msg(strstr(err.text, bad_puts[_i].say) != NULL, "%s: %s",
                  bad_puts[_i].body, err.text);
}
END_TEST

START_TEST(a_patch_keeps_nulls_and_needs_something)
{
    struct mr_raw raw = { 0 };

    parse("{\"metadata\":{\"gone\":null},\"acl\":[]}");
    ck_assert_int_eq(document_request_patch(json, arena, &raw, NULL), MR_OK);
    ck_assert_uint_eq(raw.patch.metadata.count, 1);
    ck_assert_int_eq(raw.patch.metadata.items[0].kind, MR_VALUE_NULL);
    ck_assert(raw.patch.has_access);
    mr_json_free(json);
    parse("{}");
    ck_assert_int_eq(document_request_patch(json, arena, &raw, &err),
                     MR_E_INVALID);
    mr_json_free(json);
    parse("{\"text\":\"a\"}");
    ck_assert_int_eq(document_request_patch(json, arena, &raw, &err),
                     MR_E_INVALID);
    ck_assert_msg(strstr(err.text, "\"text\" is not known") != NULL, "%s",
                  err.text);
}
END_TEST

START_TEST(a_search_is_read_whole)
{
    struct search_request request = { .top_k = 10, .per_document = 3 };

    parse("{\"query\":\"q\",\"mode\":\"dense\",\"top_k\":5,\"explain\":true,"
          "\"exact_stats\":true,"
          "\"filter\":{\"year\":{\"gte\":2020,\"lt\":2025},"
          "\"lang\":[\"en\",\"de\"],\"draft\":{\"not\":true},"
          "\"$source\":\"api\",\"x\":{\"exists\":true}}}");
    ck_assert_msg(search_request_parse(json, arena, &request, &err) == MR_OK,
                  "%s", err.text);
    ck_assert_int_eq(request.mode, SEARCH_DENSE);
    ck_assert_uint_eq(request.top_k, 5);
    ck_assert_uint_eq(request.per_document, 3);
    ck_assert(request.explain && !request.exact && !request.draft);
    ck_assert(request.exact_stats);
    ck_assert_uint_eq(request.filter.count, 6);
}
END_TEST

static const struct {
    const char *body;
    const char *say;
} bad_searches[] = {
    { "{}", "\"query\" should be" },
    { "{\"query\":\"\"}", "\"query\" should be" },
    { "{\"query\":\"a\",\"mode\":\"fuzzy\"}", "hybrid, dense or keyword" },
    { "{\"query\":\"a\",\"top_k\":0}", "from 1 to 1000" },
    { "{\"query\":\"a\",\"top_k\":1.5}", "whole number" },
    { "{\"query\":\"a\",\"explain\":1}", "true or false" },
    { "{\"query\":\"a\",\"topk\":1}", "\"topk\" is not known" },
    { "{\"query\":\"a\",\"filter\":[]}", "\"filter\" should be an object" },
    { "{\"query\":\"a\",\"filter\":{\"y\":{\"near\":1}}}", "\"near\" should" },
    { "{\"query\":\"a\",\"filter\":{\"y\":{\"gt\":[1,2]}}}", "\"gt\" should" },
    { "{\"query\":\"a\",\"filter\":{\"y\":null}}", "nothing to compare" },
    { "{\"query\":\"a\",\"at_least\":7}", "token" },
};

START_TEST(a_bad_search_is_refused_with_words)
{
    struct search_request request = { .top_k = 10 };

    parse(bad_searches[_i].body);
    ck_assert_int_eq(search_request_parse(json, arena, &request, &err),
                     MR_E_INVALID);
    ck_assert_msg(strstr(err.text, bad_searches[_i].say) != NULL, "%s: %s",
                  bad_searches[_i].body, err.text);
}
END_TEST

START_TEST(a_token_reads_back)
{
    struct mr_span id;
    uint64_t version;
    char *token = front_door_token(arena, mr_span_str("a-b c"), 0x1234u);

    ck_assert_str_eq(token, "0000000000001234-a-b c");
    ck_assert(front_door_token_parse(mr_span_str(token), &id, &version));
    ck_assert(mr_span_equal(id, mr_span_str("a-b c")));
    ck_assert_uint_eq(version, 0x1234u);
    ck_assert(!front_door_token_parse(mr_span_str(""), &id, &version));
    ck_assert(!front_door_token_parse(mr_span_str("0000000000001234-"), &id,
                                      &version));
    ck_assert(!front_door_token_parse(mr_span_str("000000000000123G-a"), &id,
                                      &version));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("requests");
    Suite *suite = suite_create("requests");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_put_is_read_whole);
    tcase_add_loop_test(tcase, a_bad_put_is_refused_with_words, 0,
                        (int)(sizeof(bad_puts) / sizeof(bad_puts[0])));
    tcase_add_test(tcase, a_patch_keeps_nulls_and_needs_something);
    tcase_add_test(tcase, a_search_is_read_whole);
    tcase_add_loop_test(tcase, a_bad_search_is_refused_with_words, 0,
                        (int)(sizeof(bad_searches) / sizeof(bad_searches[0])));
    tcase_add_test(tcase, a_token_reads_back);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
