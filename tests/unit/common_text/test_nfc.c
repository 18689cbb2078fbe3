// SPDX-License-Identifier: Apache-2.0
/*
 * test_nfc.c - text comes out as NFC, and leads back to its source.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <uninorm.h>

#include "common/text/nfc.h"
#include "common/text/unicode.h"
#include "common/text/utf8.h"

static const struct {
    const char *name;
    const char *text;
    const char *want;
} examples[] = {
    { "nothing", "", "" },
    { "plain", "plain\ttext\n", "plain\ttext\n" },
    { "composed", "Caf\xC3\xA9", "Caf\xC3\xA9" },
    { "a mark is composed", "Cafe\xCC\x81s", "Caf\xC3\xA9s" },
    { "two marks are put in order", "q\xCC\x87\xCC\xA3.",
      "q\xCC\xA3\xCC\x87." },
    { "a singleton", "\xE2\x84\xAB", "\xC3\x85" },
    { "Hangul", "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB!", "\xED\x95\x9C!" },
    { "a mark alone", "\xCC\x81x", "\xCC\x81x" },
    { "line ends",
      "a\r\nb\rc\xC2\x85"
      "d\n\r\n",
      "a\nb\nc\nd\n\n" },
    { "controls",
      "a\x01\x7F"
      "b\xC2\x9F"
      "c\x0B",
      "abc" },
    { "a control before a mark", "e\x01\xCC\x81\x02\xCC\xA3x",
      "\xE1\xBA\xB9\xCC\x81x" },
    { "bad bytes",
      "a\xFF\xC3(\xE2\x82"
      "b",
      "a\xEF\xBF\xBD\xEF\xBF\xBD("
      "\xEF\xBF\xBD"
      "b" },
    { "a bad byte before a mark", "\xFF\xCC\x81", "\xEF\xBF\xBD\xCC\x81" },
    { "U+FFFD itself", "\xEF\xBF\xBD", "\xEF\xBF\xBD" },
    { "a byte order mark",
      "\xEF\xBB\xBF"
      "a\xEF\xBB\xBF",
      "a\xEF\xBB\xBF" },
    { "a byte order mark behind controls",
      "\x7F\xEF\xBB\xBF\x01\xEF\xBB\xBF"
      "a",
      "a" },
};

static struct mr_buf run(struct mr_span text, struct mr_source_map *map,
                         struct mr_nfc_counts *counts)
{
    struct mr_buf out = mr_buf(3 * text.size);

    mr_nfc(text, &out, map, counts);
    ck_assert(!out.full);
    return out;
}

START_TEST(text_of_an_example)
{
    struct mr_nfc_counts counts = { 0 };
    struct mr_source_map map = { 0 };
    struct mr_buf got = run(mr_span_str(examples[_i].text), &map, &counts);
    struct mr_buf again = run(mr_buf_bytes(&got), NULL, &counts);

    ck_assert_msg(
        mr_span_equal(mr_buf_bytes(&got), mr_span_str(examples[_i].want)),
        "%s: got \"%s\" want \"%s\"", examples[_i].name, mr_buf_text(&got),
        examples[_i].want);
    ck_assert_uint_eq(map.text_size, got.size);
    ck_assert(mr_span_equal(mr_buf_bytes(&got), mr_buf_bytes(&again)));
    mr_buf_deinit(&got);
    mr_buf_deinit(&again);
    mr_source_map_deinit(&map);
}
END_TEST

START_TEST(what_was_not_fine_is_counted)
{
    struct mr_nfc_counts counts = { 0 };
    struct mr_buf got =
        run(mr_span("a\0\0b\x01\xFF\r\ne\x02\xCC\x81", 12), NULL, &counts);

    ck_assert_uint_eq(counts.nuls, 2);
    ck_assert_uint_eq(counts.controls, 4);
    ck_assert_uint_eq(counts.bad, 1);
    mr_buf_deinit(&got);
}
END_TEST

START_TEST(the_map_leads_back)
{
    struct mr_nfc_counts counts = { 0 };
    struct mr_source_map map = { 0 };
    struct mr_buf got =
        run(mr_span_str("abcafe\xCC\x81s\r\nxy"), &map, &counts);
    struct mr_source_range range;

    ck_assert_str_eq(mr_buf_text(&got), "abcaf\xC3\xA9s\nxy");
    range = mr_source_map_lookup(&map, 5, 7);
    ck_assert_uint_eq(range.start, 5);
    ck_assert_uint_eq(range.end, 8);
    range = mr_source_map_lookup(&map, 8, 9);
    ck_assert_uint_eq(range.start, 10);
    range = mr_source_map_lookup(&map, 9, 11);
    ck_assert_uint_eq(range.start, 11);
    ck_assert_uint_eq(range.end, 13);
    mr_buf_deinit(&got);
    mr_source_map_deinit(&map);
}
END_TEST

static void compare(const uint8_t *text, size_t size)
{
    struct mr_nfc_counts counts = { 0 };
    struct mr_buf got = run(mr_span(text, size), NULL, &counts);
    size_t length;
    uint8_t *want = u8_normalize(UNINORM_NFC, text, size, NULL, &length);

    ck_assert_msg(got.size == length && memcmp(got.data, want, length) == 0,
                  "\"%.*s\" gives \"%.*s\" want \"%.*s\"", (int)size,
                  (const char *)text, (int)got.size, (const char *)got.data,
                  (int)length, (const char *)want);
    free(want);
    mr_buf_deinit(&got);
}

static bool is_text(uint32_t c)
{
    return (c < 0xD800 || c > 0xDFFF) && c != 0xFEFF &&
           (mr_unicode_category(c) &
            (MR_UNICODE_CC | MR_UNICODE_CN | MR_UNICODE_CO)) == 0;
}

/* Alone, after a letter, after a conjoining Hangul letter, and decomposed. */
START_TEST(every_code_point_comes_out_as_the_library_has_it)
{
    for (uint32_t c = 0x20; c <= 0x10FFFF; c++) {
        uint8_t text[32];
        uint32_t parts[MR_UNICODE_DECOMPOSED_MAX];
        size_t size, count;

        if (!is_text(c))
            continue;
        compare(text, mr_utf8_encode(c, text));
        text[0] = 'a';
        size = 1 + mr_utf8_encode(c, text + 1);
        text[size++] = 'b';
        compare(text, size);
        size = mr_utf8_encode(0xAC00, text);
        compare(text, size + mr_utf8_encode(c, text + size));
        count = mr_unicode_decompose(c, parts);
        size = 0;
        for (size_t i = 0; i < count; i++)
            size += mr_utf8_encode(parts[i], text + size);
        compare(text, size);
    }
}
END_TEST

static const uint32_t alphabet[] = {
    'a',    'e',     '\n',    0xE9,    0x300,  0x301,   0x323,  0x345,  0x1100,
    0x1161, 0x11A8,  0xAC00,  0x9BE,   0x9C7,  0x212B,  0x2ADC, 0x3099, 0x304B,
    0xFB2A, 0x1D15E, 0x110BA, 0x11099, 0xFFFD, 0x1F600, 0x958,
};

START_TEST(random_texts_come_out_as_the_library_has_them)
{
    uint64_t seed = 7;

    for (int i = 0; i < 200000; i++) {
        uint8_t text[64];
        size_t size = 0;

        for (int n = 0; n < 12; n++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            size +=
                mr_utf8_encode(alphabet[(seed >> 33) % (sizeof(alphabet) /
                                                        sizeof(alphabet[0]))],
                               text + size);
        }
        compare(text, size);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("nfc");
    Suite *suite = suite_create("nfc");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, text_of_an_example, 0,
                        (int)(sizeof(examples) / sizeof(examples[0])));
    tcase_add_test(tcase, what_was_not_fine_is_counted);
    tcase_add_test(tcase, the_map_leads_back);
    tcase_add_test(tcase, every_code_point_comes_out_as_the_library_has_it);
    tcase_add_test(tcase, random_texts_come_out_as_the_library_has_them);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
