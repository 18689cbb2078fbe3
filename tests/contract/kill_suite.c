// SPDX-License-Identifier: Apache-2.0
/*
 * kill_suite.c - kill -9 in the middle of appends and commits.
 *
 * A child appends numbers to `raw` from two threads and tells each
 * acknowledgement through a pipe, while a third copies `raw` to `out` and
 * counts in a space what it has copied, each batch in one commit.  The parent
 * kills it after a random number of acknowledgements; another child then looks
 * at what is left.  The folder is kept from round to round.  The backend is
 * never open in the parent, so that the children fork without its threads.
 */
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/contract/contract.h"

enum {
    ROUNDS = 20,
    APPENDERS = 2,
    ACKS_MAX = 150,
    SEED = 20
};

/* What a child works with. */
struct child {
    void *self;
    struct mr_bus *bus;
    struct mr_store *store;
    mr_topic_id raw;
    mr_topic_id out;
    mr_space_id space;
    int pipe;
};

/* Tells that partition `appender` of raw holds its first `count` records. */
struct ack {
    uint32_t appender;
    uint32_t count;
};

static void must(enum mr_code code, const struct mr_err *err)
{
    if (code == MR_OK)
        return;
    (void)fprintf(stderr, "%s: %s\n", mr_code_name(code), err->text);
    _exit(2);
}

static void believe(bool belief, const char *what, uint64_t got, uint64_t want)
{
    if (belief)
        return;
    (void)fprintf(stderr, "%s: got %llu, want %llu\n", what,
                  (unsigned long long)got, (unsigned long long)want);
    _exit(3);
}

static mr_topic_id topic_of(struct child *child, const char *name)
{
    struct mr_topic_spec spec = { .name = name, .partitions = APPENDERS };
    struct mr_err err;
    mr_topic_id topic;

    must(mr_bus_topic(child->bus, &spec, &topic, &err), &err);
    return topic;
}

static void open_child(struct child *child)
{
    struct mr_err err;

    child->self = contract.backend->open(contract.folder);
    child->bus = contract.backend->bus(child->self);
    child->store = contract.backend->store(child->self);
    child->raw = topic_of(child, "raw");
    child->out = topic_of(child, "out");
    must(mr_store_space(child->store, "copied", &child->space, &err), &err);
}

static uint64_t end_of(struct child *child, mr_topic_id topic,
                       uint32_t partition)
{
    uint64_t begin, end;
    struct mr_err err;

    must(mr_bus_bounds(child->bus, topic, partition, &begin, &end, &err), &err);
    return end;
}

static uint64_t copied(struct child *child, struct mr_arena *arena)
{
    struct mr_span value;
    struct mr_err err;
    uint64_t count = 0;

    must(mr_store_get(child->store, child->space, mr_span_str("count"), arena,
                      &value, &err),
         &err);
    if (value.data != NULL)
        memcpy(&count, value.data, sizeof(count));
    return count;
}

static struct mr_bus_reader *open_copier(struct child *child)
{
    const struct mr_changelog changelog = { .topic = "state",
                                            .partitions = 1,
                                            .spaces = "" };
    struct mr_position at[APPENDERS];
    struct mr_reader_spec spec = { .group = "copier",
                                   .partitions = at,
                                   .count = APPENDERS,
                                   .changelog = &changelog };
    struct mr_bus_reader *reader;
    struct mr_err err;

    for (uint32_t i = 0; i < APPENDERS; i++)
        at[i] = (struct mr_position){ child->raw, i, 0 };
    must(mr_bus_reader(child->bus, &spec, &reader, &err), &err);
    return reader;
}

/* --- the child that is killed --- */

struct appender {
    struct child *child;
    uint32_t number;
};

/* Appends its own offsets as values, one to three records a call. */
static void *append_numbers(void *context)
{
    struct appender *appender = context;
    uint64_t next =
        end_of(appender->child, appender->child->raw, appender->number);
    struct mr_err err;

    for (;;) {
        uint64_t values[3];
        struct mr_record records[3];
        size_t count = 1 + next % 3;
        struct ack ack;

        for (size_t i = 0; i < count; i++) {
            values[i] = next++;
            records[i] = (struct mr_record){
                .topic = appender->child->raw,
                .partition = appender->number,
                .value = mr_span(&values[i], sizeof(values[i])),
            };
        }
        must(mr_bus_append(appender->child->bus, records, count, &err), &err);
        ack = (struct ack){ appender->number, (uint32_t)next };
        if (write(appender->child->pipe, &ack, sizeof(ack)) < 0)
            _exit(4);
    }
    return NULL;
}

/* Positions of a batch, which is grouped by partition. */
static size_t positions_of(const struct mr_batch_in *batch,
                           struct mr_position *positions)
{
    size_t count = 0;

    for (size_t i = 0; i < batch->count; i++) {
        const struct mr_record *record = &batch->records[i];

        if (count == 0 || positions[count - 1].partition != record->partition)
            count++;
        positions[count - 1] =
            (struct mr_position){ record->topic, record->partition,
                                  record->offset + 1 };
    }
    return count;
}

static void copy_batch(struct child *child, struct mr_bus_reader *reader,
                       struct mr_arena *arena, struct mr_batch *state)
{
    struct mr_poll_limits limits = { 20, 100000, 1000 };
    struct mr_position positions[APPENDERS];
    struct mr_commit commit = { .state = state, .positions = positions };
    struct mr_batch_in batch;
    struct mr_err err;
    uint64_t count;

    must(mr_bus_poll(reader, &limits, arena, &batch, &err), &err);
    commit.position_count = positions_of(&batch, positions);
    for (size_t i = 0; i < batch.count; i++)
        batch.records[i].topic = child->out;
    commit.outputs = batch.records;
    commit.output_count = batch.count;
    count = copied(child, arena) + batch.count;
    mr_batch_put(state, child->space, mr_span_str("count"),
                 mr_span(&count, sizeof(count)));
    must(mr_bus_commit(reader, &commit, &err), &err);
}

static _Noreturn void work_until_killed(int pipe)
{
    struct child child = { .pipe = pipe };
    struct mr_arena *arena = mr_arena_new();
    struct mr_batch *state = mr_batch_new();
    struct appender appenders[APPENDERS];
    struct mr_bus_reader *reader;

    open_child(&child);
    for (uint32_t i = 0; i < APPENDERS; i++) {
        pthread_t thread;

        appenders[i] = (struct appender){ &child, i };
        pthread_create(&thread, NULL, append_numbers, &appenders[i]);
    }
    reader = open_copier(&child);
    for (;;) {
        mr_arena_reset(arena);
        mr_batch_reset(state);
        copy_batch(&child, reader, arena, state);
    }
}

/* --- the child that looks --- */

/* As the worker that comes next would: a transaction that the killed one left
 * open ends with that, and the state is there. */
static void take_over(struct child *child)
{
    struct mr_bus_reader *reader = open_copier(child);

    mr_bus_close_reader(reader);
}

/* Values count from 0: all of a partition, in order; how many there are. */
static uint64_t count_partition(struct child *child, mr_topic_id topic,
                                uint32_t partition, struct mr_arena *arena)
{
    struct mr_poll_limits limits = { 1000, 1000000, 0 };
    struct mr_position at = { topic, partition, 0 };
    struct mr_reader_spec spec = { .partitions = &at, .count = 1 };
    struct mr_bus_reader *reader;
    struct mr_batch_in batch;
    struct mr_err err;
    uint64_t count = 0;

    must(mr_bus_reader(child->bus, &spec, &reader, &err), &err);
    do {
        mr_arena_reset(arena);
        must(mr_bus_poll(reader, &limits, arena, &batch, &err), &err);
        for (size_t i = 0; i < batch.count; i++) {
            uint64_t value;

            memcpy(&value, batch.records[i].value.data, sizeof(value));
            believe(value == count, "value of a record", value, count);
            count++;
        }
    } while (batch.count > 0);
    mr_bus_close_reader(reader);
    return count;
}

/* A reader of the group continues exactly where the outputs end; `raw` has no
 * gaps, so a count is a position. */
static void check_position(struct child *child, uint32_t partition,
                           uint64_t outputs, struct mr_arena *arena)
{
    struct mr_poll_limits limits = { 1, 1, 0 };
    struct mr_position at = { child->raw, partition, 0 };
    struct mr_reader_spec spec = { .group = "copier",
                                   .partitions = &at,
                                   .count = 1 };
    struct mr_bus_reader *reader;
    struct mr_batch_in batch;
    struct mr_err err;
    uint64_t next;

    must(mr_bus_reader(child->bus, &spec, &reader, &err), &err);
    must(mr_bus_poll(reader, &limits, arena, &batch, &err), &err);
    next = batch.count == 0 ? end_of(child, child->raw, partition)
                            : batch.records[0].offset;
    believe(next == outputs, "position of the group", next, outputs);
    mr_bus_close_reader(reader);
}

static _Noreturn void look(const uint32_t *acknowledged)
{
    struct mr_arena *arena = mr_arena_new();
    struct child child = { 0 };
    uint64_t outputs = 0;

    open_child(&child);
    take_over(&child);
    for (uint32_t i = 0; i < APPENDERS; i++) {
        uint64_t raw = count_partition(&child, child.raw, i, arena);
        uint64_t out = count_partition(&child, child.out, i, arena);

        believe(raw >= acknowledged[i], "end of raw", raw, acknowledged[i]);
        check_position(&child, i, out, arena);
        outputs += out;
    }
    believe(copied(&child, arena) == outputs, "count in the state",
            copied(&child, arena), outputs);
    contract.backend->close(child.self);
    _exit(0);
}

/* --- the parent --- */

static void setup(void)
{
    (void)snprintf(contract.folder, sizeof(contract.folder),
                   "/tmp/contract-kill-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(contract.folder));
}

static int remove_entry(const char *path, const struct stat *status, int flag,
                        struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

static void teardown(void)
{
    (void)nftw(contract.folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Kills the child after that many acknowledgements, and takes in those that
 * it still wrote. */
static void kill_after(pid_t child, int pipe, int acks, uint32_t *acknowledged)
{
    struct ack ack;

    while (read(pipe, &ack, sizeof(ack)) == (ssize_t)sizeof(ack)) {
        acknowledged[ack.appender] = ack.count;
        if (--acks == 0)
            ck_assert_int_eq(kill(child, SIGKILL), 0);
    }
}

static void one_round(int round, uint32_t *acknowledged)
{
    int ends[2], status;
    pid_t child;

    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        close(ends[0]);
        work_until_killed(ends[1]);
    }
    close(ends[1]);
    kill_after(child, ends[0], 1 + rand() % ACKS_MAX, acknowledged);
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
                  "round %d: the child ended by itself, status %x", round,
                  (unsigned)status);
    child = fork();
    if (child == 0)
        look(acknowledged);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(status == 0, "round %d, seed %d: see above", round, SEED);
}

START_TEST(whenever_a_kill_comes_appends_are_there_and_commits_are_whole)
{
    uint32_t acknowledged[APPENDERS] = { 0 };

    srand(SEED);
    for (int round = 0; round < ROUNDS; round++)
        one_round(round, acknowledged);
}
END_TEST

Suite *contract_kill_suite(void)
{
    Suite *suite = suite_create("kill");
    TCase *tcase = tcase_create("kill");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_test(
        tcase, whenever_a_kill_comes_appends_are_there_and_commits_are_whole);
    suite_add_tcase(suite, tcase);
    return suite;
}
