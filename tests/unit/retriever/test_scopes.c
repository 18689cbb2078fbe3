// SPDX-License-Identifier: Apache-2.0
/*
 * test_scopes.c - what each route of the server asks of a key.
 *
 * The rule, not a list: a new route falls under it, or says here why not.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingestor/ingestor.h"
#include "retriever/retriever.h"

/* Needed by no key at all. */
static const char *const open_paths[] = { "/healthz",    "/readyz",
                                          "/",           "/style.css",
                                          "/app.js",     "/access.js",
                                          "/pipeline.js" };

/* POST that changes nothing but the log of questions. */
static const char *const asking[] = { "/search", "/answer", "/feedback" };

static bool is_one_of(const char *path, const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(path, paths[i]) == 0)
            return true;
    }
    return false;
}

/* "/search" of "/v1/search" and "/v1/collections/{name}/search". */
static const char *own_part(const char *path)
{
    if (strncmp(path, "/v1/collections/", 16) == 0)
        return path + 16 + strcspn(path + 16, "/");
    return strncmp(path, "/v1/", 4) == 0 ? path + 3 : path;
}

static enum mr_scope wanted(const struct mr_http_route *route)
{
    const char *path = own_part(route->path);

    if (is_one_of(path, open_paths, sizeof(open_paths) / sizeof(*open_paths)))
        return MR_SCOPE_OPEN;
    if (strcmp(route->method, "GET") == 0)
        return MR_SCOPE_READ;
    if (strcmp(route->method, "POST") == 0 &&
        is_one_of(path, asking, sizeof(asking) / sizeof(*asking)))
        return MR_SCOPE_READ;
    if (strncmp(path, "/documents/", 11) == 0)
        return MR_SCOPE_WRITE;
    return MR_SCOPE_ADMIN;
}

static void check_all(const struct mr_http_route *routes, size_t count)
{
    ck_assert_uint_gt(count, 0);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(routes[i].scope == wanted(&routes[i]),
                      "%s %s needs %s, not %s", routes[i].method,
                      routes[i].path, mr_scope_name(wanted(&routes[i])),
                      mr_scope_name(routes[i].scope));
}

START_TEST(each_route_needs_the_scope_that_fits_what_it_does)
{
    const struct mr_http_route *routes;
    size_t count;

    routes = retriever_routes(&count);
    check_all(routes, count);
    routes = ingestor_routes(&count);
    check_all(routes, count);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scopes");
    TCase *tcase = tcase_create("routes");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, each_route_needs_the_scope_that_fits_what_it_does);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
