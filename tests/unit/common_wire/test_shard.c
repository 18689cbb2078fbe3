// SPDX-License-Identifier: Apache-2.0
/*
 * test_shard.c - requests to shards and replies: their limits, their rules,
 * and what is refused before it is unpacked.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "common/base/mr_buf.h"
#include "common/wire/vectors.h"
#include "tests/unit/common_wire/compare.h"

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

static struct mr_span bytes_of(size_t size)
{
    uint8_t *bytes = mr_arena_alloc(arena, size);

    memset(bytes, 'a', size);
    return mr_span(bytes, size);
}

#define COUNT(name, kind, list, list_count)                         \
    static void name(union any *any, size_t count)                  \
    {                                                               \
        any->kind.list_count = count;                               \
        any->kind.list =                                            \
            mr_arena_calloc(arena, count, sizeof(*any->kind.list)); \
        for (size_t i = 0; i < count; i++)                          \
            any->kind.list[i] = name##_one;                         \
    }

static const struct mr_shard_term set_terms_one = { .weight = 1 };
static const struct mr_shard_condition set_conditions_one = { .op = 1 };
static const struct mr_span set_principals_one = { (const uint8_t *)"u", 1 };
static const struct mr_shard_place set_places_one = {
    .document = { (const uint8_t *)"d", 1 }, .content_version = 1
};
static const struct mr_span set_languages_one = { (const uint8_t *)"en", 2 };
static const uint64_t set_frequency_one = 128;
static const struct mr_shard_hit set_hits_one = {
    .place = { .document = { (const uint8_t *)"d", 1 }, .content_version = 1 }
};
static const struct mr_shard_passage set_loaded_one = { .text = { 0 } };

COUNT(set_terms, shard_request, terms, term_count)
COUNT(set_conditions, shard_request, conditions, condition_count)
COUNT(set_principals, shard_request, principals, principal_count)
COUNT(set_places, shard_request, places, place_count)
COUNT(set_languages, shard_reply, languages, language_count)
COUNT(set_frequency, shard_reply, frequency, frequency_count)
COUNT(set_hits, shard_reply, keyword, keyword_count)
COUNT(set_loaded, shard_reply, loaded, loaded_count)

static void set_term(union any *any, size_t size)
{
    any->shard_request.terms[0].term = bytes_of(size);
}

static void set_values(union any *any, size_t count)
{
    struct mr_pairs *values = &any->shard_request.conditions[0].values;

    values->count = count;
    values->items = mr_arena_calloc(arena, count, sizeof(*values->items));
    for (size_t i = 0; i < count; i++)
        values->items[i].kind = MR_VALUE_FLAG;
}

static const struct limit {
    const char *what;
    bool reply;
    size_t max;
    void (*set)(union any *any, size_t size);
} limits[] = {
    { "terms", false, MR_SHARD_TERMS_MAX, set_terms },
    { "term", false, MR_SHARD_TERM_BYTES_MAX, set_term },
    { "conditions", false, MR_SHARD_CONDITIONS_MAX, set_conditions },
    { "values", false, MR_SHARD_VALUES_MAX, set_values },
    { "principals", false, MR_SHARD_PRINCIPALS_MAX, set_principals },
    { "places", false, MR_SHARD_PLACES_MAX, set_places },
    { "languages", true, MR_SHARD_LANGUAGES_MAX, set_languages },
    { "frequency", true, MR_SHARD_TERMS_MAX, set_frequency },
    { "hits", true, MR_SHARD_HITS_MAX, set_hits },
    { "passages", true, MR_SHARD_PLACES_MAX, set_loaded },
};

static void fill(bool reply, union any *out)
{
    if (reply)
        fill_shard_reply(out);
    else
        fill_shard_request(out);
}

static enum mr_code encode(bool reply, const union any *any,
                           struct mr_span *out)
{
    return reply ? encode_shard_reply(any, arena, out, &err)
                 : encode_shard_request(any, arena, out, &err);
}

static enum mr_code parse(bool reply, struct mr_span bytes, union any *out)
{
    return reply ? parse_shard_reply(bytes, arena, out, &err)
                 : parse_shard_request(bytes, arena, out, &err);
}

START_TEST(a_limit_is_reached_but_not_passed)
{
    const struct limit *limit = &limits[_i];
    union any given = { 0 };
    struct mr_span bytes;
    union any back;

    fill(limit->reply, &given);
    limit->set(&given, limit->max);
    ck_assert_msg(encode(limit->reply, &given, &bytes) == MR_OK, "%s: %s",
                  limit->what, err.text);
    ck_assert_msg(parse(limit->reply, bytes, &back) == MR_OK, "%s: %s",
                  limit->what, err.text);
    limit->set(&given, limit->max + 1);
    ck_assert_msg(encode(limit->reply, &given, &bytes) == MR_E_LIMIT,
                  "%s past its limit is taken", limit->what);
}
END_TEST

#define BREAK(name, statement)               \
    static void break_##name(union any *any) \
    {                                        \
        statement;                           \
    }

BREAK(verb, any->shard_request.verb = (enum mr_shard_verb)8)
BREAK(top_k, any->shard_request.top_k = 0)
BREAK(top_k_max, any->shard_request.top_k = MR_SHARD_HITS_MAX + 1)
BREAK(vector, any->shard_request.vector.size--)
BREAK(op, any->shard_request.conditions[0].op = MR_SHARD_OPS)
BREAK(null,
      any->shard_request.conditions[0].values.items[0].kind = MR_VALUE_NULL)
BREAK(nan,
      any->shard_request.conditions[0].values.items[0].number = (double)NAN)
BREAK(place_id, any->shard_request.places[0].document.size = 0)
BREAK(place_content, any->shard_request.places[1].content_version = 0)
BREAK(principal, any->shard_request.principals[0] = text("\xFF"))
BREAK(no_id, any->shard_request.verb = MR_SHARD_GET;
      any->shard_request.id = (struct mr_span){ 0 })
BREAK(score, any->shard_reply.dense[0].score = (double)INFINITY)
BREAK(parts, any->shard_reply.keyword[0].parts.size--)
BREAK(recall, any->shard_reply.counts.recall = 1.25)
BREAK(passage_size, any->shard_reply.loaded[0].passage.end++)
BREAK(passage_backward, any->shard_reply.loaded[0].passage.start = 99)
BREAK(passage_text, any->shard_reply.loaded[0].text = text("te\xFFt"))
BREAK(no_document, any->shard_reply.loaded[0].document.size = 0)
BREAK(no_text, any->shard_reply.has_text = false)

static const struct {
    const char *what;
    bool reply;
    void (*breaks)(union any *any);
} broken[] = {
    { "verb", false, break_verb },
    { "top_k", false, break_top_k },
    { "top_k_max", false, break_top_k_max },
    { "vector", false, break_vector },
    { "op", false, break_op },
    { "null", false, break_null },
    { "nan", false, break_nan },
    { "place_id", false, break_place_id },
    { "place_content", false, break_place_content },
    { "principal", false, break_principal },
    { "no_id", false, break_no_id },
    { "score", true, break_score },
    { "parts", true, break_parts },
    { "recall", true, break_recall },
    { "passage_size", true, break_passage_size },
    { "passage_backward", true, break_passage_backward },
    { "passage_text", true, break_passage_text },
    { "no_document", true, break_no_document },
    { "no_text", true, break_no_text },
};

START_TEST(what_breaks_a_rule_is_not_encoded)
{
    union any given = { 0 };
    struct mr_span bytes;
    enum mr_code code;

    fill(broken[_i].reply, &given);
    broken[_i].breaks(&given);
    code = encode(broken[_i].reply, &given, &bytes);
    ck_assert_msg(code == MR_E_INVALID, "%s: %s", broken[_i].what,
                  mr_code_name(code));
}
END_TEST

/* As many parts as fit into a reply of 64 MiB, each of them taking memory. */
START_TEST(counts_past_all_limits_are_refused_before_unpacking)
{
    static const char *const repeated[] = {
        "\x52\x00",     /* a language */
        "\xA2\x01\x00", /* a hit by words */
        "\xF2\x01\x00", /* a passage */
    };

    for (size_t i = 0; i < 3; i++) {
        struct mr_buf buf = mr_buf(MR_SHARD_REPLY_BYTES_MAX);
        struct mr_shard_reply back;

        mr_buf_str(&buf, "\x08\x01\x10\x01");
        while (!buf.full)
            mr_buf_append(&buf, repeated[i], i == 0 ? 2 : 3);
        ck_assert_int_eq(
            mr_shard_reply_parse(mr_buf_bytes(&buf), arena, &back, &err),
            MR_E_LIMIT);
        ck_assert_uint_eq(mr_arena_used(arena), 0);
        mr_buf_deinit(&buf);
    }
}
END_TEST

START_TEST(a_packed_list_past_all_limits_is_refused_before_unpacking)
{
    struct mr_buf buf = mr_buf(MR_SHARD_REPLY_BYTES_MAX);
    struct mr_shard_reply back;
    size_t count = 60u << 20;

    mr_buf_str(&buf, "\x08\x01\x10\x02\x72");
    mr_buf_varint(&buf, count);
    memset(mr_buf_grow(&buf, count), 0, count);
    ck_assert_int_eq(
        mr_shard_reply_parse(mr_buf_bytes(&buf), arena, &back, &err),
        MR_E_LIMIT);
    ck_assert_uint_eq(mr_arena_used(arena), 0);
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(a_text_of_many_megabytes_comes_back)
{
    struct mr_shard_reply reply = { .verb = MR_SHARD_TEXT, .has_text = true };
    struct mr_shard_reply back;
    struct mr_span bytes;

    reply.text = bytes_of(20u << 20);
    ck_assert_int_eq(mr_shard_reply_encode(&reply, arena, &bytes, &err), MR_OK);
    ck_assert_int_eq(mr_shard_reply_parse(bytes, arena, &back, &err), MR_OK);
    ck_assert(mr_span_equal(back.text, reply.text));
}
END_TEST

START_TEST(words_of_a_failure_are_made_fit_to_be_sent)
{
    struct mr_shard_reply reply = { .verb = MR_SHARD_SEARCH };
    struct mr_shard_reply back;
    struct mr_span bytes;

    reply.dense_error = bytes_of(2000);
    reply.keyword_error = text("broken \xFF bytes");
    ck_assert_int_eq(mr_shard_reply_encode(&reply, arena, &bytes, &err), MR_OK);
    ck_assert_int_eq(mr_shard_reply_parse(bytes, arena, &back, &err), MR_OK);
    ck_assert_uint_eq(back.dense_error.size, MR_ERROR_BYTES_MAX);
    ck_assert(mr_span_equal(back.keyword_error, mr_span_str("broken ? bytes")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shard");
    TCase *tests = tcase_create("shard");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_limit_is_reached_but_not_passed, 0,
                        sizeof(limits) / sizeof(limits[0]));
    tcase_add_loop_test(tests, what_breaks_a_rule_is_not_encoded, 0,
                        sizeof(broken) / sizeof(broken[0]));
    tcase_add_test(tests, counts_past_all_limits_are_refused_before_unpacking);
    tcase_add_test(tests,
                   a_packed_list_past_all_limits_is_refused_before_unpacking);
    tcase_add_test(tests, a_text_of_many_megabytes_comes_back);
    tcase_add_test(tests, words_of_a_failure_are_made_fit_to_be_sent);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
