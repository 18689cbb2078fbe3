// SPDX-License-Identifier: Apache-2.0
/*
 * test_round_trip.c - what was encoded is what was meant, in every field.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/unit/common_wire/compare.h"
#include "tests/unit/common_wire/samples.h"

static struct mr_arena *arena;
static struct mr_err err;

static void setup(void)
{
    arena = mr_arena_new();
}

static void teardown(void)
{
    mr_arena_free(arena);
}

/* There and back; fails the test when either is refused. */
static void round_trip(const struct sample *sample, const union any *given,
                       union any *back)
{
    struct mr_span bytes;

    ck_assert_msg(sample->encode(given, arena, &bytes, &err) == MR_OK, "%s: %s",
                  sample->name, err.text);
    ck_assert_msg(sample->parse(bytes, arena, back, &err) == MR_OK, "%s: %s",
                  sample->name, err.text);
}

static const struct sample *sample_of(const char *name)
{
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        if (strcmp(samples[i].name, name) == 0)
            return &samples[i];
    }
    ck_abort_msg("no sample %s", name);
    return NULL;
}

START_TEST(every_field_comes_back)
{
    const struct sample *sample = &samples[_i];
    union any given = { 0 };
    union any back;

    sample->fill(&given);
    round_trip(sample, &given, &back);
    same_any(sample->name, &back, &given);
}
END_TEST

START_TEST(equal_messages_have_equal_bytes)
{
    const struct sample *sample = &samples[_i];
    union any given = { 0 };
    union any back;
    struct mr_span first;
    struct mr_span second;

    sample->fill(&given);
    round_trip(sample, &given, &back);
    ck_assert_int_eq(sample->encode(&given, arena, &first, &err), MR_OK);
    ck_assert_int_eq(sample->encode(&back, arena, &second, &err), MR_OK);
    ck_assert_uint_eq(first.size, second.size);
    ck_assert_mem_eq(first.data, second.data, first.size);
    ck_assert_uint_eq(first.data[0], 0x08);
    ck_assert_uint_eq(first.data[1], MR_WIRE_MAJOR);
}
END_TEST

START_TEST(the_least_messages_come_back)
{
    struct mr_span id = text("a");
    struct mr_payload empty = sample_inline("");
    union any event = { .event = { .kind = MR_EVENT_QUERY } };
    const struct {
        const char *name;
        union any any;
    } least[] = {
        { "raw_put",
          { .raw = { .id = id,
                     .kind = MR_KIND_PUT,
                     .lane = MR_LANE_PUSH,
                     .put = { .body = empty } } } },
        { "raw_patch",
          { .raw = { .id = id,
                     .kind = MR_KIND_PATCH,
                     .lane = MR_LANE_PUSH } } },
        { "raw_delete",
          { .raw = { .id = id,
                     .kind = MR_KIND_DELETE,
                     .lane = MR_LANE_PUSH } } },
        { "clean",
          { .clean = { .id = id,
                       .version = 1,
                       .lane = MR_LANE_PUSH,
                       .text = empty } } },
        { "signature_put",
          { .signature = { .id = id, .version = 1, .kind = MR_KIND_PUT } } },
        { "signature_delete",
          { .signature = { .id = id, .version = 1, .kind = MR_KIND_DELETE } } },
        { "verdict",
          { .verdict = { .id = id,
                         .version = 1,
                         .state = MR_STATE_DELETED } } },
        { "document_live",
          { .document = { .id = id,
                          .version = 1,
                          .content_version = 1,
                          .state = MR_STATE_LIVE,
                          .lane = MR_LANE_PUSH,
                          .text = empty } } },
        { "document_dead",
          { .document = { .id = id,
                          .version = 1,
                          .state = MR_STATE_DELETED } } },
        { "vectors",
          { .vectors = { .id = id,
                         .version = 1,
                         .state = MR_STATE_REJECTED } } },
        { "dead", { .dead = { .partition = 0 } } },
        { "event", event },
    };

    for (size_t i = 0; i < sizeof(least) / sizeof(least[0]); i++) {
        union any given = least[i].any;
        union any back;

        if (strcmp(least[i].name, "event") == 0)
            given.event.id = text("00000000000000000000000000000000");
        round_trip(sample_of(least[i].name), &given, &back);
        same_any(least[i].name, &back, &given);
    }
}
END_TEST

START_TEST(a_payload_in_the_blob_store_is_its_hash_and_size)
{
    union any given = { .clean = sample_clean() };
    union any back;

    given.clean.text = sample_blob(1ull << 34);
    round_trip(sample_of("clean"), &given, &back);
    same_any("clean", &back, &given);

    /* Bytes that were fetched back are not sent along. */
    given.clean.text.bytes = text(SAMPLE_TEXT);
    round_trip(sample_of("clean"), &given, &back);
    ck_assert_ptr_null(back.clean.text.bytes.data);
    ck_assert(back.clean.text.in_blob);
}
END_TEST

START_TEST(a_text_that_was_not_given_is_empty_in_puts_and_live_documents)
{
    union any raw = { .raw = sample_raw(MR_KIND_PUT) };
    union any clean = { .clean = sample_clean() };
    union any document = { .document = sample_document(MR_STATE_LIVE) };
    union any back;

    raw.raw.put.body = (struct mr_payload){ 0 };
    round_trip(sample_of("raw_put"), &raw, &back);
    ck_assert_ptr_nonnull(back.raw.put.body.bytes.data);

    clean.clean.text = (struct mr_payload){ 0 };
    clean.clean.passages.count = 0;
    round_trip(sample_of("clean"), &clean, &back);
    ck_assert_ptr_nonnull(back.clean.text.bytes.data);

    document.document.text = (struct mr_payload){ 0 };
    document.document.passages.count = 0;
    round_trip(sample_of("document_live"), &document, &back);
    ck_assert_ptr_nonnull(back.document.text.bytes.data);
}
END_TEST

START_TEST(an_empty_title_comes_back_absent)
{
    union any given = { .clean = sample_clean() };
    union any back;

    given.clean.title = text("");
    round_trip(sample_of("clean"), &given, &back);
    ck_assert_ptr_null(back.clean.title.data);
}
END_TEST

START_TEST(a_dead_tombstone_has_no_value_and_an_empty_one_has)
{
    union any given = { .dead = sample_dead() };
    union any back;

    given.dead.value = (struct mr_payload){ 0 };
    round_trip(sample_of("dead"), &given, &back);
    ck_assert_ptr_null(back.dead.value.bytes.data);
    given.dead.value = sample_inline("");
    round_trip(sample_of("dead"), &given, &back);
    ck_assert_ptr_nonnull(back.dead.value.bytes.data);
}
END_TEST

START_TEST(a_text_may_hold_a_zero_byte)
{
    union any given = { .clean = sample_clean() };
    union any back;

    given.clean.title = mr_span("a\0b", 3);
    given.clean.text.bytes = mr_span("\0", 1);
    given.clean.passages.count = 0;
    round_trip(sample_of("clean"), &given, &back);
    same_any("clean", &back, &given);
}
END_TEST

START_TEST(encoders_sort_pairs_and_leave_the_callers_alone)
{
    struct mr_pair items[3] = {
        { .key = text("b"), .kind = MR_VALUE_TEXT, .text = text("1") },
        { .key = text("a"), .kind = MR_VALUE_TEXT, .text = text("2") },
        { .key = text("a"), .kind = MR_VALUE_TEXT, .text = text("3") },
    };
    union any given = { .clean = sample_clean() };
    union any back;

    given.clean.metadata = (struct mr_pairs){ .items = items, .count = 3 };
    round_trip(sample_of("clean"), &given, &back);
    SAME_SPAN(items[0].key, text("b"));
    SAME_SPAN(back.clean.metadata.items[0].text, text("2"));
    SAME_SPAN(back.clean.metadata.items[1].text, text("3"));
    SAME_SPAN(back.clean.metadata.items[2].text, text("1"));
}
END_TEST

START_TEST(an_error_is_cut_and_made_utf8_rather_than_refused)
{
    char much[2000];
    union any given = { .dead = sample_dead() };
    union any back;

    memset(much, 'x', sizeof(much));
    memcpy(much + MR_ERROR_BYTES_MAX - 1, "\xC3\xBC", 2);
    given.dead.error = mr_span(much, sizeof(much));
    round_trip(sample_of("dead"), &given, &back);
    ck_assert_uint_eq(back.dead.error.size, MR_ERROR_BYTES_MAX - 1);

    given.dead.error = text("\xFF"
                            "abc\xC3");
    round_trip(sample_of("dead"), &given, &back);
    SAME_SPAN(back.dead.error, text("?abc?"));
}
END_TEST

/* Most of every kind but signals, whose number and names clean decides. */
static struct mr_signature fullest(enum mr_kind kind, char *much, size_t size)
{
    static struct mr_signal items[10];
    struct mr_signature signature = sample_signature(kind);

    memset(much, 'x', size);
    for (unsigned i = 0; i < 10; i++)
        items[i] = (struct mr_signal){ .name = text("symbol_sh"),
                                       .value = i < 5 ? 100000 : 0.1 };
    signature.id = mr_span(much, MR_ID_BYTES_MAX);
    signature.source = mr_span(much, MR_SOURCE_BYTES_MAX);
    signature.version = UINT64_MAX;
    signature.time_ms = 99999999999999;
    signature.source_rank = UINT32_MAX;
    if (kind == MR_KIND_PUT)
        signature.signals = (struct mr_signals){ .items = items, .count = 10 };
    if (kind == MR_KIND_DELETE)
        signature.sweep_source = signature.source;
    if (kind == MR_KIND_FAILED)
        signature.error = mr_span(much, size);
    return signature;
}

START_TEST(a_signature_without_a_patch_is_600_bytes_at_most_besides_the_id)
{
    static const enum mr_kind kinds[] = { MR_KIND_PUT, MR_KIND_DELETE,
                                          MR_KIND_FAILED };
    char much[4096];

    for (size_t i = 0; i < 3; i++) {
        struct mr_signature signature = fullest(kinds[i], much, sizeof(much));
        struct mr_span bytes;

        ck_assert_msg(mr_signature_encode(&signature, arena, &bytes, &err) ==
                          MR_OK,
                      "kind %d: %s", (int)kinds[i], err.text);
        ck_assert_uint_le(bytes.size, MR_ID_BYTES_MAX + 600);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire.round_trip");
    TCase *tests = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, every_field_comes_back, 0, SAMPLE_COUNT);
    tcase_add_loop_test(tests, equal_messages_have_equal_bytes, 0,
                        SAMPLE_COUNT);
    tcase_add_test(tests, the_least_messages_come_back);
    tcase_add_test(tests, a_payload_in_the_blob_store_is_its_hash_and_size);
    tcase_add_test(
        tests, a_text_that_was_not_given_is_empty_in_puts_and_live_documents);
    tcase_add_test(tests, an_empty_title_comes_back_absent);
    tcase_add_test(tests, a_dead_tombstone_has_no_value_and_an_empty_one_has);
    tcase_add_test(tests, a_text_may_hold_a_zero_byte);
    tcase_add_test(tests, encoders_sort_pairs_and_leave_the_callers_alone);
    tcase_add_test(tests, an_error_is_cut_and_made_utf8_rather_than_refused);
    tcase_add_test(
        tests, a_signature_without_a_patch_is_600_bytes_at_most_besides_the_id);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
