// SPDX-License-Identifier: Apache-2.0
/*
 * test_hostile.c - a host that does everything wrong, crawled by the real
 * client: each misdeed is a line in the status, and nothing else is harmed.
 */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/backends/system/mr_system_clock.h"
#include "common/http/client.h"
#include "ingestor/source/config.h"
#include "ingestor/web/io/crawl.h"
#include "tests/unit/ingestor/rig.h"

#define BYTES_MAX       100000u
#define CONNECTIONS_MAX 200u

static int listen_fd;
static int end_fd; /* readable when the test ends */
static pthread_t acceptor;
static pthread_t handlers[CONNECTIONS_MAX];
static size_t handler_count;
static char base[40];
static struct mr_system_clock *clock_real;

static void say(int fd, const char *text)
{
    (void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Waits for the end of the test, or of the peer's patience. */
static bool ended(int fd, int wait_ms)
{
    struct pollfd fds[2] = { { .fd = end_fd, .events = POLLIN },
                             { .fd = fd, .events = POLLRDHUP } };

    return poll(fds, 2, wait_ms) > 0;
}

static void drip(int fd)
{
    say(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
            "Content-Length: 100000\r\n\r\n");
    while (!ended(fd, 20))
        say(fd, "x");
}

static void flood(int fd, const char *head, const char *line)
{
    say(fd, head);
    while (send(fd, line, strlen(line), MSG_NOSIGNAL) > 0)
        continue;
}

static const char index_page[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    "<a href=hang>1</a><a href=drip>2</a><a href=huge>3</a>"
    "<a href=gzip>4</a><a href=loop>5</a><a href=private>6</a>"
    "<a href=charset>7</a><a href=cut>8</a><a href=junk>9</a>"
    "<a href=headers>10</a><a href=nowhere>11</a><a href=good>12</a>";

static void answer(int fd, const char *path)
{
    char text[300];

    if (strcmp(path, "/") == 0) {
        say(fd, index_page);
    } else if (strcmp(path, "/hang") == 0) {
        (void)ended(fd, -1);
    } else if (strcmp(path, "/drip") == 0) {
        drip(fd);
    } else if (strcmp(path, "/huge") == 0) {
        flood(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
              "0123456789012345678901234567890123456789\n");
    } else if (strcmp(path, "/headers") == 0) {
        flood(fd, "HTTP/1.1 200 OK\r\n",
              "X-Filling: 0123456789012345678901234567890123456789\r\n");
    } else if (strcmp(path, "/gzip") == 0) {
        say(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                "Content-Encoding: gzip\r\nConnection: close\r\n\r\n"
                "\x1F\x8B\x08nonsense that is no deflate stream");
    } else if (strncmp(path, "/loop", 5) == 0) {
        (void)snprintf(text, sizeof(text),
                       "HTTP/1.1 302 Found\r\nLocation: %.100sx\r\n"
                       "Content-Length: 0\r\nConnection: close\r\n\r\n",
                       path);
        say(fd, text);
    } else if (strcmp(path, "/private") == 0) {
        say(fd, "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/key\r\n"
                "Content-Length: 0\r\nConnection: close\r\n\r\n");
    } else if (strcmp(path, "/nowhere") == 0) {
        say(fd, "HTTP/1.1 302 Found\r\nLocation: http://[\r\n"
                "Content-Length: 0\r\nConnection: close\r\n\r\n");
    } else if (strcmp(path, "/charset") == 0) {
        say(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                "Content-Type: text/html; charset=\"klingon\"\r\n\r\nqapla");
    } else if (strcmp(path, "/cut") == 0) {
        say(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                "Content-Length: 1000\r\n\r\nhalf");
    } else if (strcmp(path, "/junk") == 0) {
        say(fd, "\x01\x02\x03 this is no HTTP\r\n\r\n");
    } else if (strcmp(path, "/good") == 0) {
        say(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                "Connection: close\r\n\r\ngood");
    } else {
        say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
                "Connection: close\r\n\r\n");
    }
}

static void *handle(void *context)
{
    int fd = (int)(intptr_t)context;
    char request[2000] = "";
    char path[200] = "";
    ssize_t got = recv(fd, request, sizeof(request) - 1, 0);

    if (got > 0 && sscanf(request, "GET %199s ", path) == 1)
        answer(fd, path);
    (void)shutdown(fd, SHUT_RDWR);
    (void)close(fd);
    return NULL;
}

static void *accept_all(void *context)
{
    (void)context;
    for (;;) {
        struct pollfd fds[2] = { { .fd = end_fd, .events = POLLIN },
                                 { .fd = listen_fd, .events = POLLIN } };
        int fd;

        (void)poll(fds, 2, -1);
        if (fds[0].revents != 0)
            return NULL;
        fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        ck_assert_uint_lt(handler_count, CONNECTIONS_MAX);
        ck_assert_int_eq(pthread_create(&handlers[handler_count++], NULL,
                                        handle, (void *)(intptr_t)fd),
                         0);
    }
}

static void setup(void)
{
    const struct sockaddr_in any = { .sin_family = AF_INET,
                                     .sin_addr.s_addr =
                                         htonl(INADDR_LOOPBACK) };
    struct sockaddr_in bound = { 0 };
    socklen_t size = sizeof(bound);

    rig_open();
    ck_assert_int_eq(mr_system_clock_open(&clock_real, NULL), MR_OK);
    rig.place.clock = mr_system_clock_port(clock_real);
    listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    end_fd = eventfd(0, EFD_CLOEXEC);
    ck_assert_int_eq(
        bind(listen_fd, (const struct sockaddr *)&any, sizeof(any)), 0);
    ck_assert_int_eq(listen(listen_fd, 50), 0);
    ck_assert_int_eq(getsockname(listen_fd, (struct sockaddr *)&bound, &size),
                     0);
    (void)snprintf(base, sizeof(base), "http://127.0.0.1:%u/",
                   ntohs(bound.sin_port));
    ck_assert_int_eq(pthread_create(&acceptor, NULL, accept_all, NULL), 0);
}

static void teardown(void)
{
    const uint64_t one = 1;

    ck_assert_int_eq(write(end_fd, &one, sizeof(one)), sizeof(one));
    ck_assert_int_eq(pthread_join(acceptor, NULL), 0);
    for (size_t i = 0; i < handler_count; i++)
        ck_assert_int_eq(pthread_join(handlers[i], NULL), 0);
    handler_count = 0;
    (void)close(listen_fd);
    (void)close(end_fd);
    mr_system_clock_close(clock_real);
    rig_close();
}

static enum progress_outcome crawl(bool allow_private)
{
    const struct mr_http_client_spec client = { .user_agent = "test" };
    struct source_config config = source_config_default(SOURCE_WEB);
    struct crawl_spec spec = {
        .ingestor = &rig.spec,
        .config = &config,
        .user_agent = "millrace/1.0",
        .http = mr_http_client_new(&client),
        .progress = rig.progress,
        .stop = &rig.stop,
        .everything = true,
    };
    struct mr_err err = { 0 };
    enum progress_outcome outcome;
    int64_t next_ms;

    config.name = "site";
    config.url = base;
    config.allow_private = allow_private;
    config.bytes_max = BYTES_MAX;
    config.page_timeout_ms = 500;
    config.connections_per_host = 8;
    ck_assert_msg(crawl_run(&spec, &outcome, &next_ms, &err) == MR_OK, "%s",
                  err.text);
    progress_end(rig.progress, outcome, mr_clock_wall_ms(rig.place.clock));
    mr_http_client_free(spec.http);
    return outcome;
}

START_TEST(every_misdeed_is_a_problem_and_good_pages_are_read)
{
    const char *raw;

    ck_assert_int_eq(crawl(true), PROGRESS_DONE);
    raw = rig_raw();
    ck_assert_str_eq(raw, mr_arena_printf(rig.arena,
                                          "put %s\nput %scharset\nput %sgood\n",
                                          base, base, base));
    RIG_STATUS_HAS("hang\",\"problem\":\"http: ");
    RIG_STATUS_HAS("drip\",\"problem\":\"http: ");
    RIG_STATUS_HAS(
        "huge sent more than the limit of 100000 bytes; bytes_max of the "
        "source, else limits.body_bytes, allows more");
    RIG_STATUS_HAS("headers sent more than 262144 bytes of headers");
    RIG_STATUS_HAS("gzip\",\"problem\":\"http: ");
    RIG_STATUS_HAS("more than 10 redirects led here and on");
    RIG_STATUS_HAS("it redirects to http://169.254.169.254/key, which is on "
                   "another host");
    RIG_STATUS_HAS("it redirects to where nobody can go");
    RIG_STATUS_HAS("the server names the charset \\\"klingon\\\"");
    RIG_STATUS_HAS("cut\",\"problem\":\"http: ");
    RIG_STATUS_HAS("junk\",\"problem\":\"http: ");
    RIG_STATUS_HAS("\"sent\":3,");
}
END_TEST

START_TEST(a_loopback_host_is_not_even_asked_without_permission)
{
    ck_assert_int_eq(crawl(false), PROGRESS_BROKEN);
    ck_assert_uint_eq(handler_count, 0);
    RIG_STATUS_HAS("is at a private or loopback address; allow_private "
                   "permits that");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hostile");
    TCase *tcase = tcase_create("hostile");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, every_misdeed_is_a_problem_and_good_pages_are_read);
    tcase_add_test(tcase, a_loopback_host_is_not_even_asked_without_permission);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
