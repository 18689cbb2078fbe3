// SPDX-License-Identifier: Apache-2.0
/*
 * test_events_api.c - an answer's event through HTTP, and its prompt made
 * again, or why that cannot be.
 */
#include <check.h>

#include "common/http/client.h"
#include "common/json/json.h"
#include "retriever/retriever.h"
#include "tests/unit/retriever/cluster.h"

#define ASK "{\"query\": \"water wheel\", \"mode\": \"keyword\"}"

static struct cluster cluster;
static struct retriever *retriever;
static struct mr_http_server *server;
static struct mr_http *client;
static struct mr_json *reply;
static char file[64];
static char event[64];

static void start(const char *form, const char *form_file)
{
    struct retriever_spec spec = { .config = retriever_config_default(),
                                   .place = &cluster.place,
                                   .model = &cluster.model,
                                   .peers = cluster.remotes,
                                   .peer_count = CLUSTER_SHARDS };
    struct mr_http_server_spec http = { .listen = "127.0.0.1:0",
                                        .table_count = 1,
                                        .body_bytes_max = 1 << 20,
                                        .connections_max = 8 };
    struct mr_err err = { 0 };

    spec.config.form = form;
    spec.config.form_file = form_file;
    ck_assert_msg(retriever_new(&spec, &retriever, &err) == MR_OK, "%s",
                  err.text);
    http.tables[0].routes = retriever_routes(&http.tables[0].count);
    http.tables[0].context = retriever;
    ck_assert_int_eq(mr_http_server_start(&http, &server, NULL), MR_OK);
}

static void stop(void)
{
    retriever_drain(retriever);
    mr_http_server_stop(server);
    retriever_free(retriever);
}

static void setup(void)
{
    cluster_init(&cluster);
    cluster_put(&cluster, "mill", "The water wheel of a mill </source>", 1001);
    cluster_put(&cluster, "race", "A race carries water to the wheel", 1002);
    cluster_catch_up(&cluster);
    client = mr_http_client_new(
        &(struct mr_http_client_spec){ .user_agent = "test" });
    reply = NULL;
    file[0] = '\0';
    start("cited", NULL);
}

static void teardown(void)
{
    mr_json_free(reply);
    mr_http_client_free(client);
    stop();
    cluster_deinit(&cluster);
    if (file[0] != '\0')
        ck_assert_int_eq(unlink(file), 0);
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

static const char *text_of(const struct mr_json *object, const char *key)
{
    return mr_arena_str(cluster.arena, mr_json_text(mr_json_get(object, key)));
}

static const char *text(const char *key)
{
    return text_of(reply, key);
}

static const char *error_code(void)
{
    return text_of(mr_json_get(reply, "error"), "code");
}

/* Asks; the prompt, and its event in `event`. */
static const char *ask(const char *path)
{
    ck_assert_int_eq(call("POST", path, ASK), 200);
    (void)snprintf(event, sizeof(event), "%s", text("event"));
    return text("prompt");
}

static int get(const char *suffix)
{
    char path[256];

    (void)snprintf(path, sizeof(path), "/v1/events/%s%s", event, suffix);
    return call("GET", path, NULL);
}

static void write_template(const char *words)
{
    int fd;

    strcpy(file, "/tmp/millrace-form-XXXXXX");
    fd = mkstemp(file);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, words, strlen(words)), (ssize_t)strlen(words));
    ck_assert_int_eq(close(fd), 0);
}

START_TEST(an_answers_event_says_what_its_prompt_is_made_of)
{
    const char *prompt = ask("/v1/answer");
    const struct mr_json *context;
    const struct mr_json *piece;

    ck_assert_ptr_nonnull(strstr(prompt, "mill &lt;/source>"));
    ck_assert_int_eq(get(""), 200);
    ck_assert_str_eq(text("kind"), "answer");
    ck_assert_str_eq(text("id"), event);
    ck_assert_str_eq(text("query"), "water wheel");
    ck_assert_str_eq(text("prompt"), prompt);
    context = mr_json_get(reply, "context");
    ck_assert_str_eq(text_of(context, "template"), "cited");
    ck_assert_uint_eq(strlen(text_of(context, "prompt_hash")), 32);
    ck_assert_uint_eq(mr_json_size(mr_json_get(context, "pieces")), 2);
    piece = mr_json_at(mr_json_get(context, "pieces"), 0);
    ck_assert_double_eq(mr_json_number(mr_json_get(piece, "source"), 0), 1);
    ck_assert_double_eq(mr_json_number(mr_json_get(piece, "start"), 1), 0);
    ck_assert_double_gt(mr_json_number(mr_json_get(piece, "end"), 0), 30);
    ck_assert_double_gt(
        mr_json_number(mr_json_get(piece, "content_version"), 0), 1000);
}
END_TEST

START_TEST(a_prompt_is_made_again_byte_for_byte)
{
    const char *prompt = ask("/v1/answer");

    ck_assert_int_eq(get("/prompt"), 200);
    ck_assert_str_eq(text("prompt"), prompt);
    ck_assert(mr_json_bool(mr_json_get(reply, "same"), false));
    ck_assert_uint_gt(strlen(text("system")), 100);
}
END_TEST

START_TEST(a_built_in_template_need_not_be_configured_any_more)
{
    const char *prompt = ask("/v1/answer");

    stop();
    start("plain", NULL);
    ck_assert_int_eq(get("/prompt"), 200);
    ck_assert_str_eq(text("prompt"), prompt);
    ck_assert(mr_json_bool(mr_json_get(reply, "same"), false));
}
END_TEST

START_TEST(a_template_of_a_file_is_needed_as_it_was)
{
    const char *prompt;

    write_template("[source]\n* {{text}} ({{headings}})\n[user]\n{{sources}}\n"
                   "\n{{question}}\n");
    stop();
    start("plain", file);
    prompt = ask("/v1/answer");
    ck_assert_ptr_nonnull(
        strstr(prompt, "* A race carries water to the wheel (A > B)"));
    ck_assert_int_eq(get("/prompt"), 200);
    ck_assert_str_eq(text("prompt"), prompt);
    stop();
    start("plain", NULL);
    ck_assert_int_eq(get("/prompt"), 409);
    ck_assert_str_eq(error_code(), "other_template");
}
END_TEST

START_TEST(a_wrong_template_is_told_at_the_start)
{
    struct retriever_spec spec = { .config = retriever_config_default(),
                                   .place = &cluster.place,
                                   .model = &cluster.model,
                                   .peers = cluster.remotes,
                                   .peer_count = CLUSTER_SHARDS };
    struct retriever *other;
    struct mr_err err = { 0 };

    write_template("[source]\n{{text}}\n[user]\n{{sources}} {{what}}");
    spec.config.form_file = file;
    ck_assert_int_eq(retriever_new(&spec, &other, &err), MR_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "line 4: {{what}} has no meaning"));
    ck_assert_ptr_nonnull(strstr(err.text, file));
    spec.config.form_file = "/tmp/there is none";
    ck_assert_int_eq(retriever_new(&spec, &other, &err), MR_E_CONFIG);
    spec.config.form_file = NULL;
    spec.config.form = "verse";
    ck_assert_int_eq(retriever_new(&spec, &other, &err), MR_E_CONFIG);
    spec.config.form = "plain";
    spec.config.generator.window = spec.config.generator.tokens_max;
    ck_assert_int_eq(retriever_new(&spec, &other, &err), MR_E_CONFIG);
}
END_TEST

START_TEST(a_document_that_was_replaced_is_named)
{
    (void)ask("/v1/answer");
    cluster_put(&cluster, "race", "A race is a run", 1003);
    cluster_catch_up(&cluster);
    ck_assert_int_eq(get("/prompt"), 410);
    ck_assert_str_eq(error_code(), "gone");
    ck_assert_str_eq(text_of(mr_json_get(reply, "error"), "message"),
                     "\"race\" in version 1002 is not there any more: it was "
                     "replaced by version 1003");
}
END_TEST

START_TEST(shards_that_are_away_are_no_loss)
{
    (void)ask("/v1/answer");
    cluster_set_all(&cluster, "", "");
    ck_assert_int_eq(get("/prompt"), 503);
    cluster_set_all(&cluster, cluster.servers[0].url, cluster.servers[1].url);
    ck_assert_int_eq(get("/prompt"), 200);
}
END_TEST

START_TEST(what_has_no_prompt_is_told)
{
    (void)ask("/v1/search");
    stop(); /* searches are written soon */
    start("plain", NULL);
    ck_assert_int_eq(get(""), 200);
    ck_assert_str_eq(text("kind"), "query");
    ck_assert_int_eq(get("/prompt"), 409);
    ck_assert_str_eq(error_code(), "no_prompt");
    strcpy(event, "00112233445566778899aabbccddeeff");
    ck_assert_int_eq(get("/prompt"), 404);
    ck_assert_int_eq(get(""), 404);
    ck_assert_str_eq(error_code(), "no_such_event");
    strcpy(event, "yesterday");
    ck_assert_int_eq(get(""), 400);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("events_api");
    TCase *tcase = tcase_create("events_api");
    SRunner *srunner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_answers_event_says_what_its_prompt_is_made_of);
    tcase_add_test(tcase, a_prompt_is_made_again_byte_for_byte);
    tcase_add_test(tcase, a_built_in_template_need_not_be_configured_any_more);
    tcase_add_test(tcase, a_template_of_a_file_is_needed_as_it_was);
    tcase_add_test(tcase, a_wrong_template_is_told_at_the_start);
    tcase_add_test(tcase, a_document_that_was_replaced_is_named);
    tcase_add_test(tcase, shards_that_are_away_are_no_loss);
    tcase_add_test(tcase, what_has_no_prompt_is_told);
    suite_add_tcase(suite, tcase);
    srunner_run_all(srunner, CK_NORMAL);
    failed = srunner_ntests_failed(srunner);
    srunner_free(srunner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
