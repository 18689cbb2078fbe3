// SPDX-License-Identifier: Apache-2.0
/*
 * contract.c - the fixture and the shorthands; see contract.h.
 */
#include "tests/contract/contract.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct contract contract;

static int remove_entry(const char *path, const struct stat *status, int flag,
                        struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

static void take_ports(void)
{
    const struct contract_backend *backend = contract.backend;
    void *self = contract.self;

    contract.bus = backend->bus == NULL ? NULL : backend->bus(self);
    contract.store = backend->store == NULL ? NULL : backend->store(self);
    contract.blob = backend->blob == NULL ? NULL : backend->blob(self);
}

static void setup(void)
{
    const char *temp = getenv("TMPDIR");
    int size = snprintf(contract.folder, sizeof(contract.folder),
                        "%s/contract-XXXXXX", temp == NULL ? "/tmp" : temp);

    ck_assert_int_lt(size, (int)sizeof(contract.folder));
    ck_assert_ptr_nonnull(mkdtemp(contract.folder));
    contract.arena = mr_arena_new();
    contract.self = contract.backend->open(contract.folder);
    take_ports();
}

static void teardown(void)
{
    contract.backend->close(contract.self);
    mr_arena_free(contract.arena);
    (void)nftw(contract.folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void contract_reopen(void)
{
    contract.self = contract.backend->reopen(contract.self, contract.folder);
    take_ports();
}

bool contract_can(unsigned what)
{
    return (contract.backend->can & what) == what;
}

TCase *contract_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int contract_run(const struct contract_backend *backend, Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    contract.backend = backend;
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

mr_topic_id contract_topic(const char *name, uint32_t partitions,
                           enum mr_cleanup cleanup)
{
    struct mr_topic_spec spec = {
        .name = name,
        .partitions = partitions,
        .cleanup = cleanup,
        .retention_ms = 1000,
    };
    mr_topic_id topic;

    CONTRACT_OK(mr_bus_topic(contract.bus, &spec, &topic, &contract.err));
    return topic;
}

struct mr_record contract_record(mr_topic_id topic, uint32_t partition,
                                 const char *key, unsigned number)
{
    return (struct mr_record){
        .topic = topic,
        .partition = partition,
        .version = number,
        .key = mr_span_str(key),
        .value = mr_span_str(mr_arena_printf(contract.arena, "%u", number)),
    };
}

void contract_append(mr_topic_id topic, uint32_t partition, unsigned first,
                     unsigned count)
{
    struct mr_record *records =
        mr_arena_calloc(contract.arena, count, sizeof(*records));

    for (unsigned i = 0; i < count; i++)
        records[i] = contract_record(topic, partition, "key", first + i);
    CONTRACT_OK(mr_bus_append(contract.bus, records, count, &contract.err));
}

struct mr_bus_reader *contract_reader(const char *group, mr_topic_id topic,
                                      uint32_t partitions)
{
    struct mr_position *at =
        mr_arena_calloc(contract.arena, partitions, sizeof(*at));
    struct mr_changelog changelog = {
        .topic = "state",
        .partitions = 1,
        .spaces = "",
    };
    struct mr_reader_spec spec = {
        .group = group,
        .partitions = at,
        .count = partitions,
        .changelog = contract_can(CONTRACT_CAN_STATE) ? &changelog : NULL,
    };
    struct mr_bus_reader *reader;

    for (uint32_t p = 0; p < partitions; p++)
        at[p] = (struct mr_position){ .topic = topic, .partition = p };
    CONTRACT_OK(mr_bus_reader(contract.bus, &spec, &reader, &contract.err));
    return reader;
}

struct mr_batch_in contract_poll(struct mr_bus_reader *reader,
                                 uint32_t records_max)
{
    struct mr_poll_limits limits = {
        .records_max = records_max,
        .bytes_max = SIZE_MAX,
    };
    struct mr_batch_in batch;

    CONTRACT_OK(
        mr_bus_poll(reader, &limits, contract.arena, &batch, &contract.err));
    return batch;
}

struct mr_batch_in contract_poll_all(struct mr_bus_reader *reader, size_t count)
{
    struct mr_batch_in all = {
        .records =
            mr_arena_calloc(contract.arena, count, sizeof(struct mr_record)),
    };

    for (int round = 0; round < 30 && all.count < count; round++) {
        struct mr_poll_limits limits = { (uint32_t)(count - all.count),
                                         SIZE_MAX, 1000 };
        struct mr_batch_in batch;

        CONTRACT_OK(mr_bus_poll(reader, &limits, contract.arena, &batch,
                                &contract.err));
        for (size_t i = 0; i < batch.count; i++)
            all.records[all.count++] = batch.records[i];
    }
    ck_assert_uint_eq(all.count, count);
    return all;
}

unsigned contract_number(const struct mr_record *record)
{
    return (unsigned)strtoul(mr_arena_str(contract.arena, record->value), NULL,
                             10);
}

void contract_commit_at(struct mr_bus_reader *reader, mr_topic_id topic,
                        uint32_t partition, uint64_t next)
{
    struct mr_position position = { topic, partition, next };
    struct mr_commit commit = { .positions = &position, .position_count = 1 };

    CONTRACT_OK(mr_bus_commit(reader, &commit, &contract.err));
}

Suite *contract_bus_suite(void)
{
    Suite *suite = suite_create("bus");

    contract_bus_topic_cases(suite);
    contract_bus_append_cases(suite);
    contract_bus_poll_cases(suite);
    contract_bus_commit_cases(suite);
    contract_bus_thread_cases(suite);
    return suite;
}
