// SPDX-License-Identifier: Apache-2.0
/*
 * test_s3_address.c - the URLs of objects.
 */
#include <check.h>
#include <stdlib.h>

#include "common/backends/blob_s3/s3_address.h"

static const struct mr_hash128 hash = { 0x0123456789abcdefu,
                                        0xfedcba9876543210u };

#define NAME "fe/fedcba98765432100123456789abcdef"

static const struct {
    const char *endpoint;
    const char *bucket;
    const char *prefix;
    bool virtual_hosted;
    const char *want;
} good[] = {
    { "https://s3.example", "docs", NULL, false, "https://s3.example/docs/" },
    { "https://s3.example/", "docs", "", false, "https://s3.example/docs/" },
    { "http://127.0.0.1:9000", "docs", "a", false,
      "http://127.0.0.1:9000/docs/a/" },
    { "http://[::1]:9000", "docs", "a/b/", false,
      "http://[::1]:9000/docs/a/b/" },
    { "https://s3.example", "docs", "a", true, "https://docs.s3.example/a/" },
    { "http://s3.example:80/x/v1/", "docs", "a", true,
      "http://docs.s3.example:80/x/v1/a/" },
    { "http://s3.example/x/v1", "my.docs_2", "a", false,
      "http://s3.example/x/v1/my.docs_2/a/" },
    { "http://h", "b", "a b+c/\xC3\xA9~_-.%=&?#:@*", false,
      "http://h/b/a%20b%2Bc/%C3%A9~_-.%25%3D%26%3F%23%3A%40%2A/" },
};

START_TEST(an_object_lies_in_its_bucket_under_prefix_and_hash)
{
    struct mr_arena *arena = mr_arena_new();
    struct s3_address address;
    struct mr_err err;

    ck_assert_msg(s3_address_init(&address, good[_i].endpoint, good[_i].bucket,
                                  good[_i].prefix, good[_i].virtual_hosted,
                                  &err) == MR_OK,
                  "%s", err.text);
    ck_assert_str_eq(s3_address_blob(&address, hash, arena),
                     mr_arena_printf(arena, "%s" NAME, good[_i].want));
    ck_assert_str_eq(s3_address_none(&address, arena),
                     mr_arena_printf(arena, "%snone", good[_i].want));
    s3_address_deinit(&address);
    mr_arena_free(arena);
}
END_TEST

static const struct {
    const char *endpoint;
    const char *bucket;
    const char *prefix;
    const char *say;
} bad[] = {
    { NULL, "b", NULL, "is no endpoint" },
    { "", "b", NULL, "is no endpoint" },
    { "s3.example", "b", NULL, "is no endpoint" },
    { "ftp://s3.example", "b", NULL, "is no endpoint" },
    { "http://", "b", NULL, "is no endpoint" },
    { "http:///x", "b", NULL, "is no endpoint" },
    { "http://:9000", "b", NULL, "is no endpoint" },
    { "http://h:", "b", NULL, "is no endpoint" },
    { "http://h:65536", "b", NULL, "is no endpoint" },
    { "http://h:90a", "b", NULL, "is no endpoint" },
    { "http://h ", "b", NULL, "is no endpoint" },
    { "http://h?x=1", "b", NULL, "is no endpoint" },
    { "http://h/a?x", "b", NULL, "is no endpoint" },
    { "http://h/#", "b", NULL, "is no endpoint" },
    { "http://h/../x", "b", NULL, "is no endpoint" },
    { "http://h//", "b", NULL, "is no endpoint" },
    { "http://me:hush@h", "b", NULL, "holds a user" },
    { "http://h", NULL, NULL, "is no name of a bucket" },
    { "http://h", "", NULL, "is no name of a bucket" },
    { "http://h", "..", NULL, "is no name of a bucket" },
    { "http://h", "a/b", NULL, "is no name of a bucket" },
    { "http://h", "a b", NULL, "is no name of a bucket" },
    { "http://h", "b", "/a", "cannot begin" },
    { "http://h", "b", "a//b", "cannot begin" },
    { "http://h", "b", "a/../b", "cannot begin" },
    { "http://h", "b", ".", "cannot begin" },
};

START_TEST(what_cannot_be_an_address_is_refused_with_its_reason)
{
    struct s3_address address;
    struct mr_err err;

    ck_assert_int_eq(s3_address_init(&address, bad[_i].endpoint, bad[_i].bucket,
                                     bad[_i].prefix, false, &err),
                     MR_E_CONFIG);
    ck_assert_msg(strstr(err.text, bad[_i].say) != NULL, "%s", err.text);
    ck_assert_ptr_null(strstr(err.text, "hush"));
}
END_TEST

START_TEST(a_prefix_longer_than_a_name_is_refused)
{
    char prefix[S3_PREFIX_MAX + 2];
    struct s3_address address;
    struct mr_err err;

    memset(prefix, ' ', sizeof(prefix));
    prefix[S3_PREFIX_MAX + 1] = '\0';
    ck_assert_int_eq(
        s3_address_init(&address, "http://h", "b", prefix, false, &err),
        MR_E_CONFIG);
    prefix[S3_PREFIX_MAX] = '\0';
    ck_assert_int_eq(
        s3_address_init(&address, "http://h", "b", prefix, false, &err), MR_OK);
    ck_assert_uint_eq(strlen(address.base),
                      strlen("http://h/b//") + 3 * (size_t)S3_PREFIX_MAX);
    s3_address_deinit(&address);
}
END_TEST

START_TEST(every_byte_but_the_unreserved_is_encoded)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t one = (uint8_t)byte;
        struct mr_buf buf = mr_buf(16);
        bool plain = (byte >= 'a' && byte <= 'z') ||
                     (byte >= 'A' && byte <= 'Z') ||
                     (byte >= '0' && byte <= '9') || byte == '-' ||
                     byte == '.' || byte == '_' || byte == '~' || byte == '/';

        s3_address_encode(&buf, mr_span(&one, 1));
        ck_assert_uint_eq(buf.size, plain ? 1 : 3);
        if (!plain)
            ck_assert_uint_eq(strtoul(mr_buf_text(&buf) + 1, NULL, 16), byte);
        mr_buf_deinit(&buf);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("s3_address");
    Suite *suite = suite_create("s3_address");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase,
                        an_object_lies_in_its_bucket_under_prefix_and_hash, 0,
                        sizeof(good) / sizeof(good[0]));
    tcase_add_loop_test(tcase,
                        what_cannot_be_an_address_is_refused_with_its_reason, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tcase, a_prefix_longer_than_a_name_is_refused);
    tcase_add_test(tcase, every_byte_but_the_unreserved_is_encoded);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
