// SPDX-License-Identifier: Apache-2.0
/*
 * test_admit_order.c - the last document of an id does not depend on how texts
 * and verdicts interleave.
 *
 * Random histories of one document; for each, every interleaving of its two
 * topics goes through the stage, message by message and in one batch.  The
 * last record must be the same bytes, and what a model says that it is; the
 * versions on the way must not fall.
 *
 * A failure prints the seed; MILLRACE_SEED=N repeats that history alone.
 */
#include <check.h>
#include <stdlib.h>

#include "preprocessor/admit/compose.h"
#include "preprocessor/curate/document.h"
#include "preprocessor/curate/lifecycle.h"
#include "preprocessor/preprocessor.h"
#include "tests/unit/preprocessor/admit_messages.h"

#define HISTORIES 500u
#define EVENTS    6u
#define TOLD_MAX  (2u * EVENTS)

struct history {
    uint64_t seed;
    uint64_t random;
    struct mr_arena *arena;
    uint64_t texts[EVENTS]; /* versions; a null's with NULL_BIT */
    size_t text_count;
    struct mr_verdict verdicts[TOLD_MAX];
    size_t verdict_count;
    struct curate_record record;
};

#define NULL_BIT (UINT64_C(1) << 63)

static size_t below(struct history *y, size_t bound)
{
    y->random += 0x9E3779B97F4A7C15u;
    return (size_t)(mr_mix64(y->random) % bound);
}

static void tell(struct history *y, const struct mr_signature *cause)
{
    static const struct curate_policy policy = { .fingerprint = "policy" };
    struct mr_verdict *verdict = &y->verdicts[y->verdict_count++];

    *verdict = document_verdict(&y->record, &policy);
    if (cause == NULL || cause->kind != MR_KIND_PATCH)
        return;
    verdict->is_patch = true;
    verdict->patch = cause->patch;
    verdict->has_access = cause->has_access;
    verdict->access = cause->access;
}

static void random_patch(struct history *y, struct mr_signature *message)
{
    static const char *const keys[] = { "a", "b", "c" };
    const char *value =
        below(y, 3) == 0
            ? NULL
            : mr_arena_printf(y->arena, "patch %llu",
                              (unsigned long long)message->version);

    message->kind = MR_KIND_PATCH;
    message->patch.items = mr_arena_alloc(y->arena, sizeof(struct mr_pair));
    message->patch.items[0] = text_pair(keys[below(y, 3)], value);
    message->patch.count = 1;
    message->has_access = below(y, 2) == 0;
    message->access.owner = mr_span_str(value != NULL ? value : "nobody");
}

static struct mr_signature random_message(struct history *y, uint64_t version)
{
    struct mr_signature message = { .id = mr_span_str("d"),
                                    .version = version,
                                    .time_ms = (int64_t)version,
                                    .source = mr_span_str("site") };
    size_t kind = below(y, 9);

    if (kind < 4) {
        message.kind = MR_KIND_PUT;
        message.text_hash.low = version;
        if (kind == 3)
            message.reject_rule = mr_span_str("too_short");
        y->texts[y->text_count++] = version;
    } else if (kind < 6) {
        random_patch(y, &message);
    } else if (kind < 8) {
        message.kind = MR_KIND_DELETE;
        message.sweep_before = version;
        if (kind == 6)
            message.sweep_source = mr_span_str("site");
        else
            y->texts[y->text_count++] = version | NULL_BIT;
    } else {
        message.kind = MR_KIND_FAILED;
        message.error = mr_span_str("broken");
    }
    return message;
}

/* What curation would say, with a flip now and then. */
static void make(struct history *y, uint64_t seed, struct mr_arena *arena)
{
    size_t events;

    *y = (struct history){ .seed = seed, .random = seed, .arena = arena };
    y->record.id = mr_span_str("d");
    events = 1 + below(y, EVENTS);
    for (uint64_t version = 1; version <= events; version++) {
        struct mr_signature message = random_message(y, version);
        struct curate_record now;

        (void)lifecycle_apply(&y->record, &message, &now);
        y->record = now;
        if (y->record.state != 0)
            tell(y, &message);
        if (below(y, 4) != 0 || !curate_record_takes_part(&y->record))
            continue;
        y->record.state ^= MR_STATE_LIVE ^ MR_STATE_DUPLICATE;
        y->record.duplicate_of = mr_span_str("other");
        tell(y, NULL);
    }
}

static void fail_at(const struct history *y, uint64_t order, const char *what)
{
    ck_abort_msg("seed %llu, interleaving %llx: %s; MILLRACE_SEED repeats",
                 (unsigned long long)y->seed, (unsigned long long)order, what);
}

static void give_text(struct harness *h, uint64_t version)
{
    struct mr_clean clean;

    if ((version & NULL_BIT) != 0) {
        give_null(h, "d", version & ~NULL_BIT);
        return;
    }
    clean = usual_clean(h->arena, "d", version);
    give_clean(h, &clean);
}

/* Bit i of `order`: the ith message is a verdict. Gives the last record. */
static struct mr_span run(const struct history *y, uint64_t order, bool batch,
                          struct harness *h)
{
    struct admit_config config = admit_config_default();
    struct mr_stage *stage;
    size_t texts = 0;
    size_t verdicts = 0;
    uint64_t version = 0;
    size_t count;

    harness_open(h);
    ck_assert(admit_stage_new(&config, &stage, NULL) == MR_OK);
    harness_run(h, stage);
    for (size_t i = 0; i < y->text_count + y->verdict_count; i++) {
        if ((order >> i & 1) != 0)
            give_verdict(h, &y->verdicts[verdicts++]);
        else
            give_text(h, y->texts[texts++]);
        if (!batch)
            harness_work(h);
    }
    harness_work(h);
    count = harness_count(h, MR_TOPIC_DOCUMENTS);
    for (size_t i = 0; i < count; i++) {
        uint64_t next = harness_read(h, MR_TOPIC_DOCUMENTS, i).version;

        if (next < version)
            fail_at(y, order, "a version fell");
        version = next;
    }
    if (count == 0)
        return mr_span(NULL, 0);
    return harness_read(h, MR_TOPIC_DOCUMENTS, count - 1).value;
}

static bool has_text(const struct history *y, uint64_t version)
{
    for (size_t i = 0; i < y->text_count; i++) {
        if (y->texts[i] == version)
            return true;
    }
    return false;
}

/* The value of a metadata key after the patches since the put. */
static struct mr_span model_value(const struct history *y, const char *key)
{
    const struct mr_verdict *last = &y->verdicts[y->verdict_count - 1];
    struct mr_span value =
        key[0] == 'c' ? mr_span(NULL, 0) : mr_span_str("put");

    for (size_t i = 0; i < y->verdict_count; i++) {
        const struct mr_verdict *v = &y->verdicts[i];

        if (v->is_patch && v->content_version == last->content_version &&
            span_is(v->patch.items[0].key, key))
            value = v->patch.items[0].text;
    }
    return value;
}

static struct mr_span model_owner(const struct history *y)
{
    const struct mr_verdict *last = &y->verdicts[y->verdict_count - 1];
    struct mr_span owner = mr_span(NULL, 0);

    for (size_t i = 0; i < y->verdict_count; i++) {
        const struct mr_verdict *v = &y->verdicts[i];

        if (v->has_access && v->content_version == last->content_version)
            owner = v->access.owner;
    }
    return owner;
}

static void check_metadata(const struct history *y,
                           const struct mr_document *document)
{
    static const char *const keys[] = { "a", "b", "c" };
    size_t expected = 0;

    for (size_t k = 0; k < 3; k++) {
        struct mr_span value = model_value(y, keys[k]);

        if (value.data == NULL)
            continue;
        if (document->metadata.count <= expected ||
            !span_is(document->metadata.items[expected].key, keys[k]) ||
            !mr_span_equal(document->metadata.items[expected].text, value))
            fail_at(y, 0, "metadata is not that of the patches");
        expected++;
    }
    if (document->metadata.count != expected)
        fail_at(y, 0, "there is too much metadata");
}

static void check_model(const struct history *y, struct harness *h,
                        struct mr_span bytes)
{
    const struct mr_verdict *last = &y->verdicts[y->verdict_count - 1];
    bool text = has_text(y, last->content_version);
    bool ended =
        last->state == MR_STATE_DELETED || last->state == MR_STATE_FAILED;
    struct mr_document document;

    if (mr_document_parse(bytes, h->arena, &document, NULL) != MR_OK)
        fail_at(y, 0, "the last record is no document");
    if (document.state != last->state || document.version != last->version ||
        document.content_version != last->content_version)
        fail_at(y, 0, "state or version are not those of the last verdict");
    if ((document.title.size > 0) != text ||
        (text &&
         document.title.data[6] != (uint8_t)('0' + last->content_version)))
        fail_at(y, 0, "the title is not that of the put");
    if (!mr_span_equal(document.access.owner, model_owner(y)))
        fail_at(y, 0, "access is not that of the last patch");
    if ((document.passages.count > 0) != (last->state == MR_STATE_LIVE))
        fail_at(y, 0, "only live documents have passages");
    if (ended && document.metadata.count != 0)
        fail_at(y, 0, "what has ended has no metadata");
    if (!ended)
        check_metadata(y, &document);
}

/* Sweeps and patches of what never was tell nothing of a text. */
static void all_interleavings(struct history *y)
{
    size_t length = y->text_count + y->verdict_count;
    uint64_t first = (UINT64_C(1) << y->verdict_count) - 1;
    struct harness told;
    struct mr_span expected;

    if (y->verdict_count == 0)
        return;
    expected = run(y, first, false, &told); /* all verdicts first */
    check_model(y, &told, expected);
    for (uint64_t order = 0; order < UINT64_C(1) << length; order++) {
        struct harness h;

        if ((size_t)__builtin_popcountll(order) != y->verdict_count)
            continue;
        for (int batch = 0; batch < 2; batch++) {
            if (batch == 1 && order != first)
                continue; /* a batch comes by topic, whatever the order */
            if (!mr_span_equal(run(y, order, batch == 1, &h), expected))
                fail_at(y, order, "another last record");
            harness_close(&h);
        }
    }
    harness_close(&told);
}

static void one_history(uint64_t seed)
{
    struct mr_arena *arena = mr_arena_new();
    struct history y;

    make(&y, seed, arena);
    all_interleavings(&y);
    mr_arena_free(arena);
}

START_TEST(the_last_document_is_the_same_however_the_inputs_interleave)
{
    const char *only = getenv("MILLRACE_SEED");

    if (only != NULL) {
        one_history(strtoull(only, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= HISTORIES; seed++)
        one_history(seed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("admit order");
    TCase *tcase = tcase_create("admit order");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase,
                   the_last_document_is_the_same_however_the_inputs_interleave);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
