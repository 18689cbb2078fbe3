// SPDX-License-Identifier: Apache-2.0
/*
 * test_serve.c - requests to an indexer's server that are none, come too late,
 * or are for somebody else.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/backends/memory/mr_memory.h"
#include "common/base/mr_mem.h"
#include "common/http/client.h"
#include "common/wire/shard.h"
#include "indexer/serve.h"

#define PARTITIONS 3u
#define HERE       1u

static struct mr_memory *memory;
static struct mr_place place;
static struct shard *shard;
static struct indexer_server *indexer;
static struct mr_http_server *server;
static struct mr_http *client;
static struct mr_http_response *response;
static struct mr_arena *arena;
static char folder[64];

static void setup(void)
{
    struct mr_place_spec spec = { .collection = "main",
                                  .generation = 1,
                                  .model = "testmodel",
                                  .partitions = PARTITIONS };
    struct mr_http_server_spec http = { .listen = "127.0.0.1:0",
                                        .table_count = 1,
                                        .body_bytes_max =
                                            INDEXER_BODY_BYTES_MAX,
                                        .connections_max = 8 };
    struct shard_spec shard_spec = { .place = &place,
                                     .partition = HERE,
                                     .folder = folder,
                                     .dimension = 2,
                                     .language = "en",
                                     .config = index_config_default() };

    arena = mr_arena_new();
    memory = mr_memory_new(NULL);
    spec.bus = mr_memory_bus(memory);
    spec.store = shard_spec.records = mr_memory_store(memory);
    spec.blob = mr_memory_blob(memory);
    ck_assert_int_eq(mr_place_init(&place, &spec, NULL), MR_OK);
    strcpy(folder, "/tmp/millrace-serve-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    shard_spec.config.build_threads = 0;
    ck_assert_int_eq(shard_open(&shard_spec, &shard, NULL), MR_OK);
    indexer = indexer_server_new(PARTITIONS);
    indexer_server_set(indexer, HERE, shard);
    http.tables[0].routes = indexer_routes(&http.tables[0].count);
    http.tables[0].context = indexer;
    ck_assert_int_eq(mr_http_server_start(&http, &server, NULL), MR_OK);
    client = mr_http_client_new(
        &(struct mr_http_client_spec){ .user_agent = "test" });
    response = NULL;
}

static void teardown(void)
{
    mr_http_free_response(client, response);
    mr_http_client_free(client);
    mr_http_server_stop(server);
    indexer_server_free(indexer);
    shard_close(shard);
    mr_memory_free(memory);
    mr_arena_free(arena);
    ck_assert_int_eq(rmdir(folder), 0);
}

static struct mr_shard_request search_of(void)
{
    static const float vector[2] = { 1, 0 };

    return (struct mr_shard_request){
        .verb = MR_SHARD_SEARCH,
        .left_ms = 1000,
        .top_k = 3,
        .keyword = true,
        .vector = mr_span(vector, sizeof(vector)),
    };
}

static struct mr_span encoded(const struct mr_shard_request *request)
{
    struct mr_span bytes;

    ck_assert_int_eq(mr_shard_request_encode(request, arena, &bytes, NULL),
                     MR_OK);
    return bytes;
}

/* The status; the words, if there are, are in `response`. */
static int post(const char *path, struct mr_span body)
{
    char url[256];
    struct mr_http_request request = { .method = "POST",
                                       .url = url,
                                       .body = body,
                                       .bytes_max = 1 << 20,
                                       .total_ms = 10000,
                                       .allow_private = true };
    struct mr_err err = { 0 };

    (void)snprintf(url, sizeof(url), "http://%s%s",
                   mr_http_server_address(server), path);
    mr_http_free_response(client, response);
    ck_assert_msg(mr_http_call_once(client, &request, &response, &err) == MR_OK,
                  "%s", err.text);
    return response->status;
}

static bool says(const char *words)
{
    return memmem(response->body, response->body_size, words, strlen(words)) !=
           NULL;
}

START_TEST(a_request_is_answered_in_its_own_words)
{
    struct mr_shard_request request = search_of();
    struct mr_shard_reply reply;

    ck_assert_int_eq(post("/v1/shards/1/search", encoded(&request)), 200);
    ck_assert_str_eq(mr_http_response_header(response, "content-type"),
                     "application/x-protobuf");
    ck_assert_int_eq(
        mr_shard_reply_parse(mr_span(response->body, response->body_size),
                             arena, &reply, NULL),
        MR_OK);
    ck_assert_int_eq(reply.verb, MR_SHARD_SEARCH);
    ck_assert_uint_eq(reply.keyword_count, 0);
}
END_TEST

static const char *const elsewhere[] = {
    "/v1/shards/0/search",  "/v1/shards/2/search",
    "/v1/shards/3/search",  "/v1/shards/99999999999/search",
    "/v1/shards/-1/search", "/v1/shards/x/search",
    "/v1/shards/1x/search",
};

START_TEST(a_partition_that_is_not_here_is_404)
{
    struct mr_shard_request request = search_of();

    ck_assert_int_eq(post(elsewhere[_i], encoded(&request)), 404);
    ck_assert(says("not_here"));
}
END_TEST

START_TEST(a_shard_that_was_taken_away_is_404)
{
    struct mr_shard_request request = search_of();

    indexer_server_set(indexer, HERE, NULL);
    ck_assert_int_eq(post("/v1/shards/1/search", encoded(&request)), 404);
    indexer_server_set(indexer, HERE, shard);
    ck_assert_int_eq(post("/v1/shards/1/search", encoded(&request)), 200);
}
END_TEST

START_TEST(bytes_that_are_no_request_are_400)
{
    struct mr_shard_request request = search_of();
    struct mr_span whole = encoded(&request);

    ck_assert_int_eq(post("/v1/shards/1/search", mr_span_str("")), 400);
    ck_assert_int_eq(post("/v1/shards/1/search", mr_span_str("junk")), 400);
    ck_assert(says("request to a shard: "));
    ck_assert_int_eq(
        post("/v1/shards/1/search", mr_span(whole.data, whole.size - 1)), 400);
    ck_assert_int_eq(post("/v1/shards/1/search", mr_span_str("\x08\x02")), 400);
    ck_assert(says("major version 2"));
}
END_TEST

START_TEST(a_path_that_says_another_call_than_the_body_is_400)
{
    struct mr_shard_request request = search_of();

    ck_assert_int_eq(post("/v1/shards/1/load", encoded(&request)), 400);
    ck_assert_int_eq(post("/v1/shards/1/search/x", encoded(&request)), 400);
    ck_assert(says("the body \\\"search\\\""));
}
END_TEST

START_TEST(a_body_that_is_too_long_is_413)
{
    uint8_t *bytes = mr_calloc(INDEXER_BODY_BYTES_MAX + 1, 1);

    ck_assert_int_eq(
        post("/v1/shards/1/search", mr_span(bytes, INDEXER_BODY_BYTES_MAX + 1)),
        413);
    mr_free(bytes);
}
END_TEST

START_TEST(a_request_without_time_left_is_refused)
{
    struct mr_shard_request request = search_of();

    request.left_ms = 0;
    ck_assert_int_eq(post("/v1/shards/1/search", encoded(&request)), 503);
    ck_assert(says("too late"));
}
END_TEST

START_TEST(a_vector_of_another_model_is_400)
{
    struct mr_shard_request request = search_of();
    static const float three[3] = { 1, 0, 0 };
    static const float nothing[2] = { 0.0f / 0.0f, 0 };

    request.vector = mr_span(three, sizeof(three));
    ck_assert_int_eq(post("/v1/shards/1/search", encoded(&request)), 400);
    ck_assert(says("a vector of 3 floats, the shard's have 2"));
    request.vector = mr_span(nothing, sizeof(nothing));
    ck_assert_int_eq(post("/v1/shards/1/search", encoded(&request)), 400);
}
END_TEST

START_TEST(a_term_of_no_word_is_400)
{
    struct mr_shard_request request = search_of();
    struct mr_shard_term term = { .term = mr_span_str("x"),
                                  .word = INDEX_QUERY_TERMS_MAX };

    request.terms = &term;
    request.term_count = 1;
    ck_assert_int_eq(post("/v1/shards/1/search", encoded(&request)), 400);
}
END_TEST

START_TEST(a_search_for_what_was_not_seen_is_refused)
{
    struct mr_shard_request request = search_of();

    request.left_ms = 1;
    request.id = mr_span_str("a");
    request.version = 5;
    ck_assert_int_eq(post("/v1/shards/1/search", encoded(&request)), 409);
    ck_assert(says("has not yet seen"));
}
END_TEST

START_TEST(nobody_waits_at_a_server_that_ends)
{
    struct mr_shard_request request = { .verb = MR_SHARD_WAIT,
                                        .left_ms = 3600000,
                                        .id = mr_span_str("a"),
                                        .version = 5,
                                        .wait_ms = 3600000 };
    struct mr_shard_reply reply;

    indexer_server_drain(indexer);
    ck_assert_int_eq(post("/v1/shards/1/wait", encoded(&request)), 200);
    ck_assert_int_eq(
        mr_shard_reply_parse(mr_span(response->body, response->body_size),
                             arena, &reply, NULL),
        MR_OK);
    ck_assert(!reply.done);
}
END_TEST

START_TEST(every_route_is_for_keys_that_may_read)
{
    size_t count;
    const struct mr_http_route *routes = indexer_routes(&count);

    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(routes[i].scope, MR_SCOPE_READ);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("serve");
    TCase *tests = tcase_create("serve");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_request_is_answered_in_its_own_words);
    tcase_add_loop_test(tests, a_partition_that_is_not_here_is_404, 0,
                        sizeof(elsewhere) / sizeof(elsewhere[0]));
    tcase_add_test(tests, a_shard_that_was_taken_away_is_404);
    tcase_add_test(tests, bytes_that_are_no_request_are_400);
    tcase_add_test(tests, a_path_that_says_another_call_than_the_body_is_400);
    tcase_add_test(tests, a_body_that_is_too_long_is_413);
    tcase_add_test(tests, a_request_without_time_left_is_refused);
    tcase_add_test(tests, a_vector_of_another_model_is_400);
    tcase_add_test(tests, a_term_of_no_word_is_400);
    tcase_add_test(tests, a_search_for_what_was_not_seen_is_refused);
    tcase_add_test(tests, nobody_waits_at_a_server_that_ends);
    tcase_add_test(tests, every_route_is_for_keys_that_may_read);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
