// SPDX-License-Identifier: Apache-2.0
/*
 * test_topics.c - the names of topics and the rules of topics.def.
 */
#include <check.h>
#include <stdlib.h>

#include "common/wire/topics.h"

static const struct mr_topic_scope scope = {
    .collection = "main",
    .generation = 3,
    .model = "ab12cd34",
    .partitions = 4,
};

static const struct {
    enum mr_topic topic;
    const char *short_name;
    const char *name;
    enum mr_cleanup cleanup;
    int64_t retention_ms;
} topics[] = {
    { MR_TOPIC_RAW, "raw", "main.raw", MR_CLEANUP_KEEP, 0 },
    { MR_TOPIC_CLEAN, "clean", "main.3.clean", MR_CLEANUP_COMPACT, 86400000 },
    { MR_TOPIC_SIGNATURES, "signatures", "main.3.signatures", MR_CLEANUP_EXPIRE,
      2592000000 },
    { MR_TOPIC_VERDICTS, "verdicts", "main.3.verdicts", MR_CLEANUP_COMPACT,
      86400000 },
    { MR_TOPIC_DOCUMENTS, "documents", "main.3.documents", MR_CLEANUP_COMPACT,
      86400000 },
    { MR_TOPIC_VECTORS, "vectors", "main.3.vectors.ab12cd34",
      MR_CLEANUP_COMPACT, 86400000 },
    { MR_TOPIC_LABELS, "labels", "main.labels", MR_CLEANUP_KEEP, 0 },
    { MR_TOPIC_EVENTS, "events", "main.events", MR_CLEANUP_KEEP, 0 },
    { MR_TOPIC_DEAD, "dead", "main.dead", MR_CLEANUP_KEEP, 0 },
    { MR_TOPIC_SESSIONS, "sessions", "main.sessions", MR_CLEANUP_COMPACT, 0 },
    { MR_TOPIC_FRONTIER, "frontier", "main.frontier", MR_CLEANUP_COMPACT, 0 },
    { MR_TOPIC_CONTROL, "control", "main.control", MR_CLEANUP_COMPACT, 0 },
};

START_TEST(every_topic_has_the_name_and_rules_of_the_table)
{
    char name[MR_TOPIC_NAME_MAX + 1];
    struct mr_topic_spec spec;
    struct mr_err err;

    ck_assert_uint_eq(sizeof(topics) / sizeof(topics[0]), MR_TOPIC_COUNT);
    for (size_t i = 0; i < MR_TOPIC_COUNT; i++) {
        ck_assert_str_eq(mr_topic_short_name(topics[i].topic),
                         topics[i].short_name);
        ck_assert_int_eq(
            mr_topic_spec_of(topics[i].topic, &scope, name, &spec, &err),
            MR_OK);
        ck_assert_str_eq(name, topics[i].name);
        ck_assert_ptr_eq(spec.name, name);
        ck_assert_uint_eq(spec.partitions, 4);
        ck_assert_int_eq(spec.cleanup, topics[i].cleanup);
        ck_assert_int_eq(spec.retention_ms, topics[i].retention_ms);
        if (topics[i].topic == MR_TOPIC_FRONTIER)
            ck_assert_ptr_null(spec.schema); /* a changelog has no message */
        else
            ck_assert_int_eq(strncmp(spec.schema, "millrace.v1.", 12), 0);
    }
}
END_TEST

#define SIXTY_FOUR \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

START_TEST(the_longest_names_fit)
{
    const struct mr_topic_scope longest = {
        .collection = SIXTY_FOUR,
        .generation = UINT32_MAX,
        .model = SIXTY_FOUR,
        .partitions = MR_PARTITIONS_MAX,
    };
    char name[MR_TOPIC_NAME_MAX + 1];
    struct mr_topic_spec spec;

    ck_assert_int_eq(
        mr_topic_spec_of(MR_TOPIC_VECTORS, &longest, name, &spec, NULL), MR_OK);
    ck_assert_str_eq(name, SIXTY_FOUR ".4294967295.vectors." SIXTY_FOUR);
}
END_TEST

START_TEST(a_collection_with_another_name_is_refused)
{
    const char *bad[] = { "",          "Main",         "a.b", "a/b",
                          "m\xC3\xBC", SIXTY_FOUR "x", NULL };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct mr_topic_scope other = scope;
        char name[MR_TOPIC_NAME_MAX + 1];
        struct mr_topic_spec spec;
        struct mr_err err;

        other.collection = bad[i];
        ck_assert_int_eq(
            mr_topic_spec_of(MR_TOPIC_RAW, &other, name, &spec, &err),
            MR_E_CONFIG);
        ck_assert_str_ne(err.text, "");
    }
}
END_TEST

START_TEST(vectors_need_a_fingerprint_and_others_do_not)
{
    struct mr_topic_scope other = scope;
    char name[MR_TOPIC_NAME_MAX + 1];
    struct mr_topic_spec spec;

    other.model = NULL;
    ck_assert_int_eq(
        mr_topic_spec_of(MR_TOPIC_VECTORS, &other, name, &spec, NULL),
        MR_E_CONFIG);
    ck_assert_int_eq(
        mr_topic_spec_of(MR_TOPIC_CLEAN, &other, name, &spec, NULL), MR_OK);
}
END_TEST

START_TEST(a_topic_has_1_to_1024_partitions)
{
    struct mr_topic_scope other = scope;
    char name[MR_TOPIC_NAME_MAX + 1];
    struct mr_topic_spec spec;

    other.partitions = 0;
    ck_assert_int_eq(mr_topic_spec_of(MR_TOPIC_RAW, &other, name, &spec, NULL),
                     MR_E_CONFIG);
    other.partitions = MR_PARTITIONS_MAX + 1;
    ck_assert_int_eq(mr_topic_spec_of(MR_TOPIC_RAW, &other, name, &spec, NULL),
                     MR_E_CONFIG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire.topics");
    TCase *tests = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, every_topic_has_the_name_and_rules_of_the_table);
    tcase_add_test(tests, the_longest_names_fit);
    tcase_add_test(tests, a_collection_with_another_name_is_refused);
    tcase_add_test(tests, vectors_need_a_fingerprint_and_others_do_not);
    tcase_add_test(tests, a_topic_has_1_to_1024_partitions);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
