// SPDX-License-Identifier: Apache-2.0
/*
 * test_sweep.c - folders of files, swept and watched.
 * size: one folder, and all that can happen to what lies in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingestor/files/io/sweep.h"
#include "ingestor/source/config.h"
#include "tests/unit/ingestor/rig.h"

static struct source_config config;
static struct sweep *sweep;
static char folder[200];
static time_t ticks; /* each file that is written is older than now, and newer
                        than the last one */

static void start(void)
{
    struct mr_err err = { 0 };
    const struct sweep_spec spec = { .ingestor = &rig.spec,
                                     .config = &config,
                                     .progress = rig.progress,
                                     .stop = &rig.stop };

    ck_assert_msg(sweep_open(&spec, &sweep, &err) == MR_OK, "%s", err.text);
}

static void setup(void)
{
    const char *tmp = getenv("TMPDIR");

    rig_open();
    (void)snprintf(folder, sizeof(folder), "%s/sweep-XXXXXX",
                   tmp == NULL ? "/tmp" : tmp);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    config = source_config_default(SOURCE_FILES);
    config.name = "docs";
    config.path = folder;
    ticks = RIG_WALL_MS / 1000 - 100000;
    start();
}

static int remove_one(const char *path, const struct stat *about, int flag,
                      struct FTW *ftw)
{
    (void)about;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void remove_tree(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void teardown(void)
{
    sweep_close(sweep);
    remove_tree(folder);
    rig_close();
}

static const char *at(const char *path)
{
    return mr_arena_printf(rig.arena, "%s/%s", folder, path);
}

static void put(const char *path, const char *text)
{
    int fd = open(at(path), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    struct timespec times[2] = { 0 };

    ticks++;
    times[0].tv_sec = times[1].tv_sec = ticks;
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(futimens(fd, times), 0);
    ck_assert_int_eq(close(fd), 0);
}

static enum progress_outcome run(void)
{
    struct mr_err err = { 0 };
    enum progress_outcome outcome;
    int64_t next_ms;

    ck_assert_msg(sweep_run(sweep, &outcome, &next_ms, &err) == MR_OK, "%s",
                  err.text);
    progress_end(rig.progress, outcome, rig_wall_ms(NULL));
    return outcome;
}

/* Waits until something is told, and works it off when it is due. */
static bool changes(void)
{
    struct pollfd poll_fd = { .fd = sweep_fd(sweep), .events = POLLIN };
    struct mr_err err = { 0 };
    bool everything;

    ck_assert_int_ge(poll_fd.fd, 0);
    ck_assert_int_eq(poll(&poll_fd, 1, 10000), 1);
    ck_assert_int_gt(sweep_due_ms(sweep), 0);
    rig_later(1000);
    ck_assert_int_eq(sweep_due_ms(sweep), 0);
    ck_assert_msg(sweep_changes(sweep, &everything, &err) == MR_OK, "%s",
                  err.text);
    return everything;
}

START_TEST(files_of_known_kinds_are_sent)
{
    struct mr_raw raw;

    put("a.html", "<p>a</p>");
    put("b.md", "# b");
    put("c.txt", "c");
    put("d.pdf", "d");
    put(".hidden.txt", "no");
    ck_assert_int_eq(mkdir(at("sub"), 0755), 0);
    ck_assert_int_eq(mkdir(at(".git"), 0755), 0);
    put("sub/e.TXT", "e");
    put(".git/f.txt", "no");
    ck_assert_int_eq(run(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(), "put docs:a.html\nput docs:b.md\n"
                                "put docs:c.txt\nput docs:sub/e.TXT\n");
    RIG_STATUS_HAS("\"documents\":4,\"found\":4,\"fetched\":4,\"sent\":4");
    RIG_STATUS_HAS("\"skipped\":1");
    raw = rig_newest("docs:b.md");
    ck_assert(
        mr_span_equal(raw.put.content_type, mr_span_str("text/markdown")));
    ck_assert(mr_span_equal(raw.put.body.bytes, mr_span_str("# b")));
    ck_assert_int_eq(raw.lane, MR_LANE_BULK);
    ck_assert_int_gt(raw.time_ms, 0);
    ck_assert_int_le(raw.time_ms, RIG_WALL_MS);
}
END_TEST

START_TEST(what_did_not_change_is_neither_read_nor_sent)
{
    put("a.txt", "a");
    put("b.txt", "b");
    run();
    (void)rig_raw();
    ck_assert_int_eq(run(), PROGRESS_DONE);
    RIG_STATUS_HAS("\"fetched\":0,\"sent\":0,\"unchanged\":2");
    put("a.txt", "a"); /* touched */
    run();
    RIG_STATUS_HAS("\"fetched\":1,\"sent\":0,\"unchanged\":2");
    put("b.txt", "other");
    run();
    ck_assert_str_eq(rig_raw(), "put docs:b.txt\n");
}
END_TEST

START_TEST(state_is_kept_over_restarts)
{
    put("a.txt", "a");
    run();
    (void)rig_raw();
    sweep_close(sweep);
    start();
    run();
    ck_assert_str_eq(rig_raw(), "");
    RIG_STATUS_HAS("\"job\":2,");
    RIG_STATUS_HAS("\"unchanged\":1");
}
END_TEST

START_TEST(a_file_that_is_gone_is_deleted_as_a_sweep)
{
    const char *lines;

    put("a.txt", "a");
    put("b.txt", "b");
    run();
    (void)rig_raw();
    ck_assert_int_eq(unlink(at("a.txt")), 0);
    run();
    lines = rig_raw();
    ck_assert_msg(strstr(lines, "delete docs:a.txt of docs before ") == lines,
                  "%s", lines);
    RIG_STATUS_HAS("\"documents\":1,");
    RIG_STATUS_HAS("\"deleted\":1");
    run();
    ck_assert_str_eq(rig_raw(), "");
}
END_TEST

START_TEST(nothing_is_deleted_when_the_folder_is_not_there)
{
    char away[220];

    put("a.txt", "a");
    run();
    (void)rig_raw();
    (void)snprintf(away, sizeof(away), "%s-away", folder);
    ck_assert_int_eq(rename(folder, away), 0);
    ck_assert_int_eq(run(), PROGRESS_BROKEN);
    ck_assert_str_eq(rig_raw(), "");
    RIG_STATUS_HAS("nothing is deleted because of that");
    ck_assert_int_eq(rename(away, folder), 0);
    ck_assert_int_eq(run(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(), "");
}
END_TEST

START_TEST(one_file_can_be_a_source)
{
    put("a.txt", "a");
    put("b.txt", "b");
    config.path = at("a.txt");
    sweep_close(sweep);
    start();
    ck_assert_int_eq(run(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(), "put docs:a.txt\n");
}
END_TEST

START_TEST(links_do_not_lead_out_of_the_folder)
{
    ck_assert_int_eq(mkdir(at("in"), 0755), 0);
    ck_assert_int_eq(mkdir(at("out"), 0755), 0);
    put("out/secret.txt", "secret");
    put("in/a.txt", "a");
    ck_assert_int_eq(symlink("../out/secret.txt", at("in/s.txt")), 0);
    ck_assert_int_eq(symlink("../out", at("in/dir")), 0);
    ck_assert_int_eq(symlink(".", at("in/loop")), 0);
    ck_assert_int_eq(symlink("a.txt", at("in/same.txt")), 0);
    ck_assert_int_eq(symlink("nowhere", at("in/broken.txt")), 0);
    config.path = at("in");
    sweep_close(sweep);
    start();
    ck_assert_int_eq(run(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(), "put docs:a.txt\nput docs:same.txt\n");
}
END_TEST

START_TEST(files_that_cannot_be_taken_are_told)
{
    put("big.txt", "0123456789");
    put("nl\n.txt", "x");
    put("bad\xFF.txt", "x");
    put("good.txt", "x");
    config.bytes_max = 5;
    sweep_close(sweep);
    start();
    ck_assert_int_eq(run(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(), "put docs:good.txt\n");
    RIG_STATUS_HAS("\"failed\":3");
    RIG_STATUS_HAS("it has 10 bytes, at most 5");
    RIG_STATUS_HAS("its name is no UTF-8");
    RIG_STATUS_HAS("its name has a control character");
}
END_TEST

START_TEST(each_line_is_a_document)
{
    put("d.jsonl", "{\"id\":\"one\",\"text\":\"1\"}\n"
                   "not json\r\n"
                   "\n"
                   "{\"text\":\"4\"}\r\n"
                   "{\"text\":\"5\",\"odd\":1}");
    ck_assert_int_eq(run(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(),
                     "put docs:d.jsonl#4\nput docs:d.jsonl#5\nput one\n");
    RIG_STATUS_HAS("\"documents\":3,");
    RIG_STATUS_HAS("\"failed\":1");
    RIG_STATUS_HAS("\"problem\":\"line 2: ");
    RIG_STATUS_HAS("line 5: \\\"odd\\\" is not known here");
}
END_TEST

START_TEST(only_lines_that_changed_are_sent_and_those_gone_deleted)
{
    const char *lines;

    put("d.jsonl", "{\"id\":\"a\",\"text\":\"1\"}\n"
                   "{\"id\":\"b\",\"text\":\"2\"}\n"
                   "{\"id\":\"c\",\"text\":\"3\"}\n");
    run();
    (void)rig_raw();
    put("d.jsonl", "{\"id\":\"a\",\"text\":\"1\"}\n"
                   "{\"id\":\"c\",\"text\":\"33\"}\n");
    run();
    lines = rig_raw();
    ck_assert_msg(strstr(lines, "delete b of docs before ") == lines &&
                      strstr(lines, "\nput c\n") != NULL &&
                      strstr(lines, "put a\n") == NULL,
                  "%s", lines);
    RIG_STATUS_HAS("\"documents\":2,");
    ck_assert_int_eq(unlink(at("d.jsonl")), 0);
    run();
    lines = rig_raw();
    ck_assert_ptr_nonnull(strstr(lines, "delete a of docs"));
    ck_assert_ptr_nonnull(strstr(lines, "delete c of docs"));
    RIG_STATUS_HAS("\"documents\":0,");
}
END_TEST

START_TEST(of_two_lines_with_one_id_the_last_counts)
{
    for (int i = 0; i < 3; i++) {
        put("d.jsonl", "{\"id\":\"a\",\"text\":\"1\"}\n"
                       "{\"id\":\"a\",\"text\":\"2\"}\n");
        run();
        ck_assert(
            mr_span_equal(rig_newest("a").put.body.bytes, mr_span_str("2")));
    }
    RIG_STATUS_HAS("line 2: an earlier line has the id \\\"a\\\" too");
    RIG_STATUS_HAS("\"documents\":1,");
}
END_TEST

START_TEST(a_line_with_much_metadata_and_a_long_text_is_sent)
{
    struct mr_buf line = mr_buf((size_t)4 << 20);
    char *value = mr_calloc(1, 8001);
    char *text = mr_calloc(1, 400001);

    memset(value, 'v', 8000);
    memset(text, 't', 400000);
    mr_buf_printf(&line, "{\"id\":\"x\",\"text\":\"%s\",\"metadata\":{", text);
    for (int i = 0; i < 110; i++)
        mr_buf_printf(&line, "%s\"k%d\":\"%s\"", i == 0 ? "" : ",", i, value);
    mr_buf_printf(&line, "}}");
    put("d.jsonl", mr_buf_text(&line));
    ck_assert_int_eq(run(), PROGRESS_DONE);
    RIG_STATUS_HAS("\"sent\":1");
    ck_assert(rig_newest("x").put.body.in_blob);
    ck_assert_uint_eq(rig_newest("x").put.body.size, 400000);
    mr_buf_deinit(&line);
    mr_free(value);
    mr_free(text);
}
END_TEST

START_TEST(an_id_that_stands_in_two_files_is_deleted_with_the_last_of_them)
{
    static const char *const files[] = { "a.jsonl", "b.jsonl" };
    const char *gone = files[_i];
    const char *left = files[1 - _i];

    put("a.jsonl", "{\"id\":\"x\",\"text\":\"a.jsonl\"}\n");
    put("b.jsonl", "{\"id\":\"x\",\"text\":\"b.jsonl\"}\n");
    run();
    put(gone, "{\"id\":\"y\",\"text\":\"other\"}\n");
    run();
    ck_assert(rig_newest("x").kind == MR_KIND_PUT);
    ck_assert(mr_span_equal(rig_newest("x").put.body.bytes, mr_span_str(left)));
    put(gone, "{\"id\":\"x\",\"text\":\"again\"}\n");
    run();
    ck_assert_int_eq(unlink(at(gone)), 0);
    ck_assert(!changes() || run() == PROGRESS_DONE);
    run();
    ck_assert(mr_span_equal(rig_newest("x").put.body.bytes, mr_span_str(left)));
    (void)rig_raw();
    run();
    ck_assert_str_eq(rig_raw(), "");
    put(gone, "{\"id\":\"x\",\"text\":\"once more\"}\n");
    run();
    ck_assert_int_eq(unlink(at(gone)), 0);
    ck_assert_int_eq(unlink(at(left)), 0);
    run();
    ck_assert_int_eq(rig_newest("x").kind, MR_KIND_DELETE);
    RIG_STATUS_HAS("\"documents\":0,");
}
END_TEST

START_TEST(a_line_that_is_too_long_is_told_and_the_rest_goes_on)
{
    config.bytes_max = 100;
    sweep_close(sweep);
    start();
    put("d.jsonl",
        "{\"text\":\"0123456789012345678901234567890123456789012345678901234567"
        "89012345678901234567890123456789012345678901234567890123456789\"}\n"
        "{\"text\":\"2\"}\n");
    ck_assert_int_eq(run(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(), "put docs:d.jsonl#2\n");
    RIG_STATUS_HAS("line 1: it has more than the 100 bytes of bytes_max");
}
END_TEST

START_TEST(changes_are_told_and_sent)
{
    const char *lines;

    put("a.txt", "a");
    run();
    (void)rig_raw();
    put("a.txt", "changed");
    put("new.txt", "new");
    put("new.pdf", "pdf");
    ck_assert(!changes());
    ck_assert_str_eq(rig_raw(), "put docs:a.txt\nput docs:new.txt\n");
    ck_assert_int_eq(unlink(at("a.txt")), 0);
    ck_assert(!changes());
    lines = rig_raw();
    ck_assert_msg(strstr(lines, "delete docs:a.txt of docs") == lines, "%s",
                  lines);
    put(".tmp", "atomically");
    ck_assert_int_eq(rename(at(".tmp"), at("new.txt")), 0);
    ck_assert(!changes());
    ck_assert_str_eq(rig_raw(), "put docs:new.txt\n");
    RIG_STATUS_HAS("\"documents\":1,");
}
END_TEST

START_TEST(folders_come_and_go_with_their_files)
{
    const char *lines;

    run();
    ck_assert_int_eq(mkdir(at("d"), 0755), 0);
    put("d/a.txt", "a");
    changes();
    ck_assert_str_eq(rig_raw(), "put docs:d/a.txt\n");
    put("d/b.txt", "b"); /* in a folder that is watched only now */
    changes();
    ck_assert_str_eq(rig_raw(), "put docs:d/b.txt\n");
    ck_assert_int_eq(rename(at("d"), at("e")), 0);
    changes();
    lines = rig_raw();
    ck_assert_ptr_nonnull(strstr(lines, "delete docs:d/a.txt of docs"));
    ck_assert_ptr_nonnull(strstr(lines, "delete docs:d/b.txt of docs"));
    ck_assert_ptr_nonnull(strstr(lines, "put docs:e/a.txt\nput docs:e/b.txt"));
    put("e/a.txt", "changed");
    changes();
    ck_assert_str_eq(rig_raw(), "put docs:e/a.txt\n");
}
END_TEST

START_TEST(a_root_that_is_moved_away_asks_for_a_whole_run)
{
    char away[220];

    put("a.txt", "a");
    run();
    (void)snprintf(away, sizeof(away), "%s-away", folder);
    ck_assert_int_eq(rename(folder, away), 0);
    ck_assert(changes());
    ck_assert_int_eq(rename(away, folder), 0);
}
END_TEST

/* Dies at every port call in turn: nothing is forgotten afterwards. */
START_TEST(a_sweep_that_dies_anywhere_is_made_up_for)
{
    struct mr_err err = { 0 };
    enum progress_outcome outcome;
    int64_t next_ms;
    const char *lines;

    put("a.txt", "a");
    put("d.jsonl", "{\"id\":\"x\",\"text\":\"1\"}\n{\"id\":\"y\",\"text\":\"2\""
                   "}\n");
    run();
    (void)rig_raw();
    put("a.txt", "changed");
    put("d.jsonl", "{\"id\":\"x\",\"text\":\"changed\"}\n");
    mr_memory_die(rig.memory, (uint64_t)_i / 2 + 1, _i % 2 != 0);
    if (sweep_run(sweep, &outcome, &next_ms, &err) != MR_OK)
        ck_assert_int_ne(err.code, MR_OK);
    if (mr_memory_is_dead(rig.memory))
        mr_memory_kill(rig.memory);
    else
        mr_memory_die(rig.memory, 0, false);
    sweep_close(sweep);
    start();
    run();
    lines = rig_raw();
    ck_assert_msg(strstr(lines, "put docs:a.txt\n") != NULL &&
                      strstr(lines, "put x\n") != NULL &&
                      strstr(lines, "delete y of docs") != NULL,
                  "death %d: %s", _i, lines);
    RIG_STATUS_HAS("\"documents\":2,");
}
END_TEST

START_TEST(all_documents_of_a_folder_can_be_deleted)
{
    struct mr_err err = { 0 };
    const char *lines;

    put("a.txt", "a");
    put("d.jsonl", "{\"id\":\"x\",\"text\":\"1\"}\n");
    run();
    (void)rig_raw();
    ck_assert_int_eq(sweep_delete_all(sweep, &err), MR_OK);
    lines = rig_raw();
    ck_assert_ptr_nonnull(strstr(lines, "delete docs:a.txt of docs"));
    ck_assert_ptr_nonnull(strstr(lines, "delete x of docs"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sweep");
    TCase *tcase = tcase_create("sweep");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, files_of_known_kinds_are_sent);
    tcase_add_test(tcase, what_did_not_change_is_neither_read_nor_sent);
    tcase_add_test(tcase, state_is_kept_over_restarts);
    tcase_add_test(tcase, a_file_that_is_gone_is_deleted_as_a_sweep);
    tcase_add_test(tcase, nothing_is_deleted_when_the_folder_is_not_there);
    tcase_add_test(tcase, one_file_can_be_a_source);
    tcase_add_test(tcase, links_do_not_lead_out_of_the_folder);
    tcase_add_test(tcase, files_that_cannot_be_taken_are_told);
    tcase_add_test(tcase, each_line_is_a_document);
    tcase_add_test(tcase,
                   only_lines_that_changed_are_sent_and_those_gone_deleted);
    tcase_add_test(tcase, of_two_lines_with_one_id_the_last_counts);
    tcase_add_loop_test(
        tcase, an_id_that_stands_in_two_files_is_deleted_with_the_last_of_them,
        0, 2);
    tcase_add_test(tcase, a_line_with_much_metadata_and_a_long_text_is_sent);
    tcase_add_test(tcase, a_line_that_is_too_long_is_told_and_the_rest_goes_on);
    tcase_add_test(tcase, changes_are_told_and_sent);
    tcase_add_test(tcase, folders_come_and_go_with_their_files);
    tcase_add_test(tcase, a_root_that_is_moved_away_asks_for_a_whole_run);
    tcase_add_loop_test(tcase, a_sweep_that_dies_anywhere_is_made_up_for, 0,
                        60);
    tcase_add_test(tcase, all_documents_of_a_folder_can_be_deleted);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
