// SPDX-License-Identifier: Apache-2.0
/*
 * kill_kafka.c - the suite of kills, on a real broker.
 */
#include "tests/contract/kafka_backend.h"

int main(void)
{
    return contract_kafka_run(contract_kill_suite());
}
