// SPDX-License-Identifier: Apache-2.0
/*
 * stage.h - what a stage is: a function from inputs and state to effects.
 *
 * A stage (clean, curate, admit, embed) decides and does nothing itself.  Its
 * step gets a batch of records and reads its state; what should happen it
 * appends to the effects, which the worker (runtime/worker.h) commits in one
 * step with the positions of the inputs.  So delivery is written once.
 *
 * Rules that every stage keeps, tested by replaying it:
 *   - Deterministic: time comes from the records, randomness from hashes.
 *   - Nothing is remembered between steps but in state: a step may be thrown
 *     away and run again, alone or in another batch.
 *   - A state read sees what the same step changed before it.
 *   - Each input is accounted for once: mr_effects_account().
 *
 * Memory:  inputs, and what mr_state_*() hands out, live in the step's arena,
 *          which is reset after the commit.  Effects copy what they are given.
 * Threads: one worker owns a stage and its state.
 * I/O:     none; state is read through the store.
 */
#ifndef COMMON_RUNTIME_STAGE_H
#define COMMON_RUNTIME_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"
#include "common/ports/bus.h"
#include "common/ports/store.h"
#include "common/wire/topics.h"
#include "common/wire/types.h"

/* A stage has at most so many spaces of state and input topics. */
#define MR_STAGE_SPACES_MAX 8u
#define MR_STAGE_READS_MAX  4u

/* Effects of one step beyond this are refused (MR_E_LIMIT): a stage queues
 * what is left in its state and asks to be woken. */
#define MR_EFFECTS_BYTES_MAX ((size_t)256 * 1024 * 1024)

struct mr_state;
struct mr_effects;

/*
 * A topic of somebody else's that a stage reads instead of those of
 * topics.def; its inputs' topic is MR_TOPIC_COUNT.  Such a stage belongs to the
 * collection, whatever its generation: its state is named
 * <collection>.<stage>.<lane>.<space>, the changelog
 * <collection>.state.<stage>.
 */
struct mr_stage_foreign {
    mr_topic_id topic;
    const char *name;  /* as its owner calls it */
    const char *group; /* whose positions are committed */
    /* Without a position, partitions below this begin at their end, the others
     * at the first record held. */
    uint32_t from_end_below;
};

struct mr_input {
    enum mr_topic topic;
    struct mr_record record;
};

/* How an input ended in this stage, for "in = out + rejected + failed". */
enum mr_outcome {
    MR_OUTCOME_PASSED,
    MR_OUTCOME_REJECTED, /* goes on as a tombstone with its reason */
    MR_OUTCOME_FAILED,   /* dead-lettered; counted by the worker */
};

/* A record to append.  Partition is by key, as everywhere. */
struct mr_emit {
    struct mr_span key;
    struct mr_span value; /* absent: null */
    uint64_t version;
    int64_t time_ms;
    const struct mr_input *cause; /* its trace goes on; NULL for none */
};

struct mr_stage;

struct mr_stage_ops {
    /*
     * Handles `count` inputs, in order.  Called with none when a wake that
     * was asked for is due, and once at the start.  On failure the effects
     * are thrown away: class RETRY runs the same inputs again later, POISON
     * runs them one at a time until the bad one is alone and goes to fail(),
     * FATAL ends the worker.
     */
    enum mr_code (*step)(struct mr_stage *stage, struct mr_state *state,
                         const struct mr_input *inputs, size_t count,
                         struct mr_effects *effects, struct mr_err *err);
    /*
     * One input failed for good with `cause`; the worker has put it on
     * `dead`.  Emits what tells the later stages (a failed tombstone with the
     * input's version), and must work on bytes that do not parse: key,
     * version and time of the record are all it may need.
     */
    enum mr_code (*fail)(struct mr_stage *stage, struct mr_state *state,
                         const struct mr_input *input,
                         const struct mr_err *cause, struct mr_effects *effects,
                         struct mr_err *err);
    void (*free)(struct mr_stage *stage);
};

/* Stages embed this as their first member. */
struct mr_stage {
    const struct mr_stage_ops *ops;
    const char *name; /* "clean": also its consumer group's last part */
    enum mr_topic reads[MR_STAGE_READS_MAX];
    size_t read_count;                       /* 0: `foreign` it is */
    const struct mr_stage_foreign *foreign;  /* NULL; borrowed */
    const char *spaces[MR_STAGE_SPACES_MAX]; /* of state, by their index */
    size_t space_count;
    uint32_t batch_records_max;
    size_t batch_bytes_max;
};

/* The arena of this step, for whatever lives until its commit. */
struct mr_arena *mr_state_arena(struct mr_state *state);

/* The value of a key; an absent span when there is none. */
MR_MUST_CHECK enum mr_code mr_state_get(struct mr_state *state, size_t space,
                                        struct mr_span key, struct mr_span *out,
                                        struct mr_err *err);

/* Visits a range in rising order of keys, this step's changes included.  The
 * visitor must not change state. */
MR_MUST_CHECK enum mr_code mr_state_scan(struct mr_state *state, size_t space,
                                         struct mr_range range,
                                         mr_store_visit *visit, void *context,
                                         struct mr_err *err);

/*
 * A record of one of the stage's own input topics, at a place that its state
 * names, in the partition of `key`.  MR_E_LOST: it is not there any more.
 */
MR_MUST_CHECK enum mr_code mr_state_fetch(struct mr_state *state,
                                          enum mr_topic topic,
                                          struct mr_span key, uint64_t offset,
                                          struct mr_record *out,
                                          struct mr_err *err);

/* Makes payload->bytes present, from the blob store if it is there. */
MR_MUST_CHECK enum mr_code mr_state_load(struct mr_state *state,
                                         struct mr_payload *payload,
                                         struct mr_err *err);

void mr_effects_emit(struct mr_effects *effects, enum mr_topic topic,
                     const struct mr_emit *emit);
void mr_effects_put(struct mr_effects *effects, size_t space,
                    struct mr_span key, struct mr_span value);
void mr_effects_delete(struct mr_effects *effects, size_t space,
                       struct mr_span key);

/* Bytes beyond MR_INLINE_BYTES_MAX become a blob that is written before the
 * commit; the payload then names it.  Shorter ones stay as they are. */
void mr_effects_claim(struct mr_effects *effects, struct mr_payload *payload);

/* The same of any bytes: for a message that is too long with them. */
void mr_effects_claim_any(struct mr_effects *effects,
                          struct mr_payload *payload);

/* Accounts for one input: `reason` (a rule's name, static) when rejected. */
void mr_effects_account(struct mr_effects *effects, enum mr_outcome outcome,
                        const char *reason);

/* Asks for a step no later than `delay_ms` from now, with or without input;
 * 0 is at once.  The earliest asked for counts. */
void mr_effects_wake(struct mr_effects *effects, int64_t delay_ms);

/* Calls the stage; see struct mr_stage_ops. */
MR_MUST_CHECK static inline enum mr_code mr_stage_step(
    struct mr_stage *stage, struct mr_state *state,
    const struct mr_input *inputs, size_t count, struct mr_effects *effects,
    struct mr_err *err)
{
    return stage->ops->step(stage, state, inputs, count, effects, err);
}

/* NULL does nothing. */
static inline void mr_stage_free(struct mr_stage *stage)
{
    if (stage != NULL)
        stage->ops->free(stage);
}

#endif
