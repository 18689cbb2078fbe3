// SPDX-License-Identifier: Apache-2.0
/*
 * bus_kafka.c - the suite of the bus, on a real broker.
 */
#include "tests/contract/kafka_backend.h"

int main(void)
{
    return contract_kafka_run(contract_bus_suite());
}
