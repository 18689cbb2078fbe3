// SPDX-License-Identifier: Apache-2.0
/*
 * test_config_mistakes.c - every mistake of a bad file is told, with its place.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

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

static const struct {
    const char *yaml;
    const char *want; /* all that is said */
} bad[] = {
    { "listn: 127.0.0.1:1\n",
      "1:1: listn: there is no such key; did you mean listen?\n" },
    { "limits:\n  body_byte: 1 MiB\n",
      "2:3: limits.body_byte: there is no such key; did you mean "
      "limits.body_bytes?\n" },
    { "source: []\n",
      "1:1: source: there is no such key; did you mean sources?\n" },
    { "body_bytes: 1 MiB\n",
      "1:1: body_bytes: there is no such key; did you mean "
      "limits.body_bytes?\n" },
    { "log:\n  wombat: 3\n",
      "2:3: log.wombat: there is no such key; known here: level, format\n" },
    { "partitions: two\n",
      "1:13: partitions: \"two\" is not a whole number; write such as 12\n" },
    { "partitions: 1.5\n",
      "1:13: partitions: \"1.5\" is not a whole number; write such as 12\n" },
    { "partitions: 0x10\n",
      "1:13: partitions: \"0x10\" is not a whole number; write such as 12\n" },
    { "partitions: \"2\"\n",
      "1:13: partitions: is a text; write it without quotes\n" },
    { "partitions: 0\n", "1:13: partitions: is too small: from 1 to 1024\n" },
    { "partitions: -1\n", "1:13: partitions: is too small: from 1 to 1024\n" },
    { "partitions: 99999999999999999999\n",
      "1:13: partitions: is too large: from 1 to 1024\n" },
    { "partitions: [2]\n",
      "1:13: partitions: is a list, must be a single value\n" },
    { "partitions: {a: 1}\n",
      "1:13: partitions: is a section, must be a single value\n" },
    { "partitions:\n", "1:12: partitions: has no value; leave the key out for "
                       "its default\n" },
    { "limits: 3\n", "1:9: limits: is a single value, must be a section: "
                     "write its keys below it, indented\n" },
    { "limits: [a]\n", "1:9: limits: is a list, must be a section: write its "
                       "keys below it, indented\n" },
    { "limits: {body_bytes: 64 MX}\n",
      "1:22: limits.body_bytes: \"64 MX\" is not a number of bytes; write "
      "such as 64 MiB\n" },
    { "limits: {body_bytes: 65 MiB}\n",
      "1:22: limits.body_bytes: is too large: from 1 KiB to 64 MiB\n" },
    { "limits: {wait: 10}\n",
      "1:16: limits.wait: \"10\" is not a duration; write such as 10 s (ms, "
      "s, min, h, d)\n" },
    { "limits: {wait: 2 h}\n",
      "1:16: limits.wait: is too large: from 1 s to 1 h\n" },
    { "curate: {similarity: .nan}\n",
      "1:22: curate.similarity: \".nan\" is not a number; write such as 0.8"
      "\n" },
    { "curate: {similarity: .3}\n",
      "1:22: curate.similarity: is too small: from 0.5 to 1\n" },
    { "curate: {duplicates: maybe}\n",
      "1:22: curate.duplicates: \"maybe\" is neither true nor false\n" },
    { "log: {level: loud}\n",
      "1:14: log.level: \"loud\" is none of debug, info, warn, error\n" },
    { "data: \"\"\n", "1:7: data: has 0 bytes: from 1 to 4000\n" },
    { "data: \"a\\0b\"\n", "1:7: data: holds a zero byte\n" },
    { "data: a\ndata: b\n", "2:1: data: is there twice, first in line 1\n" },
    { "? [a]\n: b\n", "1:3: a key must be a word, this is a list\n" },
    { "- a\n", "1:1: the file is a list, must be keys such as \"listen: "
               "127.0.0.1:7700\"\n" },
    { "limits:\n\tbody_bytes: 1\n",
      "2:1: a tab stands where YAML wants spaces\n" },
    { "limits: [1,\n", "2:1: this is no YAML: did not find expected node "
                       "content while parsing a flow node that begins in "
                       "line 2\n" },
    { "data: 'a\n", "2:1: this is no YAML: found unexpected end of stream "
                    "while scanning a quoted scalar that begins in line 1\n" },
    { "a: &x 1\nb: *y\n", "2:4: this is no YAML: found undefined alias\n" },
    { "data: a\nlog:\n  level: \xff\n",
      "3:10: this is no UTF-8 text: invalid leading UTF-8 octet\n" },
    { "data: a\n---\ndata: b\n",
      "3:1: a second document begins; only one is read\n" },
    { "bus: pigeon\n", "1:6: bus: \"pigeon\" is none of embedded, kafka\n" },
    { "kafka:\n  prefix: A/\n",
      "2:11: kafka.prefix: may hold a-z, 0-9, '.', _ and - only\n" },
    { "listen: 7700\n", "1:9: listen: must be an address and a port, such as "
                        "127.0.0.1:7700 or [::1]:7700\n" },
    { "listen: 127.0.0.1:70000\n",
      "1:9: listen: must be an address and a port, such as 127.0.0.1:7700 or "
      "[::1]:7700\n" },
    { "listen: \"[::1:7700\"\n",
      "1:9: listen: must be an address and a port, such as 127.0.0.1:7700 or "
      "[::1]:7700\n" },
    { "collection: My docs\n",
      "1:13: collection: may hold a-z, 0-9, _ and - only\n" },
    { "clean:\n  language: english\n",
      "2:13: clean.language: must be a language such as en or pt-BR\n" },
    { "clean:\n  passage_words_target: 300\n",
      "2:25: clean.passage_words_target: 300 is more than "
      "clean.passage_words_max, which is 200\n" },
    { "clean:\n  passage_words_max: 100\n",
      "2:22: clean.passage_words_max: 170 is more than "
      "clean.passage_words_max, which is 100\n" },
    { "answer: {generator: {model: m}}\n",
      "1:29: answer.generator.model: needs answer.generator.url beside it\n" },
    { "answer: {generator: {url: \"ftp://x\", model: m}}\n",
      "1:27: answer.generator.url: must begin with http:// or https://\n" },
    { "answer: {generator: {url: \"http://u:p@x/\", model: m}}\n",
      "1:27: answer.generator.url: holds a user name or password; put secrets "
      "into a file and name it by a *_file key\n" },
    { "answer: {generator: {url: \"http://x\", model: m, api_key_env: A, "
      "api_key_file: B}}\n",
      "1:79: answer.generator.api_key_file: and api_key_env are both given; "
      "keep one\n" },
    { "answer: {generator: {window: 512}}\n",
      "1:30: answer.generator.window: the window's 512 tokens leave nothing "
      "for "
      "a prompt beside an answer of 512: answer.generator.max_tokens\n" },
    { "answer: {generator: {max_tokens: 9000}}\n",
      "1:34: answer.generator.max_tokens: the window's 8192 tokens leave "
      "nothing for a prompt beside an answer of 9000: "
      "answer.generator.max_tokens\n" },
    { "answer: {template: verse}\n",
      "1:20: answer.template: \"verse\" is none of plain, cited\n" },
    { "sources: {name: a}\n", "1:10: sources: is a section, must be a list; "
                              "begin each source with \"- name: ...\"\n" },
    { "sources: [a]\n", "1:11: sources: is a single value, must be keys such "
                        "as name and kind\n" },
    { "sources:\n- kind: web\n  url: http://x\n",
      "2:3: sources: name: is missing\n" },
    { "sources:\n- name: a\n", "2:3: sources: kind: is missing: web, "
                               "files or kafka\n" },
    { "sources:\n- {name: a, kind: kafka, topic: t}\n",
      "2:19: sources: kind: kafka needs \"bus: kafka\": topics of others are "
      "read on the cluster that the log lies on\n" },
    { "bus: kafka\nsources:\n- {name: a, kind: kafka, every: 1 d}\n",
      "3:33: sources: every: is for sources of kind web and files\n"
      "3:3: sources: topic: is missing\n" },
    { "bus: kafka\nsources:\n- {name: a, kind: kafka, topic: t, inner: "
      "protobuf,\n"
      "   fields: {tex: x}}\n",
      "3:43: sources: inner: protobuf is for format confluent and "
      "cloudevents\n"
      "4:13: sources: fields.tex: there is no such key; did you mean "
      "fields.text?\n" },
    { "bus: kafka\nsources:\n- name: a\n  kind: kafka\n  topic: t\n"
      "  format: protobuf\n  message: m\n",
      "3:3: sources: descriptor: is missing, for protobuf\n" },
    { "bus: kafka\nsources:\n- name: a\n  kind: kafka\n  topic: t\n"
      "  message: m\n",
      "6:12: sources: message: is for protobuf\n" },
    { "sources:\n- {name: a, kind: web}\n", "2:3: sources: url: is missing\n" },
    { "sources:\n- {name: a, kind: files}\n",
      "2:3: sources: path: is missing\n" },
    { "sources:\n- {name: a, kind: git}\n",
      "2:19: sources: kind: \"git\" is none of web, files, kafka\n" },
    { "sources:\n- {name: a, kind: files, path: /x, depth: 3}\n",
      "2:43: sources: depth: is for sources of kind web\n" },
    { "sources:\n- {name: api, kind: files, path: /x}\n",
      "2:10: sources: name: \"api\" is the name of what is pushed by HTTP\n" },
    { "sources:\n- {name: a, kind: files, path: /x}\n"
      "- {name: a, kind: files, path: /y}\n",
      "3:10: sources: name: another source has the same name\n" },
    { "sources:\n- {name: a, kind: web, url: http://x, dept: 3}\n",
      "2:39: sources: dept: there is no such key; did you mean depth?\n" },
    { "sources:\n- {name: a, kind: web, url: \"http://\"}\n",
      "2:29: sources: url: has no host\n" },
    /* All of them, in order of their lines. */
    { "limits:\n  wait: 10\nlistn: x\nlog: {level: loud, format: x}\n"
      "collection: A\n",
      "2:9: limits.wait: \"10\" is not a duration; write such as 10 s (ms, s, "
      "min, h, d)\n"
      "3:1: listn: there is no such key; did you mean listen?\n"
      "4:14: log.level: \"loud\" is none of debug, info, warn, error\n"
      "4:28: log.format: \"x\" is none of auto, json, human\n"
      "5:13: collection: may hold a-z, 0-9, _ and - only\n" },
};

START_TEST(every_mistake_is_told_with_its_place)
{
    ck_assert_int_eq(
        mr_config_parse(mr_span_str(bad[_i].yaml), "f", &config, &problems),
        MR_E_CONFIG);
    ck_assert_ptr_null(config);
    ck_assert_msg(strcmp(all_problems(), bad[_i].want) == 0,
                  "of\n%s\ngot  %s\nwant %s", bad[_i].yaml, text, bad[_i].want);
}
END_TEST

START_TEST(mistakes_past_the_limit_are_not_looked_for)
{
    struct mr_buf yaml = mr_buf(1 << 20);

    for (unsigned i = 0; i < MR_CONFIG_PROBLEMS_MAX + 50; i++)
        mr_buf_printf(&yaml, "unknown%u: 1\n", i);
    ck_assert_int_eq(
        mr_config_parse(mr_buf_bytes(&yaml), "f", &config, &problems),
        MR_E_CONFIG);
    ck_assert_uint_eq(problems.count, MR_CONFIG_PROBLEMS_MAX);
    ck_assert_ptr_nonnull(strstr(all_problems(), "more than 100 mistakes"));
    mr_buf_deinit(&yaml);
}
END_TEST

START_TEST(aliases_that_multiply_are_bounded)
{
    struct mr_buf yaml = mr_buf(1 << 20);

    mr_buf_str(&yaml, "sources:\n- &s {name: a, kind: web, url: http://x}\n");
    for (unsigned i = 0; i < 2 * MR_CONFIG_SOURCES_MAX; i++)
        mr_buf_str(&yaml, "- *s\n");
    ck_assert_int_eq(
        mr_config_parse(mr_buf_bytes(&yaml), "f", &config, &problems),
        MR_E_CONFIG);
    mr_buf_deinit(&yaml);
}
END_TEST

START_TEST(a_file_that_is_too_long_is_refused)
{
    static char yaml[MR_CONFIG_BYTES_MAX + 1];

    memset(yaml, '#', sizeof(yaml));
    ck_assert_int_eq(
        mr_config_parse(mr_span(yaml, sizeof(yaml)), "f", &config, &problems),
        MR_E_CONFIG);
    ck_assert_str_eq(all_problems(),
                     "the file has 262145 bytes, at most 262144\n");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("config_mistakes");
    Suite *suite = suite_create("config_mistakes");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, every_mistake_is_told_with_its_place, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, mistakes_past_the_limit_are_not_looked_for);
    tcase_add_test(tcase, aliases_that_multiply_are_bounded);
    tcase_add_test(tcase, a_file_that_is_too_long_is_refused);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
