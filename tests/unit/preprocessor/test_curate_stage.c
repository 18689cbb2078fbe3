// SPDX-License-Identifier: Apache-2.0
/*
 * test_curate_stage.c - the stage on its worker: what it sends for what comes.
 */
#include <check.h>
#include <stdlib.h>

#include "common/base/mr_mem.h"
#include "common/wire/verdict.h"
#include "preprocessor/preprocessor.h"
#include "tests/unit/preprocessor/curate_universe.h"
#include "tests/unit/preprocessor/harness.h"

static struct harness h;

static void run_with(struct curate_config config)
{
    struct mr_stage *stage;

    ck_assert_int_eq(curate_stage_new(&config, &stage, NULL), MR_OK);
    harness_run(&h, stage);
}

static void open_stage(void)
{
    harness_open(&h);
    run_with(curate_config_default());
}

static void close_stage(void)
{
    harness_close(&h);
}

static void give(const struct mr_signature *signature)
{
    struct mr_err err = { 0 };
    struct mr_span bytes;

    if (mr_signature_encode(signature, h.arena, &bytes, &err) != MR_OK)
        ck_abort_msg("%s", err.text);
    harness_append(&h, MR_TOPIC_SIGNATURES, signature->id, bytes,
                   signature->version, signature->time_ms);
}

/* A put of a text that is known by a number; version is its time. */
static struct mr_signature put_of(const char *id, uint64_t version,
                                  uint64_t number)
{
    return (struct mr_signature){ .id = mr_span_str(id),
                                  .version = version,
                                  .kind = MR_KIND_PUT,
                                  .time_ms = (int64_t)version,
                                  .source = mr_span_str("site"),
                                  .text_hash.low = number };
}

static void put(const char *id, uint64_t version, uint64_t number)
{
    struct mr_signature signature = put_of(id, version, number);

    give(&signature);
    harness_work(&h);
}

static size_t sent(void)
{
    return harness_count(&h, MR_TOPIC_VERDICTS);
}

static struct mr_verdict verdict(size_t nth)
{
    struct mr_record record = harness_read(&h, MR_TOPIC_VERDICTS, nth);
    struct mr_verdict out;
    struct mr_err err = { 0 };

    if (mr_verdict_parse(record.value, h.arena, &out, &err) != MR_OK)
        ck_abort_msg("verdict %zu: %s", nth, err.text);
    if (record.version != out.version || !mr_span_equal(record.key, out.id))
        ck_abort_msg("verdict %zu: its header is another's", nth);
    return out;
}

static bool is(struct mr_span span, const char *text)
{
    return mr_span_equal(span, mr_span_str(text));
}

START_TEST(every_message_gets_a_verdict)
{
    struct mr_verdict v;

    put("a", 2, 1);
    put("a", 1, 9); /* older: nothing changes */
    ck_assert_uint_eq(sent(), 2);
    v = verdict(0);
    ck_assert(v.state == MR_STATE_LIVE && v.version == 2 &&
              v.content_version == 2 && v.time_ms == 2);
    ck_assert_uint_eq(v.config.size, 16);
    v = verdict(1);
    ck_assert(v.state == MR_STATE_LIVE && v.version == 2);
}
END_TEST

START_TEST(a_duplicate_names_its_canonical_and_flips_when_that_goes)
{
    struct mr_signature gone = { .id = mr_span_str("a"),
                                 .version = 9,
                                 .kind = MR_KIND_DELETE };
    struct mr_verdict v;

    put("a", 1, 7);
    put("b", 2, 7);
    v = verdict(1);
    ck_assert(v.state == MR_STATE_DUPLICATE && is(v.reason.duplicate_of, "a") &&
              v.reason.similarity == 1);
    give(&gone);
    harness_work(&h);
    ck_assert_uint_eq(sent(), 4);
    ck_assert_int_eq(verdict(2).state, MR_STATE_DELETED);
    v = verdict(3);
    ck_assert(v.state == MR_STATE_LIVE && is(v.id, "b") && v.version == 2 &&
              v.reason.duplicate_of.data == NULL);
}
END_TEST

START_TEST(an_earlier_document_takes_the_place_of_a_later_one)
{
    struct mr_verdict v;

    put("b", 5, 7);
    put("a", 1, 7); /* seen first, though it comes later */
    ck_assert_uint_eq(sent(), 3);
    ck_assert_int_eq(verdict(1).state, MR_STATE_LIVE);
    v = verdict(2);
    ck_assert(is(v.id, "b") && v.state == MR_STATE_DUPLICATE &&
              is(v.reason.duplicate_of, "a"));
}
END_TEST

START_TEST(a_rejection_keeps_its_rule_and_value)
{
    struct mr_signature bad = put_of("a", 1, 7);
    struct mr_verdict v;

    bad.reject_rule = mr_span_str("too_short");
    bad.reject_value = mr_span_str("3");
    give(&bad);
    put("b", 2, 7); /* the same text, but nobody's duplicate */
    v = verdict(0);
    ck_assert(v.state == MR_STATE_REJECTED && is(v.reason.rule, "too_short") &&
              is(v.reason.value, "3"));
    ck_assert_int_eq(verdict(1).state, MR_STATE_LIVE);
}
END_TEST

START_TEST(a_patch_travels_with_its_verdict_once)
{
    struct mr_pair pair = { .key = mr_span_str("k"), .kind = MR_VALUE_NULL };
    struct mr_signature patch = { .id = mr_span_str("a"),
                                  .version = 3,
                                  .kind = MR_KIND_PATCH,
                                  .patch = { &pair, 1 },
                                  .has_access = true,
                                  .access_hash = 5,
                                  .access.owner = mr_span_str("me") };
    struct mr_verdict v;

    put("a", 1, 7);
    give(&patch);
    give(&patch); /* again: it is not newer */
    harness_work(&h);
    v = verdict(1);
    ck_assert(v.is_patch && v.patch.count == 1 && v.version == 3 &&
              v.content_version == 1 && v.state == MR_STATE_LIVE);
    ck_assert(v.has_access && is(v.access.owner, "me"));
    v = verdict(2);
    ck_assert(!v.is_patch && v.patch.count == 0 && v.version == 3);
}
END_TEST

START_TEST(other_access_ends_a_likeness)
{
    struct mr_signature patch = { .id = mr_span_str("b"),
                                  .version = 3,
                                  .kind = MR_KIND_PATCH,
                                  .has_access = true,
                                  .access_hash = 5 };

    put("a", 1, 7);
    put("b", 2, 7);
    give(&patch);
    harness_work(&h);
    ck_assert_int_eq(verdict(1).state, MR_STATE_DUPLICATE);
    ck_assert_int_eq(verdict(2).state, MR_STATE_LIVE);
}
END_TEST

START_TEST(a_sweep_of_nothing_says_deleted_and_keeps_nothing)
{
    struct mr_signature sweep = { .id = mr_span_str("a"),
                                  .version = 8,
                                  .kind = MR_KIND_DELETE,
                                  .sweep_source = mr_span_str("site"),
                                  .sweep_before = 7 };

    give(&sweep);
    put("a", 5, 1); /* a version below the sweep's is news all the same */
    ck_assert_int_eq(verdict(0).state, MR_STATE_DELETED);
    ck_assert_uint_eq(verdict(0).version, 8);
    ck_assert_int_eq(verdict(1).state, MR_STATE_LIVE);
    sweep.version = 10;
    give(&sweep);
    harness_work(&h);
    ck_assert_int_eq(verdict(2).state, MR_STATE_DELETED);
    ck_assert_uint_eq(verdict(2).version, 10);
}
END_TEST

START_TEST(a_signature_that_cannot_be_read_fails_its_document)
{
    struct mr_verdict v;

    put("a", 1, 7);
    put("b", 2, 7);
    harness_append(&h, MR_TOPIC_SIGNATURES, mr_span_str("a"),
                   mr_span_str("\xff"), 3, 30);
    harness_work(&h);
    ck_assert_uint_eq(harness_count(&h, MR_TOPIC_DEAD), 1);
    ck_assert_uint_eq(sent(), 4);
    v = verdict(2);
    ck_assert(v.state == MR_STATE_FAILED && v.version == 3 &&
              v.content_version == 1 && v.time_ms == 30 &&
              v.reason.value.size > 0);
    ck_assert_int_eq(verdict(3).state, MR_STATE_LIVE); /* "b" is free */
    put("a", 4, 7);
    ck_assert_int_eq(verdict(4).state, MR_STATE_LIVE);
    ck_assert_int_eq(verdict(5).state, MR_STATE_DUPLICATE);
}
END_TEST

START_TEST(a_signature_under_a_foreign_key_is_refused)
{
    struct mr_signature signature = put_of("a", 1, 7);
    struct mr_span bytes;

    ck_assert_int_eq(mr_signature_encode(&signature, h.arena, &bytes, NULL),
                     MR_OK);
    harness_append(&h, MR_TOPIC_SIGNATURES, mr_span_str("b"), bytes, 1, 0);
    harness_work(&h);
    ck_assert_uint_eq(harness_count(&h, MR_TOPIC_DEAD), 1);
    ck_assert(is(verdict(0).id, "b") && verdict(0).state == MR_STATE_FAILED);
}
END_TEST

START_TEST(another_policy_judges_again_what_is_there)
{
    struct curate_config config = curate_config_default();

    put("a", 1, 7);
    put("b", 2, 7);
    config.duplicates = false;
    run_with(config);
    harness_work(&h);
    ck_assert_uint_eq(sent(), 3);
    ck_assert(is(verdict(2).id, "b") && verdict(2).state == MR_STATE_LIVE);
    ck_assert(!mr_span_equal(verdict(2).config, verdict(1).config));
    run_with(curate_config_default());
    harness_work(&h);
    ck_assert_uint_eq(sent(), 4);
    ck_assert_int_eq(verdict(3).state, MR_STATE_DUPLICATE);
    run_with(curate_config_default()); /* the same: nothing to do */
    harness_work(&h);
    ck_assert_uint_eq(sent(), 4);
}
END_TEST

START_TEST(a_config_that_cannot_be_is_refused)
{
    struct curate_config config = curate_config_default();
    struct mr_stage *stage;

    config.similarity = 1.01;
    ck_assert_int_eq(curate_stage_new(&config, &stage, NULL), MR_E_CONFIG);
    config.similarity = -.1;
    ck_assert_int_eq(curate_stage_new(&config, &stage, NULL), MR_E_CONFIG);
    config = curate_config_default();
    config.work_max = 0;
    ck_assert_int_eq(curate_stage_new(&config, &stage, NULL), MR_E_CONFIG);
}
END_TEST

/* The last verdict on each id, as a fold of the topic. */
static void check_universe(struct universe *u)
{
    struct curate_record expected[IDS_MAX];
    struct mr_verdict last[IDS_MAX] = { 0 };

    model(u, expected);
    for (size_t i = 0; i < sent(); i++) {
        struct mr_verdict v = verdict(i);
        struct mr_verdict *old = &last[number_of(v.id)];

        must(v.version >= old->version || old->content_version == 0);
        *old = v;
    }
    for (size_t i = 0; i < u->ids; i++) {
        if (expected[i].state == 0)
            continue;
        must(last[i].state == expected[i].state);
        must(last[i].version == expected[i].version);
        must(mr_span_equal(last[i].reason.duplicate_of,
                           expected[i].duplicate_of));
    }
}

START_TEST(the_last_verdicts_are_those_of_the_model_in_any_batches)
{
    struct curate_config config = curate_config_default();

    close_stage();
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct universe *u = mr_calloc(1, sizeof(*u));

        harness_open(&h);
        make(u, seed, h.arena);
        /* The stage's own thresholds: the universe takes them over. */
        config.similarity = (double)(55 + seed % 40) / 100;
        config.work_max = 1 + (uint32_t)(seed % 7);
        must(curate_policy_of(&config, &u->policy, NULL) == MR_OK);
        run_with(config);
        for (size_t i = 0; i < u->op_count; i++) {
            give(&u->ops[i]);
            if (below(u, 5) == 0)
                harness_work(&h);
        }
        harness_work(&h);
        check_universe(u);
        mr_free(u);
        harness_close(&h);
    }
    open_stage();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("curate stage");
    TCase *tcase = tcase_create("curate stage");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, open_stage, close_stage);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_message_gets_a_verdict);
    tcase_add_test(tcase,
                   a_duplicate_names_its_canonical_and_flips_when_that_goes);
    tcase_add_test(tcase, an_earlier_document_takes_the_place_of_a_later_one);
    tcase_add_test(tcase, a_rejection_keeps_its_rule_and_value);
    tcase_add_test(tcase, a_patch_travels_with_its_verdict_once);
    tcase_add_test(tcase, other_access_ends_a_likeness);
    tcase_add_test(tcase, a_sweep_of_nothing_says_deleted_and_keeps_nothing);
    tcase_add_test(tcase, a_signature_that_cannot_be_read_fails_its_document);
    tcase_add_test(tcase, a_signature_under_a_foreign_key_is_refused);
    tcase_add_test(tcase, another_policy_judges_again_what_is_there);
    tcase_add_test(tcase, a_config_that_cannot_be_is_refused);
    tcase_add_test(tcase,
                   the_last_verdicts_are_those_of_the_model_in_any_batches);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
