// SPDX-License-Identifier: Apache-2.0
/*
 * test_private_net.c - which addresses a crawl may not visit.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/http/private_net.h"

static const struct {
    const char *address;
    bool is_private;
} addresses[] = {
    { "127.0.0.1", true },
    { "127.255.255.255", true },
    { "10.0.0.1", true },
    { "172.15.255.255", false },
    { "172.16.0.0", true },
    { "172.31.255.255", true },
    { "172.32.0.0", false },
    { "192.168.1.1", true },
    { "192.169.0.1", false },
    { "169.254.169.254", true },
    { "100.64.0.1", true },
    { "100.128.0.1", false },
    { "0.0.0.0", true },
    { "224.0.0.1", true },
    { "255.255.255.255", true },
    { "8.8.8.8", false },
    { "::1", true },
    { "::", true },
    { "fe80::1", true },
    { "fc00::1", true },
    { "ff02::1", true },
    { "2001:4860:4860::8888", false },
    { "::ffff:10.0.0.1", true },
    { "::ffff:8.8.8.8", false },
    { "2002:7f00:1::", true },
    { "64:ff9b::a00:1", true },
    { "2001:db8::1", true },
};

START_TEST(an_address_is_private_or_public_as_the_table_says)
{
    const char *text = addresses[_i].address;
    struct sockaddr_storage storage;
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

    memset(&storage, 0, sizeof(storage));
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        memcpy(&storage, &in, sizeof(in));
    } else {
        ck_assert_int_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
        memcpy(&storage, &in6, sizeof(in6));
    }
    ck_assert_msg(private_net_has((struct sockaddr *)&storage) ==
                      addresses[_i].is_private,
                  "%s", text);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("private_net");
    Suite *suite = suite_create("private_net");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase,
                        an_address_is_private_or_public_as_the_table_says, 0,
                        (int)(sizeof(addresses) / sizeof(addresses[0])));
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
