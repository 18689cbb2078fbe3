// SPDX-License-Identifier: Apache-2.0
/*
 * test_overlay.c - changes over a store read as if they were in it.
 *
 * The model is a second space of the same store to which each change is
 * written at once; after random changes every read of both must be equal.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/backends/memory/mr_memory.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_hash.h"
#include "common/runtime/overlay.h"

#define KEYS 40u

static struct mr_memory *memory;
static struct mr_store *store;
static struct mr_arena *arena;
static struct mr_overlay overlay;
static struct mr_stored stored;
static mr_space_id model;

static void set_up(void)
{
    mr_space_id id;

    memory = mr_memory_new(NULL);
    store = mr_memory_store(memory);
    arena = mr_arena_new();
    mr_overlay_init(&overlay, arena);
    ck_assert_int_eq(mr_store_space(store, "stored", &id, NULL), MR_OK);
    mr_stored_init(&stored, store, id);
    ck_assert_int_eq(mr_store_space(store, "model", &model, NULL), MR_OK);
}

static void tear_down(void)
{
    mr_arena_free(arena);
    mr_memory_free(memory);
}

static void write_to(mr_space_id space, struct mr_span key,
                     struct mr_span value)
{
    struct mr_batch *batch = mr_batch_new();

    if (space == stored.space && value.data != NULL)
        mr_stored_will_put(&stored, key);
    if (value.data == NULL)
        mr_batch_delete(batch, space, key);
    else
        mr_batch_put(batch, space, key, value);
    ck_assert_int_eq(mr_store_write(store, batch, false, NULL), MR_OK);
    mr_batch_free(batch);
}

/* "a", "aa", "ab", ... so that some keys begin others. */
static struct mr_span key_of(uint64_t random, char out[8])
{
    unsigned nth = (unsigned)(random % KEYS);
    size_t size = 0;

    do {
        out[size++] = (char)('a' + nth % 3);
        nth /= 3;
    } while (nth > 0);
    return mr_span(out, size);
}

struct seen {
    struct mr_buf text;
    size_t left;
};

static enum mr_code see(void *context, struct mr_span key, struct mr_span value,
                        bool *stop, struct mr_err *err)
{
    struct seen *seen = context;

    (void)err;
    mr_buf_span(&seen->text, key);
    mr_buf_byte(&seen->text, '=');
    mr_buf_span(&seen->text, value);
    mr_buf_byte(&seen->text, ' ');
    *stop = --seen->left == 0;
    return MR_OK;
}

/* One scan of the merged view and of the model give the same text. */
static void compare_scan(struct mr_range range, size_t most, uint64_t seed)
{
    struct seen got = { .text = mr_buf(10000), .left = most };
    struct seen want = { .text = mr_buf(10000), .left = most };

    ck_assert_int_eq(mr_overlay_scan(&overlay, &stored, range, see, &got, NULL),
                     MR_OK);
    ck_assert_int_eq(mr_store_scan(store, model, range, see, &want, NULL),
                     MR_OK);
    ck_assert_msg(
        mr_span_equal(mr_buf_bytes(&got.text), mr_buf_bytes(&want.text)),
        "seed %llu: got \"%s\", want \"%s\"", (unsigned long long)seed,
        mr_buf_text(&got.text), mr_buf_text(&want.text));
    mr_buf_deinit(&got.text);
    mr_buf_deinit(&want.text);
}

static void compare_get(struct mr_span key, uint64_t seed)
{
    const struct mr_overlay_entry *entry = mr_overlay_find(&overlay, key);
    struct mr_span got;
    struct mr_span want;

    ck_assert_int_eq(mr_store_get(store, model, key, arena, &want, NULL),
                     MR_OK);
    if (entry != NULL)
        got = entry->value;
    else
        ck_assert_int_eq(
            mr_store_get(store, stored.space, key, arena, &got, NULL), MR_OK);
    ck_assert_msg(
        (got.data == NULL) == (want.data == NULL) && mr_span_equal(got, want),
        "seed %llu: key %.*s", (unsigned long long)seed, MR_SPAN_ARG(key));
}

static struct mr_range range_of(uint64_t random, char from[8], char to[8])
{
    struct mr_range range = { 0 };

    if (random % 4 != 0)
        range.from = key_of(random >> 8, from);
    if (random % 5 != 0)
        range.to = key_of(random >> 16, to);
    return range;
}

/* The step ends: its changes are stored, and the next one has none. */
static void commit(void)
{
    struct mr_batch *batch = mr_batch_new();

    mr_overlay_write(&overlay, &stored, batch);
    ck_assert_int_eq(mr_store_write(store, batch, false, NULL), MR_OK);
    mr_overlay_init(&overlay, arena);
    mr_batch_free(batch);
}

START_TEST(reads_equal_those_of_a_store_with_the_changes_in_it)
{
    uint64_t seed = (uint64_t)_i;
    char key[8];
    char to[8];
    char value[32];

    for (uint64_t i = 0; i < 300; i++) {
        uint64_t random = mr_mix64(seed * 1000 + i + 1);
        struct mr_span at = key_of(random >> 32, key);
        struct mr_span put = { 0 };

        (void)snprintf(value, sizeof(value), "%u", (unsigned)i);
        if (random % 3 != 0)
            put = mr_span_str(random % 7 == 0 ? "" : value);
        if (i < 30) /* was there before the step */
            write_to(stored.space, at, put);
        else
            mr_overlay_set(&overlay, at, put);
        write_to(model, at, put);
        compare_get(key_of(random >> 40, key), seed);
        compare_scan(range_of(random >> 3, key, to), random % 11 + 1, seed);
        if (i > 30 && random % 23 == 0)
            commit();
    }
}
END_TEST

START_TEST(what_is_written_makes_the_store_equal_to_the_view)
{
    struct mr_batch *batch = mr_batch_new();
    char key[8];

    for (uint64_t i = 0; i < 200; i++) {
        uint64_t random = mr_mix64(i + 77);
        struct mr_span at = key_of(random, key);
        struct mr_span put =
            random % 3 == 0 ? (struct mr_span){ 0 } : mr_span(&random, 8);

        mr_overlay_set(&overlay, at, put);
        write_to(model, at, put);
    }
    mr_overlay_write(&overlay, &stored, batch);
    ck_assert_uint_le(mr_batch_count(batch), KEYS); /* one a key */
    ck_assert_int_eq(mr_store_write(store, batch, false, NULL), MR_OK);
    mr_overlay_init(&overlay, arena);
    compare_scan((struct mr_range){ 0 }, 1000, 0);
    mr_batch_free(batch);
}
END_TEST

static enum mr_code refuse(void *context, struct mr_span key,
                           struct mr_span value, bool *stop, struct mr_err *err)
{
    unsigned *left = context;

    (void)key;
    (void)value;
    (void)stop;
    return --*left == 0 ? mr_fail(err, MR_E_INVALID, "enough") : MR_OK;
}

START_TEST(a_visitors_failure_ends_the_scan_wherever_it_comes)
{
    for (unsigned at = 1; at <= 4; at++) {
        unsigned left = at;

        write_to(stored.space, mr_span_str("b"), mr_span_str("1"));
        write_to(stored.space, mr_span_str("d"), mr_span_str("1"));
        mr_overlay_set(&overlay, mr_span_str("a"), mr_span_str("2"));
        mr_overlay_set(&overlay, mr_span_str("e"), mr_span_str("2"));
        ck_assert_int_eq(mr_overlay_scan(&overlay, &stored,
                                         (struct mr_range){ 0 }, refuse, &left,
                                         NULL),
                         MR_E_INVALID);
        ck_assert_uint_eq(left, 0);
    }
}
END_TEST

START_TEST(a_hundred_thousand_keys_stay_quick_to_find)
{
    size_t found = 0;

    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t key = mr_mix64(i);

        mr_overlay_set(&overlay, mr_span(&key, 8), mr_span(&i, 8));
    }
    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t key = mr_mix64(i);

        found += mr_overlay_find(&overlay, mr_span(&key, 8)) != NULL;
    }
    ck_assert_uint_eq(found, 100000);
    ck_assert_uint_eq(overlay.count, 100000);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("overlay");
    Suite *suite = suite_create("overlay");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(
        tcase, reads_equal_those_of_a_store_with_the_changes_in_it, 0, 20);
    tcase_add_test(tcase, what_is_written_makes_the_store_equal_to_the_view);
    tcase_add_test(tcase, a_visitors_failure_ends_the_scan_wherever_it_comes);
    tcase_add_test(tcase, a_hundred_thousand_keys_stay_quick_to_find);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
