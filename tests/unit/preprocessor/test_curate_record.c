// SPDX-License-Identifier: Apache-2.0
/*
 * test_curate_record.c - what is remembered of a document comes back.
 */
#include <check.h>

#include "preprocessor/curate/priority.h"
#include "preprocessor/curate/record.h"

static struct curate_record full(void)
{
    struct curate_record record = {
        .id = mr_span_str("a"),
        .state = MR_STATE_DUPLICATE,
        .kind = MR_KIND_PATCH,
        .version = UINT64_MAX,
        .content_version = 3,
        .time_ms = -5,
        .source = mr_span_str("api"),
        .source_rank = UINT32_MAX,
        .has_first_seen = true,
        .first_seen_ms = INT64_MIN,
        .has_content = true,
        .access_hash = 9,
        .text_hash = { 1, UINT64_MAX },
        .has_minhash = true,
        .duplicate_of = mr_span_str("b"),
        .rows = 127,
        .placed = CURATE_PLACED_BANDS,
    };

    for (size_t i = 0; i < MR_MINHASH_ROWS; i++)
        record.minhash[i] = (uint16_t)(i * 517);
    return record;
}

START_TEST(a_record_comes_back_as_it_was)
{
    struct mr_arena *arena = mr_arena_new();
    struct curate_record record = full();
    struct curate_record back;
    struct mr_span bytes = curate_record_encode(&record, arena);

    ck_assert_int_eq(curate_record_parse(record.id, bytes, &back, NULL), MR_OK);
    ck_assert(back.version == record.version && back.content_version == 3);
    ck_assert(back.kind == MR_KIND_PATCH && back.state == record.state);
    ck_assert(back.time_ms == -5 && back.first_seen_ms == INT64_MIN);
    ck_assert(mr_span_equal(back.source, record.source));
    ck_assert(back.source_rank == UINT32_MAX && back.has_first_seen);
    ck_assert(back.access_hash == 9 && back.text_hash.high == UINT64_MAX);
    ck_assert(back.has_minhash &&
              memcmp(back.minhash, record.minhash, sizeof(back.minhash)) == 0);
    ck_assert(mr_span_equal(back.duplicate_of, record.duplicate_of));
    ck_assert(back.rows == 127 && back.placed == CURATE_PLACED_BANDS);
    ck_assert(back.rule.size == 0 && back.value.size == 0);
    mr_arena_free(arena);
}
END_TEST

START_TEST(a_deleted_document_takes_few_bytes)
{
    struct mr_arena *arena = mr_arena_new();
    struct curate_record record = { .id = mr_span_str("a"),
                                    .state = MR_STATE_DELETED,
                                    .kind = MR_KIND_DELETE,
                                    .version = (uint64_t)1 << 48 | 1000000,
                                    .content_version = (uint64_t)1 << 48,
                                    .time_ms = 1700000000000 };

    ck_assert_uint_le(curate_record_encode(&record, arena).size, 30);
    mr_arena_free(arena);
}
END_TEST

START_TEST(bytes_cut_short_or_of_another_format_are_damaged)
{
    struct mr_arena *arena = mr_arena_new();
    struct curate_record record = full();
    struct mr_span bytes = curate_record_encode(&record, arena);
    uint8_t *other = mr_arena_alloc(arena, bytes.size);

    for (size_t size = 0; size < bytes.size; size++)
        ck_assert_int_eq(curate_record_parse(record.id,
                                             mr_span(bytes.data, size), &record,
                                             NULL),
                         MR_E_DAMAGED);
    memcpy(other, bytes.data, bytes.size);
    other[0]++;
    ck_assert_int_eq(curate_record_parse(mr_span_str("a"),
                                         mr_span(other, bytes.size), &record,
                                         NULL),
                     MR_E_DAMAGED);
    mr_arena_free(arena);
}
END_TEST

START_TEST(rank_then_time_then_hash_decide_who_comes_first)
{
    struct mr_arena *arena = mr_arena_new();
    static const struct {
        uint32_t rank;
        int64_t time_ms;
    } rising[] = {
        { 0, INT64_MIN }, { 0, -1 },        { 0, 0 },
        { 0, 1 },         { 0, INT64_MAX }, { 1, INT64_MIN },
        { 255, 0 },       { 256, 0 },       { UINT32_MAX, 0 },
    };
    size_t count = sizeof(rising) / sizeof(rising[0]);

    for (size_t i = 1; i < count; i++) {
        struct mr_span a = priority_of(
            rising[i - 1].rank, rising[i - 1].time_ms, mr_span_str("z"), arena);
        struct mr_span b = priority_of(rising[i].rank, rising[i].time_ms,
                                       mr_span_str("a"), arena);

        ck_assert(priority_before(a, b) && !priority_before(b, a));
        ck_assert(mr_span_equal(priority_id(b), mr_span_str("a")));
    }
    for (char a = 'a'; a < 'z'; a++) {
        struct mr_span one = mr_span(&a, 1);
        struct mr_span two = mr_span_str("z");
        bool before = priority_before(priority_of(0, 0, one, arena),
                                      priority_of(0, 0, two, arena));

        ck_assert(before == (mr_hash64(one, 0) < mr_hash64(two, 0)));
    }
    mr_arena_free(arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("curate record");
    TCase *tcase = tcase_create("curate record");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, a_record_comes_back_as_it_was);
    tcase_add_test(tcase, a_deleted_document_takes_few_bytes);
    tcase_add_test(tcase, bytes_cut_short_or_of_another_format_are_damaged);
    tcase_add_test(tcase, rank_then_time_then_hash_decide_who_comes_first);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
