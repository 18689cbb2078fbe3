// SPDX-License-Identifier: Apache-2.0
/*
 * scheduler.h - one run of the simulation: a seed decides what happens, in
 * which order, and what goes wrong.
 *
 * Memory:  all of a run, freed by its end.
 * Threads: one.
 * I/O:     a temporary folder.
 */
#ifndef TESTS_SIM_SCHEDULER_H
#define TESTS_SIM_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

/* Runs a seed and checks everything; ends the program when something does not
 * hold.  `loud`: every step is printed. */
void scheduler_run(uint64_t seed, bool loud);

#endif
