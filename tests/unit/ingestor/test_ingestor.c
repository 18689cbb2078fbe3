// SPDX-License-Identifier: Apache-2.0
/*
 * test_ingestor.c - sources with their threads, against a real server on a
 * free port, through the HTTP routes.
 *
 * Waiting is reading the log: a run that ends says so in a line.
 *
 * size: one server and one folder, and all that is done with them.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/backends/system/mr_system_clock.h"
#include "common/http/client.h"
#include "common/http/server.h"
#include "ingestor/io/file.h"
#include "ingestor/io/meta.h"
#include "tests/unit/ingestor/data.h"
#include "tests/unit/ingestor/rig.h"

#define WAIT_MS  30000
#define HITS_MAX 4096u

static struct mr_system_clock *clock_real;
static struct mr_telemetry *telemetry;
static int log_fds[2];
static struct mr_buf log_text;
static struct ingestor *ingestor;
static struct mr_http_server *api; /* the routes of the ingestor */
static struct mr_http *client;
static struct mr_http_server *site; /* what is crawled */
static char folder[200];            /* what the site serves, and more */

static pthread_mutex_t hits_lock = PTHREAD_MUTEX_INITIALIZER;
static char *hits[HITS_MAX]; /* paths that the site was asked for */
static size_t hit_count;
static size_t condition_count;

/* Serves the files of `folder`, with ETags; "/" is index.html. */
static void serve(struct mr_http_call *call, struct mr_http_reply *reply)
{
    const char *path = call->arg_count == 0
                           ? "index.html"
                           : mr_arena_str(call->arena, call->args[0]);
    const char *full = mr_arena_printf(call->arena, "%s/%s", folder, path);
    struct mr_buf body = mr_buf(1u << 24);
    struct mr_span condition = mr_http_call_header(call, "If-None-Match");
    char etag[40];

    (void)pthread_mutex_lock(&hits_lock);
    ck_assert_uint_lt(hit_count, HITS_MAX);
    hits[hit_count++] = mr_strdup(path);
    condition_count += condition.data != NULL;
    (void)pthread_mutex_unlock(&hits_lock);
    if (file_read(full, &body, NULL) != MR_OK) {
        mr_buf_deinit(&body);
        mr_http_reply_error(reply, 404, "none", "none");
        return;
    }
    (void)snprintf(etag, sizeof(etag), "\"%016llx\"",
                   (unsigned long long)mr_hash64(mr_buf_bytes(&body), 0));
    mr_http_reply_header(reply, "ETag", "%s", etag);
    reply->content_type =
        strstr(path, ".xml") != NULL ? "application/xml" : "text/html";
    if (mr_span_equal(condition, mr_span_str(etag)))
        reply->status = 304;
    else
        mr_buf_span(&reply->body, mr_buf_bytes(&body));
    mr_buf_deinit(&body);
}

static const struct mr_http_route site_routes[] = {
    { "GET", "/", MR_SCOPE_OPEN, serve },
    { "GET", "/{path}", MR_SCOPE_OPEN, serve },
};

static void open_ingestor(void)
{
    struct mr_err err = { 0 };
    struct mr_http_server_spec spec = { .listen = "127.0.0.1:0",
                                        .table_count = 1,
                                        .body_bytes_max = 100000,
                                        .connections_max = 8 };
    size_t count;

    ck_assert_msg(ingestor_new(&rig.spec, &ingestor, &err) == MR_OK, "%s",
                  err.text);
    spec.tables[0].routes = ingestor_routes(&count);
    spec.tables[0].count = count;
    spec.tables[0].context = ingestor;
    ck_assert_int_eq(mr_http_server_start(&spec, &api, NULL), MR_OK);
    ck_assert_int_eq(ingestor_start(ingestor, &err), MR_OK);
}

static void close_ingestor(void)
{
    mr_http_server_stop(api);
    ingestor_free(ingestor);
}

static void setup(void)
{
    const struct mr_http_server_spec spec = {
        .listen = "127.0.0.1:0",
        .tables = { { .routes = site_routes, .count = 2 } },
        .table_count = 1,
        .body_bytes_max = 1000,
        .connections_max = 64,
    };
    const char *tmp = getenv("TMPDIR");

    rig_open();
    ck_assert_int_eq(mr_system_clock_open(&clock_real, NULL), MR_OK);
    rig.place.clock = mr_system_clock_port(clock_real);
    ck_assert_int_eq(pipe2(log_fds, O_CLOEXEC), 0);
    log_text = mr_buf(1u << 24);
    telemetry = mr_telemetry_new(&(struct mr_telemetry_spec){
        .clock = rig.place.clock, .fd = log_fds[1], .level = MR_LEVEL_INFO });
    rig.spec.telemetry = telemetry;
    (void)snprintf(folder, sizeof(folder), "%s/ingestor-XXXXXX",
                   tmp == NULL ? "/tmp" : tmp);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    client = mr_http_client_new(
        &(struct mr_http_client_spec){ .user_agent = "test" });
    ck_assert_int_eq(mr_http_server_start(&spec, &site, NULL), MR_OK);
    open_ingestor();
}

static int remove_one(const char *path, const struct stat *about, int flag,
                      struct FTW *ftw)
{
    (void)about;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void teardown(void)
{
    close_ingestor();
    mr_http_server_stop(site);
    mr_http_client_free(client);
    for (size_t i = 0; i < hit_count; i++)
        mr_free(hits[i]);
    hit_count = condition_count = 0;
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    mr_telemetry_free(telemetry);
    mr_buf_deinit(&log_text);
    (void)close(log_fds[0]);
    (void)close(log_fds[1]);
    mr_system_clock_close(clock_real);
    rig_close();
}

/* Reads the log until it holds `text`. */
static void await(const char *text)
{
    while (strstr(mr_buf_text(&log_text), text) == NULL) {
        struct pollfd poll_fd = { .fd = log_fds[0], .events = POLLIN };
        char chunk[4096];
        ssize_t got;

        ck_assert_msg(poll(&poll_fd, 1, WAIT_MS) == 1, "no \"%s\" in %s", text,
                      mr_buf_text(&log_text));
        got = read(log_fds[0], chunk, sizeof(chunk));
        ck_assert_int_gt(got, 0);
        mr_buf_append(&log_text, chunk, (size_t)got);
    }
}

/* Calls the API; the body of the answer in the arena. */
static const char *call(const char *method, const char *path, const char *body,
                        int *status)
{
    char url[512];
    struct mr_http_request request = { .method = method,
                                       .url = url,
                                       .body = mr_span_str(body),
                                       .bytes_max = 1u << 24,
                                       .total_ms = WAIT_MS,
                                       .allow_private = true };
    struct mr_http_response *response;
    struct mr_err err = { 0 };
    const char *text;

    (void)snprintf(url, sizeof(url), "http://%s%s", mr_http_server_address(api),
                   path);
    ck_assert_msg(mr_http_call_once(client, &request, &response, &err) == MR_OK,
                  "%s", err.text);
    ck_assert_msg(response->code == MR_OK, "%s", response->err.text);
    if (status != NULL)
        *status = response->status;
    text =
        mr_arena_str(rig.arena, mr_span(response->body, response->body_size));
    mr_http_free_response(client, response);
    return text;
}

static void give_site(const char *path, const char *options, const char *name,
                      unsigned job)
{
    const char *body = mr_arena_printf(
        rig.arena,
        "{\"url\": \"http://%s%s\", \"name\": \"%s\", \"allow_private\": true"
        "%s}",
        mr_http_server_address(site), path, name, options);
    const char *want =
        mr_arena_printf(rig.arena, "{\"source\":\"%s\",\"job\":%u}", name, job);
    int status;

    ck_assert_str_eq(call("POST", "/v1/sources", body, &status), want);
    ck_assert_int_eq(status, 202);
}

#define HAS(text, part) \
    ck_assert_msg(strstr(text, part) != NULL, "no %s in %s", part, text)

static void write_file(const char *name, const char *text)
{
    char path[300];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static size_t count_hits(const char *path)
{
    size_t count = 0;

    (void)pthread_mutex_lock(&hits_lock);
    for (size_t i = 0; i < hit_count; i++)
        count += path == NULL || strcmp(hits[i], path) == 0;
    (void)pthread_mutex_unlock(&hits_lock);
    return count;
}

START_TEST(a_site_is_crawled_and_crawled_again_when_given_again)
{
    const char *status;
    const char *raw;

    write_file("index.html", "<a href=b.html>b</a>");
    write_file("b.html", "<a href=/>home</a>");
    give_site("/", "", "s", 1);
    await("job 1: done, 2 sent, 0 failed");
    raw = rig_raw();
    HAS(raw, "/b.html\n");
    ck_assert_uint_eq(count_hits("b.html"), 1);
    give_site("/", "", "s", 2);
    await("job 2: done, 0 sent, 0 failed");
    ck_assert_str_eq(rig_raw(), "");
    ck_assert_uint_eq(condition_count, 2);
    status = call("GET", "/v1/sources/s", NULL, NULL);
    HAS(status, "\"name\":\"s\",\"kind\":\"web\",\"url\":\"http://127.0.0.1:");
    HAS(status, "\"state\":\"idle\",\"job\":2,\"job_ended\":2,"
                "\"outcome\":\"done\",\"documents\":2");
    HAS(status, "\"unchanged\":2");
    HAS(call("GET", "/v1/sources", NULL, NULL), "{\"sources\":[{\"name\":");
}
END_TEST

START_TEST(sources_are_kept_over_restarts)
{
    write_file("index.html", "home");
    give_site("/", ", \"rank\": 7", "s", 1);
    await("job 1: done");
    close_ingestor();
    open_ingestor();
    HAS(call("GET", "/v1/sources/s", NULL, NULL), "\"rank\":7");
    give_site("/", "", "s", 2);
    await("job 2: done, 0 sent");
}
END_TEST

START_TEST(a_run_that_a_wrong_clock_put_far_off_is_due)
{
    struct source_meta meta;
    mr_space_id space;

    write_file("index.html", "home");
    give_site("/", "", "s", 1);
    await("job 1: done");
    close_ingestor();
    ck_assert_int_eq(meta_space(&rig.place, "s", "meta", &space, NULL), MR_OK);
    ck_assert_int_eq(meta_load(&rig.place, space, rig.arena, &meta, NULL),
                     MR_OK);
    ck_assert_int_gt(meta.next_ms, 0);
    meta.next_ms += INT64_C(10) * 365 * 24 * 3600 * 1000;
    ck_assert_int_eq(meta_save(&rig.place, space, &meta, NULL), MR_OK);
    open_ingestor();
    await("job 2: done");
}
END_TEST

START_TEST(a_source_that_is_removed_can_take_its_documents_along)
{
    const char *raw;
    int status;

    write_file("index.html", "home");
    give_site("/", "", "s", 1);
    await("job 1: done");
    (void)rig_raw();
    call("DELETE", "/v1/sources/s?documents=maybe", NULL, &status);
    ck_assert_int_eq(status, 400);
    ck_assert_str_eq(
        call("DELETE", "/v1/sources/s?documents=delete", NULL, &status),
        "{\"source\":\"s\",\"removed\":true}");
    ck_assert_int_eq(status, 200);
    raw = rig_raw();
    ck_assert_msg(strncmp(raw, "delete http://127", 17) == 0, "%s", raw);
    call("GET", "/v1/sources/s", NULL, &status);
    ck_assert_int_eq(status, 404);
    call("DELETE", "/v1/sources/s", NULL, &status);
    ck_assert_int_eq(status, 404);
    give_site("/", "", "s", 1); /* as if it had never been */
    await("job 1: done, 1 sent");
}
END_TEST

static const struct {
    const char *body;
    const char *problem;
} refused[] = {
    { "nonsense", "the body: " },
    { "[]", "a source is an object" },
    { "{}", "\\\"path\\\" or \\\"topic\\\", one of them" },
    { "{\"url\":\"http://a/\",\"path\":\"/\"}", "one of them" },
    { "{\"url\":\"http://8.8.8.8/\",\"max_page\":5}",
      "\\\"max_page\\\" is not known here; known are: name, url, path, every" },
    { "{\"url\":\"http://8.8.8.8/\",\"max_pages\":\"5\"}",
      "\\\"max_pages\\\" is a text, should be a number" },
    { "{\"url\":\"http://8.8.8.8/\",\"max_pages\":0}",
      "\\\"max_pages\\\" is 0, should be from 1 to 1000000" },
    { "{\"url\":\"http://8.8.8.8/\",\"depth\":1.5}",
      "should be a whole number from 0" },
    { "{\"url\":\"http://8.8.8.8/\",\"allow_private\":1}",
      "should be true or false" },
    { "{\"url\":\"http://8.8.8.8/\",\"include\":\"/\"}", "should be an array" },
    { "{\"url\":\"http://8.8.8.8/\",\"include\":[\"x\"]}",
      "is no prefix of addresses" },
    { "{\"url\":\"ftp://8.8.8.8/\"}", "is no URL of http or https" },
    { "{\"url\":\"nowhere\"}", "\\\"nowhere\\\" is no URL" },
    { "{\"url\":\"http://u:p@8.8.8.8/\"}", "holds a user or a password" },
    { "{\"url\":\"http://127.0.0.1/\"}",
      "127.0.0.1 is a private or loopback address; set allow_private" },
    { "{\"url\":\"http://2130706433/\"}", "127.0.0.1 is a private" },
    { "{\"url\":\"http://[::1]/\"}", "[::1] is a private" },
    { "{\"url\":\"http://[::ffff:10.0.0.1]/\"}", "is a private" },
    { "{\"url\":\"http://169.254.169.254/\"}", "is a private" },
    { "{\"url\":\"http://LOCALHOST./\"}", "localhost. is a private" },
    { "{\"url\":\"http://a.localhost/\"}", "is a private" },
    { "{\"path\":\"relative\"}", "should be absolute" },
    { "{\"path\":\"/no/such/folder\"}", "there is no /no/such/folder" },
    { "{\"path\":\"/\",\"name\":\"Bad Name\"}",
      "\\\"name\\\" is \\\"Bad Name\\\"" },
    { "{\"path\":\"/\",\"name\":\"api\"}", "is the source of what is pushed" },
    { "{\"path\":\"/\",\"headers_file\":\"/x\"}",
      "are for sources of the web" },
};

START_TEST(a_configuration_that_is_wrong_is_refused_with_a_reason)
{
    int status;
    const char *text = call("POST", "/v1/sources", refused[_i].body, &status);

    ck_assert_msg(status == 400, "%s: %d %s", refused[_i].body, status, text);
    HAS(text, refused[_i].problem);
    ck_assert_str_eq(call("GET", "/v1/sources", NULL, NULL),
                     "{\"sources\":[]}");
}
END_TEST

START_TEST(names_are_made_and_one_name_reads_one_thing)
{
    const char *body;
    int status;

    write_file("a.txt", "a");
    body = mr_arena_printf(rig.arena, "{\"path\": \"%s/\"}", folder);
    call("POST", "/v1/sources", body, &status);
    ck_assert_int_eq(status, 202);
    await("job 1: done, 1 sent");
    HAS(call("POST", "/v1/sources", body, &status), "\"job\":2}");
    await("job 2: done, 0 sent");
    body = mr_arena_printf(rig.arena, "{\"path\": \"%s\", \"name\": \"n\"}",
                           folder);
    call("POST", "/v1/sources", body, &status);
    ck_assert_int_eq(status, 202);
    HAS(call("POST", "/v1/sources", "{\"path\": \"/\", \"name\": \"n\"}",
             &status),
        "there is a source \\\"n\\\" already, which reads something else");
    ck_assert_int_eq(status, 400);
}
END_TEST

START_TEST(a_folder_is_watched)
{
    const char *body = mr_arena_printf(
        rig.arena, "{\"path\": \"%s\", \"name\": \"f\"}", folder);

    write_file("a.txt", "a");
    call("POST", "/v1/sources", body, NULL);
    await("job 1: done, 1 sent");
    (void)rig_raw();
    for (int i = 0; i < 3; i++) {
        const char *raw = "";

        write_file("a.txt", i == 0 ? "one" : i == 1 ? "two" : "three");
        while (raw[0] == '\0') {
            raw = rig_raw(); /* the change is appended by itself */
            sched_yield();
        }
        ck_assert_str_eq(raw, "put f:a.txt\n");
    }
}
END_TEST

START_TEST(collections_are_told_apart)
{
    int status;

    ck_assert_str_eq(call("GET", "/v1/collections/main/sources", NULL, &status),
                     "{\"sources\":[]}");
    call("GET", "/v1/collections/other/sources/x", NULL, &status);
    ck_assert_int_eq(status, 404);
    HAS(call("GET", "/v1/collections/main/sources/x", NULL, &status),
        "no_such_source");
}
END_TEST

START_TEST(a_host_that_is_not_there_fails_the_job)
{
    const struct sockaddr_in any = { .sin_family = AF_INET,
                                     .sin_addr.s_addr =
                                         htonl(INADDR_LOOPBACK) };
    struct sockaddr_in bound = { 0 };
    socklen_t size = sizeof(bound);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    /* A port that is ours and does not listen. */
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&any, sizeof(any)), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&bound, &size), 0);
    call("POST", "/v1/sources",
         mr_arena_printf(rig.arena,
                         "{\"url\": \"http://127.0.0.1:%u/\", \"name\": \"s\","
                         "\"allow_private\": true}",
                         ntohs(bound.sin_port)),
         NULL);
    await("job 1: failed, 0 sent");
    HAS(call("GET", "/v1/sources/s", NULL, NULL), "\"outcome\":\"failed\"");
    HAS(call("GET", "/v1/sources/s", NULL, NULL),
        "robots.txt could not be read");
    (void)close(fd);
}
END_TEST

START_TEST(headers_and_cookies_come_from_files_and_are_never_told)
{
    const char *options;

    write_file("index.html", "home");
    write_file("headers.conf", "Authorization: Bearer hush-hush\n");
    options = mr_arena_printf(
        rig.arena, ", \"headers_file\": \"%s/headers.conf\"", folder);
    give_site("/", options, "s", 1);
    await("job 1: done, 1 sent");
    ck_assert_ptr_null(
        strstr(call("GET", "/v1/sources/s", NULL, NULL), "hush"));
    write_file("headers.conf", "hush-hush without a colon\n");
    give_site("/", options, "s", 2);
    await("job 2: failed");
    HAS(call("GET", "/v1/sources/s", NULL, NULL),
        "line 1 of the headers is no");
    ck_assert_ptr_null(
        strstr(call("GET", "/v1/sources/s", NULL, NULL), "hush"));
    ck_assert_ptr_null(strstr(mr_buf_text(&log_text), "hush"));
    write_file("headers.conf", "X-Ok: yes\n");
    give_site("/", options, "s", 2); /* the job that failed, again */
    await("job 2: done");
}
END_TEST

/* The real site of the evaluation data, when it is there. */
START_TEST(a_real_site_is_read_once_and_then_on_condition)
{
    const char *data = test_data_path(rig.arena, "site/dplyr");
    char *real = realpath(data, NULL);
    size_t pages;

    if (real == NULL) {
        (void)fprintf(stderr, "skipped: no %s\n", data);
        return;
    }
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(symlink(real, folder), 0);
    free(real);
    give_site("/index.html", "", "dplyr", 1);
    await("job 1: done");
    await("job 1: done, 124 sent, 0 failed");
    pages = count_hits(NULL);
    /* 123 files, one of them as "/" too, robots.txt and sitemap.xml. */
    ck_assert_uint_eq(pages, 123 + 1 + 2);
    ck_assert_uint_eq(count_hits("index.html"), 2);
    for (size_t i = 0; i < hit_count; i++)
        ck_assert_uint_le(count_hits(hits[i]),
                          strcmp(hits[i], "index.html") == 0 ? 2 : 1);
    (void)rig_raw();
    give_site("/index.html", "", "dplyr", 2);
    await("job 2: done, 0 sent, 0 failed");
    ck_assert_uint_eq(count_hits(NULL), 2 * pages);
    ck_assert_uint_eq(condition_count, 124);
    ck_assert_str_eq(rig_raw(), "");
    ck_assert_int_eq(unlink(folder), 0);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ingestor");
    TCase *tcase = tcase_create("ingestor");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_site_is_crawled_and_crawled_again_when_given_again);
    tcase_add_test(tcase, sources_are_kept_over_restarts);
    tcase_add_test(tcase, a_run_that_a_wrong_clock_put_far_off_is_due);
    tcase_add_test(tcase,
                   a_source_that_is_removed_can_take_its_documents_along);
    tcase_add_loop_test(tcase,
                        a_configuration_that_is_wrong_is_refused_with_a_reason,
                        0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tcase, names_are_made_and_one_name_reads_one_thing);
    tcase_add_test(tcase, a_folder_is_watched);
    tcase_add_test(tcase, collections_are_told_apart);
    tcase_add_test(tcase, a_host_that_is_not_there_fails_the_job);
    tcase_add_test(tcase,
                   headers_and_cookies_come_from_files_and_are_never_told);
    tcase_add_test(tcase, a_real_site_is_read_once_and_then_on_condition);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
