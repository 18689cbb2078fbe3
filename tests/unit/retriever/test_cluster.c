// SPDX-License-Identifier: Apache-2.0
/*
 * test_cluster.c - shards behind HTTP answer as those in the process do.
 */
#include <check.h>

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

static void same_span(struct mr_span a, struct mr_span b)
{
    ck_assert((a.data == NULL) == (b.data == NULL));
    ck_assert_msg(mr_span_equal(a, b), "\"%.*s\", want \"%.*s\"",
                  MR_SPAN_ARG(a), MR_SPAN_ARG(b));
}

/* Bit for bit. */
static void same_number(double a, double b)
{
    ck_assert_msg(memcmp(&a, &b, sizeof(a)) == 0, "%.17g, want %.17g", a, b);
}

static void same_document(const struct mr_document *a,
                          const struct mr_document *b)
{
    same_span(a->id, b->id);
    same_span(a->title, b->title);
    same_span(a->url, b->url);
    same_span(a->language, b->language);
    ck_assert_uint_eq(a->version, b->version);
    ck_assert_uint_eq(a->content_version, b->content_version);
    ck_assert_int_eq(a->state, b->state);
    ck_assert_uint_eq(a->metadata.count, b->metadata.count);
    ck_assert_uint_eq(a->access.principal_count, b->access.principal_count);
    for (size_t i = 0; i < a->metadata.count; i++) {
        same_span(a->metadata.items[i].key, b->metadata.items[i].key);
        same_number(a->metadata.items[i].number, b->metadata.items[i].number);
    }
    ck_assert_ptr_null(a->text.bytes.data);
    ck_assert_uint_eq(a->passages.count, 0);
}

static void same_hit(const struct search_hit *a, const struct search_hit *b,
                     size_t terms)
{
    same_span(a->fused.hit->document, b->fused.hit->document);
    ck_assert_uint_eq(a->fused.hit->passage, b->fused.hit->passage);
    same_number(a->fused.score, b->fused.score);
    same_number(a->fused.keyword_score, b->fused.keyword_score);
    same_number(a->fused.dense_score, b->fused.dense_score);
    ck_assert((a->fused.parts == NULL) == (b->fused.parts == NULL));
    for (size_t i = 0; a->fused.parts != NULL && i < terms; i++)
        same_number(a->fused.parts[i], b->fused.parts[i]);
    same_document(&a->passage.document, &b->passage.document);
    same_span(a->passage.text, b->passage.text);
    same_span(a->passage.passage.headings, b->passage.passage.headings);
    ck_assert_uint_eq(a->passage.passage.id.low, b->passage.passage.id.low);
    ck_assert_uint_eq(a->passage.passage.end, b->passage.passage.end);
    ck_assert_uint_eq(a->highlight_count, b->highlight_count);
}

/* The same request here and there. */
static void compare(const struct search_request *request)
{
    struct mr_arena *arena = mr_arena_new();
    struct search_result here;
    struct search_result there;
    struct mr_err err = { 0 };
    size_t terms;

    ck_assert_msg(
        cluster_search(&cluster, false, request, arena, &here, &err) == MR_OK,
        "%s", err.text);
    ck_assert_msg(
        cluster_search(&cluster, true, request, arena, &there, &err) == MR_OK,
        "%s", err.text);
    terms = index_query_terms(here.query);
    ck_assert_msg(!there.partial, "%s", there.problem.text);
    ck_assert_uint_eq(there.missing_count, 0);
    ck_assert_uint_eq(there.count, here.count);
    ck_assert_uint_eq(there.index_version, here.index_version);
    same_number(there.recall, here.recall);
    ck_assert_uint_eq(there.stats.passages, here.stats.passages);
    ck_assert_uint_eq(there.stats.length, here.stats.length);
    ck_assert_int_eq(memcmp(there.stats.frequency, here.stats.frequency,
                            sizeof(here.stats.frequency)),
                     0);
    for (size_t i = 0; i < here.count; i++)
        same_hit(&there.hits[i], &here.hits[i], terms);
    search_free(&here);
    search_free(&there);
    mr_arena_free(arena);
}

START_TEST(hits_and_scores_are_those_of_shards_in_the_process)
{
    size_t found = 0;

    for (unsigned i = 0; i < 60; i++) {
        struct search_request request = {
            .query = mr_span_str(
                cluster_text(&cluster, 1 + cluster_random(&cluster, 5))),
            .mode = (enum search_mode)(i % 3),
            .top_k = i % 7 == 0 ? 200 : 10,
            .per_document = i % 2,
            .exact = i % 4 != 0,
            .explain = i % 5 == 0,
            .exact_stats = i % 3 == 0,
        };
        struct search_result result;
        struct mr_err err;

        compare(&request);
        ck_assert_int_eq(cluster_search(&cluster, true, &request, cluster.arena,
                                        &result, &err),
                         MR_OK);
        found += result.count;
        search_free(&result);
    }
    ck_assert_uint_gt(found, 300); /* that it was about something */
}
END_TEST

START_TEST(filters_and_principals_hold_elsewhere_too)
{
    struct mr_pair values[] = {
        { .kind = MR_VALUE_NUMBER, .number = 2003 },
        { .kind = MR_VALUE_NUMBER, .number = 2005 },
        { .kind = MR_VALUE_TEXT, .text = mr_span_str("x") },
    };
    struct index_condition conditions[] = {
        { .key = mr_span_str("year"),
          .op = INDEX_OP_IN,
          .values = values,
          .value_count = 3 },
        { .key = mr_span_str("year"), .op = INDEX_OP_EXISTS },
        { .key = mr_span_str("$language"),
          .op = INDEX_OP_NOT_IN,
          .values = &values[2],
          .value_count = 1 },
    };
    struct mr_span nobody[1] = { mr_span_str("user:8") };
    struct search_request request = {
        .query = mr_span_str(cluster_text(&cluster, 8)),
        .top_k = 100,
        .filter = { .conditions = conditions, .count = 3 },
    };

    compare(&request);
    request.filter.principals = nobody;
    compare(&request);
    request.filter.principal_count = 1;
    compare(&request);
    request.filter.count = 0;
    compare(&request);
}
END_TEST

START_TEST(a_document_is_told_of_as_by_its_shard)
{
    struct mr_arena *arena = cluster.arena;
    struct mr_err err = { 0 };

    for (unsigned i = 0; i < 20; i++) {
        struct mr_span id = mr_span_str(mr_arena_printf(arena, "doc:%u", i));
        uint32_t shard = mr_partition_of(id, CLUSTER_SHARDS);
        struct shard_record here;
        struct shard_record there;
        struct mr_span text_here;
        struct mr_span text_there;

        ck_assert_int_eq(
            peer_get(cluster.locals[shard], NULL, id, arena, &here, &err),
            MR_OK);
        ck_assert_int_eq(
            peer_get(cluster.remotes[shard], NULL, id, arena, &there, &err),
            MR_OK);
        ck_assert(there.found && here.found);
        same_document(&there.document, &here.document);
        ck_assert_int_eq(there.dense, here.dense);
        ck_assert_uint_eq(there.passage_count, 1);
        ck_assert_uint_eq(there.documents_offset, here.documents_offset);
        ck_assert_int_eq(
            peer_text(cluster.locals[shard], NULL, id, arena, &text_here, &err),
            MR_OK);
        ck_assert_int_eq(peer_text(cluster.remotes[shard], NULL, id, arena,
                                   &text_there, &err),
                         MR_OK);
        same_span(text_there, text_here);
    }
}
END_TEST

START_TEST(what_was_never_seen_is_not_found_and_has_no_text)
{
    struct shard_record record;
    struct mr_span text;

    ck_assert_int_eq(peer_get(cluster.remotes[0], NULL, mr_span_str("nowhere"),
                              cluster.arena, &record, NULL),
                     MR_OK);
    ck_assert(!record.found);
    ck_assert_int_eq(peer_text(cluster.remotes[0], NULL, mr_span_str("nowhere"),
                               cluster.arena, &text, NULL),
                     MR_OK);
    ck_assert_ptr_null(text.data);
}
END_TEST

START_TEST(what_was_waited_for_is_found_at_once)
{
    struct peer_at_least least = { .id = mr_span_str("new"),
                                   .version = 1000,
                                   .dense = true };
    uint32_t shard = mr_partition_of(least.id, CLUSTER_SHARDS);
    struct search_request request = { .query = mr_span_str("zebra"),
                                      .mode = SEARCH_KEYWORD,
                                      .top_k = 5 };
    struct search_result result;
    bool done = true;

    ck_assert_int_eq(
        cluster_search(&cluster, true, &request, cluster.arena, &result, NULL),
        MR_OK);
    ck_assert_uint_eq(result.count, 0);
    search_free(&result);
    ck_assert_int_eq(peer_wait(cluster.remotes[shard], NULL, &least, 1,
                               cluster.arena, &done, NULL),
                     MR_OK);
    ck_assert(!done);
    cluster_put(&cluster, "new", "a zebra", 1000);
    cluster_catch_up(&cluster);
    ck_assert_int_eq(peer_wait(cluster.remotes[shard], NULL, &least, 1000,
                               cluster.arena, &done, NULL),
                     MR_OK);
    ck_assert(done);
    request.least = &least;
    compare(&request);
    request.least = NULL;
    compare(&request);
    least.version = 1001;
    request.least = &least;
    /* The shard has not seen it: it is away for this search.  A server that
     * ends does not wait for it. */
    indexer_server_drain(cluster.servers[0].indexer);
    indexer_server_drain(cluster.servers[1].indexer);
    ck_assert_int_eq(
        cluster_search(&cluster, true, &request, cluster.arena, &result, NULL),
        MR_OK);
    ck_assert(result.partial);
    ck_assert_uint_eq(result.missing[0], shard);
    search_free(&result);
}
END_TEST

START_TEST(replicas_are_told_with_their_state)
{
    struct peer_replica replicas[4];
    struct peer_info info;
    struct search_request request = { .query = mr_span_str("wordap"),
                                      .top_k = 1 };

    compare(&request);
    ck_assert_uint_eq(peer_replicas(cluster.remotes[3], replicas, 4), 2);
    ck_assert_str_eq(replicas[0].name, "first");
    ck_assert_str_eq(replicas[1].address, cluster.servers[1].url);
    ck_assert(replicas[0].healthy);
    ck_assert_uint_eq(peer_replicas(cluster.locals[3], replicas, 4), 0);
    ck_assert_int_eq(peer_info(cluster.remotes[3], cluster.arena, &info, NULL),
                     MR_OK);
    ck_assert_uint_gt(info.status.live, 0);
    ck_assert_str_eq(info.languages[0], "en");
}
END_TEST

static const char *bad_addresses[] = {
    "",           "127.0.0.1:80",        "ftp://x:1",   "http://",
    "http://a/b", "http://a b",          "http://u@h",  "http://a?b",
    "http://a#b", "http://a\r\nX: y:80", "https://\xFF"
};

START_TEST(an_address_that_is_none_changes_nothing)
{
    struct replica bad = { .address = bad_addresses[_i] };
    struct replica many[PEER_REPLICAS_MAX + 1];
    struct peer_replica replicas[4];
    struct mr_err err = { 0 };

    ck_assert_int_eq(replicas_set(cluster.replicas, 0, &bad, 1, &err),
                     MR_E_INVALID);
    for (size_t i = 0; i <= PEER_REPLICAS_MAX; i++)
        many[i] = (struct replica){ .address = "http://127.0.0.1:1" };
    ck_assert_int_eq(
        replicas_set(cluster.replicas, 0, many, PEER_REPLICAS_MAX + 1, &err),
        MR_E_INVALID);
    ck_assert_uint_eq(peer_replicas(cluster.remotes[0], replicas, 4), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cluster");
    TCase *tcase = tcase_create("cluster");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, hits_and_scores_are_those_of_shards_in_the_process);
    tcase_add_test(tcase, filters_and_principals_hold_elsewhere_too);
    tcase_add_test(tcase, a_document_is_told_of_as_by_its_shard);
    tcase_add_test(tcase, what_was_never_seen_is_not_found_and_has_no_text);
    tcase_add_test(tcase, what_was_waited_for_is_found_at_once);
    tcase_add_test(tcase, replicas_are_told_with_their_state);
    tcase_add_loop_test(tcase, an_address_that_is_none_changes_nothing, 0,
                        sizeof(bad_addresses) / sizeof(bad_addresses[0]));
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
