// SPDX-License-Identifier: Apache-2.0
/*
 * test_mirror.c - the ingestor's state on a bus that is elsewhere: a store in
 * memory and a reader that notes what is asked of it.
 */
#include "tests/unit/ingestor/rig.h"

#include "ingestor/io/meta.h"
#include "ingestor/io/mirror.h"

static struct far {
    struct mr_bus bus;
    struct mr_bus_reader reader;
    char group[64];
    char changelog[64];
    char spaces[64];
    unsigned commits;
    unsigned rewinds;
    unsigned fenced;
    unsigned known; /* spaces, by their names, when the reader was opened */
    enum mr_code fails;
} far;

static enum mr_code far_commit(struct mr_bus_reader *reader,
                               const struct mr_commit *commit,
                               struct mr_err *err)
{
    (void)reader;
    ck_assert_uint_eq(commit->output_count + commit->position_count, 0);
    far.commits++;
    if (far.fails != MR_OK)
        return mr_fail(err, far.fails, "as told");
    return mr_store_write(rig.place.store, commit->state, true, err);
}

static enum mr_code far_rewind(struct mr_bus_reader *reader, struct mr_err *err)
{
    (void)reader;
    (void)err;
    far.rewinds++;
    return MR_OK;
}

static void far_close(struct mr_bus_reader *reader)
{
    (void)reader;
}

static enum mr_code count_one(void *context, struct mr_span key,
                              struct mr_span value, bool *stop,
                              struct mr_err *err)
{
    unsigned *count = context;

    (void)key;
    (void)value;
    (void)stop;
    (void)err;
    (*count)++;
    return MR_OK;
}

static void count_known(void)
{
    const struct mr_range all = { 0 };
    mr_space_id names;

    far.known = 0;
    ck_assert_int_eq(
        mr_store_space(rig.place.store, "mirror.main", &names, NULL), MR_OK);
    ck_assert_int_eq(
        mr_store_scan(rig.place.store, names, all, count_one, &far.known, NULL),
        MR_OK);
}

static enum mr_code far_reader(struct mr_bus *bus,
                               const struct mr_reader_spec *spec,
                               struct mr_bus_reader **out, struct mr_err *err)
{
    (void)bus;
    (void)err;
    (void)snprintf(far.group, sizeof(far.group), "%s", spec->group);
    (void)snprintf(far.changelog, sizeof(far.changelog), "%s",
                   spec->changelog->topic);
    (void)snprintf(far.spaces, sizeof(far.spaces), "%s",
                   spec->changelog->spaces);
    count_known();
    *out = &far.reader;
    return MR_OK;
}

static void on_fenced(void *context, const struct mr_err *err)
{
    ck_assert_ptr_eq(context, &far);
    ck_assert_int_eq(err->code, MR_E_FENCED);
    far.fenced++;
}

static struct mirror *mirror;

static void open_mirror(void)
{
    ck_assert_int_eq(mirror_open(&rig.place, on_fenced, &far, &mirror, NULL),
                     MR_OK);
}

static void setup(void)
{
    static const struct mr_bus_ops bus = { .reader = far_reader };
    static const struct mr_bus_reader_ops reader = {
        .commit = far_commit,
        .rewind = far_rewind,
        .close = far_close,
    };

    rig_open();
    far = (struct far){ .bus = { &bus, true }, .reader = { &reader } };
    rig.place.bus = &far.bus;
    open_mirror();
}

static void teardown(void)
{
    mirror_close(mirror);
    rig_close();
}

static enum mr_code put(const char *space, const char *value)
{
    struct mr_store *store = mirror_store(mirror);
    struct mr_batch *batch = mr_batch_new();
    mr_space_id id;
    enum mr_code code;

    ck_assert_int_eq(mr_store_space(store, space, &id, NULL), MR_OK);
    mr_batch_put(batch, id, mr_span_str("key"), mr_span_str(value));
    code = mr_store_write(store, batch, false, NULL);
    mr_batch_free(batch);
    return code;
}

static bool holds(const char *space, const char *value)
{
    struct mr_store *store = mirror_store(mirror);
    mr_space_id id;
    struct mr_span got;

    ck_assert_int_eq(mr_store_space(store, space, &id, NULL), MR_OK);
    ck_assert_int_eq(
        mr_store_get(store, id, mr_span_str("key"), rig.arena, &got, NULL),
        MR_OK);
    return got.data != NULL && mr_span_equal(got, mr_span_str(value));
}

START_TEST(what_is_written_is_committed_to_the_frontier)
{
    ck_assert_str_eq(far.group, "main.frontier");
    ck_assert_str_eq(far.changelog, "main.frontier");
    ck_assert_str_eq(far.spaces, "ingestor.main");
    ck_assert_int_eq(put("ingestor.main.mills.pages", "one"), MR_OK);
    ck_assert_uint_eq(far.commits, 1);
    ck_assert(holds("ingestor.main.mills.pages", "one"));
}
END_TEST

START_TEST(a_commit_that_failed_is_not_held_and_a_rewind_comes_next)
{
    far.fails = MR_E_UNAVAILABLE;
    ck_assert_int_eq(put("ingestor.main", "one"), MR_E_UNAVAILABLE);
    ck_assert(!holds("ingestor.main", "one"));
    ck_assert_uint_eq(far.rewinds, 0);
    far.fails = MR_OK;
    ck_assert_int_eq(put("ingestor.main", "two"), MR_OK);
    ck_assert_uint_eq(far.rewinds, 1);
    ck_assert_int_eq(put("ingestor.main", "three"), MR_OK);
    ck_assert_uint_eq(far.rewinds, 1);
    ck_assert(holds("ingestor.main", "three"));
}
END_TEST

START_TEST(being_fenced_is_told_once)
{
    far.fails = MR_E_FENCED;
    ck_assert_int_eq(put("ingestor.main", "one"), MR_E_FENCED);
    ck_assert_int_eq(put("ingestor.main", "one"), MR_E_FENCED);
    ck_assert_uint_eq(far.fenced, 1);
}
END_TEST

/* A restore empties those spaces only that were opened by their names. */
START_TEST(spaces_of_an_earlier_process_are_known_before_the_restore)
{
    ck_assert_uint_eq(far.known, 0);
    ck_assert_int_eq(put("ingestor.main.mills.pages", "one"), MR_OK);
    ck_assert(!holds("elsewhere", "one"));
    mirror_close(mirror);
    open_mirror();
    ck_assert_uint_eq(far.known, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mirror");
    TCase *tcase = tcase_create("mirror");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_is_written_is_committed_to_the_frontier);
    tcase_add_test(tcase,
                   a_commit_that_failed_is_not_held_and_a_rewind_comes_next);
    tcase_add_test(tcase, being_fenced_is_told_once);
    tcase_add_test(tcase,
                   spaces_of_an_earlier_process_are_known_before_the_restore);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
