// SPDX-License-Identifier: Apache-2.0
/*
 * test_hash.c - hashes give their published values.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "common/base/mr_hash.h"

/* From UtilsTest of Kafka's Java client: its murmur2 as a signed number. */
static const struct {
    const char *key;
    int32_t hash;
} murmurs[] = {
    { "21", -973932308 },
    { "foobar", -790332482 },
    { "a-little-bit-long-string", -985981536 },
    { "a-little-bit-longer-string", -1486304829 },
    { "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971 },
    { "abc", 479470107 },
};

START_TEST(the_partition_is_that_of_kafkas_java_client)
{
    struct mr_span key = mr_span_str(murmurs[_i].key);
    uint32_t positive = (uint32_t)murmurs[_i].hash & 0x7FFFFFFF;

    ck_assert_uint_eq(mr_partition_of(key, UINT32_MAX), positive);
    ck_assert_uint_eq(mr_partition_of(key, 12), positive % 12);
    ck_assert_uint_eq(mr_partition_of(key, 1), 0);
}
END_TEST

START_TEST(bytes_past_127_are_unsigned)
{
    /* murmur2 of { -1, -128, 127 } and of four 0xFF, computed by the Java
     * code read as Python. */
    ck_assert_uint_eq(mr_partition_of(mr_span("\xFF\x80\x7F", 3), UINT32_MAX),
                      0x39B67E0E);
    ck_assert_uint_eq(
        mr_partition_of(mr_span("\xFF\xFF\xFF\xFF", 4), UINT32_MAX),
        0x266546A5);
}
END_TEST

START_TEST(an_absent_key_hashes_as_an_empty_one)
{
    struct mr_span absent = { 0 };

    ck_assert_uint_eq(mr_partition_of(absent, 1000),
                      mr_partition_of(mr_span("", 0), 1000));
    ck_assert_uint_eq(mr_hash64(absent, 0), mr_hash64(mr_span("", 0), 0));
    ck_assert_uint_eq(mr_hash128(absent).low, mr_hash128(mr_span("", 0)).low);
}
END_TEST

START_TEST(no_partitions_is_our_own_mistake)
{
    (void)mr_partition_of(mr_span_str("x"), 0);
}
END_TEST

static const struct {
    const char *text;
    uint64_t hash64;
    const char *hash128;
} xxhs[] = {
    { "", 0x2D06800538D394C2, "99aa06d3014798d86001c324468d497f" },
    { "a", 0xE6C632B61E964E1F, "a96faf705af16834e6c632b61e964e1f" },
    { "abc", 0x78AF5F94892F3950, "06b05ab6733a618578af5f94892f3950" },
};

START_TEST(xxh3_has_its_published_values)
{
    struct mr_span bytes = mr_span_str(xxhs[_i].text);
    char hex[33];

    ck_assert_uint_eq(mr_hash64(bytes, 0), xxhs[_i].hash64);
    ck_assert_uint_eq(mr_checksum32(bytes), (uint32_t)xxhs[_i].hash64);
    mr_hash128_hex(mr_hash128(bytes), hex);
    ck_assert_str_eq(hex, xxhs[_i].hash128);
}
END_TEST

START_TEST(a_seed_changes_the_hash)
{
    struct mr_span bytes = mr_span_str("abc");

    ck_assert_uint_ne(mr_hash64(bytes, 1), mr_hash64(bytes, 0));
    ck_assert_uint_ne(mr_hash64(bytes, 1), mr_hash64(bytes, 2));
}
END_TEST

START_TEST(hex_is_lower_case_and_ended)
{
    char out[9] = "xxxxxxxx";

    mr_hex(mr_span("\x00\x0F\xF0\xAb", 4), out);
    ck_assert_str_eq(out, "000ff0ab");
    mr_hex(mr_span("", 0), out);
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(mix64_is_splitmix64s)
{
    /* The first three numbers of splitmix64 from seed 0: its state goes up
     * by the golden ratio. */
    ck_assert_uint_eq(mr_mix64(0x9E3779B97F4A7C15), 0xE220A8397B1DCDAF);
    ck_assert_uint_eq(mr_mix64(0x3C6EF372FE94F82A), 0x6E789E6AA1B965F4);
    ck_assert_uint_eq(mr_mix64(0xDAA66D2C7DDF743F), 0x06C45D188009454F);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("hash");
    Suite *suite = suite_create("hash");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, the_partition_is_that_of_kafkas_java_client, 0,
                        (int)(sizeof(murmurs) / sizeof(murmurs[0])));
    tcase_add_test(tcase, bytes_past_127_are_unsigned);
    tcase_add_test(tcase, an_absent_key_hashes_as_an_empty_one);
    tcase_add_test_raise_signal(tcase, no_partitions_is_our_own_mistake,
                                SIGABRT);
    tcase_add_loop_test(tcase, xxh3_has_its_published_values, 0,
                        (int)(sizeof(xxhs) / sizeof(xxhs[0])));
    tcase_add_test(tcase, a_seed_changes_the_hash);
    tcase_add_test(tcase, hex_is_lower_case_and_ended);
    tcase_add_test(tcase, mix64_is_splitmix64s);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
