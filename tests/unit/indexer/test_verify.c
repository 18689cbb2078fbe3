// SPDX-License-Identifier: Apache-2.0
/*
 * test_verify.c - that shard_verify() finds what is damaged on purpose, and
 * nothing in a shard that is sound; and what a digest depends on.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/backends/memory/mr_memory.h"
#include "common/base/mr_mem.h"
#include "indexer/shard/shard.h"

#define DIMENSION 2u

struct rig {
    struct mr_memory *log;
    struct mr_memory *records;
    struct mr_place place;
    struct shard *shard;
    struct mr_arena *arena;
    char folder[64];
};

static struct rig rig;

static void append(enum mr_topic topic, const char *id, struct mr_span value,
                   uint64_t version)
{
    struct mr_record record = { .topic = rig.place.topics[topic],
                                .key = mr_span_str(id),
                                .value = value,
                                .version = version };

    ck_assert_int_eq(mr_bus_append(rig.place.bus, &record, 1, NULL), MR_OK);
}

static void move_to_blob(struct mr_payload *text)
{
    ck_assert_int_eq(
        mr_blob_put(rig.place.blob, text->bytes, &text->hash, NULL), MR_OK);
    text->in_blob = true;
    text->size = text->bytes.size;
    text->bytes = (struct mr_span){ 0 };
}

/* The text of "live" is in the blob store, as a long one would be. */
static void say_document(const char *id, uint64_t version,
                         enum mr_doc_state state, const char *text)
{
    struct mr_passage passage = { .end = (uint32_t)strlen(text) };
    struct mr_document document = { .id = mr_span_str(id),
                                    .version = version,
                                    .content_version = version,
                                    .state = state,
                                    .lane = MR_LANE_PUSH };
    struct mr_span value;

    if (state == MR_STATE_LIVE) {
        document.text.bytes = mr_span_str(text);
        passage.id = mr_hash128(document.text.bytes);
        if (strcmp(id, "live") == 0)
            move_to_blob(&document.text);
        document.passages = (struct mr_passages){ &passage, 1 };
    }
    ck_assert_int_eq(mr_document_encode(&document, rig.arena, &value, NULL),
                     MR_OK);
    append(MR_TOPIC_DOCUMENTS, id, value, version);
}

static void say_vectors(const char *id, uint64_t version,
                        enum mr_doc_state state, bool up)
{
    float floats[DIMENSION] = { up ? 0 : 1, up ? 1 : 0 };
    uint32_t ordinal = 0;
    struct mr_vectors vectors = { .id = mr_span_str(id),
                                  .version = version,
                                  .content_version = version,
                                  .state = state,
                                  .dimension = DIMENSION };
    struct mr_span value;

    if (state == MR_STATE_LIVE) {
        vectors.passages = &ordinal;
        vectors.count = 1;
        vectors.floats.bytes = mr_span(floats, sizeof(floats));
    }
    ck_assert_int_eq(mr_vectors_encode(&vectors, rig.arena, &value, NULL),
                     MR_OK);
    append(MR_TOPIC_VECTORS, id, value, version);
}

static void catch_up(void)
{
    bool worked = true;

    while (worked)
        ck_assert_int_eq(shard_step(rig.shard, 0, &worked, NULL), MR_OK);
}

static void open_shard(void)
{
    struct mr_err err = { 0 };
    struct shard_spec spec = {
        .place = &rig.place,
        .folder = rig.folder,
        .records = mr_memory_store(rig.records),
        .dimension = DIMENSION,
        .language = "en",
        .config = index_config_default(),
    };

    spec.config.build_threads = 0;
    spec.config.seal_passages = 2;
    ck_assert_msg(shard_open(&spec, &rig.shard, &err) == MR_OK, "%s", err.text);
}

/* One document of each fate, one of them updated. */
static void set_up(void)
{
    rig = (struct rig){ .arena = mr_arena_new() };
    rig.log = mr_memory_new(NULL);
    rig.records = mr_memory_new(NULL);
    ck_assert_int_eq(mr_place_init(&rig.place,
                                   &(struct mr_place_spec){
                                       .bus = mr_memory_bus(rig.log),
                                       .store = mr_memory_store(rig.log),
                                       .blob = mr_memory_blob(rig.log),
                                       .collection = "main",
                                       .generation = 1,
                                       .model = "testmodel",
                                       .partitions = 1,
                                   },
                                   NULL),
                     MR_OK);
    strcpy(rig.folder, "/tmp/millrace-verify-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(rig.folder));
    open_shard();
    say_document("live", 1, MR_STATE_LIVE, "water drives the wheel");
    say_document("new", 2, MR_STATE_LIVE, "an old text");
    say_document("new", 3, MR_STATE_LIVE, "a new text");
    say_document("dead", 4, MR_STATE_LIVE, "soon gone");
    say_document("dead", 5, MR_STATE_DELETED, "");
    say_vectors("live", 1, MR_STATE_LIVE, false);
    say_vectors("new", 3, MR_STATE_LIVE, true);
    say_vectors("dead", 5, MR_STATE_DELETED, false);
    catch_up();
}

static void tear_down(void)
{
    char command[128];

    shard_close(rig.shard);
    mr_memory_free(rig.records);
    mr_memory_free(rig.log);
    mr_arena_free(rig.arena);
    (void)snprintf(command, sizeof(command), "rm -r %s", rig.folder);
    ck_assert_int_eq(system(command), 0);
}

struct told {
    unsigned count;
    char rule[32];
    char id[32];
    char text[400];
};

static void tell(void *context, const struct shard_finding *finding)
{
    struct told *told = context;

    told->count++;
    (void)snprintf(told->rule, sizeof(told->rule), "%s", finding->rule);
    (void)snprintf(told->id, sizeof(told->id), "%.*s",
                   MR_SPAN_ARG(finding->id));
    (void)snprintf(told->text, sizeof(told->text), "%s", finding->text);
}

static struct told verify(void)
{
    struct shard_verified verified;
    struct told told = { 0 };
    struct mr_err err = { 0 };

    ck_assert_msg(shard_verify(rig.shard, tell, &told, &verified, &err) ==
                      MR_OK,
                  "%s", err.text);
    ck_assert_uint_eq(verified.findings, told.count);
    ck_assert_uint_eq(verified.documents, 3);
    ck_assert_uint_eq(verified.vectors, 3);
    return told;
}

static void expect(const char *rule, const char *id)
{
    struct told told = verify();

    ck_assert_msg(told.count > 0, "nothing was found");
    ck_assert_msg(strcmp(told.rule, rule) == 0 && strcmp(told.id, id) == 0,
                  "found %s of %s: %s", told.rule, told.id, told.text);
}

static void change_record(const char *space, const char *id,
                          struct mr_span value)
{
    struct mr_store *store = mr_memory_store(rig.records);
    struct mr_batch *batch = mr_batch_new();
    mr_space_id number;

    ck_assert_int_eq(mr_store_space(store, space, &number, NULL), MR_OK);
    if (value.data == NULL)
        mr_batch_delete(batch, number, mr_span_str(id));
    else
        mr_batch_put(batch, number, mr_span_str(id), value);
    ck_assert_int_eq(mr_store_write(store, batch, true, NULL), MR_OK);
    mr_batch_free(batch);
}

static struct mr_span read_record(const char *space, const char *id)
{
    struct mr_store *store = mr_memory_store(rig.records);
    mr_space_id number;
    struct mr_span value;

    ck_assert_int_eq(mr_store_space(store, space, &number, NULL), MR_OK);
    ck_assert_int_eq(
        mr_store_get(store, number, mr_span_str(id), rig.arena, &value, NULL),
        MR_OK);
    return value;
}

START_TEST(in_a_sound_shard_nothing_is_found)
{
    ck_assert_uint_eq(verify().count, 0);
    shard_close(rig.shard);
    open_shard();
    catch_up();
    ck_assert_uint_eq(verify().count, 0);
}
END_TEST

START_TEST(a_record_that_is_lost_is_found)
{
    change_record("documents", "live", (struct mr_span){ 0 });
    expect("record", "live");
}
END_TEST

START_TEST(a_record_of_another_document_is_found)
{
    change_record("documents", "live", read_record("documents", "new"));
    ck_assert_uint_gt(verify().count, 0);
}
END_TEST

START_TEST(a_record_that_is_not_in_the_log_is_found)
{
    change_record("documents", "stray", read_record("documents", "new"));
    expect("record", "stray");
}
END_TEST

START_TEST(a_passage_beside_a_record_that_is_not_its_text_is_found)
{
    const struct records *records = &rig.shard->records;
    struct mr_batch *batch = mr_batch_new();
    struct mr_passage passage = { .end = 5 };
    struct mr_document document = { .id = mr_span_str("live"),
                                    .content_version = 1,
                                    .passages = { &passage, 1 } };

    records_put_passages(records, batch, &document, mr_span_str("other"));
    ck_assert_int_eq(mr_store_write(records->store, batch, true, NULL), MR_OK);
    mr_batch_free(batch);
    expect("record", "live");
}
END_TEST

START_TEST(a_passage_of_a_long_text_is_shown_without_the_blob_store)
{
    struct shard_hit hit = { .document = mr_span_str("live"),
                             .content_version = 1 };
    struct mr_document document;
    struct shard_passage shown;
    struct mr_err err = { 0 };
    bool found;

    ck_assert_int_eq(records_document(&rig.shard->records, hit.document,
                                      rig.arena, &found, &document, &err),
                     MR_OK);
    ck_assert(found && document.text.in_blob);
    ck_assert_int_eq(mr_blob_remove(rig.place.blob, document.text.hash, NULL),
                     MR_OK);
    ck_assert_msg(shard_load_hit(rig.shard, &hit, rig.arena, &shown, &err) ==
                      MR_OK,
                  "%s", err.text);
    ck_assert(shown.found);
    ck_assert(mr_span_equal(shown.text, mr_span_str("water drives the wheel")));
    /* Deleted, and nothing of it is left. */
    say_document("live", 9, MR_STATE_DELETED, "");
    catch_up();
    ck_assert_int_eq(records_passage(&rig.shard->records, hit.document, 1, 0,
                                     rig.arena, &shown.text, &err),
                     MR_OK);
    ck_assert_ptr_null(shown.text.data);
}
END_TEST

#define LONG ((size_t)5 << 20)

START_TEST(a_batch_of_long_texts_is_kept_whole)
{
    char *text = mr_malloc(LONG + 1);
    static const char *const ids[] = { "live", "new", "dead" };
    struct mr_passage passage = { .end = 1000 };

    memset(text, 'w', LONG);
    text[LONG] = '\0';
    for (size_t turn = 0; turn < 4; turn++) {
        for (size_t i = 0; i < 3; i++) {
            struct mr_passage passages[5] = {
                passage, passage, passage, passage, { .end = LONG }
            };
            struct mr_document document = {
                .id = mr_span_str(ids[i]),
                .version = 10 + turn,
                .content_version = 10 + turn,
                .state = MR_STATE_LIVE,
                .lane = MR_LANE_PUSH,
                .text = { .bytes = mr_span_str(text) },
                .passages = { passages, 5 },
            };
            struct mr_span value;

            for (uint32_t k = 0; k < 5; k++)
                passages[k].start = k == 4 ? 4000 : k * 1000;
            for (uint32_t k = 0; k < 4; k++)
                passages[k].end = passages[k].start + 1000;
            text[i] = (char)('0' + turn);
            move_to_blob(&document.text);
            ck_assert_int_eq(
                mr_document_encode(&document, rig.arena, &value, NULL), MR_OK);
            append(MR_TOPIC_DOCUMENTS, ids[i], value, 10 + turn);
        }
    }
    catch_up();
    ck_assert_uint_eq(verify().count, 0);
    mr_free(text);
}
END_TEST

START_TEST(a_record_of_vectors_that_is_lost_is_found)
{
    change_record("vectors", "new", (struct mr_span){ 0 });
    expect("record", "new");
}
END_TEST

START_TEST(a_text_that_died_in_its_segment_is_found)
{
    bool has;

    ck_assert_int_eq(side_kill(rig.shard->sides[SIDE_KEYWORD],
                               mr_span_str("live"), false, 0, &has, NULL),
                     MR_OK);
    expect("keyword", "live");
}
END_TEST

START_TEST(vectors_that_died_in_their_segment_are_found)
{
    bool has;

    ck_assert_int_eq(side_kill(rig.shard->sides[SIDE_DENSE], mr_span_str("new"),
                               false, 0, &has, NULL),
                     MR_OK);
    expect("dense", "new");
}
END_TEST

START_TEST(a_live_text_that_is_hidden_is_found)
{
    size_t count;
    const struct view *views =
        side_views(rig.shard->sides[SIDE_KEYWORD], &count);
    uint32_t entry;
    struct view view = { 0 };

    for (size_t i = 0; i < count; i++) {
        if (entries_find(views[i].segment->entries, mr_span_str("live"), &entry,
                         1) == 1)
            view = views[i];
    }
    ck_assert_ptr_nonnull(view.segment);
    view.marks->hidden[0] |= (uint64_t)1
                             << view.segment->entries->first_units[entry];
    expect("keyword", "live");
}
END_TEST

static struct mr_hash128 digest(size_t *documents)
{
    struct index_digest *all = index_digest_new();
    struct mr_hash128 hash;

    ck_assert_int_eq(index_digest_add(all, rig.shard, NULL), MR_OK);
    hash = index_digest_hash(all, documents);
    index_digest_free(all);
    return hash;
}

START_TEST(a_digest_is_of_the_documents_and_not_of_their_segments)
{
    size_t documents;
    struct mr_hash128 before = digest(&documents);
    struct mr_hash128 after;

    ck_assert_uint_eq(documents, 3);
    shard_close(rig.shard);
    open_shard();
    after = digest(&documents);
    ck_assert_uint_eq(before.low, after.low);
    ck_assert_uint_eq(before.high, after.high);
    say_document("live", 6, MR_STATE_LIVE, "water drives the wheel no more");
    catch_up();
    after = digest(&documents);
    ck_assert(before.low != after.low || before.high != after.high);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("verify");
    Suite *suite = suite_create("verify");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, in_a_sound_shard_nothing_is_found);
    tcase_add_test(tcase, a_record_that_is_lost_is_found);
    tcase_add_test(tcase, a_record_of_another_document_is_found);
    tcase_add_test(tcase, a_record_that_is_not_in_the_log_is_found);
    tcase_add_test(tcase,
                   a_passage_beside_a_record_that_is_not_its_text_is_found);
    tcase_add_test(tcase,
                   a_passage_of_a_long_text_is_shown_without_the_blob_store);
    tcase_add_test(tcase, a_batch_of_long_texts_is_kept_whole);
    tcase_add_test(tcase, a_record_of_vectors_that_is_lost_is_found);
    tcase_add_test(tcase, a_text_that_died_in_its_segment_is_found);
    tcase_add_test(tcase, vectors_that_died_in_their_segment_are_found);
    tcase_add_test(tcase, a_live_text_that_is_hidden_is_found);
    tcase_add_test(tcase,
                   a_digest_is_of_the_documents_and_not_of_their_segments);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
