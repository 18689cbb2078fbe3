// SPDX-License-Identifier: Apache-2.0
/*
 * test_front_door.c - what an append makes of a document.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/backends/memory/mr_memory.h"
#include "common/base/mr_mem.h"
#include "retriever/io/front_door.h"

#define PAIRS      110u
#define PAIR_BYTES 8000u
#define BODY_BYTES 400000u

START_TEST(a_text_that_is_too_long_beside_its_metadata_goes_to_the_blob_store)
{
    struct mr_memory *memory = mr_memory_new(NULL);
    struct mr_arena *arena = mr_arena_new();
    char *bytes = mr_malloc(BODY_BYTES);
    struct mr_pair pairs[PAIRS] = { 0 };
    struct mr_raw raw = {
        .id = mr_span_str("a"),
        .kind = MR_KIND_PUT,
        .source = mr_span_str("api"),
        .lane = MR_LANE_PUSH,
        .put = { .content_type = mr_span_str("text/plain"),
                 .body.bytes = mr_span(bytes, BODY_BYTES),
                 .metadata = { .items = pairs, .count = PAIRS } },
    };
    struct mr_place place;
    struct mr_record record;
    struct mr_raw found;
    struct mr_span body;
    struct mr_err err = { 0 };
    uint64_t version;

    memset(bytes, 'x', BODY_BYTES);
    for (size_t i = 0; i < PAIRS; i++)
        pairs[i] = (struct mr_pair){
            .key = mr_span_str(mr_arena_printf(arena, "%03zu", i)),
            .kind = MR_VALUE_TEXT,
            .text = mr_span(bytes, PAIR_BYTES),
        };
    ck_assert_int_eq(mr_place_init(&place,
                                   &(struct mr_place_spec){
                                       .bus = mr_memory_bus(memory),
                                       .store = mr_memory_store(memory),
                                       .blob = mr_memory_blob(memory),
                                       .collection = "main",
                                       .generation = 1,
                                       .model = "testmodel",
                                       .partitions = 1,
                                   },
                                   &err),
                     MR_OK);
    ck_assert_msg(front_door_append(&place, &raw, (struct mr_span){ 0 }, arena,
                                    &version, &err) == MR_OK,
                  "%s", err.text);
    ck_assert_int_eq(mr_bus_fetch(place.bus, place.topics[MR_TOPIC_RAW], 0, 0,
                                  arena, &record, NULL),
                     MR_OK);
    ck_assert_int_eq(mr_raw_parse(record.value, arena, &found, NULL), MR_OK);
    ck_assert(found.put.body.in_blob);
    ck_assert_uint_eq(found.put.metadata.count, PAIRS);
    ck_assert_int_eq(
        mr_blob_get(place.blob, found.put.body.hash, arena, &body, NULL),
        MR_OK);
    ck_assert(mr_span_equal(body, mr_span(bytes, BODY_BYTES)));
    mr_free(bytes);
    mr_arena_free(arena);
    mr_memory_free(memory);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("front_door");
    Suite *suite = suite_create("front_door");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(
        tcase,
        a_text_that_is_too_long_beside_its_metadata_goes_to_the_blob_store);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
