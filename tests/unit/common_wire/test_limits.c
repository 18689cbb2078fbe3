// SPDX-License-Identifier: Apache-2.0
/*
 * test_limits.c - at a limit a message is taken, one past it it is refused,
 * and what breaks a rule is refused by the encoder as `invalid`.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "common/ports/bus.h"
#include "tests/unit/common_wire/samples.h"

#define BIG_BYTES (MR_INLINE_BYTES_MAX + 1)

static struct mr_arena *arena;
static struct mr_err err;
static uint8_t *big;

static void setup(void)
{
    arena = mr_arena_new();
    big = mr_arena_alloc(arena, BIG_BYTES);
    memset(big, 'a', BIG_BYTES);
}

static void teardown(void)
{
    mr_arena_free(arena);
}

static struct mr_span bytes_of(size_t size)
{
    ck_assert_uint_le(size, BIG_BYTES);
    return mr_span(big, size);
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

#define SET(name, place)                                \
    static void set_##name(union any *any, size_t size) \
    {                                                   \
        any->place = bytes_of(size);                    \
    }

SET(raw_id, raw.id)
SET(raw_source, raw.source)
SET(raw_owner, raw.access.owner)
SET(raw_type, raw.put.content_type)
SET(raw_body, raw.put.body.bytes)
SET(raw_title, raw.put.title)
SET(raw_url, raw.put.url)
SET(raw_sweep, raw.del.source)
SET(clean_language, clean.language)
SET(clean_config, clean.config)
SET(signature_rule, signature.reject_rule)
SET(verdict_rule, verdict.reason.rule)
SET(verdict_original, verdict.reason.duplicate_of)
SET(document_config, document.lineage.curate_config)
SET(dead_id, dead.id)
SET(dead_value, dead.value.bytes)
SET(control_address, control.member.address)
SET(event_query, event.query)
SET(event_prompt, event.prompt)

static void set_clean_text(union any *any, size_t size)
{
    any->clean.text.bytes = bytes_of(size);
    any->clean.passages.count = 0;
}

static void set_principals(union any *any, size_t count)
{
    any->clean.access.principals =
        mr_arena_calloc(arena, count, sizeof(struct mr_span));
    any->clean.access.principal_count = count;
}

static void set_pairs(union any *any, size_t count)
{
    struct mr_pair *items = mr_arena_calloc(arena, count, sizeof(*items));

    for (size_t i = 0; i < count; i++)
        items[i].kind = MR_VALUE_FLAG;
    any->clean.metadata = (struct mr_pairs){ .items = items, .count = count };
}

static void set_pair(union any *any, size_t size)
{
    set_pairs(any, 1);
    any->clean.metadata.items[0] = (struct mr_pair){
        .key = text("key"),
        .kind = MR_VALUE_TEXT,
        .text = bytes_of(size - 3),
    };
}

static void set_signals(union any *any, size_t count)
{
    any->clean.signals.items =
        mr_arena_calloc(arena, count, sizeof(struct mr_signal));
    any->clean.signals.count = count;
}

static void set_signal(union any *any, size_t size)
{
    set_signals(any, 1);
    any->clean.signals.items[0].name = bytes_of(size);
}

static void set_passages(union any *any, size_t count)
{
    any->document.passages.items =
        mr_arena_calloc(arena, count, sizeof(struct mr_passage));
    any->document.passages.count = count;
}

static void set_headings(union any *any, size_t size)
{
    set_passages(any, 1);
    any->document.passages.items[0].headings = bytes_of(size);
}

static void set_vectors(union any *any, size_t count)
{
    any->vectors.passages = mr_arena_calloc(arena, count, sizeof(uint32_t));
    any->vectors.count = count;
    any->vectors.dimension = 1;
    any->vectors.floats = sample_blob(count * sizeof(float));
}

static void set_ordinal(union any *any, size_t ordinal)
{
    set_vectors(any, 1);
    any->vectors.passages[0] = (uint32_t)ordinal;
}

static void set_dimension(union any *any, size_t dimension)
{
    set_vectors(any, 1);
    any->vectors.dimension = (uint32_t)dimension;
    any->vectors.floats.size = dimension * sizeof(float);
}

static void set_hits(union any *any, size_t count)
{
    any->event.hits =
        mr_arena_calloc(arena, count, sizeof(struct mr_event_hit));
    any->event.hit_count = count;
    for (size_t i = 0; i < count; i++)
        any->event.hits[i].document = text("d");
}

static void set_pieces(union any *any, size_t count)
{
    any->event.pieces =
        mr_arena_calloc(arena, count, sizeof(struct mr_event_piece));
    any->event.piece_count = count;
    for (size_t i = 0; i < count; i++) {
        any->event.pieces[i].document = text("d");
        any->event.pieces[i].source = 1;
    }
}

static const struct limit {
    const char *sample;
    const char *what;
    size_t max;
    void (*set)(union any *any, size_t size);
} limits[] = {
    { "raw_put", "id", MR_ID_BYTES_MAX, set_raw_id },
    { "raw_put", "source", MR_SOURCE_BYTES_MAX, set_raw_source },
    { "raw_put", "owner", MR_NAME_BYTES_MAX, set_raw_owner },
    { "raw_put", "content type", MR_NAME_BYTES_MAX, set_raw_type },
    { "raw_put", "body", MR_INLINE_BYTES_MAX, set_raw_body },
    { "raw_put", "title", MR_TITLE_BYTES_MAX, set_raw_title },
    { "raw_put", "url", MR_URL_BYTES_MAX, set_raw_url },
    { "raw_delete", "sweep", MR_SOURCE_BYTES_MAX, set_raw_sweep },
    { "clean", "text", MR_INLINE_BYTES_MAX, set_clean_text },
    { "clean", "principals", MR_ACL_MAX, set_principals },
    { "clean", "pairs", MR_PAIRS_MAX, set_pairs },
    { "clean", "pair", MR_PAIR_BYTES_MAX, set_pair },
    { "clean", "signals", MR_SIGNALS_MAX, set_signals },
    { "clean", "signal", MR_SIGNAL_BYTES_MAX, set_signal },
    { "clean", "language", MR_NAME_BYTES_MAX, set_clean_language },
    { "clean", "config", MR_NAME_BYTES_MAX, set_clean_config },
    { "signature_patch", "rule", MR_NAME_BYTES_MAX, set_signature_rule },
    { "verdict", "rule", MR_NAME_BYTES_MAX, set_verdict_rule },
    { "verdict", "original", MR_ID_BYTES_MAX, set_verdict_original },
    { "document_live", "passages", MR_PASSAGES_MAX, set_passages },
    { "document_live", "headings", MR_TITLE_BYTES_MAX, set_headings },
    { "document_live", "config", MR_NAME_BYTES_MAX, set_document_config },
    { "vectors", "vectors", MR_VECTORS_MAX, set_vectors },
    { "vectors", "ordinal", MR_PASSAGES_MAX - 1, set_ordinal },
    { "vectors", "dimension", MR_DIMENSION_MAX, set_dimension },
    { "dead", "id", MR_KEY_BYTES_MAX, set_dead_id },
    { "dead", "value", MR_INLINE_BYTES_MAX, set_dead_value },
    { "control", "address", MR_URL_BYTES_MAX, set_control_address },
    { "event", "hits", MR_EVENT_HITS_MAX, set_hits },
    { "event", "pieces", MR_EVENT_PIECES_MAX, set_pieces },
    { "event", "query", MR_INLINE_BYTES_MAX, set_event_query },
    { "event", "prompt", MR_INLINE_BYTES_MAX, set_event_prompt },
};

#define LIMIT_COUNT (sizeof(limits) / sizeof(limits[0]))

START_TEST(a_limit_is_reached_but_not_passed)
{
    const struct limit *limit = &limits[_i];
    const struct sample *sample = sample_of(limit->sample);
    union any given = { 0 };
    union any back;
    struct mr_span bytes;

    sample->fill(&given);
    limit->set(&given, limit->max);
    ck_assert_msg(sample->encode(&given, arena, &bytes, &err) == MR_OK,
                  "%s at its limit: %s", limit->what, err.text);
    ck_assert_msg(sample->parse(bytes, arena, &back, &err) == MR_OK,
                  "%s at its limit: %s", limit->what, err.text);
    limit->set(&given, limit->max + 1);
    ck_assert_msg(sample->encode(&given, arena, &bytes, &err) == MR_E_LIMIT,
                  "%s past its limit is taken", limit->what);
}
END_TEST

START_TEST(a_message_past_the_size_of_a_value_is_refused)
{
    struct mr_clean clean = sample_clean();
    struct mr_span bytes;

    clean.text.bytes = bytes_of(MR_INLINE_BYTES_MAX);
    clean.source_map = bytes_of(MR_INLINE_BYTES_MAX);
    ck_assert_int_eq(mr_clean_encode(&clean, arena, &bytes, &err), MR_E_LIMIT);
}
END_TEST

START_TEST(a_signature_past_its_600_bytes_is_refused_but_for_a_patch)
{
    struct mr_signature signature = sample_signature(MR_KIND_PUT);
    struct mr_span bytes;

    signature.reject_rule = bytes_of(MR_NAME_BYTES_MAX);
    ck_assert_int_eq(mr_signature_encode(&signature, arena, &bytes, &err),
                     MR_E_LIMIT);
    signature = sample_signature(MR_KIND_PATCH);
    signature.patch.items[0].text = bytes_of(8000);
    ck_assert_int_eq(mr_signature_encode(&signature, arena, &bytes, &err),
                     MR_OK);
    signature.patch.items[1].text = bytes_of(8000);
    signature.patch.items[2].text = bytes_of(8000);
    ck_assert_int_eq(mr_signature_encode(&signature, arena, &bytes, &err),
                     MR_E_LIMIT);
}
END_TEST

/* Each breaks one rule of a good sample. */
static void name_second(union any *any, const char *name)
{
    static struct mr_checkpoint_file files[3];

    for (size_t i = 0; i < any->checkpoint.file_count; i++)
        files[i] = any->checkpoint.files[i];
    files[1].name = text(name);
    any->checkpoint.files = files;
}

#define BREAK(name, statement)               \
    static void break_##name(union any *any) \
    {                                        \
        statement;                           \
    }

BREAK(raw_no_id, any->raw.id = text(""))
BREAK(raw_id, any->raw.id = text("\xFF"))
BREAK(raw_kind, any->raw.kind = MR_KIND_FAILED)
BREAK(raw_lane, any->raw.lane = (enum mr_lane)0)
BREAK(raw_title, any->raw.put.title = text("\xC3"))
BREAK(raw_null, any->raw.put.metadata = sample_pairs(true))
BREAK(raw_value, any->raw.put.metadata.items[0].kind = (enum mr_value_kind)5)
BREAK(raw_number, any->raw.put.metadata.items[0].number = (double)NAN)
BREAK(raw_principal, any->raw.access.principals[1] = text("\x80"))
BREAK(clean_version, any->clean.version = 0)
BREAK(clean_text, any->clean.text.bytes = text("\xED\xA0\x80"))
BREAK(clean_order, any->clean.passages.items[0].start = 61;
      any->clean.passages.items[0].end = 62)
BREAK(clean_inside, any->clean.passages.items[1].end = 92)
BREAK(clean_backward, any->clean.passages.items[1].end = 59)
BREAK(clean_inside_char, any->clean.passages.items[1].start = 63)
BREAK(clean_signal, any->clean.signals.items[0].value = (double)INFINITY)
BREAK(clean_blob, any->clean.text = sample_blob(0);
      any->clean.passages.count = 0)
BREAK(clean_blob_size, any->clean.text = sample_blob(90))
BREAK(signature_kind, any->signature.kind = (enum mr_kind)5)
BREAK(signature_version, any->signature.version = 0)
BREAK(verdict_state, any->verdict.state = (enum mr_doc_state)6)
BREAK(verdict_patch, any->verdict.is_patch = false)
BREAK(verdict_similarity, any->verdict.reason.similarity = 1.5)
BREAK(verdict_nan, any->verdict.reason.similarity = (double)NAN)
BREAK(document_content, any->document.content_version = 0)
BREAK(document_lane, any->document.lane = (enum mr_lane)0)
BREAK(tombstone_text, any->document.text = sample_inline(""))
BREAK(tombstone_blob, any->document.text = sample_blob(1))
BREAK(tombstone_passages, any->document.passages = sample_passages())
BREAK(tombstone_map, any->document.source_map = text("m"))
BREAK(vectors_order, any->vectors.passages[1] = 2)
BREAK(vectors_size, any->vectors.floats.bytes.size--)
BREAK(vectors_zero, any->vectors.dimension = 0;
      any->vectors.floats.bytes.size = 0)
BREAK(vectors_state, any->vectors.state = MR_STATE_DELETED)
BREAK(event_id, any->event.id = text("0011223344556677889"))
BREAK(event_digit, any->event.id = text("0011223344556677889A001122334455"))
BREAK(event_kind, any->event.kind = (enum mr_event_kind)0)
BREAK(event_rating, any->event.rating = 2)
BREAK(event_about, any->event.about = text("yesterday"))
BREAK(event_score, any->event.hits[0].score = (double)NAN)
BREAK(event_hit, any->event.hits[1].document = text(""))
BREAK(checkpoint_generation, any->checkpoint.generation = 0)
BREAK(checkpoint_partition, any->checkpoint.partition = 8)
BREAK(checkpoint_no_size, any->checkpoint.piece_bytes = 0)
BREAK(checkpoint_size, any->checkpoint.piece_bytes = 999)
BREAK(checkpoint_order, name_second(any, "dense-0-9-L0.seg"))
BREAK(checkpoint_up, name_second(any, "records/.."))
BREAK(checkpoint_out, name_second(any, "../records"))
BREAK(checkpoint_root, name_second(any, "/manifest"))
BREAK(checkpoint_deep, name_second(any, "records/a/b"))
BREAK(checkpoint_no_name, name_second(any, ""))
BREAK(checkpoint_folder, name_second(any, "records/"))
BREAK(checkpoint_twice, name_second(any, "records//a"))
BREAK(checkpoint_odd, name_second(any, "a b"))
BREAK(note_generation, any->control.checkpoint.generation = 0)
BREAK(note_partition, any->control.checkpoint.partition = MR_PARTITIONS_MAX)
BREAK(note_model, any->control.checkpoint.model = text("\xFF"))
BREAK(note_two, any->control.is_alias = true)
BREAK(event_piece, any->event.pieces[1].document = text(""))
BREAK(event_piece_end, any->event.pieces[0].end = 3)
BREAK(event_piece_source, any->event.pieces[0].source = 3)
BREAK(event_piece_number, any->event.pieces[0].source = 0)

#define BROKEN(sample, name)         \
    {                                \
#sample, #name, break_##name \
    }

static const struct {
    const char *sample;
    const char *name;
    void (*breaks)(union any *any);
} broken[] = {
    BROKEN(raw_put, raw_no_id),
    BROKEN(raw_put, raw_id),
    BROKEN(raw_put, raw_kind),
    BROKEN(raw_put, raw_lane),
    BROKEN(raw_put, raw_title),
    BROKEN(raw_put, raw_null),
    BROKEN(raw_put, raw_value),
    BROKEN(raw_put, raw_number),
    BROKEN(raw_put, raw_principal),
    BROKEN(clean, clean_version),
    BROKEN(clean, clean_text),
    BROKEN(clean, clean_order),
    BROKEN(clean, clean_inside),
    BROKEN(clean, clean_backward),
    BROKEN(clean, clean_inside_char),
    BROKEN(clean, clean_signal),
    BROKEN(clean, clean_blob),
    BROKEN(clean, clean_blob_size),
    BROKEN(signature_put, signature_kind),
    BROKEN(signature_put, signature_version),
    BROKEN(verdict, verdict_state),
    BROKEN(verdict, verdict_patch),
    BROKEN(verdict, verdict_similarity),
    BROKEN(verdict, verdict_nan),
    BROKEN(document_live, document_content),
    BROKEN(document_live, document_lane),
    BROKEN(document_dead, tombstone_text),
    BROKEN(document_dead, tombstone_blob),
    BROKEN(document_dead, tombstone_passages),
    BROKEN(document_dead, tombstone_map),
    BROKEN(vectors, vectors_order),
    BROKEN(vectors, vectors_size),
    BROKEN(vectors, vectors_zero),
    BROKEN(vectors, vectors_state),
    BROKEN(event, event_id),
    BROKEN(event, event_digit),
    BROKEN(event, event_kind),
    BROKEN(event, event_rating),
    BROKEN(event, event_about),
    BROKEN(event, event_score),
    BROKEN(event, event_hit),
    BROKEN(checkpoint, checkpoint_generation),
    BROKEN(checkpoint, checkpoint_partition),
    BROKEN(checkpoint, checkpoint_no_size),
    BROKEN(checkpoint, checkpoint_size),
    BROKEN(checkpoint, checkpoint_order),
    BROKEN(checkpoint, checkpoint_up),
    BROKEN(checkpoint, checkpoint_out),
    BROKEN(checkpoint, checkpoint_root),
    BROKEN(checkpoint, checkpoint_deep),
    BROKEN(checkpoint, checkpoint_no_name),
    BROKEN(checkpoint, checkpoint_folder),
    BROKEN(checkpoint, checkpoint_twice),
    BROKEN(checkpoint, checkpoint_odd),
    BROKEN(control_checkpoint, note_generation),
    BROKEN(control_checkpoint, note_partition),
    BROKEN(control_checkpoint, note_model),
    BROKEN(control_checkpoint, note_two),
    BROKEN(event, event_piece),
    BROKEN(event, event_piece_end),
    BROKEN(event, event_piece_source),
    BROKEN(event, event_piece_number),
};

#define BROKEN_COUNT (sizeof(broken) / sizeof(broken[0]))

START_TEST(a_struct_that_breaks_a_rule_is_not_encoded)
{
    const struct sample *sample = sample_of(broken[_i].sample);
    union any given = { 0 };
    struct mr_span bytes = { 0 };

    sample->fill(&given);
    broken[_i].breaks(&given);
    ck_assert_msg(sample->encode(&given, arena, &bytes, &err) == MR_E_INVALID,
                  "%s is encoded", broken[_i].name);
    ck_assert_ptr_null(bytes.data);
    ck_assert_int_eq(err.code, MR_E_INVALID);
}
END_TEST

START_TEST(a_tombstone_may_know_no_lane)
{
    struct mr_document document = sample_document(MR_STATE_DELETED);
    struct mr_span bytes;

    document.lane = (enum mr_lane)0;
    ck_assert_int_eq(mr_document_encode(&document, arena, &bytes, &err), MR_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire.limits");
    TCase *tests = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_limit_is_reached_but_not_passed, 0,
                        LIMIT_COUNT);
    tcase_add_test(tests, a_message_past_the_size_of_a_value_is_refused);
    tcase_add_test(tests,
                   a_signature_past_its_600_bytes_is_refused_but_for_a_patch);
    tcase_add_loop_test(tests, a_struct_that_breaks_a_rule_is_not_encoded, 0,
                        BROKEN_COUNT);
    tcase_add_test(tests, a_tombstone_may_know_no_lane);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
