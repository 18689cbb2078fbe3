// SPDX-License-Identifier: Apache-2.0
/*
 * test_clean_stage.c - each record of raw gives one signature, and what the
 * table in clean_stage.c says.
 *
 * size: one stage, and a message for each thing that can be in it.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/backends/memory/mr_memory.h"
#include "common/base/mr_mem.h"
#include "common/runtime/effects_internal.h"
#include "common/wire/clean.h"
#include "common/wire/raw.h"
#include "common/wire/signature.h"
#include "preprocessor/clean/extract.h"
#include "preprocessor/preprocessor.h"

static struct mr_memory *memory;
static struct mr_place place;
static struct mr_stage *stage;
static struct mr_arena *arena;
static struct mr_effects effects;
static struct mr_state state;
static struct mr_err err;

static void setup(void)
{
    struct mr_place_spec spec = {
        .collection = "main", .generation = 1, .model = "m", .partitions = 1
    };
    struct clean_config config = clean_config_default(&place);

    memory = mr_memory_new(NULL);
    spec.bus = mr_memory_bus(memory);
    spec.store = mr_memory_store(memory);
    spec.blob = mr_memory_blob(memory);
    config.words_min = 2;
    arena = mr_arena_new();
    err = (struct mr_err){ 0 };
    ck_assert_int_eq(mr_place_init(&place, &spec, &err), MR_OK);
    ck_assert_int_eq(clean_stage_new(&config, &stage, &err), MR_OK);
    mr_effects_init(&effects, &place, stage, arena);
    ck_assert_int_eq(mr_state_init(&state, &effects, 0, &err), MR_OK);
}

static void teardown(void)
{
    mr_effects_deinit(&effects);
    mr_stage_free(stage);
    mr_arena_free(arena);
    mr_memory_free(memory);
}

static struct mr_raw put_of(const char *text)
{
    return (struct mr_raw){
        .id = mr_span_str("doc"),
        .kind = MR_KIND_PUT,
        .time_ms = 5000,
        .source = mr_span_str("api"),
        .source_rank = 3,
        .lane = MR_LANE_PUSH,
        .access.owner = mr_span_str("ann"),
        .put.content_type = mr_span_str("text/plain"),
        .put.body.bytes = mr_span_str(text),
        .put.title = mr_span_str(" A\n title "),
        .put.url = mr_span_str("http://x.org/"),
    };
}

/* The record at offset 41, appended at 6000. */
static struct mr_input input_of(const struct mr_raw *raw)
{
    struct mr_input input = {
        .topic = MR_TOPIC_RAW,
        .record = { .offset = 41, .append_ms = 6000, .key = raw->id },
    };

    ck_assert_int_eq(mr_raw_encode(raw, arena, &input.record.value, &err),
                     MR_OK);
    return input;
}

static enum mr_code run(const struct mr_raw *raw)
{
    struct mr_input input = input_of(raw);

    mr_effects_reset(&effects);
    return mr_stage_step(stage, &state, &input, 1, &effects, &err);
}

/* The only output on a topic; NULL when there is none. */
static const struct mr_record *output(enum mr_topic topic)
{
    const struct mr_record *found = NULL;

    for (size_t i = 0; i < effects.output_count; i++) {
        if (effects.outputs[i].topic != place.topics[topic])
            continue;
        ck_assert_ptr_null(found);
        found = &effects.outputs[i];
        ck_assert_uint_eq(found->version, mr_version(MR_EPOCH_FIRST, 41));
        ck_assert(mr_span_equal(found->key, mr_span_str("doc")));
    }
    return found;
}

static struct mr_signature signature(void)
{
    const struct mr_record *record = output(MR_TOPIC_SIGNATURES);
    struct mr_signature out;

    ck_assert_ptr_nonnull(record);
    ck_assert_uint_le(record->value.size, MR_SIGNATURE_BYTES_USUAL + 3);
    ck_assert_int_eq(mr_signature_parse(record->value, arena, &out, &err),
                     MR_OK);
    ck_assert_uint_eq(out.version, mr_version(MR_EPOCH_FIRST, 41));
    ck_assert_int_eq(out.time_ms, record->time_ms);
    return out;
}

static struct mr_clean cleaned(void)
{
    const struct mr_record *record = output(MR_TOPIC_CLEAN);
    struct mr_clean out;

    ck_assert_ptr_nonnull(record);
    ck_assert_int_eq(mr_clean_parse(record->value, arena, &out, &err), MR_OK);
    return out;
}

static void check_span(struct mr_span got, const char *want)
{
    ck_assert_msg(mr_span_equal(got, mr_span_str(want)),
                  "got \"%.*s\" want \"%s\"", MR_SPAN_ARG(got), want);
}

START_TEST(a_put_gives_text_and_signature)
{
    struct mr_raw raw = put_of("FAISS is a vector database.");
    struct mr_signature s;
    struct mr_clean c;

    ck_assert_int_eq(run(&raw), MR_OK);
    c = cleaned();
    check_span(c.text.bytes, "FAISS is a vector database.");
    check_span(c.title, "A title");
    check_span(c.url, "http://x.org/");
    check_span(c.language, "en");
    check_span(c.access.owner, "ann");
    ck_assert_uint_eq(c.passages.count, 1);
    ck_assert_ptr_null(c.source_map.data);
    ck_assert_uint_eq(c.config.size, 16);
    ck_assert_int_eq(c.time_ms, 5000);
    s = signature();
    ck_assert_int_eq(s.kind, MR_KIND_PUT);
    ck_assert_uint_eq(s.source_rank, 3);
    ck_assert_uint_eq(s.access_hash, mr_access_hash(&raw.access));
    ck_assert_uint_eq(s.text_hash.low, mr_hash128(c.text.bytes).low);
    ck_assert(s.has_minhash);
    ck_assert_ptr_null(s.reject_rule.data);
    ck_assert_uint_eq(effects.passed, 1);
}
END_TEST

START_TEST(a_put_without_a_time_has_that_of_its_append)
{
    struct mr_raw raw = put_of("Some words.");

    raw.time_ms = 0;
    ck_assert_int_eq(run(&raw), MR_OK);
    ck_assert_int_eq(signature().time_ms, 6000);
    ck_assert_int_eq(cleaned().time_ms, 6000);
}
END_TEST

static const struct {
    const char *text;
    size_t size;
    const char *rule;
    const char *value;
} refusals[] = {
    { "", 0, "empty", "0 bytes" },
    { " \n\t", 3, "empty", "3 bytes" },
    { "\xC2\xA0\n\xE3\x80\x80", 6, "empty", "6 bytes" },
    { "a\0\0\0b", 5, "binary", "3 NUL bytes" },
    { "<p>a\0\0\0b", 8, "binary", "3 NUL bytes" },
    { "\x01\x02\x03\x04xy", 6, "binary", "4 of 2 bytes are no text" },
    { "One", 3, "too_short", "1 words" },
};

START_TEST(a_refused_put_tells_rule_and_value)
{
    struct mr_raw raw = put_of("");
    struct mr_signature s;
    struct mr_clean c;

    raw.put.body.bytes = mr_span(refusals[_i].text, refusals[_i].size);
    if (refusals[_i].text[0] == '<') /* a parser leaves out NUL bytes */
        raw.put.content_type = mr_span_str("text/html");
    raw.put.title = mr_span(NULL, 0);
    ck_assert_int_eq(run(&raw), MR_OK);
    s = signature();
    check_span(s.reject_rule, refusals[_i].rule);
    check_span(s.reject_value, refusals[_i].value);
    ck_assert(!s.has_minhash);
    c = cleaned();
    ck_assert_uint_eq(c.text.bytes.size, 0);
    ck_assert_uint_eq(c.passages.count, 0);
    check_span(c.url, "http://x.org/");
    ck_assert_uint_eq(effects.rejected, 1);
    ck_assert_str_eq(effects.tallies[0].reason, refusals[_i].rule);
}
END_TEST

START_TEST(a_document_of_only_a_title_says_its_title)
{
    struct mr_raw raw = put_of(" ");
    struct mr_clean c;

    ck_assert_int_eq(run(&raw), MR_OK);
    c = cleaned();
    check_span(c.text.bytes, "A title");
    ck_assert_uint_eq(c.passages.count, 1);
    ck_assert_ptr_null(signature().reject_rule.data);
}
END_TEST

static struct mr_span sentences(size_t size)
{
    char *text = mr_arena_alloc(arena, size);

    for (size_t i = 0; i < size; i++)
        text[i] = "Word word. "[i % 11];
    return mr_span(text, size);
}

START_TEST(a_long_text_goes_to_the_blob_store)
{
    struct mr_raw raw = put_of("");
    struct mr_clean c;

    raw.put.body.bytes = sentences(MR_INLINE_BYTES_MAX + 1000);
    ck_assert_int_eq(
        mr_blob_put(place.blob, raw.put.body.bytes, &raw.put.body.hash, &err),
        MR_OK);
    raw.put.body.size = raw.put.body.bytes.size;
    raw.put.body.in_blob = true;
    raw.put.body.bytes = mr_span(NULL, 0);
    ck_assert_int_eq(run(&raw), MR_OK);
    c = cleaned();
    ck_assert(c.text.in_blob);
    ck_assert_uint_eq(c.text.size, MR_INLINE_BYTES_MAX + 1000);
    ck_assert_uint_eq(effects.claim_count, 1);
    ck_assert_uint_gt(c.passages.count, 400);
}
END_TEST

START_TEST(a_text_beside_much_metadata_goes_to_the_blob_store)
{
    struct mr_raw raw = put_of("");
    struct mr_pair pairs[110] = { 0 };
    char *value = mr_arena_alloc(arena, 8000);
    struct mr_clean c;

    memset(value, 'v', 8000);
    for (size_t i = 0; i < 110; i++)
        pairs[i] = (struct mr_pair){
            .key = mr_span_str(mr_arena_printf(arena, "%03zu", i)),
            .kind = MR_VALUE_TEXT,
            .text = mr_span(value, 8000),
        };
    raw.put.metadata = (struct mr_pairs){ pairs, 110 };
    raw.put.body.bytes = sentences(200000);
    ck_assert_int_eq(
        mr_blob_put(place.blob, raw.put.body.bytes, &raw.put.body.hash, &err),
        MR_OK);
    raw.put.body.size = raw.put.body.bytes.size;
    raw.put.body.in_blob = true;
    raw.put.body.bytes = mr_span(NULL, 0);
    ck_assert_msg(run(&raw) == MR_OK, "%s", err.text);
    c = cleaned();
    ck_assert(c.text.in_blob);
    ck_assert_uint_eq(c.text.size, 200000);
    ck_assert_uint_eq(c.metadata.count, 110);
    ck_assert_uint_eq(effects.claim_count, 1);
}
END_TEST

START_TEST(a_body_that_is_too_large_is_refused_unread)
{
    struct mr_raw raw = put_of("");

    raw.put.body = (struct mr_payload){ .in_blob = true,
                                        .size = CLEAN_BODY_BYTES_MAX + 1,
                                        .hash.low = 1 };
    ck_assert_int_eq(run(&raw), MR_OK);
    check_span(signature().reject_rule, "too_large");
    check_span(signature().reject_value, "67108865 bytes");
}
END_TEST

START_TEST(a_page_that_explodes_is_refused)
{
    size_t size = 500000, at = 0;
    char *page = mr_arena_alloc(arena, size);
    struct mr_raw raw = put_of("");

    for (size_t i = 0; i < 16; i++) {
        at += (size_t)sprintf(page + at, "<font color=%zu", i);
        for (size_t n = 0; n < 40; n++)
            at += (size_t)sprintf(page + at, " a%zu", n);
        at += (size_t)sprintf(page + at, ">");
    }
    while (at + 8 < size)
        at += (size_t)sprintf(page + at, "<p>x");
    raw.put.content_type = mr_span_str("text/html");
    raw.put.body.bytes = mr_span(page, at);
    ck_assert_int_eq(run(&raw), MR_OK);
    check_span(signature().reject_rule, "too_large");
}
END_TEST

START_TEST(too_many_passages_are_refused)
{
    struct mr_raw raw = put_of("");
    size_t size = (size_t)MR_PASSAGES_MAX * 200 * 6;

    raw.put.body.bytes = sentences(size);
    ck_assert_int_eq(
        mr_blob_put(place.blob, raw.put.body.bytes, &raw.put.body.hash, &err),
        MR_OK);
    raw.put.body.size = size;
    raw.put.body.in_blob = true;
    raw.put.body.bytes = mr_span(NULL, 0);
    ck_assert_int_eq(run(&raw), MR_OK);
    check_span(signature().reject_rule, "too_many_passages");
    ck_assert_uint_eq(effects.claim_count, 0);
}
END_TEST

START_TEST(many_large_bodies_are_worked_alone)
{
    struct mr_input inputs[3];
    struct mr_raw raw = put_of("");
    struct mr_span body =
        mr_span(mr_arena_calloc(arena, 1, 60u << 20), 60u << 20);

    ck_assert_int_eq(mr_blob_put(place.blob, body, &raw.put.body.hash, &err),
                     MR_OK);
    raw.put.body.size = body.size;
    raw.put.body.in_blob = true;
    raw.put.body.bytes = mr_span(NULL, 0);
    for (size_t i = 0; i < 3; i++)
        inputs[i] = input_of(&raw);
    mr_effects_reset(&effects);
    ck_assert_int_eq(mr_stage_step(stage, &state, inputs, 3, &effects, &err),
                     MR_E_LIMIT);
    ck_assert_int_eq(mr_class_of(MR_E_LIMIT), MR_CLASS_POISON);
    mr_effects_reset(&effects);
    ck_assert_int_eq(mr_stage_step(stage, &state, inputs, 1, &effects, &err),
                     MR_OK);
    check_span(signature().reject_rule, "binary");
}
END_TEST

START_TEST(a_patch_gives_a_signature_only)
{
    struct mr_pair pairs[] = {
        { .key = mr_span_str("a"), .kind = MR_VALUE_NULL },
        { .key = mr_span_str("b"), .kind = MR_VALUE_NUMBER, .number = 2 },
    };
    struct mr_raw raw = put_of("");
    struct mr_signature s;

    raw.kind = MR_KIND_PATCH;
    raw.put = (struct mr_raw_put){ 0 };
    raw.patch.metadata = (struct mr_pairs){ pairs, 2 };
    raw.patch.has_access = true;
    ck_assert_int_eq(run(&raw), MR_OK);
    ck_assert_ptr_null(output(MR_TOPIC_CLEAN));
    s = signature();
    ck_assert_int_eq(s.kind, MR_KIND_PATCH);
    ck_assert_uint_eq(s.patch.count, 2);
    ck_assert(s.has_access);
    check_span(s.access.owner, "ann");
    ck_assert_uint_eq(s.access_hash, mr_access_hash(&raw.access));
    ck_assert_uint_eq(effects.passed, 1);
}
END_TEST

START_TEST(an_unconditional_delete_gives_null_and_signature)
{
    struct mr_raw raw = { .id = mr_span_str("doc"),
                          .kind = MR_KIND_DELETE,
                          .source = mr_span_str("api"),
                          .lane = MR_LANE_PUSH };

    ck_assert_int_eq(run(&raw), MR_OK);
    ck_assert_ptr_nonnull(output(MR_TOPIC_CLEAN));
    ck_assert_ptr_null(output(MR_TOPIC_CLEAN)->value.data);
    ck_assert_int_eq(signature().kind, MR_KIND_DELETE);
    ck_assert_ptr_null(signature().sweep_source.data);
}
END_TEST

START_TEST(a_sweep_gives_a_signature_only)
{
    struct mr_raw raw = { .id = mr_span_str("doc"),
                          .kind = MR_KIND_DELETE,
                          .source = mr_span_str("site"),
                          .lane = MR_LANE_BULK,
                          .del = { mr_span_str("site"), 77 } };

    ck_assert_int_eq(run(&raw), MR_OK);
    ck_assert_ptr_null(output(MR_TOPIC_CLEAN));
    check_span(signature().sweep_source, "site");
    ck_assert_uint_eq(signature().sweep_before, 77);
}
END_TEST

START_TEST(a_record_that_cannot_be_read_is_poison_and_fails_with_a_signature)
{
    struct mr_input input = {
        .topic = MR_TOPIC_RAW,
        .record = { .offset = 41,
                    .append_ms = 6000,
                    .key = mr_span_str("doc"),
                    .value = mr_span_str("\xFF\xFF") },
    };
    struct mr_signature s;

    mr_effects_reset(&effects);
    ck_assert_int_eq(
        mr_class_of(mr_stage_step(stage, &state, &input, 1, &effects, &err)),
        MR_CLASS_POISON);
    mr_effects_reset(&effects);
    ck_assert_int_eq(
        (stage->ops->fail)(stage, &state, &input, &err, &effects, &err), MR_OK);
    ck_assert_ptr_null(output(MR_TOPIC_CLEAN));
    s = signature();
    ck_assert_int_eq(s.kind, MR_KIND_FAILED);
    ck_assert_int_eq(s.time_ms, 6000);
    check_span(s.error, err.text);
}
END_TEST

START_TEST(a_record_under_another_key_is_poison)
{
    struct mr_raw raw = put_of("text");
    struct mr_input input = input_of(&raw);

    input.record.key = mr_span_str("other");
    ck_assert_int_eq(mr_stage_step(stage, &state, &input, 1, &effects, &err),
                     MR_E_CORRUPT);
}
END_TEST

START_TEST(a_step_that_is_run_again_gives_the_same_bytes)
{
    struct mr_raw raw = put_of("FAISS is a vector database. It is fast.");
    struct mr_span first;

    ck_assert_int_eq(run(&raw), MR_OK);
    first = mr_arena_copy(arena, output(MR_TOPIC_CLEAN)->value);
    ck_assert_int_eq(run(&raw), MR_OK);
    ck_assert(mr_span_equal(first, output(MR_TOPIC_CLEAN)->value));
}
END_TEST

START_TEST(configurations_that_contradict_themselves_are_refused)
{
    struct clean_config config = clean_config_default(&place);
    struct mr_stage *none;

    config.passage_words_max = config.passage_words_target - 1;
    ck_assert_int_eq(clean_stage_new(&config, &none, &err), MR_E_CONFIG);
    config = clean_config_default(&place);
    config.passage_words_target = 0;
    ck_assert_int_eq(clean_stage_new(&config, &none, &err), MR_E_CONFIG);
    config = clean_config_default(&place);
    config.language = NULL;
    ck_assert_int_eq(clean_stage_new(&config, &none, &err), MR_E_CONFIG);
    ck_assert_ptr_null(none);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("clean_stage");
    Suite *suite = suite_create("clean_stage");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_put_gives_text_and_signature);
    tcase_add_test(tcase, a_put_without_a_time_has_that_of_its_append);
    tcase_add_loop_test(tcase, a_refused_put_tells_rule_and_value, 0,
                        (int)(sizeof(refusals) / sizeof(refusals[0])));
    tcase_add_test(tcase, a_document_of_only_a_title_says_its_title);
    tcase_add_test(tcase, a_long_text_goes_to_the_blob_store);
    tcase_add_test(tcase, a_text_beside_much_metadata_goes_to_the_blob_store);
    tcase_add_test(tcase, a_body_that_is_too_large_is_refused_unread);
    tcase_add_test(tcase, a_page_that_explodes_is_refused);
    tcase_add_test(tcase, too_many_passages_are_refused);
    tcase_add_test(tcase, many_large_bodies_are_worked_alone);
    tcase_add_test(tcase, a_patch_gives_a_signature_only);
    tcase_add_test(tcase, an_unconditional_delete_gives_null_and_signature);
    tcase_add_test(tcase, a_sweep_gives_a_signature_only);
    tcase_add_test(
        tcase,
        a_record_that_cannot_be_read_is_poison_and_fails_with_a_signature);
    tcase_add_test(tcase, a_record_under_another_key_is_poison);
    tcase_add_test(tcase, a_step_that_is_run_again_gives_the_same_bytes);
    tcase_add_test(tcase,
                   configurations_that_contradict_themselves_are_refused);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
