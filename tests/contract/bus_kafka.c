// SPDX-License-Identifier: Apache-2.0
/*
 * bus_kafka.c - the suite of the bus, on a real broker, and what only Kafka
 * has.
 */
#include <stdio.h>
#include <string.h>

#include "tests/contract/kafka_backend.h"

#define ID_SIZE 22u

/* Every second id has a character in which the alphabets of base64 differ. */
START_TEST(a_topics_id_can_be_in_the_name_of_a_file)
{
    for (int i = 0; i < 12; i++) {
        char name[16];
        const char *id;

        (void)snprintf(name, sizeof(name), "t%d", i);
        id = mr_kafka_topic_uuid(contract_kafka_of(contract.self),
                                 contract_topic(name, 1, MR_CLEANUP_KEEP));
        ck_assert_uint_eq(strlen(id), ID_SIZE);
        ck_assert_uint_eq(strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "abcdefghijklmnopqrstuvwxyz0123456789_-"),
                          ID_SIZE);
    }
}
END_TEST

int main(void)
{
    Suite *suite = contract_bus_suite();

    tcase_add_test(contract_case(suite, "kafka"),
                   a_topics_id_can_be_in_the_name_of_a_file);
    return contract_kafka_run(suite);
}
