// SPDX-License-Identifier: Apache-2.0
/*
 * world_workers.h - the workers of a world.  Private to world*.c.
 *
 * Memory:  owned by the world.  Threads: one.  I/O: none.
 */
#ifndef TESTS_SIM_WORLD_WORKERS_H
#define TESTS_SIM_WORLD_WORKERS_H

#include "tests/sim/world.h"

/* Opens all workers of a stage that has none. */
MR_MUST_CHECK enum mr_code world_open_workers(struct world *world,
                                              enum world_stage stage,
                                              struct mr_err *err);

/* Closes all workers and zombies. */
void world_close_workers(struct world *world);

#endif
