// SPDX-License-Identifier: Apache-2.0
/*
 * test_blob_folder.c - what the folder holds, and what goes wrong with it.
 */
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/backends/blob_folder/mr_blob_folder.h"
#include "common/base/mr_mem.h"

static char root[] = "/tmp/blob-folder-XXXXXX";
static char path[64];
static struct mr_arena *arena;
static struct mr_err err;

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(root));
    (void)snprintf(path, sizeof(path), "%s/blobs", root);
    arena = mr_arena_new();
}

static int remove_entry(const char *name, const struct stat *status, int flag,
                        struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(name);
}

static void teardown(void)
{
    mr_arena_free(arena);
    (void)nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static struct mr_blob_folder *open_folder(void)
{
    struct mr_blob_folder *folder = NULL;

    ck_assert_int_eq(mr_blob_folder_open(path, &folder, &err), MR_OK);
    return folder;
}

static bool exists(const char *name)
{
    return access(mr_arena_printf(arena, "%s/%s", path, name), F_OK) == 0;
}

START_TEST(a_blob_is_a_file_of_its_bytes)
{
    struct mr_blob_folder *folder = open_folder();
    struct mr_hash128 hash;
    struct stat status;
    char name[33];

    ck_assert_int_eq(mr_blob_put(mr_blob_folder_port(folder),
                                 mr_span_str("bytes"), &hash, &err),
                     MR_OK);
    mr_hash128_hex(hash, name);
    ck_assert_int_eq(
        stat(mr_arena_printf(arena, "%s/%.2s/%s", path, name, name), &status),
        0);
    ck_assert_int_eq(status.st_size, 5);
    mr_blob_folder_close(folder);
}
END_TEST

static void make_temp(const char *name, time_t modified)
{
    struct timespec times[2] = { { .tv_sec = modified },
                                 { .tv_sec = modified } };
    int fd = open(mr_arena_printf(arena, "%s/tmp/%s", path, name),
                  O_WRONLY | O_CREAT, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(futimens(fd, times), 0);
    close(fd);
}

START_TEST(an_open_removes_what_a_crash_left_long_ago)
{
    mr_blob_folder_close(open_folder());
    make_temp("old", 1000);
    make_temp("young", 4102444800); /* 2100 */
    mr_blob_folder_close(open_folder());
    ck_assert(!exists("tmp/old"));
    ck_assert(exists("tmp/young"));
}
END_TEST

START_TEST(a_folder_that_cannot_be_is_refused_with_its_name)
{
    struct mr_blob_folder *folder;

    ck_assert_int_eq(mr_blob_folder_open("/proc/none/blobs", &folder, &err),
                     MR_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "/proc/none/blobs"));
    ck_assert_int_eq(mr_blob_folder_open("/dev/null", &folder, &err),
                     MR_E_CONFIG);
}
END_TEST

START_TEST(a_full_disk_is_a_failure_that_may_pass)
{
    struct mr_blob_folder *folder = open_folder();
    struct rlimit limit = { 1000, RLIM_INFINITY };
    uint8_t *bytes = mr_calloc(1, 100000);
    struct mr_hash128 hash;
    struct mr_span found;

    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(mr_blob_put(mr_blob_folder_port(folder),
                                 mr_span(bytes, 100000), &hash, &err),
                     MR_E_UNAVAILABLE);
    ck_assert_int_eq(mr_blob_get(mr_blob_folder_port(folder),
                                 mr_hash128(mr_span(bytes, 100000)), arena,
                                 &found, &err),
                     MR_E_LOST);
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(mr_blob_put(mr_blob_folder_port(folder),
                                 mr_span(bytes, 100000), &hash, &err),
                     MR_OK);
    mr_free(bytes);
    mr_blob_folder_close(folder);
}
END_TEST

START_TEST(a_cut_off_file_is_damage)
{
    struct mr_blob_folder *folder = open_folder();
    struct mr_hash128 hash;
    struct mr_span found;
    char name[33];

    ck_assert_int_eq(mr_blob_put(mr_blob_folder_port(folder),
                                 mr_span_str("bytes"), &hash, &err),
                     MR_OK);
    mr_hash128_hex(hash, name);
    ck_assert_int_eq(
        truncate(mr_arena_printf(arena, "%s/%.2s/%s", path, name, name), 3), 0);
    ck_assert_int_eq(
        mr_blob_get(mr_blob_folder_port(folder), hash, arena, &found, &err),
        MR_E_DAMAGED);
    ck_assert_ptr_nonnull(strstr(err.text, name));
    mr_blob_folder_close(folder);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("blob_folder");
    Suite *suite = suite_create("blob_folder");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_blob_is_a_file_of_its_bytes);
    tcase_add_test(tcase, an_open_removes_what_a_crash_left_long_ago);
    tcase_add_test(tcase, a_folder_that_cannot_be_is_refused_with_its_name);
    tcase_add_test(tcase, a_full_disk_is_a_failure_that_may_pass);
    tcase_add_test(tcase, a_cut_off_file_is_damage);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
