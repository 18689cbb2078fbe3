// SPDX-License-Identifier: Apache-2.0
/*
 * test_keys.c - keys made, judged, written down and read again.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_hash.h"
#include "common/http/keys.h"

#define NOW_MS INT64_C(1800000000000)
#define MAIN   mr_span_str("main")

static struct mr_keys keys;
static char secrets[5][MR_KEY_SECRET_SIZE];

enum {
    READER,
    WRITER,
    ADMIN,
    BOUND,
    SHORT
};

static void add(size_t nth, const char *name, enum mr_scope scope,
                const char *collection, int64_t expires_ms)
{
    const char *collections[] = { "another", collection };
    struct mr_key key = { .name = name,
                          .scope = scope,
                          .collections = collections,
                          .collection_count = collection == NULL ? 0 : 2,
                          .created_ms = NOW_MS,
                          .expires_ms = expires_ms };
    struct mr_err err = { 0 };

    ck_assert_int_eq(mr_key_make(&key, secrets[nth], &err), MR_OK);
    ck_assert_msg(mr_keys_add(&keys, &key, &err) == MR_OK, "%s", err.text);
}

static void setup(void)
{
    mr_keys_init(&keys);
    add(READER, "reader", MR_SCOPE_READ, NULL, 0);
    add(WRITER, "writer", MR_SCOPE_WRITE, NULL, 0);
    add(ADMIN, "admin", MR_SCOPE_ADMIN, NULL, 0);
    add(BOUND, "bound", MR_SCOPE_WRITE, "notes", 0);
    add(SHORT, "short", MR_SCOPE_READ, NULL, NOW_MS + 1000);
}

static void teardown(void)
{
    mr_keys_deinit(&keys);
}

static enum mr_key_verdict judge(size_t nth, enum mr_scope needed,
                                 const char *collection, int64_t now_ms)
{
    const struct mr_key *key;

    return mr_keys_judge(&keys, mr_span_str(secrets[nth]), needed,
                         mr_span_str(collection), now_ms, &key);
}

static const struct {
    size_t key;
    enum mr_scope needed;
    const char *collection;
    int64_t now_ms;
    enum mr_key_verdict verdict;
} cases[] = {
    { READER, MR_SCOPE_OPEN, "main", NOW_MS, MR_KEY_GOOD },
    { READER, MR_SCOPE_READ, "main", NOW_MS, MR_KEY_GOOD },
    { READER, MR_SCOPE_WRITE, "main", NOW_MS, MR_KEY_SCOPE },
    { READER, MR_SCOPE_ADMIN, "main", NOW_MS, MR_KEY_SCOPE },
    { WRITER, MR_SCOPE_READ, "main", NOW_MS, MR_KEY_GOOD },
    { WRITER, MR_SCOPE_WRITE, "main", NOW_MS, MR_KEY_GOOD },
    { WRITER, MR_SCOPE_ADMIN, "main", NOW_MS, MR_KEY_SCOPE },
    { ADMIN, MR_SCOPE_ADMIN, "main", NOW_MS, MR_KEY_GOOD },
    { BOUND, MR_SCOPE_WRITE, "notes", NOW_MS, MR_KEY_GOOD },
    { BOUND, MR_SCOPE_WRITE, "another", NOW_MS, MR_KEY_GOOD },
    { BOUND, MR_SCOPE_READ, "main", NOW_MS, MR_KEY_COLLECTION },
    { BOUND, MR_SCOPE_ADMIN, "main", NOW_MS, MR_KEY_COLLECTION },
    { SHORT, MR_SCOPE_READ, "main", NOW_MS + 999, MR_KEY_GOOD },
    { SHORT, MR_SCOPE_READ, "main", NOW_MS + 1000, MR_KEY_EXPIRED },
};

START_TEST(a_key_opens_what_the_table_says)
{
    ck_assert_int_eq(judge(cases[_i].key, cases[_i].needed,
                           cases[_i].collection, cases[_i].now_ms),
                     cases[_i].verdict);
}
END_TEST

START_TEST(a_secret_has_256_bits_and_only_its_hash_is_kept)
{
    struct mr_buf text = mr_buf(MR_KEYS_BYTES_MAX);

    mr_keys_encode(&keys, &text);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_uint_eq(strlen(secrets[i]), 3 + 12 + 1 + 43);
        ck_assert_int_eq(memcmp(secrets[i], "mr_", 3), 0);
        ck_assert_ptr_null(strstr(mr_buf_text(&text), secrets[i] + 16));
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(secrets[i] + 16, secrets[k] + 16);
    }
    mr_buf_deinit(&text);
}
END_TEST

START_TEST(any_other_letter_in_a_secret_makes_it_unknown)
{
    const struct mr_key *key;

    for (size_t at = 0; at < MR_KEY_SECRET_SIZE - 1; at++) {
        char wrong[MR_KEY_SECRET_SIZE];

        memcpy(wrong, secrets[ADMIN], sizeof(wrong));
        wrong[at] = wrong[at] == 'x' ? 'y' : 'x';
        ck_assert_int_eq(mr_keys_judge(&keys, mr_span_str(wrong), MR_SCOPE_READ,
                                       MAIN, NOW_MS, &key),
                         MR_KEY_UNKNOWN);
        ck_assert_ptr_null(key);
    }
}
END_TEST

START_TEST(a_secret_that_is_cut_or_absent_opens_nothing)
{
    const struct mr_key *key;

    for (size_t size = 0; size < MR_KEY_SECRET_SIZE - 1; size++)
        ck_assert_int_eq(mr_keys_judge(&keys, mr_span(secrets[ADMIN], size),
                                       MR_SCOPE_READ, MAIN, NOW_MS, &key),
                         MR_KEY_UNKNOWN);
    ck_assert_int_eq(mr_keys_judge(&keys, (struct mr_span){ 0 }, MR_SCOPE_READ,
                                   MAIN, NOW_MS, &key),
                     MR_KEY_MISSING);
}
END_TEST

/* FIPS 180-4, "abc". */
START_TEST(the_hash_is_sha256)
{
    uint8_t hash[MR_KEY_HASH_SIZE];
    char hex[2 * MR_KEY_HASH_SIZE + 1];

    mr_key_hash(mr_span_str("abc"), hash);
    mr_hex(mr_span(hash, sizeof(hash)), hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223"
                          "b00361a396177a9cb410ff61f20015ad");
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
    struct mr_buf text = mr_buf(MR_KEYS_BYTES_MAX);
    struct mr_buf again = mr_buf(MR_KEYS_BYTES_MAX);
    struct mr_err err = { 0 };

    mr_keys_encode(&keys, &text);
    mr_keys_deinit(&keys);
    mr_keys_init(&keys);
    ck_assert_msg(mr_keys_parse(mr_buf_bytes(&text), &keys, &err) == MR_OK,
                  "%s", err.text);
    mr_keys_encode(&keys, &again);
    ck_assert_str_eq(mr_buf_text(&again), mr_buf_text(&text));
    ck_assert_int_eq(judge(BOUND, MR_SCOPE_WRITE, "notes", NOW_MS),
                     MR_KEY_GOOD);
    ck_assert_int_eq(judge(SHORT, MR_SCOPE_READ, "main", NOW_MS + 1000),
                     MR_KEY_EXPIRED);
    mr_buf_deinit(&text);
    mr_buf_deinit(&again);
}
END_TEST

START_TEST(a_name_is_given_once_and_free_after_it_is_revoked)
{
    struct mr_key again = keys.items[WRITER];
    struct mr_err err = { 0 };

    memcpy(again.id, "abcdefghijkl", sizeof(again.id));
    ck_assert_int_eq(mr_keys_add(&keys, &again, &err), MR_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "revoke it first"));
    ck_assert(mr_keys_remove(&keys, "writer"));
    ck_assert(!mr_keys_remove(&keys, "writer"));
    ck_assert_int_eq(judge(WRITER, MR_SCOPE_READ, "main", NOW_MS),
                     MR_KEY_UNKNOWN);
    ck_assert_int_eq(judge(ADMIN, MR_SCOPE_READ, "main", NOW_MS), MR_KEY_GOOD);
    ck_assert_int_eq(mr_keys_add(&keys, &again, &err), MR_OK);
}
END_TEST

/* A whole file, cut anywhere: no shorter one is taken for fewer keys. */
START_TEST(a_file_that_is_cut_anywhere_is_damaged)
{
    struct mr_buf text = mr_buf(MR_KEYS_BYTES_MAX);
    struct mr_err err;

    mr_keys_encode(&keys, &text);
    for (size_t size = 0; size < text.size; size++) {
        struct mr_keys read;

        mr_keys_init(&read);
        ck_assert_int_eq(mr_keys_parse(mr_span(text.data, size), &read, &err),
                         MR_E_DAMAGED);
        ck_assert_uint_eq(read.count, 0);
        mr_keys_deinit(&read);
    }
    mr_buf_deinit(&text);
}
END_TEST

#define HEAD "{\"millrace_keys\":1,\"count\":1}\n"
#define HASH      \
    "\"sha256\":" \
    "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""
#define ID   "\"id\":\"abcdefghijkl\""
#define TIME "\"created\":\"2026-01-01T00:00:00Z\""
#define KEY(name, id, hash, scope, collections, time, expires)            \
    HEAD "{\"name\":" name "," id "," hash ",\"scope\":" scope            \
         ",\"collections\":" collections "," time ",\"expires\":" expires \
         "}\n"

static const struct {
    const char *text;
    const char *say;
} damages[] = {
    { "", "empty" },
    { "\n", "line 1" },
    { "keys\n", "line 1" },
    { "[]\n", "line 1: it does not begin" },
    { "{\"millrace_keys\":1}\n", "line 1: it does not begin" },
    { "{\"millrace_keys\":2,\"count\":0}\n", "newer version" },
    { "{\"millrace_keys\":1,\"count\":-1}\n", "line 1" },
    { "{\"millrace_keys\":1,\"count\":0.5}\n", "line 1" },
    { "{\"millrace_keys\":1,\"count\":1001}\n", "line 1" },
    { HEAD, "holds 0 keys, not 1" },
    { HEAD "{}\n", "line 2: the number of members" },
    { KEY("1", ID, HASH, "\"read\"", "[]", TIME, "null"), "\"name\"" },
    { KEY("\"A b\"", ID, HASH, "\"read\"", "[]", TIME, "null"), "\"name\"" },
    { KEY("\"a\\u0000\"", ID, HASH, "\"read\"", "[]", TIME, "null"),
      "\"name\"" },
    { KEY("\"a\"", "\"id\":\"short\"", HASH, "\"read\"", "[]", TIME, "null"),
      "\"id\"" },
    { KEY("\"a\"", ID, "\"sha256\":\"00\"", "\"read\"", "[]", TIME, "null"),
      "\"sha256\"" },
    { KEY("\"a\"", ID, HASH, "\"open\"", "[]", TIME, "null"), "\"scope\"" },
    { KEY("\"a\"", ID, HASH, "\"root\"", "[]", TIME, "null"), "\"scope\"" },
    { KEY("\"a\"", ID, HASH, "\"read\"", "null", TIME, "null"),
      "\"collections\"" },
    { KEY("\"a\"", ID, HASH, "\"read\"", "[\"A\"]", TIME, "null"),
      "\"collections\"" },
    { KEY("\"a\"", ID, HASH, "\"read\"", "[]", "\"created\":\"x\"", "null"),
      "\"created\"" },
    { KEY("\"a\"", ID, HASH, "\"read\"", "[]", TIME, "\"soon\""),
      "\"expires\"" },
    { KEY("\"a\"", ID, HASH, "\"read\"", "[]", TIME, "0"), "\"expires\"" },
    { KEY("\"a\"", ID, HASH, "\"read\"", "[]", TIME, "null") HEAD,
      "line 3: the number of members" },
};

START_TEST(what_is_no_file_of_keys_is_said_to_be_damaged)
{
    struct mr_err err = { 0 };
    struct mr_keys read;

    mr_keys_init(&read);
    ck_assert_int_eq(mr_keys_parse(mr_span_str(damages[_i].text), &read, &err),
                     MR_E_DAMAGED);
    ck_assert_msg(strstr(err.text, damages[_i].say) != NULL,
                  "wanted %s, got %s", damages[_i].say, err.text);
    ck_assert_uint_eq(read.count, 0);
    mr_keys_deinit(&read);
}
END_TEST

START_TEST(the_sample_that_the_damages_are_of_is_good)
{
    static const char good[] = KEY("\"a\"", ID, HASH, "\"read\"", "[\"main\"]",
                                   TIME, "\"2027-01-01T00:00:00Z\"");
    struct mr_err err = { 0 };
    struct mr_keys read;

    mr_keys_init(&read);
    ck_assert_msg(mr_keys_parse(mr_span_str(good), &read, &err) == MR_OK, "%s",
                  err.text);
    ck_assert_uint_eq(read.count, 1);
    mr_keys_deinit(&read);
}
END_TEST

START_TEST(names_are_short_and_plain)
{
    char longest[MR_KEY_NAME_MAX + 2];

    memset(longest, 'a', sizeof(longest));
    longest[MR_KEY_NAME_MAX + 1] = '\0';
    ck_assert(!mr_key_name_good(longest));
    ck_assert(mr_key_name_good(longest + 1));
    ck_assert(!mr_key_name_good(""));
    ck_assert(!mr_key_name_good("a b"));
    ck_assert(!mr_key_name_good("\xC3\xA4"));
    ck_assert(mr_key_name_good("web_app-2"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keys");
    TCase *tcase = tcase_create("keys");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_key_opens_what_the_table_says, 0,
                        sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, a_secret_has_256_bits_and_only_its_hash_is_kept);
    tcase_add_test(tcase, any_other_letter_in_a_secret_makes_it_unknown);
    tcase_add_test(tcase, a_secret_that_is_cut_or_absent_opens_nothing);
    tcase_add_test(tcase, the_hash_is_sha256);
    tcase_add_test(tcase, what_is_written_is_read_again);
    tcase_add_test(tcase, a_name_is_given_once_and_free_after_it_is_revoked);
    tcase_add_test(tcase, a_file_that_is_cut_anywhere_is_damaged);
    tcase_add_loop_test(tcase, what_is_no_file_of_keys_is_said_to_be_damaged, 0,
                        sizeof(damages) / sizeof(damages[0]));
    tcase_add_test(tcase, the_sample_that_the_damages_are_of_is_good);
    tcase_add_test(tcase, names_are_short_and_plain);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
