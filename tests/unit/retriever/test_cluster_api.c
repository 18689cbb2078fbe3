// SPDX-License-Identifier: Apache-2.0
/*
 * test_cluster_api.c - what a retriever says through HTTP when its shards are
 * elsewhere, and when some of them are away.
 */
#include <check.h>

#include "common/http/client.h"
#include "common/json/json.h"
#include "retriever/retriever.h"
#include "tests/unit/retriever/cluster.h"

static struct cluster cluster;
static struct retriever *retriever;
static struct mr_http_server *server;
static struct mr_http *client;
static struct mr_json *reply;

static void setup(void)
{
    struct retriever_spec spec = { .config = retriever_config_default() };
    struct mr_http_server_spec http = { .listen = "127.0.0.1:0",
                                        .table_count = 1,
                                        .body_bytes_max = 1 << 20,
                                        .connections_max = 8 };
    struct mr_err err = { 0 };

    cluster_init(&cluster);
    spec.place = &cluster.place;
    spec.model = &cluster.model;
    spec.peers = cluster.remotes;
    spec.peer_count = CLUSTER_SHARDS;
    ck_assert_msg(retriever_new(&spec, &retriever, &err) == MR_OK, "%s",
                  err.text);
    http.tables[0].routes = retriever_routes(&http.tables[0].count);
    http.tables[0].context = retriever;
    ck_assert_int_eq(mr_http_server_start(&http, &server, NULL), MR_OK);
    client = mr_http_client_new(
        &(struct mr_http_client_spec){ .user_agent = "test" });
    reply = NULL;
}

static void teardown(void)
{
    mr_json_free(reply);
    mr_http_client_free(client);
    retriever_drain(retriever);
    mr_http_server_stop(server);
    retriever_free(retriever);
    cluster_deinit(&cluster);
}

/* The status; the body is in `reply`. */
static int call(const char *method, const char *path, const char *body)
{
    char url[256];
    struct mr_http_request request = { .method = method,
                                       .url = url,
                                       .body = mr_span_str(body),
                                       .bytes_max = 1 << 20,
                                       .total_ms = 60000,
                                       .allow_private = true };
    struct mr_http_response *response;
    struct mr_err err = { 0 };
    int status;

    (void)snprintf(url, sizeof(url), "http://%s%s",
                   mr_http_server_address(server), path);
    ck_assert_msg(mr_http_call_once(client, &request, &response, &err) == MR_OK,
                  "%s", err.text);
    mr_json_free(reply);
    ck_assert_int_eq(mr_json_parse(mr_span(response->body, response->body_size),
                                   &reply, NULL),
                     MR_OK);
    status = response->status;
    mr_http_free_response(client, response);
    return status;
}

static int search(void)
{
    return call("POST", "/v1/search",
                "{\"query\": \"wordap wordaq\", \"exact_stats\": true}");
}

/* Shards 0 and 1 at the first server, the others at the second. */
static void split(void)
{
    for (uint32_t i = 0; i < CLUSTER_SHARDS; i++)
        cluster_set(&cluster, i, cluster.servers[i / 2].url, "");
}

START_TEST(a_search_that_is_whole_names_nothing_that_is_missing)
{
    ck_assert_int_eq(search(), 200);
    ck_assert_uint_gt(mr_json_size(mr_json_get(reply, "hits")), 0);
    ck_assert(!mr_json_bool(mr_json_get(reply, "partial"), true));
    ck_assert_ptr_null(mr_json_get(reply, "missing_shards"));
}
END_TEST

START_TEST(shards_that_are_away_are_named_in_the_reply)
{
    const struct mr_json *missing;

    split();
    cluster_stop(&cluster, 1);
    ck_assert_int_eq(search(), 200);
    ck_assert(mr_json_bool(mr_json_get(reply, "partial"), false));
    missing = mr_json_get(reply, "missing_shards");
    ck_assert_uint_eq(mr_json_size(missing), 2);
    ck_assert_double_eq(mr_json_number(mr_json_at(missing, 0), 0), 2);
    ck_assert_double_eq(mr_json_number(mr_json_at(missing, 1), 0), 3);
    ck_assert_uint_gt(mr_json_text(mr_json_get(reply, "problem")).size, 0);
}
END_TEST

START_TEST(without_any_shard_a_search_is_503_with_words)
{
    cluster_stop(&cluster, 0);
    cluster_stop(&cluster, 1);
    ck_assert_int_eq(search(), 503);
    ck_assert_uint_gt(
        mr_json_text(mr_json_get(mr_json_get(reply, "error"), "message")).size,
        0);
}
END_TEST

START_TEST(a_document_whose_shard_is_away_is_503_and_others_are_shown)
{
    unsigned away = 0;

    split();
    cluster_stop(&cluster, 1);
    for (unsigned i = 0; i < 20; i++) {
        const char *id = mr_arena_printf(cluster.arena, "doc:%u", i);
        bool there = mr_partition_of(mr_span_str(id), CLUSTER_SHARDS) < 2;

        away += !there;
        ck_assert_int_eq(
            call("GET", mr_arena_printf(cluster.arena, "/v1/documents/%s", id),
                 NULL),
            there ? 200 : 503);
        if (there)
            ck_assert_uint_gt(mr_json_text(mr_json_get(reply, "text")).size, 0);
    }
    ck_assert(away > 0 && away < 20);
    ck_assert_int_eq(
        call("GET", "/v1/why/doc:1", NULL),
        mr_partition_of(mr_span_str("doc:1"), CLUSTER_SHARDS) < 2 ? 200 : 503);
}
END_TEST

START_TEST(a_write_is_taken_although_its_shard_is_away)
{
    cluster_stop(&cluster, 0);
    cluster_stop(&cluster, 1);
    ck_assert_int_eq(call("PUT",
                          "/v1/documents/doc:new?wait=keyword&timeout_ms=1",
                          "{\"text\": \"a text\"}"),
                     202);
    ck_assert_uint_gt(mr_json_text(mr_json_get(reply, "token")).size, 0);
}
END_TEST

START_TEST(a_status_counts_all_shards_and_lists_their_replicas)
{
    const struct mr_json *index;
    const struct mr_json *list;

    ck_assert_int_eq(call("GET", "/v1/status", NULL), 200);
    ck_assert_double_eq(
        mr_json_number(mr_json_get(mr_json_get(reply, "documents"), "live"), 0),
        CLUSTER_DOCUMENTS);
    index = mr_json_get(reply, "index");
    ck_assert_double_eq(mr_json_number(mr_json_get(index, "passages"), 0),
                        CLUSTER_DOCUMENTS);
    ck_assert_ptr_null(mr_json_get(index, "missing_shards"));
    list = mr_json_get(reply, "replicas");
    ck_assert_uint_eq(mr_json_size(list), 2 * CLUSTER_SHARDS);
    ck_assert(
        mr_span_equal(mr_json_text(mr_json_get(mr_json_at(list, 1), "address")),
                      mr_span_str(cluster.servers[1].url)));
    ck_assert(mr_json_bool(mr_json_get(mr_json_at(list, 1), "healthy"), false));
}
END_TEST

START_TEST(a_status_says_which_shards_it_does_not_count)
{
    const struct mr_json *index;

    split();
    cluster_stop(&cluster, 0);
    /* What was heard a moment ago is still told. */
    do {
        ck_assert_int_eq(call("GET", "/v1/status", NULL), 200);
        index = mr_json_get(reply, "index");
    } while (mr_json_get(index, "missing_shards") == NULL);
    ck_assert_uint_ge(mr_json_size(mr_json_get(index, "missing_shards")), 1);
    ck_assert_double_lt(
        mr_json_number(mr_json_get(mr_json_get(reply, "documents"), "live"), 0),
        CLUSTER_DOCUMENTS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cluster_api");
    TCase *tests = tcase_create("cluster_api");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_search_that_is_whole_names_nothing_that_is_missing);
    tcase_add_test(tests, shards_that_are_away_are_named_in_the_reply);
    tcase_add_test(tests, without_any_shard_a_search_is_503_with_words);
    tcase_add_test(tests,
                   a_document_whose_shard_is_away_is_503_and_others_are_shown);
    tcase_add_test(tests, a_write_is_taken_although_its_shard_is_away);
    tcase_add_test(tests, a_status_counts_all_shards_and_lists_their_replicas);
    tcase_add_test(tests, a_status_says_which_shards_it_does_not_count);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
