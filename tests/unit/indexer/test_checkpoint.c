// SPDX-License-Identifier: Apache-2.0
/*
 * test_checkpoint.c - a shard into a blob store and out of it: what is sent,
 * what is kept, and that whatever fails nothing half is left.
 */
#include "tests/unit/indexer/checkpoint_world.h"

START_TEST(a_fetched_folder_is_the_one_that_was_saved_and_opens_at_its_end)
{
    struct mr_checkpoint_note note;
    struct shard_sealed sealed;
    struct shard_sealed again;
    struct shard *replica;
    bool worked;

    grow(0, OFFSETS + 3);
    note = save(NULL);
    shard_sealed(shard, &sealed);
    ck_assert_uint_eq(note.documents_next, OFFSETS);
    ck_assert_uint_eq(note.documents_next, sealed.documents_next);
    ck_assert_int_eq(note.taken_ms, NOW_MS);
    fetch(&note);
    check_fetched();
    replica = open_shard("1");
    shard_sealed(replica, &again);
    ck_assert_uint_eq(again.documents_next, OFFSETS);
    ck_assert_int_eq(shard_step(replica, 0, &worked, &err), MR_OK);
    ck_assert(worked);
    shard_close(replica);
}
END_TEST

START_TEST(nothing_sealed_is_nothing_to_save)
{
    struct mr_checkpoint_note note;
    bool any;

    grow(0, 5);
    ck_assert_int_eq(try_save(NULL, &note, &any), MR_OK);
    ck_assert(!any);
    ck_assert_uint_eq(blobs.puts, 0);
}
END_TEST

START_TEST(what_the_checkpoint_before_names_is_not_sent_again)
{
    struct mr_checkpoint_note first;
    struct mr_checkpoint_note second;
    size_t sent;

    grow(0, OFFSETS);
    first = save(NULL);
    sent = blobs.puts;
    blobs.puts = 0;
    second = save(&first);
    ck_assert_uint_eq(blobs.puts, 1); /* the list: it names the one before */
    second.broken = true;
    blobs.puts = 0;
    (void)save(&second);
    ck_assert_uint_eq(blobs.puts, sent);
}
END_TEST

/* Blobs that one checkpoint needs, itself among them. */
static void needs(const struct mr_checkpoint_note *note, struct pieces *out)
{
    struct checkpoint_spec spec = spec_of("0");
    struct mr_checkpoint checkpoint;

    ck_assert_msg(load_checkpoint(&spec, note->manifest, arena, &checkpoint,
                                  &err) == MR_OK,
                  "%s", err.text);
    pieces_add(out, note->manifest);
    pieces_add_all(out, &checkpoint);
}

/* Just what these two need lies there. */
static void check_only(const struct mr_checkpoint_note *one,
                       const struct mr_checkpoint_note *two)
{
    struct pieces wanted = { 0 };

    needs(one, &wanted);
    needs(two, &wanted);
    for (size_t i = 0; i < wanted.count; i++)
        ck_assert_uint_lt(find(wanted.items[i]), blobs.count);
    for (size_t i = 0; i < blobs.count; i++)
        ck_assert_msg(pieces_have(&wanted, blobs.names[i]),
                      "blob %zu is named by nobody", i);
    pieces_deinit(&wanted);
}

START_TEST(the_newest_two_are_kept_and_what_only_others_name_goes)
{
    struct checkpoint_spec spec = spec_of("0");
    struct mr_checkpoint_note before;
    struct mr_checkpoint_note note;

    grow(0, OFFSETS);
    note = save(NULL);
    for (unsigned i = 1; i < 6; i++) {
        grow(i * OFFSETS, (i + 1) * OFFSETS);
        before = note;
        note = save(&before);
        ck_assert_msg(checkpoint_collect(&spec, &note, &err) == MR_OK, "%s",
                      err.text);
        check_only(&note, &before);
    }
    ck_assert(access(path_of("0.pieces"), F_OK) != 0);
    fetch(&note);
    check_fetched();
}
END_TEST

/* A document's blob is not one of ours, whatever it is. */
START_TEST(blobs_of_documents_are_left_alone)
{
    struct checkpoint_spec spec = spec_of("0");
    struct mr_hash128 name;
    struct mr_checkpoint_note note;
    struct mr_checkpoint_note older;
    struct mr_span segment;

    grow(0, OFFSETS);
    note = save(NULL);
    /* The very bytes of a file of the shard, as somebody's document. */
    segment = read_file(path_of("0/manifest"));
    ck_assert_int_eq(mr_blob_put(&blobs.port, segment, &name, &err), MR_OK);
    for (unsigned i = 1; i < 4; i++) {
        grow(i * OFFSETS, (i + 1) * OFFSETS);
        older = note;
        note = save(&older);
        ck_assert_int_eq(checkpoint_collect(&spec, &note, &err), MR_OK);
    }
    ck_assert_uint_lt(find(name), blobs.count);
}
END_TEST

START_TEST(a_save_that_fails_anywhere_is_cleared_by_the_next)
{
    struct checkpoint_spec spec = spec_of("0");
    struct mr_checkpoint_note first;
    struct mr_checkpoint_note second;
    struct mr_checkpoint_note note;
    size_t failures = 0;
    bool any;

    grow(0, OFFSETS);
    first = save(NULL);
    grow(OFFSETS, 2 * OFFSETS + 1);
    for (size_t nth = 1;; nth++) {
        blobs.fail_at = nth;
        if (try_save(&first, &second, &any) == MR_OK && blobs.fail_at > 0)
            break;
        failures++;
        blobs.fail_at = 0;
        ck_assert(access(path_of("0.saving"), F_OK) != 0);
        fetch(&first); /* the one before is as it was */
        tree_remove(path_of("1"));
        append("doc-0", nth % 2 == 0); /* the next sends something else */
        grow(0, 0);
    }
    blobs.fail_at = 0;
    ck_assert_uint_gt(failures, 5);
    ck_assert_int_eq(checkpoint_collect(&spec, &second, &err), MR_OK);
    check_only(&second, &first);
    note = save(&second);
    ck_assert_int_eq(checkpoint_collect(&spec, &note, &err), MR_OK);
    check_only(&note, &second);
}
END_TEST

START_TEST(a_collection_that_fails_anywhere_is_finished_by_the_next)
{
    struct checkpoint_spec spec = spec_of("0");
    struct mr_checkpoint_note notes[3];
    enum mr_code code;

    for (size_t nth = 1, done = 0; done == 0; nth++) {
        grow((unsigned)nth * 1000, (unsigned)nth * 1000 + 9);
        notes[0] = save(nth == 1 ? NULL : &notes[2]);
        grow(0, 9);
        notes[1] = save(&notes[0]);
        grow(0, 9);
        notes[2] = save(&notes[1]);
        blobs.fail_at = nth;
        code = checkpoint_collect(&spec, &notes[2], &err);
        done = code == MR_OK && blobs.fail_at > 0;
        blobs.fail_at = 0;
        ck_assert_int_eq(checkpoint_collect(&spec, &notes[2], &err), MR_OK);
        check_only(&notes[2], &notes[1]);
        done = done || nth == 40;
    }
}
END_TEST

START_TEST(a_fetch_that_fails_anywhere_leaves_no_folder)
{
    struct mr_checkpoint_note note;
    size_t nth = 1;
    bool broken;

    grow(0, OFFSETS);
    note = save(NULL);
    for (;; nth++) {
        blobs.fail_at = nth;
        if (try_fetch(&note, &broken) == MR_OK)
            break;
        ck_assert(!broken);
        check_no_folder();
    }
    ck_assert_uint_gt(nth, 5);
}
END_TEST

START_TEST(a_blob_that_is_gone_or_altered_is_the_checkpoints_fault)
{
    struct mr_checkpoint_note note;
    struct mr_span whole;
    uint8_t *bytes;
    bool broken;

    grow(0, OFFSETS);
    note = save(NULL);
    for (size_t i = 0; i < blobs.count; i++) {
        whole = blobs.bytes[i];
        bytes = mr_memdup(whole.data, whole.size);
        bytes[whole.size - 1] ^= 1; /* the store itself does not notice */
        blobs.bytes[i].data = bytes;
        ck_assert_int_ne(try_fetch(&note, &broken), MR_OK);
        ck_assert(broken || memcmp(&blobs.names[i], &note.manifest, 16) == 0);
        check_no_folder();
        blobs.bytes[i] = mr_span(bytes, 3);
        ck_assert_int_eq(try_fetch(&note, &broken), MR_E_DAMAGED);
        ck_assert(broken);
        check_no_folder();
        mr_free(bytes);
        blobs.bytes[i] = whole;
        blobs.names[i].low ^= 1;
        ck_assert_int_eq(try_fetch(&note, &broken), MR_E_LOST);
        ck_assert(broken);
        check_no_folder();
        blobs.names[i].low ^= 1;
    }
    fetch(&note);
}
END_TEST

START_TEST(told_to_end_both_ways_give_up)
{
    struct mr_checkpoint_note note;
    bool any;
    bool broken;

    grow(0, OFFSETS);
    note = save(NULL);
    atomic_store(&ending, true);
    ck_assert_int_eq(try_save(NULL, &note, &any), MR_E_CANCELLED);
    ck_assert_int_eq(try_fetch(&note, &broken), MR_E_CANCELLED);
    ck_assert(!broken);
    check_no_folder();
}
END_TEST

START_TEST(only_an_empty_folder_wants_a_checkpoint)
{
    struct checkpoint_spec spec = spec_of("1");

    ck_assert(checkpoint_is_wanted(&spec));
    ck_assert_int_eq(mkdir(path_of("1"), 0755), 0);
    ck_assert(checkpoint_is_wanted(&spec));
    ck_assert_int_eq(mkdir(path_of("1/records"), 0755), 0);
    ck_assert(!checkpoint_is_wanted(&spec));
    checkpoint_drop(&spec);
    ck_assert(checkpoint_is_wanted(&spec));
}
END_TEST

START_TEST(a_checkpoint_that_the_log_does_not_reach_is_refused_but_not_broken)
{
    struct mr_checkpoint_note note;
    bool broken;

    grow(0, OFFSETS + 9);
    note = save(NULL);
    mr_memory_trim(log_memory, place.topics[MR_TOPIC_DOCUMENTS], 0,
                   note.documents_next + 1);
    ck_assert_int_eq(try_fetch(&note, &broken), MR_E_LOST);
    ck_assert(!broken);
    check_no_folder();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("indexer.checkpoint");
    TCase *tests = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(
        tests, a_fetched_folder_is_the_one_that_was_saved_and_opens_at_its_end);
    tcase_add_test(tests, nothing_sealed_is_nothing_to_save);
    tcase_add_test(tests, what_the_checkpoint_before_names_is_not_sent_again);
    tcase_add_test(tests,
                   the_newest_two_are_kept_and_what_only_others_name_goes);
    tcase_add_test(tests, blobs_of_documents_are_left_alone);
    tcase_add_test(tests, a_save_that_fails_anywhere_is_cleared_by_the_next);
    tcase_add_test(tests,
                   a_collection_that_fails_anywhere_is_finished_by_the_next);
    tcase_add_test(tests, a_fetch_that_fails_anywhere_leaves_no_folder);
    tcase_add_test(tests,
                   a_blob_that_is_gone_or_altered_is_the_checkpoints_fault);
    tcase_add_test(tests, told_to_end_both_ways_give_up);
    tcase_add_test(tests, only_an_empty_folder_wants_a_checkpoint);
    tcase_add_test(
        tests,
        a_checkpoint_that_the_log_does_not_reach_is_refused_but_not_broken);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
