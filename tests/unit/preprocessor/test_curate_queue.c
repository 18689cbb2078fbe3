// SPDX-License-Identifier: Apache-2.0
/*
 * test_curate_queue.c - tasks come out in their order, from memory and state.
 */
#include <check.h>

#include "preprocessor/curate/queue.h"
#include "tests/unit/preprocessor/memory_view.h"

static struct mr_arena *arena;
static struct memory_view memory;
static struct queue tasks;

static void begin(void)
{
    arena = mr_arena_new();
    memory_view_init(&memory, arena);
    tasks = queue(&memory.view);
}

static void end(void)
{
    memory_view_deinit(&memory);
    mr_arena_free(arena);
}

static void push(enum queue_kind kind, const char *subject, const char *cursor)
{
    struct queue_task task = { .kind = kind,
                               .subject = mr_span_str(subject),
                               .cursor = mr_span_str(cursor) };

    queue_push(&tasks, &task);
}

/* The step ends and the next one begins; gives whether something is left. */
static bool next_step(void)
{
    bool left;

    ck_assert_int_eq(queue_keep(&tasks, &left, NULL), MR_OK);
    tasks = queue(&memory.view);
    ck_assert_uint_eq(memory.spaces[CURATE_QUEUE].count > 0, left);
    return left;
}

static struct queue_task pop(void)
{
    struct queue_task task;
    bool found;

    ck_assert_int_eq(queue_pop(&tasks, &task, &found, NULL), MR_OK);
    ck_assert(found);
    return task;
}

static void check_empty(void)
{
    struct queue_task task;
    bool found;

    ck_assert_int_eq(queue_pop(&tasks, &task, &found, NULL), MR_OK);
    ck_assert(!found);
    ck_assert(!next_step());
}

/* Bit i of `keep`: the step ends after the ith push. */
static void push_all(unsigned keep)
{
    static const struct {
        enum queue_kind kind;
        const char *subject;
    } given[] = {
        { QUEUE_ALL, "" },    { QUEUE_JUDGE, "b" },   { QUEUE_JUDGE, "a" },
        { QUEUE_JUDGE, "b" }, { QUEUE_ORPHANS, "z" }, { QUEUE_ORPHANS, "" },
    };

    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        push(given[i].kind, given[i].subject, NULL);
        if ((keep >> i & 1) != 0)
            ck_assert(next_step());
    }
}

START_TEST(tasks_come_out_by_kind_and_priority_each_once)
{
    static const struct {
        enum queue_kind kind;
        const char *subject;
    } expected[] = {
        { QUEUE_ORPHANS, "" }, { QUEUE_ORPHANS, "z" }, { QUEUE_JUDGE, "a" },
        { QUEUE_JUDGE, "b" },  { QUEUE_ALL, "" },
    };

    for (unsigned keep = 0; keep < 64; keep++) {
        begin();
        push_all(keep);
        for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
            struct queue_task task = pop();

            ck_assert(task.kind == expected[i].kind);
            ck_assert(
                mr_span_equal(task.subject, mr_span_str(expected[i].subject)));
            ck_assert(task.cursor.data == NULL);
            if ((keep >> i & 1) != 0 && i + 1 < 5)
                ck_assert(next_step());
        }
        check_empty();
        end();
    }
}
END_TEST

START_TEST(a_task_keeps_its_bucket_and_how_far_it_came)
{
    struct queue_task task = { .kind = QUEUE_NEIGHBOURS,
                               .bucket = UINT64_MAX - 1,
                               .side = BUCKET_DUPLICATES,
                               .subject = mr_span_str("me"),
                               .cursor = mr_span_str("there") };

    begin();
    for (int i = 0; i < 2; i++) {
        struct queue_task back;

        queue_push(&tasks, &task);
        if (i == 1)
            ck_assert(next_step());
        back = pop();
        ck_assert(back.bucket == task.bucket && back.side == task.side);
        ck_assert(mr_span_equal(back.subject, task.subject) &&
                  mr_span_equal(back.cursor, task.cursor));
        check_empty();
    }
    end();
}
END_TEST

START_TEST(a_task_asked_for_again_begins_again)
{
    begin();
    push(QUEUE_ALL, "", "there");
    ck_assert(next_step());
    push(QUEUE_ALL, "", NULL);
    ck_assert(pop().cursor.data == NULL);
    check_empty();
    push(QUEUE_ALL, "", "there");
    ck_assert(next_step());
    push(QUEUE_ALL, "", NULL);
    ck_assert(next_step());
    ck_assert(pop().cursor.data == NULL);
    check_empty();
    push(QUEUE_ALL, "", NULL);
    push(QUEUE_ALL, "", "there");
    ck_assert(pop().cursor.data == NULL);
    check_empty();
    end();
}
END_TEST

START_TEST(what_is_pushed_meanwhile_falls_into_its_place)
{
    begin();
    push(QUEUE_JUDGE, "a", NULL);
    push(QUEUE_JUDGE, "c", NULL);
    push(QUEUE_JUDGE, "e", NULL);
    ck_assert(next_step());
    for (char subject = 'a'; subject <= 'e'; subject++) {
        char text[] = { subject, '\0' };
        char behind[] = { (char)(subject + 1), '\0' };

        ck_assert(mr_span_equal(pop().subject, mr_span_str(text)));
        if (subject < 'e')
            push(QUEUE_JUDGE, behind, NULL);
    }
    check_empty();
    end();
}
END_TEST

START_TEST(a_damaged_task_is_said_to_be_damaged)
{
    struct queue_task task;
    bool found;

    begin();
    view_put(&memory.view, CURATE_QUEUE, mr_span("\2abc", 4), mr_span("", 0));
    ck_assert_int_eq(queue_pop(&tasks, &task, &found, NULL), MR_E_DAMAGED);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("curate queue");
    TCase *tcase = tcase_create("curate queue");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, tasks_come_out_by_kind_and_priority_each_once);
    tcase_add_test(tcase, a_task_keeps_its_bucket_and_how_far_it_came);
    tcase_add_test(tcase, a_task_asked_for_again_begins_again);
    tcase_add_test(tcase, what_is_pushed_meanwhile_falls_into_its_place);
    tcase_add_test(tcase, a_damaged_task_is_said_to_be_damaged);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
