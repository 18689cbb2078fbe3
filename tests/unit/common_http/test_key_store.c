// SPDX-License-Identifier: Apache-2.0
/*
 * test_key_store.c - the file of keys: changed, looked at, damaged.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/http/key_store.h"

#define NOW_MS INT64_C(1800000000000)

static char folder[64];
static char path[96];
static struct mr_key_store *store;

static void setup(void)
{
    const char *base = getenv("TMPDIR");

    (void)snprintf(folder, sizeof(folder), "%.32s/millrace-keys-XXXXXX",
                   base == NULL ? "/tmp" : base);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/keys", folder);
    store = mr_key_store_open(folder);
}

static void teardown(void)
{
    char other[112];

    mr_key_store_close(store);
    (void)snprintf(other, sizeof(other), "%s.new", path);
    (void)unlink(other);
    (void)unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void create(const char *name, char secret[MR_KEY_SECRET_SIZE])
{
    struct mr_key key = { .name = name,
                          .scope = MR_SCOPE_WRITE,
                          .created_ms = NOW_MS };
    struct mr_err err = { 0 };

    ck_assert_int_eq(mr_key_make(&key, secret, &err), MR_OK);
    ck_assert_msg(mr_key_file_add(folder, &key, &err) == MR_OK, "%s", err.text);
}

static enum mr_code judge(const char *secret, struct mr_key_answer *answer,
                          struct mr_err *err)
{
    const struct mr_key_ask ask = { .secret = mr_span_str(secret),
                                    .needed = MR_SCOPE_READ,
                                    .collection = mr_span_str("main"),
                                    .now_ms = NOW_MS };

    return mr_key_store_judge(store, &ask, answer, err);
}

static enum mr_key_verdict verdict(const char *secret)
{
    struct mr_key_answer answer;
    struct mr_err err = { 0 };

    ck_assert_msg(judge(secret, &answer, &err) == MR_OK, "%s", err.text);
    return answer.verdict;
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

START_TEST(without_a_file_there_are_no_keys)
{
    struct mr_key_answer answer;
    struct mr_err err = { 0 };

    ck_assert_int_eq(judge(NULL, &answer, &err), MR_OK);
    ck_assert_uint_eq(answer.count, 0);
    ck_assert_int_eq(answer.verdict, MR_KEY_MISSING);
}
END_TEST

START_TEST(what_is_created_and_revoked_counts_at_once)
{
    char first[MR_KEY_SECRET_SIZE];
    char second[MR_KEY_SECRET_SIZE];
    struct mr_err err = { 0 };

    create("first", first);
    ck_assert_int_eq(verdict(first), MR_KEY_GOOD);
    create("second", second);
    ck_assert_int_eq(verdict(second), MR_KEY_GOOD);
    ck_assert_int_eq(mr_key_file_remove(folder, "first", &err), MR_OK);
    ck_assert_int_eq(verdict(first), MR_KEY_UNKNOWN);
    ck_assert_int_eq(verdict(second), MR_KEY_GOOD);
    ck_assert_int_eq(mr_key_file_remove(folder, "first", &err), MR_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "millrace key list"));
}
END_TEST

START_TEST(an_answer_names_the_key_and_says_when_the_file_was_read)
{
    char secret[MR_KEY_SECRET_SIZE];
    struct mr_key_answer answer;
    struct mr_err err = { 0 };

    create("web", secret);
    ck_assert_int_eq(judge(secret, &answer, &err), MR_OK);
    ck_assert_str_eq(answer.name, "web");
    ck_assert_int_eq(answer.scope, MR_SCOPE_WRITE);
    ck_assert_uint_eq(answer.count, 1);
    ck_assert(answer.changed);
    ck_assert_int_eq(judge(secret, &answer, &err), MR_OK);
    ck_assert(!answer.changed);
}
END_TEST

START_TEST(the_file_is_for_its_owner_only_and_leaves_nothing_beside_it)
{
    char secret[MR_KEY_SECRET_SIZE];
    char other[112];
    struct stat info;

    create("web", secret);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0600);
    (void)snprintf(other, sizeof(other), "%s.new", path);
    ck_assert_int_ne(access(other, F_OK), 0);
}
END_TEST

START_TEST(a_change_gives_a_new_file_so_that_no_reader_sees_a_half)
{
    char secret[MR_KEY_SECRET_SIZE];
    char before[4096] = "";
    FILE *reader;

    create("first", secret);
    reader = fopen(path, "r");
    ck_assert_ptr_nonnull(reader);
    create("second", secret);
    ck_assert_uint_gt(fread(before, 1, sizeof(before) - 1, reader), 0);
    (void)fclose(reader);
    ck_assert_ptr_nonnull(strstr(before, "\"first\""));
    ck_assert_ptr_null(strstr(before, "\"second\""));
}
END_TEST

START_TEST(a_damaged_file_lets_nobody_in_until_it_is_restored)
{
    char secret[MR_KEY_SECRET_SIZE];
    struct mr_key_answer answer;
    char good[4096] = "";
    struct mr_err err = { 0 };
    FILE *file;

    create("web", secret);
    ck_assert_int_eq(verdict(secret), MR_KEY_GOOD);
    file = fopen(path, "r");
    ck_assert_uint_gt(fread(good, 1, sizeof(good) - 1, file), 0);
    (void)fclose(file);
    write_file("rubbish\n");
    ck_assert_int_eq(judge(secret, &answer, &err), MR_E_DAMAGED);
    ck_assert(answer.changed);
    ck_assert_ptr_nonnull(strstr(err.text, path));
    ck_assert_ptr_nonnull(strstr(err.text, "line 1"));
    ck_assert_int_eq(judge(secret, &answer, &err), MR_E_DAMAGED);
    ck_assert(!answer.changed);
    write_file(good);
    ck_assert_int_eq(verdict(secret), MR_KEY_GOOD);
}
END_TEST

START_TEST(a_damaged_file_is_not_overwritten_by_a_change)
{
    struct mr_key key = { .name = "a",
                          .scope = MR_SCOPE_READ,
                          .created_ms = NOW_MS };
    char secret[MR_KEY_SECRET_SIZE];
    struct mr_err err = { 0 };

    write_file("rubbish\n");
    ck_assert_int_eq(mr_key_make(&key, secret, &err), MR_OK);
    ck_assert_int_eq(mr_key_file_add(folder, &key, &err), MR_E_DAMAGED);
    ck_assert_int_eq(mr_key_file_remove(folder, "a", &err), MR_E_DAMAGED);
}
END_TEST

START_TEST(a_file_that_others_may_write_is_not_believed)
{
    char secret[MR_KEY_SECRET_SIZE];
    struct mr_key_answer answer;
    struct mr_err err = { 0 };

    create("web", secret);
    ck_assert_int_eq(chmod(path, 0660), 0);
    ck_assert_int_eq(judge(secret, &answer, &err), MR_E_DAMAGED);
    ck_assert_ptr_nonnull(strstr(err.text, "chmod 600"));
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(verdict(secret), MR_KEY_GOOD);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
    struct mr_key key = { .name = "a",
                          .scope = MR_SCOPE_READ,
                          .created_ms = NOW_MS };
    struct mr_err err = { 0 };

    ck_assert_int_eq(mr_key_file_add("/nowhere/at/all", &key, &err),
                     MR_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/at/all"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("key_store");
    TCase *tcase = tcase_create("file");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, without_a_file_there_are_no_keys);
    tcase_add_test(tcase, what_is_created_and_revoked_counts_at_once);
    tcase_add_test(tcase,
                   an_answer_names_the_key_and_says_when_the_file_was_read);
    tcase_add_test(tcase,
                   the_file_is_for_its_owner_only_and_leaves_nothing_beside_it);
    tcase_add_test(tcase,
                   a_change_gives_a_new_file_so_that_no_reader_sees_a_half);
    tcase_add_test(tcase, a_damaged_file_lets_nobody_in_until_it_is_restored);
    tcase_add_test(tcase, a_damaged_file_is_not_overwritten_by_a_change);
    tcase_add_test(tcase, a_file_that_others_may_write_is_not_believed);
    tcase_add_test(tcase, a_folder_that_is_not_there_is_named);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
