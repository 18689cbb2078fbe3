// SPDX-License-Identifier: Apache-2.0
/*
 * store_suite.c - the contract of ports/store.h.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "tests/contract/contract.h"

static mr_space_id space_of(const char *name)
{
    mr_space_id space;

    CONTRACT_OK(mr_store_space(contract.store, name, &space, &contract.err));
    return space;
}

static void put(mr_space_id space, const char *key, const char *value)
{
    struct mr_batch *batch = mr_batch_new();

    mr_batch_put(batch, space, mr_span_str(key), mr_span_str(value));
    CONTRACT_OK(mr_store_write(contract.store, batch, false, &contract.err));
    mr_batch_free(batch);
}

static const char *get(mr_space_id space, const char *key)
{
    struct mr_span value;

    CONTRACT_OK(mr_store_get(contract.store, space, mr_span_str(key),
                             contract.arena, &value, &contract.err));
    return mr_arena_str(contract.arena, value);
}

/* Writes "key=value " for each pair that a scan shows. */
struct seen {
    char text[512];
    size_t size;
    size_t stop_after; /* 0: never */
    size_t count;
};

static enum mr_code see(void *context, struct mr_span key, struct mr_span value,
                        bool *stop, struct mr_err *err)
{
    struct seen *seen = context;

    (void)err;
    seen->size += (size_t)snprintf(
        seen->text + seen->size, sizeof(seen->text) - seen->size, "%.*s=%.*s ",
        MR_SPAN_ARG(key), MR_SPAN_ARG(value));
    *stop = ++seen->count == seen->stop_after;
    return MR_OK;
}

static const char *scan(mr_space_id space, const char *from, const char *to)
{
    struct mr_range range = { mr_span_str(from), mr_span_str(to) };
    struct seen seen = { 0 };

    CONTRACT_OK(
        mr_store_scan(contract.store, space, range, see, &seen, &contract.err));
    return mr_arena_printf(contract.arena, "%s", seen.text);
}

START_TEST(what_was_put_is_found_until_it_is_deleted)
{
    mr_space_id space = space_of("s");
    struct mr_batch *batch = mr_batch_new();

    ck_assert_ptr_null(get(space, "a"));
    put(space, "a", "1");
    put(space, "empty", "");
    ck_assert_str_eq(get(space, "a"), "1");
    ck_assert_str_eq(get(space, "empty"), "");
    put(space, "a", "2");
    ck_assert_str_eq(get(space, "a"), "2");
    mr_batch_delete(batch, space, mr_span_str("a"));
    mr_batch_delete(batch, space, mr_span_str("never"));
    CONTRACT_OK(mr_store_write(contract.store, batch, true, &contract.err));
    ck_assert_ptr_null(get(space, "a"));
    mr_batch_free(batch);
}
END_TEST

START_TEST(spaces_are_apart_and_keep_their_ids)
{
    mr_space_id a = space_of("a");
    mr_space_id b = space_of("b");

    ck_assert_uint_ne(a, b);
    ck_assert_uint_eq(space_of("a"), a);
    put(a, "key", "of a");
    ck_assert_ptr_null(get(b, "key"));
    put(b, "key", "of b");
    contract_reopen();
    ck_assert_uint_eq(space_of("b"), b);
    ck_assert_uint_eq(space_of("a"), a);
    ck_assert_str_eq(get(a, "key"), "of a");
    ck_assert_str_eq(scan(b, NULL, NULL), "key=of b ");
}
END_TEST

START_TEST(many_spaces_are_cheap)
{
    enum {
        SPACES = 1000
    };
    mr_space_id last = 0;

    for (unsigned i = 0; i < SPACES; i++) {
        last = space_of(mr_arena_printf(contract.arena, "space %u", i));
        put(last, "k", mr_arena_printf(contract.arena, "%u", i));
    }
    ck_assert_str_eq(get(last, "k"), "999");
    ck_assert_str_eq(get(space_of("space 7"), "k"), "7");
    ck_assert_str_eq(scan(space_of("space 8"), NULL, NULL), "k=8 ");
}
END_TEST

START_TEST(an_impossible_space_is_refused)
{
    char longest[MR_SPACE_NAME_MAX + 2];
    struct mr_batch *batch = mr_batch_new();
    mr_space_id space;
    struct mr_span value;

    memset(longest, 's', sizeof(longest));
    longest[MR_SPACE_NAME_MAX + 1] = '\0';
    CONTRACT_FAILS(MR_E_INVALID, mr_store_space(contract.store, longest, &space,
                                                &contract.err));
    CONTRACT_FAILS(MR_E_INVALID,
                   mr_store_space(contract.store, "", &space, &contract.err));
    CONTRACT_FAILS(MR_E_INVALID,
                   mr_store_get(contract.store, 4711, mr_span_str("k"),
                                contract.arena, &value, &contract.err));
    space = space_of("s");
    mr_batch_put(batch, space, mr_span_str("k"), mr_span_str("v"));
    mr_batch_put(batch, 4711, mr_span_str("k"), mr_span_str("v"));
    CONTRACT_FAILS(MR_E_INVALID,
                   mr_store_write(contract.store, batch, false, &contract.err));
    ck_assert_ptr_null(get(space, "k"));
    mr_batch_free(batch);
}
END_TEST

START_TEST(a_batch_is_applied_in_its_order)
{
    mr_space_id space = space_of("s");
    struct mr_batch *batch = mr_batch_new();

    mr_batch_put(batch, space, mr_span_str("a"), mr_span_str("1"));
    mr_batch_delete(batch, space, mr_span_str("a"));
    mr_batch_put(batch, space, mr_span_str("b"), mr_span_str("1"));
    mr_batch_put(batch, space, mr_span_str("b"), mr_span_str("2"));
    mr_batch_put(batch, space, mr_span_str("c1"), mr_span_str("1"));
    mr_batch_delete_range(batch, space, mr_span_str("c"), mr_span_str("d"));
    mr_batch_put(batch, space, mr_span_str("c2"), mr_span_str("2"));
    CONTRACT_OK(mr_store_write(contract.store, batch, false, &contract.err));
    ck_assert_str_eq(scan(space, NULL, NULL), "b=2 c2=2 ");
    mr_batch_reset(batch);
    CONTRACT_OK(mr_store_write(contract.store, batch, true, &contract.err));
    mr_batch_free(batch);
}
END_TEST

static const struct {
    const char *from;
    const char *to;
    const char *want;
    const char *left; /* after the range is deleted */
} ranges[] = {
    { NULL, NULL, "a=1 b=2 bb=3 c=4 ", "" },
    { "b", NULL, "b=2 bb=3 c=4 ", "a=1 " },
    { NULL, "bb", "a=1 b=2 ", "bb=3 c=4 " },
    { "b", "c", "b=2 bb=3 ", "a=1 c=4 " },
    { "aa", "b", "", "a=1 b=2 bb=3 c=4 " },
    { "c", "b", "", "a=1 b=2 bb=3 c=4 " },
    { "d", NULL, "", "a=1 b=2 bb=3 c=4 " },
    { "", "a", "", "a=1 b=2 bb=3 c=4 " },
};

/* Three spaces, so that a range that leaves its space would be seen. */
static mr_space_id fill(void)
{
    mr_space_id before = space_of("before");
    mr_space_id space = space_of("s");
    mr_space_id behind = space_of("behind");

    put(before, "b", "other");
    put(behind, "b", "other");
    put(space, "bb", "3");
    put(space, "c", "4");
    put(space, "a", "1");
    put(space, "b", "2");
    return space;
}

START_TEST(a_scan_shows_its_range_in_order)
{
    mr_space_id space = fill();

    ck_assert_str_eq(scan(space, ranges[_i].from, ranges[_i].to),
                     ranges[_i].want);
}
END_TEST

START_TEST(a_range_is_deleted_up_to_its_borders)
{
    mr_space_id space = fill();
    struct mr_batch *batch = mr_batch_new();

    mr_batch_delete_range(batch, space, mr_span_str(ranges[_i].from),
                          mr_span_str(ranges[_i].to));
    CONTRACT_OK(mr_store_write(contract.store, batch, false, &contract.err));
    ck_assert_str_eq(scan(space, NULL, NULL), ranges[_i].left);
    ck_assert_str_eq(scan(space_of("before"), NULL, NULL), "b=other ");
    ck_assert_str_eq(scan(space_of("behind"), NULL, NULL), "b=other ");
    mr_batch_free(batch);
}
END_TEST

START_TEST(keys_are_ordered_as_bytes)
{
    static const char *const keys[] = { "",  "\x01", "a",    "a\x01",   "a\xff",
                                        "b", "\x80", "\xff", "\xff\xff" };
    enum {
        COUNT = sizeof(keys) / sizeof(keys[0])
    };
    mr_space_id space = space_of("s");
    char want[128] = "";

    for (unsigned i = 0; i < COUNT; i++) {
        unsigned nth = i * 5 % COUNT; /* in another order */

        put(space, keys[nth], mr_arena_printf(contract.arena, "%u", nth));
        strcat(want, mr_arena_printf(contract.arena, "%s=%u ", keys[i], i));
    }
    ck_assert_str_eq(scan(space, NULL, NULL), want);
}
END_TEST

START_TEST(a_scan_ends_when_told)
{
    mr_space_id space = fill();
    struct seen seen = { .stop_after = 2 };

    CONTRACT_OK(mr_store_scan(contract.store, space, (struct mr_range){ 0 },
                              see, &seen, &contract.err));
    ck_assert_str_eq(seen.text, "a=1 b=2 ");
}
END_TEST

static enum mr_code refuse(void *context, struct mr_span key,
                           struct mr_span value, bool *stop, struct mr_err *err)
{
    (void)context;
    (void)key;
    (void)value;
    (void)stop;
    return mr_fail(err, MR_E_CANCELLED, "the visitor does not want to");
}

START_TEST(a_failing_visitor_ends_the_scan_with_its_code)
{
    mr_space_id space = fill();

    CONTRACT_FAILS(MR_E_CANCELLED,
                   mr_store_scan(contract.store, space, (struct mr_range){ 0 },
                                 refuse, NULL, &contract.err));
}
END_TEST

/* A visitor that changes what lies before the scan. */
static enum mr_code meddle(void *context, struct mr_span key,
                           struct mr_span value, bool *stop, struct mr_err *err)
{
    mr_space_id space = space_of("s");

    if (mr_span_equal(key, mr_span_str("a"))) {
        struct mr_batch *batch = mr_batch_new();

        mr_batch_put(batch, space, mr_span_str("ab"), mr_span_str("new"));
        mr_batch_put(batch, space, mr_span_str("b"), mr_span_str("changed"));
        mr_batch_delete(batch, space, mr_span_str("c"));
        CONTRACT_OK(
            mr_store_write(contract.store, batch, false, &contract.err));
        mr_batch_free(batch);
    }
    return see(context, key, value, stop, err);
}

START_TEST(a_scan_sees_the_store_as_it_was_when_it_began)
{
    mr_space_id space = fill();
    struct seen seen = { 0 };

    CONTRACT_OK(mr_store_scan(contract.store, space, (struct mr_range){ 0 },
                              meddle, &seen, &contract.err));
    ck_assert_str_eq(seen.text, "a=1 b=2 bb=3 c=4 ");
    ck_assert_str_eq(scan(space, NULL, NULL), "a=1 ab=new b=changed bb=3 ");
}
END_TEST

START_TEST(a_synced_write_outlives_the_process)
{
    mr_space_id space = space_of("s");
    struct mr_batch *batch = mr_batch_new();

    mr_batch_put(batch, space, mr_span_str("k"), mr_span_str("v"));
    CONTRACT_OK(mr_store_write(contract.store, batch, true, &contract.err));
    mr_batch_free(batch);
    contract_reopen();
    ck_assert_str_eq(get(space_of("s"), "k"), "v");
}
END_TEST

enum {
    ROUNDS = 300
};

/* Writes both keys with the same number, over and over. */
static void *write_pairs(void *context)
{
    mr_space_id space = *(mr_space_id *)context;
    struct mr_batch *batch = mr_batch_new();

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct mr_span value = mr_span(&i, sizeof(i));

        mr_batch_reset(batch);
        mr_batch_put(batch, space, mr_span_str("first"), value);
        mr_batch_put(batch, space, mr_span_str("second"), value);
        ck_assert_int_eq(mr_store_write(contract.store, batch, false, NULL),
                         MR_OK);
    }
    mr_batch_free(batch);
    return NULL;
}

static enum mr_code keep_number(void *context, struct mr_span key,
                                struct mr_span value, bool *stop,
                                struct mr_err *err)
{
    unsigned *numbers = context;

    (void)stop;
    (void)err;
    memcpy(&numbers[mr_span_equal(key, mr_span_str("second"))], value.data,
           sizeof(unsigned));
    return MR_OK;
}

START_TEST(no_scan_sees_half_a_batch)
{
    mr_space_id space = space_of("s");
    pthread_t writer;
    unsigned numbers[2] = { 0 };

    pthread_create(&writer, NULL, write_pairs, &space);
    while (numbers[0] < ROUNDS - 1) {
        CONTRACT_OK(mr_store_scan(contract.store, space, (struct mr_range){ 0 },
                                  keep_number, numbers, &contract.err));
        ck_assert_uint_eq(numbers[0], numbers[1]);
    }
    pthread_join(writer, NULL);
}
END_TEST

Suite *contract_store_suite(void)
{
    Suite *suite = suite_create("store");
    TCase *tcase = contract_case(suite, "store");
    int range_count = (int)(sizeof(ranges) / sizeof(ranges[0]));

    tcase_add_test(tcase, what_was_put_is_found_until_it_is_deleted);
    tcase_add_test(tcase, spaces_are_apart_and_keep_their_ids);
    tcase_add_test(tcase, many_spaces_are_cheap);
    tcase_add_test(tcase, an_impossible_space_is_refused);
    tcase_add_test(tcase, a_batch_is_applied_in_its_order);
    tcase_add_loop_test(tcase, a_scan_shows_its_range_in_order, 0, range_count);
    tcase_add_loop_test(tcase, a_range_is_deleted_up_to_its_borders, 0,
                        range_count);
    tcase_add_test(tcase, keys_are_ordered_as_bytes);
    tcase_add_test(tcase, a_scan_ends_when_told);
    tcase_add_test(tcase, a_failing_visitor_ends_the_scan_with_its_code);
    tcase_add_test(tcase, a_scan_sees_the_store_as_it_was_when_it_began);
    tcase_add_test(tcase, a_synced_write_outlives_the_process);
    tcase_add_test(tcase, no_scan_sees_half_a_batch);
    return suite;
}
