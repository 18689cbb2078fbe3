// SPDX-License-Identifier: Apache-2.0
/*
 * check.h - what is asked of a world: while it works, and when it has come to
 * rest.  Every function ends the program when something does not hold.
 *
 * Memory:  none kept.
 * Threads: one.
 * I/O:     reads the world.
 */
#ifndef TESTS_SIM_CHECK_H
#define TESTS_SIM_CHECK_H

#include "tests/sim/model.h"

/* At any time: what the shard says to be searchable is found, what it says to
 * be gone is not.  `known`: the version whose fate was known, kept by the
 * caller for this id and forgotten at a power cut. */
void check_searchable(struct world *world, struct history *history,
                      uint32_t nth, uint64_t *known);

/* Nothing disappeared and nothing happened twice: each record of `raw` has one
 * signature or, when it is nobody's, one dead letter.  `counted`: no process
 * died, so the counters of the stages are to agree as well. */
void check_once(struct world *world, struct history *history, bool counted);

/* shard_verify() finds nothing. */
void check_verified(struct world *world);

/* The shards hold what the model says. */
void check_model(struct world *world, const struct model *model);

/* Two worlds of one history hold and find the same. */
void check_same(struct world *one, struct world *other,
                const struct history *history);

#endif
