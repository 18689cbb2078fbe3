// SPDX-License-Identifier: Apache-2.0
/*
 * contract.h - one suite for every backend of a port.
 *
 * A backend joins by filling a struct contract_backend; the suites ask `can`
 * before they test what not every backend offers.  Each test runs in a process
 * of its own on a fresh folder.
 */
#ifndef TESTS_CONTRACT_CONTRACT_H
#define TESTS_CONTRACT_CONTRACT_H

#include <check.h>

#include "common/ports/blob.h"
#include "common/ports/bus.h"
#include "common/ports/store.h"

enum {
    CONTRACT_CAN_STATE = 1 << 0,   /* bus and store share commits */
    CONTRACT_CAN_TRIM = 1 << 1,    /* has `trim` */
    CONTRACT_CAN_COMPACT = 1 << 2, /* has `compact` */
    CONTRACT_CAN_DAMAGE = 1 << 3,  /* has `damage_blob` */
    CONTRACT_CAN_DENSE = 1 << 4,   /* commits leave no gaps between offsets */
};

struct contract_backend {
    const char *name;
    unsigned can;
    /* Opens in an empty folder; aborts the test when it cannot. */
    void *(*open)(const char *folder);
    /* A new process on what is there; readers are closed before. */
    void *(*reopen)(void *self, const char *folder);
    void (*close)(void *self);
    /* NULL when the backend has no such port. */
    struct mr_bus *(*bus)(void *self);
    struct mr_store *(*store)(void *self);
    struct mr_blob *(*blob)(void *self);
    void (*trim)(void *self, mr_topic_id topic, uint32_t partition,
                 uint64_t begin);
    void (*compact)(void *self, mr_topic_id topic);
    void (*damage_blob)(void *self, const char *folder, struct mr_hash128 hash);
};

/* What the running test works with; set up and torn down around each. */
struct contract {
    const struct contract_backend *backend;
    void *self;
    char folder[64];
    struct mr_bus *bus;
    struct mr_store *store;
    struct mr_blob *blob;
    struct mr_arena *arena;
    struct mr_err err;
};

extern struct contract contract;

#define CONTRACT_OK(call)                                              \
    do {                                                               \
        enum mr_code contract_code = (call);                           \
        ck_assert_msg(contract_code == MR_OK, "%s: %s: %s", #call,     \
                      mr_code_name(contract_code), contract.err.text); \
    } while (0)

#define CONTRACT_FAILS(want, call)                                           \
    do {                                                                     \
        enum mr_code contract_code = (call);                                 \
        ck_assert_msg(contract_code == (want), "%s: got %s, want %s", #call, \
                      mr_code_name(contract_code), mr_code_name(want));      \
        ck_assert_int_eq(contract.err.code, (want));                         \
        ck_assert_str_ne(contract.err.text, "");                             \
    } while (0)

/* Runs the suites of one port on a backend; the exit status. */
int contract_run(const struct contract_backend *backend, Suite *suite);

/* A test case with the fixture, added to the suite. */
TCase *contract_case(Suite *suite, const char *name);

Suite *contract_bus_suite(void);
Suite *contract_store_suite(void);
Suite *contract_blob_suite(void);
Suite *contract_kill_suite(void);

void contract_reopen(void);

/* True when the backend can; false ends the test as passed. */
bool contract_can(unsigned what);

/* --- shorthands of the bus suites --- */

mr_topic_id contract_topic(const char *name, uint32_t partitions,
                           enum mr_cleanup cleanup);

/* A record whose value is a number as text, in the arena. */
struct mr_record contract_record(mr_topic_id topic, uint32_t partition,
                                 const char *key, unsigned number);

/* Appends `count` numbers from `first` on to one partition. */
void contract_append(mr_topic_id topic, uint32_t partition, unsigned first,
                     unsigned count);

/* A reader of partitions 0 to `partitions` - 1, from the beginning. */
struct mr_bus_reader *contract_reader(const char *group, mr_topic_id topic,
                                      uint32_t partitions);

/* Polls without waiting. */
struct mr_batch_in contract_poll(struct mr_bus_reader *reader,
                                 uint32_t records_max);

/* Polls until there are `count` records, one after the other: what a commit
 * has written may be seen a moment later.  Fails after half a minute. */
struct mr_batch_in contract_poll_all(struct mr_bus_reader *reader,
                                     size_t count);

/* The number in a record's value. */
unsigned contract_number(const struct mr_record *record);

/* Commits that `topic` was read up to `next` in a partition. */
void contract_commit_at(struct mr_bus_reader *reader, mr_topic_id topic,
                        uint32_t partition, uint64_t next);

void contract_bus_topic_cases(Suite *suite);
void contract_bus_append_cases(Suite *suite);
void contract_bus_poll_cases(Suite *suite);
void contract_bus_commit_cases(Suite *suite);
void contract_bus_thread_cases(Suite *suite);

#endif
