// SPDX-License-Identifier: Apache-2.0
/*
 * test_config.c - good YAML is read, shown and read again; overrides, secrets
 * and fingerprints.  What is said about bad YAML is test_config_mistakes.c.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mr_mem.h"
#include "common/runtime/config.h"

static struct mr_config *config;
static struct mr_config_problems problems;
static char text[65536];

static void tear_down(void)
{
    mr_config_free(config);
    config = NULL;
    mr_config_problems_deinit(&problems);
}

static const char *all_problems(void)
{
    struct mr_buf out = mr_buf(sizeof(text) - 1);

    mr_config_problems_print(&problems, NULL, &out);
    memcpy(text, mr_buf_text(&out), out.size + 1);
    mr_buf_deinit(&out);
    return text;
}

static void read_good(const char *yaml)
{
    enum mr_code code =
        mr_config_parse(mr_span_str(yaml), "f", &config, &problems);

    ck_assert_msg(code == MR_OK, "%s", all_problems());
    ck_assert_uint_eq(problems.count, 0);
}

static const char *show(void)
{
    struct mr_buf out = mr_buf(sizeof(text) - 1);

    mr_config_show(config, &out);
    ck_assert(!out.full);
    memcpy(text, mr_buf_text(&out), out.size + 1);
    mr_buf_deinit(&out);
    return text;
}

START_TEST(without_a_file_every_key_has_its_default)
{
    ck_assert_int_eq(mr_config_load(NULL, &config, &problems), MR_OK);
    ck_assert_str_eq(config->data, "millrace-data");
    ck_assert_str_eq(config->listen, "127.0.0.1:7700");
    ck_assert_str_eq(config->collection, "main");
    ck_assert_uint_eq(config->partitions, 2);
    ck_assert_uint_eq(config->limits.body_bytes, 16u << 20);
    ck_assert_int_eq(config->limits.wait_ms, 60000);
    ck_assert_int_eq(config->admit.deleted_keep_ms, 30LL * 86400000);
    ck_assert(config->curate.duplicates);
    ck_assert_double_eq(config->curate.similarity, .8);
    ck_assert_ptr_null(config->embed.model);
    ck_assert_ptr_null(config->generator.url);
    ck_assert_uint_eq(config->source_count, 0);
}
END_TEST

START_TEST(keys_of_every_type_are_read)
{
    read_good("# a comment\n"
              "data: /var/lib/millrace\n"
              "listen: \"[::1]:0\"\n"
              "limits:\n"
              "  body_bytes: 64 MiB\n"
              "  wait: 1.5 s\n"
              "  disk_free_bytes: 0\n"
              "clean: {words_min: 3}\n"
              "curate:\n"
              "  duplicates: no\n"
              "  similarity: 1\n"
              "log:\n"
              "  level: debug\n"
              "embed:\n"
              "answer:\n"
              "  template: cited\n"
              "  template_file: form.txt\n"
              "  generator:\n"
              "    url: http://127.0.0.1:8080/v1\n"
              "    model: small\n"
              "    api_key_env: KEY\n"
              "sources:\n"
              "- name: handbook\n"
              "  kind: web\n"
              "  url: https://example.org/\n"
              "  every: 1 d\n"
              "- {name: notes, kind: files, path: \"/n\\u00e4h\"}"
              "\n"
              "- name: shop\n"
              "  kind: kafka\n"
              "  topic: Articles.v1\n"
              "  fields: {text: $.body, metadata: \"a=$.b, c\"}\n"
              "bus: kafka\n");
    ck_assert_str_eq(config->sources[2].topic, "Articles.v1");
    ck_assert_str_eq(config->sources[2].format, "json");
    ck_assert_str_eq(config->sources[2].fields.text, "$.body");
    ck_assert_ptr_null(config->sources[2].fields.id);
    ck_assert_str_eq(config->data, "/var/lib/millrace");
    ck_assert_uint_eq(config->limits.body_bytes, 64u << 20);
    ck_assert_int_eq(config->limits.wait_ms, 1500);
    ck_assert_uint_eq(config->limits.disk_free_bytes, 0);
    ck_assert_uint_eq(config->clean.words_min, 3);
    ck_assert(!config->curate.duplicates);
    ck_assert_double_eq(config->curate.similarity, 1);
    ck_assert_str_eq(config->log.level, "debug");
    ck_assert_str_eq(config->answer.form, "cited");
    ck_assert_str_eq(config->answer.form_file, "form.txt");
    ck_assert_uint_eq(config->generator.window, 8192);
    ck_assert_str_eq(config->generator.model, "small");
    ck_assert_int_eq(config->generator.timeout_ms, 60000);
    ck_assert_uint_eq(config->source_count, 3);
    ck_assert_str_eq(config->sources[0].kind, "web");
    ck_assert_int_eq(config->sources[0].every_ms, 86400000);
    ck_assert_uint_eq(config->sources[0].max_pages, 1000);
    ck_assert_str_eq(config->sources[1].path, "/n\xC3\xA4h");
}
END_TEST

static const char *const empty[] = {
    "",
    "\n",
    "# only a comment\n",
    "---\n",
    "~\n",
    "limits:\nembed: ~\n",
    "sources:\n",
    "sources: []\n",
    "{}\n",
    "\xEF\xBB\xBF# a mark\n",
};

START_TEST(a_file_that_says_nothing_means_the_defaults)
{
    static char defaults[sizeof(text)];

    ck_assert_int_eq(mr_config_load(NULL, &config, &problems), MR_OK);
    memcpy(defaults, show(), sizeof(text));
    mr_config_free(config);
    read_good(empty[_i]);
    show();
    ck_assert_str_eq(strchr(text, '\n') + 1, defaults);
}
END_TEST

START_TEST(a_file_is_read_and_a_missing_one_named)
{
    const char *base = getenv("TMPDIR");
    struct mr_buf out = mr_buf(1000);
    char path[200];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/millrace-config-XXXXXX",
                   base != NULL ? base : "/tmp");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "partitions: 7\n", 14), 14);
    close(fd);
    ck_assert_int_eq(mr_config_load(path, &config, &problems), MR_OK);
    ck_assert_uint_eq(config->partitions, 7);
    mr_config_free(config);
    (void)unlink(path);
    ck_assert_int_eq(mr_config_load(path, &config, &problems), MR_E_CONFIG);
    mr_config_problems_print(&problems, "x.yaml", &out);
    ck_assert_str_eq(mr_buf_text(&out),
                     "x.yaml: cannot be read: No such file or directory\n");
    mr_buf_deinit(&out);
}
END_TEST

START_TEST(what_is_shown_loads_to_the_same)
{
    static char first[sizeof(text)];
    char before[17];
    char after[17];

    read_good("data: \"a \\\"quoted\\\" \\\\ \\x7f \\u2028 \\uFEFF \\u00e4 "
              "\\U0001F600 # no\"\n"
              "limits: {wait: 1500 ms, body_bytes: 1025, hang: 90 s}\n"
              "curate: {similarity: 0.7000000001}\n"
              "embed: {cache: 3 GiB}\n"
              "sources:\n"
              "- {name: a, kind: web, url: http://x, delay: 100 ms}\n"
              "- {name: b, kind: files, path: y}\n"
              "- {name: c, kind: kafka, topic: t, fields: {id: $.x}}\n"
              "bus: kafka\n");
    mr_config_fingerprint(config, "curate", before);
    memcpy(first, show(), sizeof(first));
    ck_assert_ptr_nonnull(strstr(first, "  wait: 1500 ms  # line 2 of the "
                                        "file\n"));
    ck_assert_ptr_nonnull(strstr(first, "  body_bytes: 1025  # line 2"));
    ck_assert_ptr_nonnull(strstr(first, "partitions: 2  # default\n"));
    ck_assert_ptr_nonnull(strstr(first, "  # model:  # default\n"));
    ck_assert_ptr_nonnull(strstr(first, "  - name: \"a\"  # line 6"));
    ck_assert_ptr_nonnull(strstr(first, "    delay: 100 ms"));
    mr_config_free(config);
    read_good(first);
    ck_assert_str_eq(config->data, "a \"quoted\" \\ \x7f \xE2\x80\xA8 "
                                   "\xEF\xBB\xBF \xC3\xA4 \xF0\x9F\x98\x80 # "
                                   "no");
    ck_assert_int_eq(config->limits.wait_ms, 1500);
    ck_assert_uint_eq(config->source_count, 3);
    ck_assert_str_eq(config->sources[2].fields.id, "$.x");
    ck_assert_int_eq(config->sources[0].delay_ms, 100);
    mr_config_fingerprint(config, "curate", after);
    ck_assert_str_eq(before, after);
}
END_TEST

START_TEST(the_reference_has_every_key_and_loads_to_the_defaults)
{
    static char defaults[sizeof(text)];
    struct mr_buf out = mr_buf(sizeof(text));

    mr_config_reference(&out);
    ck_assert(!out.full);
    read_good(mr_buf_text(&out));
#define MR_CONFIG_KEY(path, type, field, initial, low, high, choices, help) \
    ck_assert_msg(strstr(mr_buf_text(&out), strrchr("." path, '.') + 1) !=  \
                      NULL,                                                 \
                  "%s", path);
#define MR_SOURCE_KEY(path, type, field, initial, low, high, choices, kinds, \
                      help)                                                  \
    ck_assert_msg(strstr(mr_buf_text(&out), path) != NULL, "%s", path);
#include "common/runtime/config.def"
#undef MR_CONFIG_KEY
#undef MR_SOURCE_KEY
    for (const char *line = mr_buf_text(&out); *line != '\0';
         line += strcspn(line, "\n") + 1)
        ck_assert_msg(strcspn(line, "\n") <= 90, "%.100s", line);
    /* The same values, though from a file. */
    for (const char *at = show(); *at != '\0'; at++)
        (void)at;
    memcpy(defaults, text, sizeof(text));
    mr_config_free(config);
    ck_assert_int_eq(mr_config_load(NULL, &config, &problems), MR_OK);
    show();
    for (char *at = strstr(defaults, "data: "), *want = text;
         *at != '\0' && *want != '\0';
         at += strcspn(at, "\n") + 1, want += strcspn(want, "\n") + 1) {
        size_t size = strcspn(at, "\n#");

        ck_assert_msg(strncmp(at, want, size) == 0, "%.60s / %.60s", at, want);
    }
    mr_buf_deinit(&out);
}
END_TEST

START_TEST(the_command_line_sets_one_key_or_nothing)
{
    struct mr_err err;

    read_good("listen: 127.0.0.1:1\n");
    ck_assert_int_eq(mr_config_set(config, "listen", "127.0.0.1:0", &err),
                     MR_OK);
    ck_assert_str_eq(config->listen, "127.0.0.1:0");
    ck_assert_ptr_nonnull(
        strstr(show(), "listen: \"127.0.0.1:0\"  # command line\n"));
    ck_assert_int_eq(mr_config_set(config, "listen", "nowhere", &err),
                     MR_E_CONFIG);
    ck_assert_str_eq(config->listen, "127.0.0.1:0");
    ck_assert_int_eq(mr_config_set(config, "limits.wait", "soon", &err),
                     MR_E_CONFIG);
    ck_assert_int_eq(
        mr_config_set(config, "clean.passage_words_max", "20", &err),
        MR_E_CONFIG);
    ck_assert_uint_eq(config->clean.passage_words_max, 200);
    ck_assert_int_eq(mr_config_set(config, "nothing", "1", &err), MR_E_CONFIG);
    ck_assert_str_eq(err.text, "nothing: there is no such key");
}
END_TEST

START_TEST(a_fingerprint_tells_only_of_its_section)
{
    char clean[17];
    char curate[17];
    char other[17];

    ck_assert_int_eq(mr_config_load(NULL, &config, &problems), MR_OK);
    mr_config_fingerprint(config, "clean", clean);
    mr_config_fingerprint(config, "curate", curate);
    ck_assert_str_ne(clean, curate);
    ck_assert_int_eq(mr_config_set(config, "clean.words_min", "9", NULL),
                     MR_OK);
    mr_config_fingerprint(config, "clean", other);
    ck_assert_str_ne(clean, other);
    mr_config_fingerprint(config, "curate", other);
    ck_assert_str_eq(curate, other);
}
END_TEST

START_TEST(secrets_come_from_the_environment_or_a_file)
{
    const char *base = getenv("TMPDIR");
    struct mr_err err;
    char path[200];
    char *secret;
    int fd;

    ck_assert_int_eq(mr_config_secret(NULL, NULL, &secret, NULL), MR_OK);
    ck_assert_ptr_null(secret);
    setenv("MILLRACE_TEST_SECRET", "from env", 1);
    ck_assert_int_eq(
        mr_config_secret("MILLRACE_TEST_SECRET", NULL, &secret, NULL), MR_OK);
    ck_assert_str_eq(secret, "from env");
    mr_free(secret);
    unsetenv("MILLRACE_TEST_SECRET");
    ck_assert_int_eq(
        mr_config_secret("MILLRACE_TEST_SECRET", NULL, &secret, &err),
        MR_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "MILLRACE_TEST_SECRET"));

    (void)snprintf(path, sizeof(path), "%s/millrace-secret-XXXXXX",
                   base != NULL ? base : "/tmp");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(mr_config_secret(NULL, path, &secret, &err), MR_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "is empty"));
    ck_assert_int_eq(write(fd, "from file\r\n", 11), 11);
    ck_assert_int_eq(mr_config_secret(NULL, path, &secret, NULL), MR_OK);
    ck_assert_str_eq(secret, "from file");
    mr_free(secret);
    close(fd);
    (void)unlink(path);
    ck_assert_int_eq(mr_config_secret(NULL, path, &secret, &err), MR_E_CONFIG);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("config");
    Suite *suite = suite_create("config");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, without_a_file_every_key_has_its_default);
    tcase_add_test(tcase, keys_of_every_type_are_read);
    tcase_add_loop_test(tcase, a_file_that_says_nothing_means_the_defaults, 0,
                        (int)(sizeof(empty) / sizeof(empty[0])));
    tcase_add_test(tcase, a_file_is_read_and_a_missing_one_named);
    tcase_add_test(tcase, what_is_shown_loads_to_the_same);
    tcase_add_test(tcase,
                   the_reference_has_every_key_and_loads_to_the_defaults);
    tcase_add_test(tcase, the_command_line_sets_one_key_or_nothing);
    tcase_add_test(tcase, a_fingerprint_tells_only_of_its_section);
    tcase_add_test(tcase, secrets_come_from_the_environment_or_a_file);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
