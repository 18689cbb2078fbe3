// SPDX-License-Identifier: Apache-2.0
/*
 * test_charset.c - encodings are found and decoded as browsers do.
 */
#include <check.h>
#include <stdlib.h>

#include "common/text/charset.h"

static const struct {
    const char *bytes;
    size_t size;
    const char *transport;
    bool html;
    const char *want;
} finds[] = {
    { "", 0, NULL, false, "UTF-8" },
    { "abc", 3, NULL, false, "UTF-8" },
    { "\xEF\xBB\xBF"
      "a",
      4, "iso-8859-2", true, "UTF-8" },
    { "\xFF\xFE"
      "a\0",
      4, NULL, false, "UTF-16LE" },
    { "\xFE\xFF\0a", 4, "utf-8", false, "UTF-16BE" },
    { "abc", 3, "ISO-8859-1", false, "windows-1252" },
    { "abc", 3, " gb2312 ", false, "GBK" },
    { "abc", 3, "no-such-thing", false, "UTF-8" },
    { "<meta charset=shift_jis>", 24, NULL, true, "Shift_JIS" },
    { "<meta charset=shift_jis>", 24, NULL, false, "UTF-8" },
    { "<meta charset=shift_jis>", 24, "koi8-r", true, "KOI8-R" },
    { "<meta http-equiv=content-type content='text/html; charset=iso-8859-2'>",
      70, NULL, true, "ISO-8859-2" },
    { "<meta charset=utf-16le>", 23, NULL, true, "UTF-8" },
    { "caf\xE9", 4, NULL, false, "windows-1252" },
    { "caf\xC3\xA9 \xC3\xA9 \xE9", 10, NULL, false, "UTF-8" },
    /* Labels that are wrong. */
    { "caf\xE9", 4, "utf-8", false, "windows-1252" },
    { "caf\xC3\xA9", 5, "iso-8859-1", false, "UTF-8" },
    { "caf\xC3\xA9 \xE9", 7, "utf-8", false, "UTF-8" },
    { "caf\xC3\xA9 \xE9", 7, "iso-8859-1", false, "windows-1252" },
    { "<meta charset=utf-8>caf\xE9", 24, NULL, true, "windows-1252" },
    { "<meta charset=latin1>caf\xC3\xA9", 26, NULL, true, "UTF-8" },
    { "<meta charset=iso-8859-2>\xB1", 26, "utf-8", true, "ISO-8859-2" },
};

START_TEST(encoding_of_an_example)
{
    ck_assert_str_eq(mr_charset_find(mr_span(finds[_i].bytes, finds[_i].size),
                                     mr_span_str(finds[_i].transport),
                                     finds[_i].html),
                     finds[_i].want);
}
END_TEST

static const struct {
    const char *name;
    const char *bytes;
    size_t size;
    const char *want;
} decodes[] = {
    { "windows-1252", "caf\xE9 \x80", 6, "caf\xC3\xA9 \xE2\x82\xAC" },
    { "UTF-16LE",
      "\xFF\xFE"
      "a\0\xAC\x20",
      6, "a\xE2\x82\xAC" },
    { "UTF-16BE", "\0a\xD8\x3D\xDE\x00", 6, "a\xF0\x9F\x98\x80" },
    { "UTF-16BE", "\0a\xD8\x3D", 4, "a\xEF\xBF\xBD" },
    { "Shift_JIS", "\x83\x65\x83\x58", 4, "\xE3\x83\x86\xE3\x82\xB9" },
    { "GBK", "\xC4\xE3\xBA\xC3", 4, "\xE4\xBD\xA0\xE5\xA5\xBD" },
    { "KOI8-R", "\xC1", 1, "\xD0\xB0" },
};

START_TEST(text_of_an_example)
{
    struct mr_buf out = mr_buf(64);
    struct mr_source_map map = { 0 };

    mr_charset_decode(mr_span(decodes[_i].bytes, decodes[_i].size),
                      decodes[_i].name, &out, &map);
    ck_assert_str_eq(mr_buf_text(&out), decodes[_i].want);
    ck_assert_uint_eq(map.text_size, out.size);
    mr_buf_deinit(&out);
    mr_source_map_deinit(&map);
}
END_TEST

START_TEST(a_long_text_is_decoded_across_its_chunks)
{
    struct mr_buf in = mr_buf(1u << 20), out = mr_buf(1u << 20);
    struct mr_source_map map = { 0 };
    struct mr_source_range range;

    mr_buf_byte(&in, 'x');
    for (int i = 0; i < 10000; i++)
        mr_buf_append(&in, "\x83\x65", 2);
    mr_charset_decode(mr_buf_bytes(&in), "Shift_JIS", &out, &map);
    ck_assert_uint_eq(out.size, 1 + 3 * 10000);
    for (size_t i = 1; i < out.size; i += 3)
        ck_assert(memcmp(out.data + i, "\xE3\x83\x86", 3) == 0);
    range = mr_source_map_lookup(&map, 1 + 3 * 5000, 1 + 3 * 5001);
    ck_assert(range.start <= 1 + 2 * 5000 && range.end >= 1 + 2 * 5001);
    ck_assert_uint_le(range.end - range.start, 512);
    mr_buf_deinit(&in);
    mr_buf_deinit(&out);
    mr_source_map_deinit(&map);
}
END_TEST

/* Whatever the bytes, in every encoding: no failure, no byte too many. */
START_TEST(no_bytes_are_too_bad)
{
    static const char *const labels[] = {
        "big5",     "euc-jp",    "euc-kr",         "gb18030",     "gbk",
        "ibm866",   "koi8-u",    "iso-2022-jp",    "shift_jis",   "utf-16be",
        "utf-16le", "macintosh", "x-user-defined", "windows-874",
    };
    uint64_t seed = 5;

    for (size_t n = 0; n < sizeof(labels) / sizeof(labels[0]); n++)
        for (int round = 0; round < 300; round++) {
            uint8_t bytes[700];
            struct mr_buf out = mr_buf(4 * sizeof(bytes));
            struct mr_source_map map = { 0 };

            for (size_t i = 0; i < sizeof(bytes); i++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                bytes[i] = (uint8_t)(seed >> 40);
                if (round % 3 == 1 && i % 3 == 0)
                    bytes[i] = 0x1B;
            }
            mr_charset_decode(
                mr_span(bytes, sizeof(bytes)),
                mr_charset_find(mr_span("a", 1), mr_span_str(labels[n]), false),
                &out, &map);
            ck_assert_msg(!out.full, "%s", labels[n]);
            ck_assert_uint_eq(map.text_size, out.size);
            mr_buf_deinit(&out);
            mr_source_map_deinit(&map);
        }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("charset");
    Suite *suite = suite_create("charset");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, encoding_of_an_example, 0,
                        (int)(sizeof(finds) / sizeof(finds[0])));
    tcase_add_loop_test(tcase, text_of_an_example, 0,
                        (int)(sizeof(decodes) / sizeof(decodes[0])));
    tcase_add_test(tcase, a_long_text_is_decoded_across_its_chunks);
    tcase_add_test(tcase, no_bytes_are_too_bad);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
