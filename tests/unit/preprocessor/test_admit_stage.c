// SPDX-License-Identifier: Apache-2.0
/*
 * test_admit_stage.c - what admission sends, message by message.
 */
#include <check.h>

#include "common/wire/dead.h"
#include "preprocessor/preprocessor.h"
#include "tests/unit/preprocessor/admit_messages.h"

#define DAY_MS INT64_C(86400000)

static struct harness h;

static void open_stage(void)
{
    struct admit_config config = admit_config_default();
    struct mr_stage *stage;

    harness_open(&h);
    ck_assert_int_eq(admit_stage_new(&config, &stage, NULL), MR_OK);
    harness_run(&h, stage);
}

static void close_stage(void)
{
    harness_close(&h);
}

static void text(const char *id, uint64_t version)
{
    struct mr_clean clean = usual_clean(h.arena, id, version);

    give_clean(&h, &clean);
    harness_work(&h);
}

static void verdict(const char *id, uint64_t version, uint64_t content_version,
                    enum mr_doc_state state)
{
    struct mr_verdict v = usual_verdict(id, version, content_version, state);

    give_verdict(&h, &v);
    harness_work(&h);
}

static size_t sent(void)
{
    return harness_count(&h, MR_TOPIC_DOCUMENTS);
}

START_TEST(a_text_and_its_verdict_make_a_live_document)
{
    struct mr_document d;

    text("d", 1);
    ck_assert_uint_eq(sent(), 0);
    verdict("d", 1, 1, MR_STATE_LIVE);
    ck_assert_uint_eq(sent(), 1);
    d = read_document(&h, 0);
    ck_assert(d.state == MR_STATE_LIVE && d.version == 1 &&
              d.content_version == 1 && d.time_ms == 1000);
    ck_assert(span_is(d.text.bytes, "one two three"));
    ck_assert(span_is(d.title, "title 1") && d.passages.count == 1);
    ck_assert(d.metadata.count == 2 && d.lane == MR_LANE_BULK);
    ck_assert(span_is(d.source, "site") && span_is(d.language, "en"));
    ck_assert(span_is(d.lineage.clean_config, "clean-config"));
    ck_assert(span_is(d.lineage.curate_config, "curate-config"));
    ck_assert(harness_read(&h, MR_TOPIC_DOCUMENTS, 0).version == 1);
}
END_TEST

START_TEST(the_lineage_names_the_records_that_it_came_from)
{
    struct mr_document d;

    text("other", 1);
    text("d", 2);
    verdict("other", 1, 1, MR_STATE_LIVE);
    verdict("other", 1, 1, MR_STATE_LIVE);
    verdict("d", 2, 2, MR_STATE_LIVE);
    d = read_document(&h, 2);
    ck_assert_uint_eq(d.lineage.clean_offset, 1);
    ck_assert_uint_eq(d.lineage.verdict_offset, 2);
}
END_TEST

START_TEST(each_verdict_that_agrees_makes_one_record)
{
    text("d", 1);
    verdict("d", 1, 1, MR_STATE_LIVE);
    verdict("d", 1, 1, MR_STATE_DUPLICATE);
    verdict("d", 1, 1, MR_STATE_LIVE);
    ck_assert_uint_eq(sent(), 3);
    ck_assert_int_eq(read_document(&h, 1).state, MR_STATE_DUPLICATE);
    verdict("d", 4, 4, MR_STATE_LIVE); /* its text is not here */
    ck_assert_uint_eq(sent(), 3);
    text("d", 4);
    ck_assert_uint_eq(sent(), 4);
}
END_TEST

START_TEST(what_is_older_than_what_is_known_changes_nothing)
{
    text("d", 4);
    verdict("d", 4, 4, MR_STATE_LIVE);
    verdict("d", 3, 1, MR_STATE_DELETED);
    text("d", 1);
    ck_assert_uint_eq(sent(), 1);
    verdict("d", 4, 4, MR_STATE_LIVE);
    ck_assert_uint_eq(sent(), 2);
    ck_assert(span_is(read_document(&h, 1).title, "title 4"));
}
END_TEST

START_TEST(what_is_not_live_is_a_tombstone_with_its_reason)
{
    struct mr_document d;

    text("d", 1);
    verdict("d", 1, 1, MR_STATE_REJECTED);
    verdict("d", 1, 1, MR_STATE_DUPLICATE);
    verdict("d", 2, 1, MR_STATE_FAILED);
    verdict("d", 3, 1, MR_STATE_DELETED);
    d = read_document(&h, 0);
    ck_assert(span_is(d.reason.rule, "too_short"));
    ck_assert(span_is(d.title, "title 1") && d.metadata.count == 2);
    d = read_document(&h, 1);
    ck_assert(span_is(d.reason.duplicate_of, "other"));
    ck_assert(d.reason.similarity == .9375);
    d = read_document(&h, 2);
    ck_assert(span_is(d.reason.value, "broken") && d.time_ms == 2001);
    ck_assert(span_is(d.title, "title 1") && d.metadata.count == 0);
    d = read_document(&h, 3);
    ck_assert(d.state == MR_STATE_DELETED && span_is(d.title, "title 1"));
    ck_assert(span_is(d.url, "https://example.org/"));
    for (size_t i = 0; i < 4; i++) {
        d = read_document(&h, i);
        ck_assert(d.text.bytes.data == NULL && d.passages.count == 0);
    }
}
END_TEST

START_TEST(a_deletion_and_a_failure_wait_for_no_text)
{
    verdict("d", 2, 1, MR_STATE_DELETED);
    verdict("e", 1, 0, MR_STATE_FAILED);
    ck_assert_uint_eq(sent(), 2);
    ck_assert(read_document(&h, 0).title.size == 0);
    text("d", 1); /* late: its title is told now */
    ck_assert_uint_eq(sent(), 3);
    ck_assert(span_is(read_document(&h, 2).title, "title 1"));
    ck_assert_int_eq(read_document(&h, 2).state, MR_STATE_DELETED);
}
END_TEST

START_TEST(patches_change_metadata_and_access_until_the_next_put)
{
    struct mr_pair pairs[] = { text_pair("a", NULL), text_pair("c", "patch") };
    struct mr_span everyone = mr_span_str("staff");
    struct mr_verdict v = usual_verdict("d", 2, 1, MR_STATE_LIVE);
    struct mr_document d;

    text("d", 1);
    verdict("d", 1, 1, MR_STATE_LIVE);
    v.is_patch = true;
    v.patch = (struct mr_pairs){ pairs, 2 };
    v.has_access = true;
    v.access = (struct mr_access){ .owner = mr_span_str("me"),
                                   .principals = &everyone,
                                   .principal_count = 1 };
    give_verdict(&h, &v);
    harness_work(&h);
    verdict("d", 2, 1, MR_STATE_DUPLICATE); /* a flip keeps them */
    verdict("d", 2, 1, MR_STATE_LIVE);
    d = read_document(&h, 3);
    ck_assert(d.version == 2 && d.content_version == 1);
    ck_assert(d.metadata.count == 2 && span_is(d.metadata.items[0].key, "b") &&
              span_is(d.metadata.items[1].text, "patch"));
    ck_assert(span_is(d.access.owner, "me") && d.access.principal_count == 1);
    text("d", 5);
    verdict("d", 5, 5, MR_STATE_LIVE);
    d = read_document(&h, 4);
    ck_assert(span_is(d.metadata.items[0].key, "a"));
    ck_assert(d.access.owner.data == NULL && d.access.principal_count == 0);
}
END_TEST

START_TEST(a_title_is_hidden_from_whom_a_patch_shut_out)
{
    struct mr_verdict v = usual_verdict("d", 2, 1, MR_STATE_LIVE);

    text("d", 1);
    verdict("d", 1, 1, MR_STATE_LIVE);
    v.is_patch = true;
    v.has_access = true;
    v.access.owner = mr_span_str("me");
    give_verdict(&h, &v);
    harness_work(&h);
    verdict("d", 3, 1, MR_STATE_DELETED);
    ck_assert(span_is(read_document(&h, 2).access.owner, "me"));
    ck_assert(span_is(read_document(&h, 2).title, "title 1"));
}
END_TEST

START_TEST(a_null_takes_the_text_back)
{
    text("d", 1);
    give_null(&h, "d", 2);
    harness_work(&h);
    verdict("d", 1, 1, MR_STATE_LIVE);
    ck_assert_uint_eq(sent(), 0);
    verdict("d", 2, 1, MR_STATE_DELETED);
    ck_assert_uint_eq(sent(), 1);
    text("d", 3);
    verdict("d", 3, 3, MR_STATE_LIVE);
    ck_assert_int_eq(read_document(&h, 1).state, MR_STATE_LIVE);
}
END_TEST

START_TEST(a_text_in_the_blob_store_passes_by_its_name)
{
    struct mr_clean clean = usual_clean(h.arena, "d", 1);
    struct mr_document d;

    clean.text = (struct mr_payload){ .in_blob = true,
                                      .hash = { 1, 2 },
                                      .size = MR_INLINE_BYTES_MAX + 1 };
    give_clean(&h, &clean);
    verdict("d", 1, 1, MR_STATE_LIVE);
    d = read_document(&h, 0);
    ck_assert(d.text.in_blob && d.text.hash.high == 2 &&
              d.text.size == MR_INLINE_BYTES_MAX + 1);
}
END_TEST

/* Metadata of 8000 bytes a key: <letter>00, <letter>01, ... */
static struct mr_pairs much_metadata(char letter, size_t count)
{
    struct mr_pairs pairs = {
        .items = mr_arena_calloc(h.arena, count, sizeof(*pairs.items)),
        .count = count,
    };
    char *value = mr_arena_alloc(h.arena, 8001);

    memset(value, 'v', 8000);
    value[8000] = '\0';
    for (size_t i = 0; i < count; i++)
        pairs.items[i] =
            text_pair(mr_arena_printf(h.arena, "%c%02zu", letter, i), value);
    return pairs;
}

START_TEST(patches_that_leave_no_room_for_the_text_send_it_to_the_blob_store)
{
    struct mr_clean clean = usual_clean(h.arena, "d", 1);
    struct mr_verdict v = usual_verdict("d", 2, 1, MR_STATE_LIVE);
    char *bytes = mr_arena_alloc(h.arena, 400000);
    struct mr_document d;
    struct mr_span found;

    memset(bytes, 't', 400000);
    clean.text.bytes = mr_span(bytes, 400000);
    clean.metadata = much_metadata('a', 60);
    give_clean(&h, &clean);
    verdict("d", 1, 1, MR_STATE_LIVE);
    ck_assert(!read_document(&h, 0).text.in_blob);
    v.is_patch = true;
    v.patch = much_metadata('b', 60);
    give_verdict(&h, &v);
    harness_work(&h);
    d = read_document(&h, 1);
    ck_assert_int_eq(d.state, MR_STATE_LIVE);
    ck_assert_uint_eq(d.metadata.count, 120);
    ck_assert(d.text.in_blob);
    ck_assert_int_eq(
        mr_blob_get(h.place.blob, d.text.hash, h.arena, &found, NULL), MR_OK);
    ck_assert(mr_span_equal(found, clean.text.bytes));
}
END_TEST

START_TEST(a_text_that_compaction_took_is_told)
{
    text("d", 1);
    mr_memory_trim(h.memory, h.place.topics[MR_TOPIC_CLEAN], 0, 1);
    verdict("d", 1, 1, MR_STATE_LIVE);
    ck_assert_int_eq(read_document(&h, 0).state, MR_STATE_FAILED);
    verdict("d", 2, 1, MR_STATE_DELETED);
    ck_assert_int_eq(read_document(&h, 1).state, MR_STATE_DELETED);
    ck_assert(read_document(&h, 1).title.size == 0);
}
END_TEST

START_TEST(a_text_that_cannot_be_read_fails_its_document)
{
    harness_append(&h, MR_TOPIC_CLEAN, mr_span_str("d"), mr_span_str("\xff"), 1,
                   0);
    verdict("d", 1, 1, MR_STATE_LIVE); /* meets the bytes */
    verdict("e", 1, 1, MR_STATE_LIVE);
    harness_append(&h, MR_TOPIC_CLEAN, mr_span_str("e"), mr_span_str("\xff"), 1,
                   0);
    harness_work(&h);
    ck_assert_uint_eq(sent(), 2);
    for (size_t i = 0; i < 2; i++) {
        struct mr_document d = read_document(&h, i);

        ck_assert(d.state == MR_STATE_FAILED && d.version == 1 &&
                  d.reason.value.size > 0);
    }
    ck_assert_uint_eq(harness_count(&h, MR_TOPIC_DEAD), 2);
}
END_TEST

START_TEST(a_verdict_that_cannot_be_read_fails_its_version)
{
    struct mr_document d;

    text("d", 1);
    verdict("d", 1, 1, MR_STATE_LIVE);
    harness_append(&h, MR_TOPIC_VERDICTS, mr_span_str("d"), mr_span_str("\xff"),
                   2, 7);
    harness_append(&h, MR_TOPIC_VERDICTS, mr_span_str("e"), mr_span_str("\xff"),
                   9, 7);
    harness_work(&h);
    ck_assert_uint_eq(sent(), 3);
    d = read_document(&h, 1);
    ck_assert(d.state == MR_STATE_FAILED && d.version == 2 && d.time_ms == 7);
    ck_assert_uint_eq(d.content_version, 1);
    ck_assert(read_document(&h, 2).version == 9);
    harness_append(&h, MR_TOPIC_VERDICTS, mr_span_str("d"), mr_span_str("\xff"),
                   1, 7); /* older: the dead letter is all */
    harness_work(&h);
    ck_assert_uint_eq(sent(), 3);
    ck_assert_uint_eq(harness_count(&h, MR_TOPIC_DEAD), 3);
    verdict("d", 3, 1, MR_STATE_LIVE);
    ck_assert_int_eq(read_document(&h, 3).state, MR_STATE_LIVE);
}
END_TEST

/* A message of another document at that time of the messages. */
static void at_time(int64_t time_ms)
{
    struct mr_verdict v = usual_verdict("clock", 1, 1, MR_STATE_LIVE);

    v.time_ms = time_ms;
    give_verdict(&h, &v);
    harness_work(&h);
}

START_TEST(a_tombstone_becomes_null_when_it_is_due)
{
    struct mr_record last;

    text("d", 1);
    verdict("d", 2, 1, MR_STATE_DELETED); /* at time 2001 */
    at_time(2000 + 30 * DAY_MS);
    ck_assert_uint_eq(sent(), 1);
    at_time(2001 + 30 * DAY_MS);
    ck_assert_uint_eq(sent(), 2);
    last = harness_read(&h, MR_TOPIC_DOCUMENTS, 1);
    ck_assert(last.value.data == NULL && last.version == 2);
    ck_assert(span_is(last.key, "d"));
    at_time(2001 + 90 * DAY_MS);
    ck_assert_uint_eq(sent(), 2);
}
END_TEST

START_TEST(a_put_in_between_keeps_a_document_from_becoming_null)
{
    text("d", 1);
    verdict("d", 2, 1, MR_STATE_DELETED);
    text("d", 3);
    verdict("d", 3, 3, MR_STATE_LIVE);
    verdict("e", 2, 1, MR_STATE_DELETED);
    verdict("e", 3, 1, MR_STATE_DELETED); /* anew, a second later */
    at_time(2001 + 30 * DAY_MS);
    ck_assert_uint_eq(sent(), 4);
    at_time(3001 + 30 * DAY_MS);
    ck_assert_uint_eq(sent(), 5);
    ck_assert(span_is(harness_read(&h, MR_TOPIC_DOCUMENTS, 4).key, "e"));
}
END_TEST

START_TEST(a_text_that_waits_for_its_verdict_outlives_the_tombstone)
{
    verdict("d", 2, 1, MR_STATE_DELETED);
    text("d", 3);
    at_time(2001 + 30 * DAY_MS);
    ck_assert_uint_eq(sent(), 2);
    verdict("d", 3, 3, MR_STATE_LIVE);
    ck_assert_int_eq(read_document(&h, 2).state, MR_STATE_LIVE);
}
END_TEST

START_TEST(a_time_in_the_future_hurries_nothing)
{
    verdict("d", 2, 1, MR_STATE_DELETED);
    at_time(INT64_MAX); /* counts as now, the time of its append */
    ck_assert_uint_eq(sent(), 2);
    ck_assert(harness_read(&h, MR_TOPIC_DOCUMENTS, 1).value.data == NULL);
    verdict("e", 2, 1, MR_STATE_DELETED);
    at_time(HARNESS_NOW_MS + DAY_MS);
    verdict("f", HARNESS_NOW_MS / 1000, 1, MR_STATE_DELETED);
    at_time(HARNESS_NOW_MS + 31 * DAY_MS);
    ck_assert_uint_eq(sent(), 5); /* "e" went at once, "f" not */
}
END_TEST

START_TEST(many_that_are_due_go_in_bounded_steps)
{
    for (int i = 0; i < 600; i++)
        verdict(mr_arena_printf(h.arena, "d%d", i), 2, 1, MR_STATE_DELETED);
    ck_assert_uint_eq(sent(), 600);
    at_time(2001 + 30 * DAY_MS);
    ck_assert_uint_eq(sent(), 1200);
}
END_TEST

START_TEST(it_refuses_to_keep_for_less_than_no_time)
{
    struct admit_config config = { .deleted_keep_ms = -1 };
    struct mr_stage *stage;

    ck_assert_int_eq(admit_stage_new(&config, &stage, NULL), MR_E_CONFIG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("admit stage");
    TCase *tcase = tcase_create("admit stage");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, open_stage, close_stage);
    tcase_add_test(tcase, a_text_and_its_verdict_make_a_live_document);
    tcase_add_test(tcase, the_lineage_names_the_records_that_it_came_from);
    tcase_add_test(tcase, each_verdict_that_agrees_makes_one_record);
    tcase_add_test(tcase, what_is_older_than_what_is_known_changes_nothing);
    tcase_add_test(tcase, what_is_not_live_is_a_tombstone_with_its_reason);
    tcase_add_test(tcase, a_deletion_and_a_failure_wait_for_no_text);
    tcase_add_test(tcase,
                   patches_change_metadata_and_access_until_the_next_put);
    tcase_add_test(tcase, a_title_is_hidden_from_whom_a_patch_shut_out);
    tcase_add_test(tcase, a_null_takes_the_text_back);
    tcase_add_test(tcase, a_text_in_the_blob_store_passes_by_its_name);
    tcase_add_test(
        tcase,
        patches_that_leave_no_room_for_the_text_send_it_to_the_blob_store);
    tcase_add_test(tcase, a_text_that_compaction_took_is_told);
    tcase_add_test(tcase, a_text_that_cannot_be_read_fails_its_document);
    tcase_add_test(tcase, a_verdict_that_cannot_be_read_fails_its_version);
    tcase_add_test(tcase, a_tombstone_becomes_null_when_it_is_due);
    tcase_add_test(tcase, a_put_in_between_keeps_a_document_from_becoming_null);
    tcase_add_test(tcase,
                   a_text_that_waits_for_its_verdict_outlives_the_tombstone);
    tcase_add_test(tcase, a_time_in_the_future_hurries_nothing);
    tcase_add_test(tcase, many_that_are_due_go_in_bounded_steps);
    tcase_add_test(tcase, it_refuses_to_keep_for_less_than_no_time);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
