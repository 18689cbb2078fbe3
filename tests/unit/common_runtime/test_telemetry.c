// SPDX-License-Identifier: Apache-2.0
/*
 * test_telemetry.c - lines and exposition have their documented form.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/backends/memory/mr_virtual_clock.h"
#include "common/json/json.h"
#include "common/runtime/telemetry.h"

/* 2026-01-31T12:00:00.123Z */
#define WALL_MS 1769860800123

static struct mr_virtual_clock *wall;
static struct mr_telemetry *telemetry;
static int pipe_ends[2];
static char text[8192];

static void open_telemetry(bool human, enum mr_level level)
{
    struct mr_telemetry_spec spec = { .human = human, .level = level };

    ck_assert_int_eq(pipe2(pipe_ends, O_NONBLOCK), 0);
    wall = mr_virtual_clock_new(WALL_MS, false);
    spec.clock = mr_virtual_clock_port(wall);
    spec.fd = pipe_ends[1];
    telemetry = mr_telemetry_new(&spec);
}

static void close_telemetry(void)
{
    mr_telemetry_free(telemetry);
    mr_virtual_clock_free(wall);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

/* What was written since the last call. */
static const char *read_lines(void)
{
    ssize_t size = read(pipe_ends[0], text, sizeof(text) - 1);

    text[size < 0 ? 0 : size] = '\0';
    return text;
}

static const char *expose(void)
{
    struct mr_buf out = mr_buf(1 << 20);

    mr_telemetry_expose(telemetry, &out);
    ck_assert(!out.full);
    ck_assert_uint_lt(out.size, sizeof(text));
    memcpy(text, mr_buf_text(&out), out.size + 1);
    mr_buf_deinit(&out);
    return text;
}

START_TEST(a_line_is_one_object_with_time_level_event_stage_and_message)
{
    open_telemetry(false, MR_LEVEL_INFO);
    mr_log(telemetry, MR_EV_WORKER_STARTED, "clean", "works %d", 2);
    ck_assert_str_eq(read_lines(),
                     "{\"time\":\"2026-01-31T12:00:00.123Z\",\"level\":\"info\""
                     ",\"event\":\"worker_started\",\"stage\":\"clean\","
                     "\"message\":\"works 2\"}\n");
    close_telemetry();
}
END_TEST

START_TEST(what_came_from_outside_cannot_break_a_line)
{
    const char bad[] = "a\"b\\c\nd\x1b[31m\xff";
    struct mr_json *root;

    open_telemetry(false, MR_LEVEL_DEBUG);
    mr_log(telemetry, MR_EV_NOTE, NULL, "%s", bad);
    read_lines();
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    ck_assert_int_eq(mr_json_parse(mr_span_str(text), &root, NULL), MR_OK);
    ck_assert_ptr_null(mr_json_get(root, "stage"));
    mr_json_free(root);
    close_telemetry();

    open_telemetry(true, MR_LEVEL_DEBUG);
    mr_log(telemetry, MR_EV_NOTE, NULL, "%s", bad);
    ck_assert_ptr_nonnull(strstr(read_lines(), "info  a\"b\\c d [31m"));
    close_telemetry();
}
END_TEST

START_TEST(the_form_for_people_has_time_level_part_and_message)
{
    setenv("TZ", "UTC", 1);
    open_telemetry(true, MR_LEVEL_INFO);
    mr_log(telemetry, MR_EV_DEAD_LETTER, "clean", "broken");
    ck_assert_str_eq(read_lines(), "12:00:00 warn  clean: broken\n");
    mr_log(telemetry, MR_EV_READY, NULL, "http://127.0.0.1:7700");
    ck_assert_str_eq(read_lines(), "12:00:00 info  http://127.0.0.1:7700\n");
    close_telemetry();
}
END_TEST

START_TEST(a_long_message_is_cut_and_still_a_line)
{
    char longer[5000];

    memset(longer, '\x01', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    open_telemetry(false, MR_LEVEL_INFO);
    mr_log(telemetry, MR_EV_NOTE, "x", "%s", longer);
    read_lines();
    ck_assert_str_eq(text + strlen(text) - 3, "\"}\n");
    close_telemetry();
}
END_TEST

START_TEST(lines_below_the_level_are_only_counted)
{
    open_telemetry(false, MR_LEVEL_ERROR);
    mr_log(telemetry, MR_EV_DEAD_LETTER, "clean", "one");
    mr_log(telemetry, MR_EV_DEAD_LETTER, "clean", "two");
    mr_log(telemetry, MR_EV_DEAD_LETTER, "admit", "three");
    ck_assert_str_eq(read_lines(), "");
    expose();
    ck_assert_ptr_nonnull(
        strstr(text, "# TYPE millrace_dead_letters_total counter\n"
                     "millrace_dead_letters_total{part=\"clean\"} 2\n"
                     "millrace_dead_letters_total{part=\"admit\"} 1\n"));
    close_telemetry();
}
END_TEST

START_TEST(counters_gauges_and_histograms_are_exposed_as_prometheus_reads_them)
{
    open_telemetry(false, MR_LEVEL_INFO);
    mr_count(telemetry, MR_M_DOCUMENTS, "clean", "passed", 3);
    mr_count(telemetry, MR_M_DOCUMENTS, "clean", "passed", 4);
    mr_count(telemetry, MR_M_DOCUMENTS, "clean", "a\"\\\n", 1);
    mr_gauge(telemetry, MR_M_FRESHNESS, "embed", NULL, 1.25);
    mr_gauge_add(telemetry, MR_M_LAG, "clean", NULL, 5);
    mr_gauge_add(telemetry, MR_M_LAG, "clean", NULL, -2);
    mr_observe(telemetry, MR_M_SEARCH_SECONDS, "hybrid", NULL, .0005);
    mr_observe(telemetry, MR_M_SEARCH_SECONDS, "hybrid", NULL, .002);
    mr_observe(telemetry, MR_M_SEARCH_SECONDS, "hybrid", NULL, 1000);
    expose();
    ck_assert_ptr_nonnull(strstr(
        text, "# HELP millrace_documents_total inputs by how they ended in a "
              "stage\n# TYPE millrace_documents_total counter\n"
              "millrace_documents_total{stage=\"clean\",outcome=\"passed\"} 7\n"
              "millrace_documents_total{stage=\"clean\",outcome=\"a\\\"\\\\\\n"
              "\"} 1\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "millrace_freshness_seconds{stage=\"embed\"} 1.25\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "millrace_stage_lag_records{stage=\"clean\"} 3\n"));
    ck_assert_ptr_nonnull(strstr(
        text, "millrace_search_seconds_bucket{mode=\"hybrid\",le=\"0.0005\"} 1"
              "\nmillrace_search_seconds_bucket{mode=\"hybrid\",le=\"0.001\"} "
              "1\nmillrace_search_seconds_bucket{mode=\"hybrid\",le=\"0.0025\"}"
              " 2\n"));
    ck_assert_ptr_nonnull(strstr(
        text, "millrace_search_seconds_bucket{mode=\"hybrid\",le=\"60\"} 2\n"
              "millrace_search_seconds_bucket{mode=\"hybrid\",le=\"+Inf\"} 3\n"
              "millrace_search_seconds_sum{mode=\"hybrid\"} 1000.0025\n"
              "millrace_search_seconds_count{mode=\"hybrid\"} 3\n"));
    close_telemetry();
}
END_TEST

START_TEST(a_counter_without_labels_is_there_from_the_start)
{
    open_telemetry(false, MR_LEVEL_INFO);
    expose();
    ck_assert_ptr_nonnull(strstr(text, "\nmillrace_embed_tokens_total 0\n"));
    ck_assert_ptr_null(strstr(text, "\nmillrace_disk_free_bytes"));
    close_telemetry();
}
END_TEST

START_TEST(labels_past_the_limit_are_added_to_other)
{
    struct mr_buf out = mr_buf(1 << 20);
    char source[32];

    open_telemetry(false, MR_LEVEL_INFO);
    for (unsigned i = 0; i < MR_LABELS_MAX + 10; i++) {
        (void)snprintf(source, sizeof(source), "source%u", i);
        mr_count(telemetry, MR_M_FETCHES, source, "ok", 1);
    }
    mr_telemetry_expose(telemetry, &out);
    ck_assert_ptr_nonnull(
        strstr(mr_buf_text(&out), "{source=\"other\",outcome=\"other\"} 11\n"));
    mr_buf_deinit(&out);
    close_telemetry();
}
END_TEST

START_TEST(no_telemetry_does_nothing)
{
    struct mr_buf out = mr_buf(100);

    mr_log(NULL, MR_EV_NOTE, NULL, "nobody");
    mr_count(NULL, MR_M_DOCUMENTS, "a", "b", 1);
    mr_gauge(NULL, MR_M_LAG, "a", NULL, 1);
    mr_observe(NULL, MR_M_ANSWER_SECONDS, NULL, NULL, 1);
    mr_telemetry_expose(NULL, &out);
    ck_assert_uint_eq(out.size, 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("telemetry");
    Suite *suite = suite_create("telemetry");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(
        tcase, a_line_is_one_object_with_time_level_event_stage_and_message);
    tcase_add_test(tcase, what_came_from_outside_cannot_break_a_line);
    tcase_add_test(tcase, the_form_for_people_has_time_level_part_and_message);
    tcase_add_test(tcase, a_long_message_is_cut_and_still_a_line);
    tcase_add_test(tcase, lines_below_the_level_are_only_counted);
    tcase_add_test(
        tcase,
        counters_gauges_and_histograms_are_exposed_as_prometheus_reads_them);
    tcase_add_test(tcase, a_counter_without_labels_is_there_from_the_start);
    tcase_add_test(tcase, labels_past_the_limit_are_added_to_other);
    tcase_add_test(tcase, no_telemetry_does_nothing);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
