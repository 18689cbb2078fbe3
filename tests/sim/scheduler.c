// SPDX-License-Identifier: Apache-2.0
/*
 * scheduler.c - see scheduler.h.
 *
 * What may go wrong in a run is drawn first, each kind often, seldom or never,
 * so that some runs are all rebalances and others nothing but power cuts.
 */
#include "tests/sim/scheduler.h"

#include <stdarg.h>
#include <stdio.h>

#include "tests/sim/check.h"

#define WATCHED_STEPS 12u

/* Each is once in so many turns; 0 is never. */
struct rates {
    uint32_t die;
    uint32_t kill;
    uint32_t cut;
    uint32_t stop;
    uint32_t lose;
    uint32_t fault;
    uint32_t rebalance;
    uint32_t meanwhile;
    uint32_t reopen;
    uint32_t compact;
};

struct run {
    struct sim_random random;
    bool loud;
    struct world world;
    struct history history;
    struct rates rates;
    uint64_t ends[WORLD_PARTITIONS_MAX]; /* of raw */
    uint32_t left;                       /* actions still to come */
    uint32_t quiet;   /* turns in which none comes, so nothing is synced */
    uint32_t watched; /* steps of shards after which all is searched */
    bool armed;       /* a death has been arranged */
    bool disturbed;
    uint64_t known[HISTORY_IDS_MAX];
};

static void say(const struct run *run, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void say(const struct run *run, const char *fmt, ...)
{
    va_list args;

    if (!run->loud)
        return;
    va_start(args, fmt);
    (void)vprintf(fmt, args);
    va_end(args);
    (void)printf("\n");
}

static uint32_t below(struct run *run, uint32_t bound)
{
    return sim_below(&run->random, bound);
}

static uint32_t rate(struct run *run)
{
    static const uint32_t rates[] = { 0, 0, 0, 250, 60, 15 };

    return rates[below(run, 6)];
}

static void draw_rates(struct run *run)
{
    run->rates = (struct rates){
        .die = rate(run),
        .kill = rate(run),
        .cut = rate(run),
        .stop = rate(run),
        .lose = rate(run),
        .fault = rate(run),
        .rebalance = rate(run),
        .meanwhile = rate(run),
        .reopen = rate(run),
        .compact = rate(run),
    };
}

static void begin(struct run *run, uint64_t seed, bool loud)
{
    static const uint32_t sizes[] = { 1, 3, 20, 1000 };
    struct world_spec spec;
    struct history_spec history;

    *run = (struct run){ .random = { seed }, .loud = loud };
    spec = (struct world_spec){
        .partitions = 1 + below(run, WORLD_PARTITIONS_MAX),
        .deleted_keep_ms = below(run, 2) == 0 ? 5000 : 1000000,
        .passage_words = below(run, 2) == 0 ? 12 : 170,
        .seal_passages = below(run, 3) == 0 ? 1000 : 1 + below(run, 12),
        .shard_batch = sizes[below(run, 4)],
        .curate_work = sizes[below(run, 4)],
        .embed_tokens = 20 * sizes[below(run, 4)],
        .fences = below(run, 2) == 0,
    };
    history = (struct history_spec){
        .partitions = spec.partitions,
        .ids = 2 + below(run, HISTORY_IDS_MAX - 1),
        .families = 1 + below(run, 6),
        .passage_words = spec.passage_words,
        .large = below(run, 8) == 0,
    };
    draw_rates(run);
    run->left = 10 + below(run, 60);
    history_init(&run->history, &history);
    world_init(&run->world, &spec, &run->random);
    run->world.context = run;
}

static void start(struct run *run)
{
    struct mr_err err = { 0 };
    enum mr_code code = world_start(&run->world, &err);

    while (code == MR_E_CANCELLED && world_is_dead(&run->world)) {
        say(run, "died while it started");
        world_kill(&run->world);
        code = world_start(&run->world, &err);
    }
    if (code != MR_OK)
        world_fail("it does not start: %s (%s)", err.text, mr_code_name(code));
}

/* Arranges a death at some call that is to come. */
static void arm(struct run *run, uint32_t calls)
{
    struct world *world = &run->world;
    uint32_t nth = below(run, 4 * world->spec.partitions);
    struct mr_memory *memory =
        nth < world->spec.partitions ? world->records[nth] : world->log;

    mr_memory_die(memory, 1 + below(run, calls), below(run, 2) == 0);
    run->armed = true;
}

static void disarm(struct run *run)
{
    mr_memory_die(run->world.log, 0, false);
    for (uint32_t i = 0; i < run->world.spec.partitions; i++)
        mr_memory_die(run->world.records[i], 0, false);
    run->armed = false;
}

/* What was known to be gone may be found until the log is read again. */
static void forget_known(struct run *run)
{
    for (size_t i = 0; i < HISTORY_IDS_MAX; i++)
        run->known[i] = 0;
}

/* The process ends without warning, and another one starts. */
static void crash(struct run *run, bool cut)
{
    run->disturbed = true;
    run->armed = false;
    say(run, "%s, %zu writes unsynced", cut ? "power cut" : "kill -9",
        mr_memory_unsynced(run->world.log));
    if (cut) {
        world_cut_power(&run->world);
        forget_known(run);
    } else {
        world_kill(&run->world);
    }
    if (run->rates.die > 0 && below(run, 3) == 0)
        arm(run, below(run, 2) == 0 ? 60 : 10);
    start(run);
    if (run->armed)
        say(run, "and may die soon again");
}

static void check_code(struct run *run, const char *what, enum mr_code code,
                       const struct mr_err *err)
{
    if (code == MR_OK || (code == MR_E_CANCELLED && world_is_dead(&run->world)))
        return;
    world_fail("%s: %s (%s)", what, err->text, mr_code_name(code));
}

static bool take_fault(struct run *run)
{
    uint32_t nth = 1 + below(&*run, 8);

    if (run->armed || !sim_once_in(&run->random, run->rates.fault))
        return false;
    run->disturbed = true;
    if (below(run, 2) == 0)
        mr_memory_fault(run->world.log, nth, MR_E_UNAVAILABLE);
    else
        mr_memory_fault_after(run->world.log, nth, MR_E_UNAVAILABLE);
    say(run, "call %u from now fails", nth);
    return true;
}

static void append(struct run *run)
{
    struct world *world = &run->world;
    struct mr_clock *clock = mr_virtual_clock_port(world->clock);
    struct action *action = history_next(&run->history, &run->random, run->ends,
                                         mr_clock_wall_ms(clock));
    struct mr_err err = { 0 };
    bool fault = take_fault(run);
    enum mr_code code = world_append(world, action, &err);

    run->left--;
    if (fault)
        mr_memory_fault(world->log, 0, MR_OK);
    if (!fault)
        check_code(run, "an append", code, &err);
    if (world_is_dead(world))
        crash(run, below(run, 2) == 0);
    if (code != MR_OK) {
        disarm(run);
        world_settle(world, action);
    }
    if (action->appended)
        run->ends[action->partition]++;
    say(run, "%s", history_words(&run->history, action));
}

static bool is_zombie(const struct world *world,
                      const struct world_worker *worker)
{
    for (size_t i = 0; i < world->zombie_count; i++) {
        if (world->zombies[i] == worker)
            return true;
    }
    return false;
}

static void search(struct run *run, uint32_t nth)
{
    /* A search makes calls as well: its death would prove nothing. */
    if (!run->armed && !world_is_dead(&run->world))
        check_searchable(&run->world, &run->history, nth, &run->known[nth]);
}

static void search_all(struct run *run)
{
    for (uint32_t i = 0; i < run->history.spec.ids; i++)
        search(run, i);
}

static void step_shard(struct run *run)
{
    uint32_t nth = below(run, run->world.spec.partitions);
    struct mr_err err = { 0 };
    bool worked;

    check_code(run, "a shard",
               shard_step(run->world.shards[nth], 0, &worked, &err), &err);
    if (worked)
        say(run, "shard %u works", nth);
    if (run->watched == 0)
        return;
    run->watched--;
    search_all(run);
}

/* What is known before a kill is known after it, at every step of the way. */
static void kill_watched(struct run *run)
{
    search_all(run);
    crash(run, false);
    run->watched = WATCHED_STEPS;
}

/* Another process takes over while a batch is in hand, or others go on. */
static void meanwhile(struct world *world, struct world_worker *in)
{
    struct run *run = world->context;
    struct mr_err err = { 0 };
    size_t nth = below(run, (uint32_t)world->worker_count);
    bool worked;

    if (world->spec.fences && below(run, 2) == 0 &&
        world->zombie_count + WORLD_PARTITIONS_MAX < WORLD_WORKERS_MAX) {
        say(run, "  its partitions are given to another worker");
        run->disturbed = true;
        check_code(run, "a rebalance", world_rebalance(world, in->stage, &err),
                   &err);
        nth = world->worker_count - 1;
    }
    if (world->workers[nth] != in)
        check_code(run, "a worker",
                   world_step(world->workers[nth], 100, &worked, &err), &err);
}

static void step_worker(struct run *run)
{
    static const uint32_t limits[] = { 1, 1, 2, 5, 20, 256 };
    static const char *const names[] = { "clean", "curate", "admit", "embed" };
    struct world *world = &run->world;
    struct world_worker *worker =
        world->workers[below(run, (uint32_t)world->worker_count)];
    uint32_t limit = limits[below(run, 6)];
    struct mr_err err = { 0 };
    bool fault = take_fault(run);
    bool worked;
    enum mr_code code;

    if (!fault && sim_once_in(&run->random, run->rates.meanwhile))
        world->meanwhile = meanwhile;
    code = world_step(worker, limit, &worked, &err);
    world->meanwhile = NULL;
    if (fault)
        mr_memory_fault(world->log, 0, MR_OK);
    if (worked || code != MR_OK)
        say(run, "%s %u works, up to %u: %s %s", names[worker->stage],
            worker->partitions[0], limit, mr_code_name(code),
            code == MR_OK ? "" : err.text);
    if (code == MR_E_FENCED && is_zombie(world, worker))
        return;
    if (!fault || mr_class_of(code) != MR_CLASS_RETRY)
        check_code(run, "a worker", code, &err);
}

static void compact(struct run *run)
{
    static const enum mr_topic topics[] = { MR_TOPIC_CLEAN, MR_TOPIC_VERDICTS,
                                            MR_TOPIC_DOCUMENTS,
                                            MR_TOPIC_VECTORS };
    enum mr_topic topic = topics[below(run, 4)];

    run->disturbed = true; /* what is gone is not counted */
    run->world.compacted = true;
    say(run, "%s is compacted", mr_topic_short_name(topic));
    mr_memory_compact(run->world.log, run->world.place.topics[topic]);
}

static void rebalance(struct run *run)
{
    enum world_stage stage = (enum world_stage)below(run, WORLD_STAGES);
    struct mr_err err = { 0 };

    run->disturbed = true;
    say(run, "stage %d is dealt out anew", (int)stage);
    check_code(run, "a rebalance", world_rebalance(&run->world, stage, &err),
               &err);
}

static void reopen(struct run *run)
{
    uint32_t nth = below(run, run->world.spec.partitions);
    struct mr_err err = { 0 };

    say(run, "shard %u is opened anew", nth);
    check_code(run, "a shard", world_reopen_shard(&run->world, nth, &err),
               &err);
}

/* Something goes wrong, or not. */
static void trouble(struct run *run)
{
    const struct rates *rates = &run->rates;

    if (!run->armed && sim_once_in(&run->random, rates->die)) {
        say(run, "it will die soon");
        arm(run, 40);
    }
    if (sim_once_in(&run->random, rates->kill))
        kill_watched(run);
    if (sim_once_in(&run->random, rates->cut))
        crash(run, true);
    if (sim_once_in(&run->random, rates->stop)) {
        say(run, "stop and start");
        run->disturbed = true;
        world_stop(&run->world);
        start(run);
    }
    if (!run->armed && sim_once_in(&run->random, rates->lose)) {
        say(run, "the index is deleted");
        run->disturbed = true;
        world_lose_index(&run->world);
        forget_known(run);
        start(run);
    }
    if (sim_once_in(&run->random, rates->rebalance))
        rebalance(run);
    if (!world_is_dead(&run->world) && sim_once_in(&run->random, rates->reopen))
        reopen(run);
    if (sim_once_in(&run->random, rates->compact))
        compact(run);
}

static void turn(struct run *run)
{
    struct world *world = &run->world;
    uint32_t dice = below(run, 100);

    trouble(run);
    if (world_is_dead(world))
        crash(run, below(run, 2) == 0);
    if (run->quiet > 0)
        run->quiet--;
    else if (below(run, 30) == 0)
        run->quiet = below(run, 120);
    if (dice < 30 && run->left > 0 && run->quiet == 0)
        append(run);
    else if (dice < 65)
        step_worker(run);
    else if (dice < 80)
        step_shard(run);
    else if (dice < 85 && world->zombie_count > 0)
        world_step_zombie(world, below(run, (uint32_t)world->zombie_count));
    else if (dice < 93)
        mr_virtual_clock_advance(world->clock, below(run, 2000));
    else
        search(run, below(run, run->history.spec.ids));
    if (world_is_dead(world))
        crash(run, below(run, 2) == 0);
}

/* What people said, once more, to a pipeline that nothing disturbs. */
static void repeat(struct run *run, struct world *world)
{
    struct mr_clock *clock;
    struct mr_err err;
    bool at_once = below(run, 2) == 0;

    world_init(world, &run->world.spec, &run->random);
    clock = mr_virtual_clock_port(world->clock);
    if (world_start(world, &err) != MR_OK)
        world_fail("it does not start: %s", err.text);
    for (size_t i = 0; i < run->history.count; i++) {
        struct action *action = &run->history.actions[i];
        uint64_t offset = action->offset;

        if (!action->appended)
            continue;
        mr_virtual_clock_advance(world->clock,
                                 action->append_ms - mr_clock_wall_ms(clock));
        if (world_append(world, action, &err) != MR_OK)
            world_fail("an append: %s", err.text);
        if (action->offset != offset)
            world_fail("the log is another one");
        if (!at_once)
            (void)world_pass(world);
    }
    world_finish(world);
}

static void check(struct run *run)
{
    struct mr_arena *arena = mr_arena_new();
    struct world *world = &run->world;
    struct world again;
    struct model model;

    model_make(&model, &run->history, world, arena);
    check_once(world, &run->history, !run->disturbed);
    check_model(world, &model);
    check_verified(world);
    search_all(run);
    repeat(run, &again);
    check_once(&again, &run->history, true);
    check_same(world, &again, &run->history);
    world_deinit(&again);
    mr_arena_free(arena);
}

void scheduler_run(uint64_t seed, bool loud)
{
    struct run run;

    begin(&run, seed, loud);
    start(&run);
    while (run.left > 0)
        turn(&run);
    for (uint32_t i = below(&run, 200); i > 0; i--)
        turn(&run);
    disarm(&run);
    while (run.world.zombie_count > 0) {
        size_t before = run.world.zombie_count;

        world_step_zombie(&run.world, 0);
        if (run.world.zombie_count == before)
            break; /* it has had nothing to do yet */
    }
    say(&run, "and to the end");
    world_finish(&run.world);
    check(&run);
    world_deinit(&run.world);
    history_deinit(&run.history);
}
