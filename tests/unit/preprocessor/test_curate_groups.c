// SPDX-License-Identifier: Apache-2.0
/*
 * test_curate_groups.c - the groups of duplicates against a brute-force model.
 *
 * Random small universes: histories of puts, updates, deletes, sweeps, patches
 * of access and failures, in two random orders of arrival (in order within an
 * id, with old messages delivered again), worked in random portions.  What is
 * left must be the lexicographically first maximal independent set of the
 * documents that remain, computed here from the definition alone; and the
 * indexes must hold exactly it.
 *
 * A failure prints the seed; MILLRACE_SEED=N repeats that case alone.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "preprocessor/curate/document.h"
#include "preprocessor/curate/priority.h"
#include "tests/unit/preprocessor/curate_universe.h"
#include "tests/unit/preprocessor/memory_view.h"

#define CASES 2000u

struct run {
    struct memory_view memory;
    struct groups groups;
    /* The state told last of each id, by verdicts and flips alike. */
    enum mr_doc_state told[IDS_MAX];
    struct mr_span told_of[IDS_MAX];
    struct universe *u;
};

static void tell(struct run *run, const struct curate_record *record)
{
    size_t id = number_of(record->id);

    run->told[id] = record->state;
    run->told_of[id] = mr_arena_copy(run->u->arena, record->duplicate_of);
}

static void on_change(void *context, const struct curate_record *record)
{
    tell(context, record);
}

/* The end of a step: some work, or none; the rest goes to state. */
static void end_step(struct run *run, size_t work, bool *left)
{
    must(groups_work(&run->groups, work, left, NULL) == MR_OK);
    run->groups.queue = queue(&run->memory.view);
}

static void deliver(struct run *run, const struct mr_signature *op)
{
    struct curate_record now;
    bool changed;
    bool left;

    must(document_apply(&run->groups, op, &now, &changed, NULL) == MR_OK);
    if (now.state != 0)
        tell(run, &now);
    if (below(run->u, 3) != 0)
        end_step(run, below(run->u, 6), &left);
}

static void start(struct run *run, struct universe *u)
{
    *run = (struct run){ .u = u };
    memory_view_init(&run->memory, u->arena);
    run->groups = (struct groups){ .policy = &u->policy,
                                   .view = &run->memory.view,
                                   .queue = queue(&run->memory.view),
                                   .changed = on_change,
                                   .context = run };
}

static void finish(struct run *run)
{
    bool left = true;

    while (left)
        end_step(run, 3, &left);
    must(run->memory.spaces[CURATE_QUEUE].count == 0);
}

/* Any order that keeps that of each id; old messages come again. */
static void arrive(struct run *run)
{
    struct universe *u = run->u;
    size_t order[OPS_MAX];
    size_t left = u->op_count;

    for (size_t i = 0; i < left; i++)
        order[i] = i;
    while (left > 0) {
        size_t pick = below(u, left);
        size_t first = 0;

        while (!mr_span_equal(u->ops[order[first]].id, u->ops[order[pick]].id))
            first++;
        deliver(run, &u->ops[order[first]]);
        if (below(u, 10) == 0)
            deliver(run, &u->ops[order[first]]);
        left--;
        memmove(order + first, order + first + 1,
                (left - first) * sizeof(*order));
    }
}

static bool same(const struct curate_record *have,
                 const struct curate_record *want)
{
    return have->state == want->state && have->version == want->version &&
           have->content_version == want->content_version &&
           have->rows == want->rows &&
           mr_span_equal(have->duplicate_of, want->duplicate_of);
}

static void check_records(struct run *run, const struct curate_record *expected)
{
    for (size_t i = 0; i < run->u->ids; i++) {
        const struct curate_record *want = &expected[i];
        struct curate_record have;

        must(groups_record(&run->memory.view, want->id, &have, NULL) == MR_OK);
        if (!same(&have, want))
            ck_abort_msg("seed %llu: %.*s is in state %d of %.*s (%u rows), "
                         "expected %d of %.*s (%u rows); MILLRACE_SEED repeats",
                         (unsigned long long)run->u->seed, MR_SPAN_ARG(have.id),
                         have.state, MR_SPAN_ARG(have.duplicate_of), have.rows,
                         want->state, MR_SPAN_ARG(want->duplicate_of),
                         want->rows);
        must(want->state == 0 || run->told[i] == want->state);
        must(want->state != MR_STATE_DUPLICATE ||
             mr_span_equal(run->told_of[i], want->duplicate_of));
    }
}

static bool is_member(struct run *run, enum curate_space space, uint64_t name,
                      enum bucket_side side, const struct curate_record *record)
{
    struct mr_span me = curate_record_priority(record, run->u->arena);
    struct mr_range only = { me, view_past_key(me, run->u->arena) };
    struct bucket_list list = { 0 };
    struct bucket bucket;

    must(bucket_load(&run->memory.view, space, name, &bucket, NULL) == MR_OK);
    must(bucket_members(&run->memory.view, &bucket, side, only, 2, &list,
                        NULL) == MR_OK);
    return list.count == 1;
}

/* Every document is on its side of its buckets, and known to its canonical;
 * that nothing else is there shows when all are gone. */
static void check_indexes(struct run *run, const struct curate_record *expected)
{
    for (size_t i = 0; i < run->u->ids; i++) {
        const struct curate_record *r = &expected[i];
        enum bucket_side side =
            r->state == MR_STATE_LIVE ? BUCKET_CANONICALS : BUCKET_DUPLICATES;
        uint64_t names[BANDS_BUCKETS_MAX];
        size_t count = 0;

        if (curate_record_takes_part(r))
            count = bands_buckets(r, run->u->policy.placed, names);
        for (size_t b = 0; b < count; b++)
            must(is_member(run, CURATE_BUCKETS, names[b], side, r));
        if (r->state == MR_STATE_DUPLICATE)
            must(is_member(run, CURATE_CHILDREN, mr_hash64(r->duplicate_of, 0),
                           BUCKET_DUPLICATES, r));
    }
}

/* Nothing of a document stays in the indexes once it is gone. */
static void check_no_leak(struct run *run)
{
    for (size_t i = 0; i < run->u->ids; i++) {
        struct mr_signature gone = { .id = id_of(run->u, i),
                                     .version = OPS_MAX + 1,
                                     .kind = MR_KIND_DELETE };

        deliver(run, &gone);
    }
    finish(run);
    must(run->memory.spaces[CURATE_BUCKETS].count == 0);
    must(run->memory.spaces[CURATE_CHILDREN].count == 0);
}

static void one_case(uint64_t seed)
{
    struct mr_arena *arena = mr_arena_new();
    struct universe *u = mr_calloc(1, sizeof(*u));
    struct curate_record *expected = mr_calloc(IDS_MAX, sizeof(*expected));
    struct run run;

    make(u, seed, arena);
    model(u, expected);
    for (int order = 0; order < 2; order++) {
        start(&run, u);
        arrive(&run);
        finish(&run);
        check_records(&run, expected);
        check_indexes(&run, expected);
        check_no_leak(&run);
        memory_view_deinit(&run.memory);
    }
    mr_free(expected);
    mr_free(u);
    mr_arena_free(arena);
}

START_TEST(the_live_set_is_the_first_independent_set_in_any_order)
{
    const char *only = getenv("MILLRACE_SEED");

    if (only != NULL) {
        one_case(strtoull(only, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= CASES; seed++)
        one_case(seed);
}
END_TEST

/* A new policy judges what is there as if it had come under that policy. */
START_TEST(a_new_policy_judges_everything_again)
{
    static const double steps[] = { .8, 1, .5, -1, .9 };
    struct mr_arena *arena = mr_arena_new();
    struct universe *u = mr_calloc(1, sizeof(*u));
    struct curate_record *expected = mr_calloc(IDS_MAX, sizeof(*expected));
    struct run run;

    for (uint64_t seed = 1; seed <= 100; seed++) {
        make(u, seed, arena);
        start(&run, u);
        arrive(&run);
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
            struct curate_config config = { .duplicates = steps[i] >= 0,
                                            .similarity = steps[i] };

            if (steps[i] < 0)
                config.similarity = 0;
            must(curate_policy_of(&config, &u->policy, NULL) == MR_OK);
            groups_judge_all(&run.groups);
            finish(&run);
            for (size_t k = 0; k < IDS_MAX; k++)
                expected[k] = (struct curate_record){ 0 };
            if (config.duplicates) {
                model(u, expected);
                check_records(&run, expected);
                check_indexes(&run, expected);
            } else {
                ck_assert_uint_eq(run.memory.spaces[CURATE_BUCKETS].count, 0);
                ck_assert_uint_eq(run.memory.spaces[CURATE_CHILDREN].count, 0);
            }
        }
        memory_view_deinit(&run.memory);
        mr_arena_reset(arena);
    }
    mr_free(expected);
    mr_free(u);
    mr_arena_free(arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("curate groups");
    TCase *tcase = tcase_create("model");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase,
                   the_live_set_is_the_first_independent_set_in_any_order);
    tcase_add_test(tcase, a_new_policy_judges_everything_again);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
