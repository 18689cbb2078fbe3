// SPDX-License-Identifier: Apache-2.0
/*
 * test_failover.c - searches go on when a replica dies, hangs, moves away or
 * talks nonsense, and say what is missing when nobody is left.
 */
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "tests/unit/retriever/cluster.h"

static struct cluster cluster;

static void set_up(void)
{
    cluster_init(&cluster);
}

static void tear_down(void)
{
    cluster_deinit(&cluster);
}

/* Whether a search now is whole; it must not fail. */
static bool is_whole(struct mr_arena *arena, size_t *missing)
{
    struct search_request request = { .query = mr_span_str("wordap wordaq"),
                                      .top_k = 10 };
    struct search_result result;
    struct mr_err err = { 0 };
    bool whole;

    ck_assert_msg(
        cluster_search(&cluster, true, &request, arena, &result, &err) == MR_OK,
        "%s", err.text);
    whole = !result.partial;
    *missing = result.missing_count;
    ck_assert(whole == (result.missing_count == 0));
    ck_assert_uint_gt(result.count, 0);
    search_free(&result);
    return whole;
}

#define ASKERS  4
#define ASKINGS 150

static atomic_uint asked;
static atomic_uint broken;

static void *ask_on(void *context)
{
    (void)context;
    for (unsigned i = 0; i < ASKINGS; i++) {
        struct mr_arena *arena = mr_arena_new();
        size_t missing;

        if (!is_whole(arena, &missing))
            atomic_fetch_add(&broken, 1);
        atomic_fetch_add(&asked, 1);
        mr_arena_free(arena);
    }
    return NULL;
}

START_TEST(no_search_suffers_when_a_server_dies)
{
    pthread_t threads[ASKERS];

    atomic_store(&asked, 0);
    atomic_store(&broken, 0);
    for (unsigned i = 0; i < ASKERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_on, NULL), 0);
    while (atomic_load(&asked) < ASKERS * ASKINGS / 4)
        (void)sched_yield();
    cluster_stop(&cluster, 0);
    for (unsigned i = 0; i < ASKERS; i++)
        (void)pthread_join(threads[i], NULL);
    ck_assert_uint_eq(atomic_load(&asked), ASKERS * ASKINGS);
    ck_assert_uint_eq(atomic_load(&broken), 0);
}
END_TEST

START_TEST(shards_that_are_away_are_named_until_they_are_back)
{
    size_t missing;
    unsigned tries = 0;

    for (uint32_t i = 0; i < CLUSTER_SHARDS; i++)
        cluster_set(&cluster, i, cluster.servers[i / 2].url, "");
    ck_assert(is_whole(cluster.arena, &missing));
    cluster_stop(&cluster, 1);
    ck_assert(!is_whole(cluster.arena, &missing));
    ck_assert_uint_eq(missing, 2);
    cluster_start(&cluster, 1);
    while (!is_whole(cluster.arena, &missing))
        ck_assert_uint_lt(tries++, 100000);
}
END_TEST

START_TEST(a_search_fails_when_no_shard_answers)
{
    struct search_request request = { .query = mr_span_str("wordap"),
                                      .top_k = 10 };
    struct search_result result;
    struct shard_record record;
    struct mr_err err = { 0 };

    cluster_stop(&cluster, 0);
    cluster_stop(&cluster, 1);
    ck_assert_int_eq(
        cluster_search(&cluster, true, &request, cluster.arena, &result, &err),
        MR_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.text, "none of 4 shards answers"));
    search_free(&result);
    ck_assert(
        peer_is_away(peer_get(cluster.remotes[1], NULL, mr_span_str("doc:1"),
                              cluster.arena, &record, &err)));
}
END_TEST

START_TEST(a_partition_without_replicas_is_missing)
{
    size_t missing;

    cluster_set(&cluster, 2, "", "");
    ck_assert(!is_whole(cluster.arena, &missing));
    ck_assert_uint_eq(missing, 1);
    cluster_set(&cluster, 2, cluster.servers[0].url, "");
    ck_assert(is_whole(cluster.arena, &missing));
}
END_TEST

/* Takes connections, as the kernel does for whoever listens, and no more. */
static int listen_in_silence(char *url, size_t room)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(fd, 100), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    (void)snprintf(url, room, "http://127.0.0.1:%u", ntohs(address.sin_port));
    return fd;
}

START_TEST(a_server_that_hangs_is_passed_by)
{
    char url[64];
    int fd = listen_in_silence(url, sizeof(url));
    size_t missing;

    cluster_set_all(&cluster, url, cluster.servers[1].url);
    for (unsigned i = 0; i < 200; i++)
        ck_assert(is_whole(cluster.arena, &missing));
    (void)close(fd);
}
END_TEST

static void answer_garbage(struct mr_http_call *call,
                           struct mr_http_reply *reply)
{
    (void)call;
    reply->content_type = "application/x-protobuf";
    mr_buf_str(&reply->body, "\x08\x01\x10\x03 and then nonsense");
}

START_TEST(a_server_that_talks_nonsense_is_passed_by)
{
    static const struct mr_http_route routes[] = {
        { "POST", "/v1/shards/{partition}/{call}", MR_SCOPE_READ,
          answer_garbage },
    };
    struct mr_http_server_spec spec = { .listen = "127.0.0.1:0",
                                        .table_count = 1,
                                        .tables = { { routes, 1, NULL } },
                                        .body_bytes_max = 1 << 20,
                                        .connections_max = 64 };
    struct mr_http_server *server;
    char url[80];
    size_t missing;

    ck_assert_int_eq(mr_http_server_start(&spec, &server, NULL), MR_OK);
    (void)snprintf(url, sizeof(url), "http://%s",
                   mr_http_server_address(server));
    cluster_set_all(&cluster, url, cluster.servers[1].url);
    for (unsigned i = 0; i < 100; i++)
        ck_assert(is_whole(cluster.arena, &missing));
    cluster_set(&cluster, 0, url, "");
    ck_assert(!is_whole(cluster.arena, &missing));
    ck_assert_uint_eq(missing, 1);
    mr_http_server_stop(server);
}
END_TEST

START_TEST(a_shard_that_moved_is_found_where_it_went)
{
    size_t missing;

    indexer_server_set(cluster.servers[0].indexer, 1, NULL);
    for (unsigned i = 0; i < 20; i++)
        ck_assert(is_whole(cluster.arena, &missing));
    indexer_server_set(cluster.servers[1].indexer, 1, NULL);
    ck_assert(!is_whole(cluster.arena, &missing));
    indexer_server_set(cluster.servers[0].indexer, 1, cluster.shards[1]);
}
END_TEST

static void search_new(const struct peer_at_least *least,
                       struct search_result *result)
{
    struct search_request request = { .query = mr_span_str("zebra"),
                                      .mode = SEARCH_KEYWORD,
                                      .top_k = 5,
                                      .least = least };

    ck_assert_int_eq(
        cluster_search(&cluster, true, &request, cluster.arena, result, NULL),
        MR_OK);
    search_free(result);
}

START_TEST(what_must_be_there_is_found_although_a_replica_is_behind)
{
    struct peer_at_least least = { .id = mr_span_str("new"), .version = 1000 };
    uint32_t nth = mr_partition_of(least.id, CLUSTER_SHARDS);
    struct cluster_replica late;
    struct search_result result;
    bool done;

    cluster_open_replica(&cluster, nth, &late);
    cluster_step(late.shard);
    indexer_server_set(cluster.servers[1].indexer, nth, late.shard);
    cluster_put(&cluster, "new", "a zebra", 1000);
    cluster_step(cluster.shards[nth]);
    do {
        ck_assert_int_eq(peer_wait(cluster.remotes[nth], NULL, &least, 100,
                                   cluster.arena, &done, NULL),
                         MR_OK);
    } while (!done);
    for (unsigned i = 0; i < 12; i++) {
        search_new(&least, &result);
        ck_assert(!result.partial);
        ck_assert_uint_eq(result.count, 1);
    }
    indexer_server_set(cluster.servers[1].indexer, nth, cluster.shards[nth]);
    cluster_close_replica(&late);
}
END_TEST

static void *step_both(void *context)
{
    struct cluster_replica *late = context;

    for (uint32_t i = 0; i < CLUSTER_SHARDS; i++)
        cluster_step(cluster.shards[i]);
    cluster_step(late->shard);
    return NULL;
}

START_TEST(what_was_waited_for_is_on_every_replica)
{
    struct peer_at_least least = { .id = mr_span_str("new"), .version = 1000 };
    uint32_t nth = mr_partition_of(least.id, CLUSTER_SHARDS);
    struct cluster_replica late;
    struct search_result result;
    pthread_t thread;
    bool done;

    cluster_open_replica(&cluster, nth, &late);
    cluster_step(late.shard);
    indexer_server_set(cluster.servers[1].indexer, nth, late.shard);
    cluster_put(&cluster, "new", "a zebra", 1000);
    ck_assert_int_eq(pthread_create(&thread, NULL, step_both, &late), 0);
    do {
        ck_assert_int_eq(peer_wait(cluster.remotes[nth], NULL, &least, 1000,
                                   cluster.arena, &done, NULL),
                         MR_OK);
    } while (!done);
    for (unsigned i = 0; i < 12; i++) {
        search_new(NULL, &result);
        ck_assert_uint_eq(result.count, 1);
    }
    (void)pthread_join(thread, NULL);
    indexer_server_set(cluster.servers[1].indexer, nth, cluster.shards[nth]);
    cluster_close_replica(&late);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("failover");
    TCase *tcase = tcase_create("failover");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, no_search_suffers_when_a_server_dies);
    tcase_add_test(tcase, shards_that_are_away_are_named_until_they_are_back);
    tcase_add_test(tcase, a_search_fails_when_no_shard_answers);
    tcase_add_test(tcase, a_partition_without_replicas_is_missing);
    tcase_add_test(tcase, a_server_that_hangs_is_passed_by);
    tcase_add_test(tcase, a_server_that_talks_nonsense_is_passed_by);
    tcase_add_test(tcase, a_shard_that_moved_is_found_where_it_went);
    tcase_add_test(tcase,
                   what_must_be_there_is_found_although_a_replica_is_behind);
    tcase_add_test(tcase, what_was_waited_for_is_on_every_replica);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
