// SPDX-License-Identifier: Apache-2.0
/*
 * test_server.c - server and client against each other, on a free port.
 */
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mr_mem.h"
#include "common/http/client.h"
#include "common/http/server.h"
#include "common/json/json.h"

#define BODY_MAX ((size_t)1000)

static struct mr_http_server *server;
static struct mr_http *client;

/* Says what it was asked. */
static void echo(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);

    mr_json_object_begin(&out);
    mr_json_key(&out, "method");
    mr_json_put_str(&out, call->method);
    mr_json_key(&out, "id");
    mr_json_put_text(&out, call->args[0]);
    mr_json_key(&out, "wait");
    mr_json_put_text(&out, mr_http_call_query(call, "wait"));
    mr_json_key(&out, "x");
    mr_json_put_text(&out, mr_http_call_header(call, "X-Test"));
    mr_json_key(&out, "size");
    mr_json_put_u64(&out, call->body.size);
    mr_json_object_end(&out);
    reply->status = 202;
    mr_http_reply_header(reply, "X-Answer", "%d", 42);
}

static const struct mr_http_route routes[] = {
    { "PUT", "/v1/documents/{id}", MR_SCOPE_WRITE, echo },
    { "GET", "/v1/documents/{id}", MR_SCOPE_READ, echo },
};

static void setup(void)
{
    const struct mr_http_server_spec spec = {
        .listen = "127.0.0.1:0",
        .tables = { { .routes = routes, .count = 2 } },
        .table_count = 1,
        .body_bytes_max = BODY_MAX,
        .connections_max = 16,
    };

    ck_assert_int_eq(mr_http_server_start(&spec, &server, NULL), MR_OK);
    client = mr_http_client_new(
        &(struct mr_http_client_spec){ .user_agent = "test" });
}

static void teardown(void)
{
    mr_http_client_free(client);
    mr_http_server_stop(server);
}

/* The response to a request, which the test frees. */
static struct mr_http_response *call(const char *method, const char *path,
                                     struct mr_span body)
{
    struct mr_http_header header = { "X-Test", "yes" };
    struct mr_http_response *response;
    struct mr_err err = { 0 };
    char url[1024];
    struct mr_http_request request = {
        .method = method,
        .url = url,
        .headers = &header,
        .header_count = 1,
        .body = body,
        .bytes_max = 100000,
        .total_ms = 20000,
        .allow_private = true,
    };

    (void)snprintf(url, sizeof(url), "http://%s%s",
                   mr_http_server_address(server), path);
    ck_assert_msg(mr_http_call_once(client, &request, &response, &err) == MR_OK,
                  "%s", err.text);
    ck_assert_msg(response->code == MR_OK, "%s", response->err.text);
    return response;
}

static const struct {
    const char *method;
    const char *path;
    size_t body;
    int status;
    const char *say;
} calls[] = {
    { "PUT", "/v1/documents/a%2Fb%20c?wait=tr%75e+x", 1000, 202,
      "{\"method\":\"PUT\",\"id\":\"a/b c\",\"wait\":\"true x\",\"x\":\"yes\","
      "\"size\":1000}" },
    { "GET", "/v1/documents/https://x.y/z%25?q", 0, 202,
      "\"id\":\"https://x.y/z%\"" },
    { "GET", "/v1/documents/100%", 0, 202, "\"id\":\"100%\"" },
    { "PUT", "/v1/documents/a", 1001, 413, "limits.body_bytes" },
    { "DELETE", "/v1/documents/a", 0, 405, "method_not_allowed" },
    { "GET", "/v1/documents/", 0, 404, "no_such_path" },
    { "GET", "/", 0, 404, "there is nothing at /" },
};

START_TEST(a_call_is_answered_as_the_table_says)
{
    static const char bytes[2000];
    struct mr_span body =
        mr_span(calls[_i].body > 0 ? bytes : NULL, calls[_i].body);
    struct mr_http_response *response =
        call(calls[_i].method, calls[_i].path, body);

    ck_assert_int_eq(response->status, calls[_i].status);
    ck_assert_msg(strstr((char *)response->body, calls[_i].say) != NULL,
                  "wanted %s, got %s", calls[_i].say, response->body);
    ck_assert_str_eq(mr_http_response_header(response, "content-type"),
                     "application/json");
    if (response->status == 202)
        ck_assert_str_eq(mr_http_response_header(response, "x-answer"), "42");
    mr_http_free_response(client, response);
}
END_TEST

START_TEST(a_taken_port_is_said_to_be_taken)
{
    const struct mr_http_server_spec spec = {
        .listen = mr_http_server_address(server),
        .connections_max = 1,
    };
    struct mr_http_server *other;
    struct mr_err err = { 0 };

    ck_assert_int_eq(mr_http_server_start(&spec, &other, &err), MR_E_BUSY);
    ck_assert_ptr_null(other);
    ck_assert_msg(strstr(err.text, "--listen") != NULL, "%s", err.text);
}
END_TEST

static const char *const bad_listens[] = {
    "", "7700", "127.0.0.1:", ":x", "256.0.0.1:1", "nohost:80", "192.0.2.1:0"
};

START_TEST(a_bad_address_is_refused_with_words)
{
    const struct mr_http_server_spec spec = { .listen = bad_listens[_i],
                                              .connections_max = 1 };
    struct mr_http_server *other;
    struct mr_err err = { 0 };

    ck_assert_int_eq(mr_http_server_start(&spec, &other, &err), MR_E_CONFIG);
    ck_assert_ptr_null(other);
    ck_assert_str_ne(err.text, "");
}
END_TEST

/* A connection that is open and says nothing; or that asks. */
static int connect_to(const char *address)
{
    unsigned port;
    struct sockaddr_in at = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(sscanf(address, "127.0.0.1:%u", &port), 1);
    at.sin_port = htons((uint16_t)port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

static void ask_on(int fd, char answer[2048])
{
    static const char request[] = "GET /v1/documents/a HTTP/1.1\r\n"
                                  "Host: localhost\r\n\r\n";
    ssize_t size;

    ck_assert_int_eq(write(fd, request, sizeof(request) - 1),
                     (ssize_t)sizeof(request) - 1);
    size = read(fd, answer, 2047);
    ck_assert_int_gt(size, 0);
    answer[size] = '\0';
}

START_TEST(one_connection_too_many_is_told_to_come_again)
{
    const struct mr_http_server_spec spec = {
        .listen = "127.0.0.1:0",
        .tables = { { .routes = routes, .count = 2 } },
        .table_count = 1,
        .body_bytes_max = BODY_MAX,
        .connections_max = 1,
    };
    struct mr_http_server *small;
    char answer[2048];
    int first, second;

    ck_assert_int_eq(mr_http_server_start(&spec, &small, NULL), MR_OK);
    first = connect_to(mr_http_server_address(small));
    ask_on(first, answer);
    ck_assert_ptr_nonnull(strstr(answer, "HTTP/1.1 202"));
    second = connect_to(mr_http_server_address(small));
    ask_on(second, answer);
    ck_assert_msg(strstr(answer, "HTTP/1.1 503") != NULL, "%s", answer);
    ck_assert_ptr_nonnull(strstr(answer, "Retry-After: 1"));
    ck_assert_ptr_nonnull(strstr(answer, "limits.http_connections"));
    while (read(second, answer, sizeof(answer)) > 0)
        continue; /* until it is closed */
    (void)close(second);
    ask_on(first, answer); /* and nobody else has lost his */
    ck_assert_ptr_nonnull(strstr(answer, "HTTP/1.1 202"));
    (void)close(first);
    mr_http_server_stop(small);
}
END_TEST

START_TEST(the_client_refuses_a_private_address_unless_told)
{
    struct mr_http_response *response;
    char url[1024];
    struct mr_http_request request = { .url = url,
                                       .bytes_max = 10,
                                       .total_ms = 20000 };

    (void)snprintf(url, sizeof(url), "http://%s/",
                   mr_http_server_address(server));
    ck_assert_int_eq(mr_http_call_once(client, &request, &response, NULL),
                     MR_OK);
    ck_assert_int_eq(response->code, MR_E_INVALID);
    ck_assert_msg(strstr(response->err.text, "allow_private") != NULL, "%s",
                  response->err.text);
    mr_http_free_response(client, response);

    request.allow_private = true; /* and now the answer is too long */
    ck_assert_int_eq(mr_http_call_once(client, &request, &response, NULL),
                     MR_OK);
    ck_assert_int_eq(response->code, MR_E_LIMIT);
    ck_assert_uint_eq(response->body_size, 10);
    mr_http_free_response(client, response);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("server");
    Suite *suite = suite_create("http");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_call_is_answered_as_the_table_says, 0,
                        (int)(sizeof(calls) / sizeof(calls[0])));
    tcase_add_test(tcase, one_connection_too_many_is_told_to_come_again);
    tcase_add_test(tcase, a_taken_port_is_said_to_be_taken);
    tcase_add_loop_test(tcase, a_bad_address_is_refused_with_words, 0,
                        (int)(sizeof(bad_listens) / sizeof(bad_listens[0])));
    tcase_add_test(tcase, the_client_refuses_a_private_address_unless_told);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
