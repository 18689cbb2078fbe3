// SPDX-License-Identifier: Apache-2.0
/*
 * flight.h - what was in flight when a process died, and whose fault it was.
 *
 * A mapped file with one slot a worker.  A worker writes there which inputs
 * it begins and that it ended them; the file outlives the process, whatever
 * ends it.  When the next process opens the file it learns
 *
 *   - which inputs were in flight: they are worked one at a time, and
 *   - whether an input that was alone in flight died by its own doing: a
 *     fault, an abort or a hang of the thread that worked it.  Such deaths are
 *     counted by input; at MR_FLIGHT_DEATHS_MAX it is poison.
 *
 * A kill -9, a power cut or the fault of another thread leaves no mark and
 * never counts.  A helper thread of a stage is another thread.
 *
 *   file := page(header) page(slot)*        a page has 4,096 bytes; numbers
 *   header := magic:u64 version:u32         are the machine's own
 *
 * What the file says is a hint: one that makes no sense is begun anew.
 *
 * Memory:  the mapping, 1 MiB and a page.
 * Threads: slots are given out under a lock; a slot is its worker's alone.
 * I/O:     the file.  No sync: it is for deaths of the process.  Its blocks are
 *          allocated at once, so that a full disk doesn't fault the mapping.
 */
#ifndef COMMON_RUNTIME_FLIGHT_H
#define COMMON_RUNTIME_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_status.h"

#define MR_FLIGHT_DEATHS_MAX 3u
#define MR_FLIGHT_SLOTS_MAX  256u
/* Partitions of one batch; more are remembered as "many". */
#define MR_FLIGHT_RANGES_MAX 96u
#define MR_FLIGHT_NAME_MAX   191u

struct mr_flight;
struct mr_flight_slot;
struct mr_telemetry;

struct mr_flight_spec {
    const char *path;
    /* How long inputs may be in flight; 0: for ever.  Generous, because a long
     * document on a slow machine is no fault: minutes. */
    int64_t hang_ms;
    bool watch;    /* starts the thread that ends a hanging process */
    bool handlers; /* of signals, for the whole process */
    struct mr_telemetry *telemetry; /* borrowed; NULL for none */
};

/* Offsets of one partition: from `begin` up to, not with, `end`. */
struct mr_flight_range {
    uint64_t topic; /* mr_hash64() of its whole name */
    uint64_t begin;
    uint64_t end;
    uint32_t partition;
    uint32_t zero;
};

/* Closed by mr_flight_close().  MR_E_BUSY: another process has it. */
MR_MUST_CHECK enum mr_code mr_flight_open(const struct mr_flight_spec *spec,
                                          struct mr_flight **out,
                                          struct mr_err *err);

/* All slots must have been given back.  NULL does nothing. */
void mr_flight_close(struct mr_flight *flight);

/* The slot of a worker by its name, which is the same over restarts; counts
 * the death that it finds.  NULL when all are taken. */
struct mr_flight_slot *mr_flight_take(struct mr_flight *flight,
                                      const char *name);
void mr_flight_give_back(struct mr_flight *flight, struct mr_flight_slot *slot);

/*
 * What an unclean death left in flight, until the first enter: *ranges is
 * borrowed.  True when there was something; *many when there were more ranges
 * than could be remembered, so that everything has to be suspected.
 */
bool mr_flight_unfinished(const struct mr_flight_slot *slot,
                          const struct mr_flight_range **ranges, size_t *count,
                          bool *many);

/* How often this input died alone and by its own doing. */
unsigned mr_flight_deaths(const struct mr_flight_slot *slot, uint64_t topic,
                          uint32_t partition, uint64_t offset);

/* The calling thread begins to work `ranges`; they hold `inputs` records. */
void mr_flight_enter(struct mr_flight_slot *slot,
                     const struct mr_flight_range *ranges, size_t count,
                     size_t inputs);

/* It has ended; `done`: it was committed, and what was held against it is
 * forgotten. */
void mr_flight_leave(struct mr_flight_slot *slot, bool done);

/* Time has passed: true when something is in flight for longer than hang_ms,
 * which is marked as its own death; the caller ends the process. */
bool mr_flight_watch(struct mr_flight *flight, int64_t passed_ms);

/* A stack for handlers on the calling thread, so that a stack overflow can be
 * marked; given back on the same thread. */
struct mr_flight_stack;
struct mr_flight_stack *mr_flight_stack_new(void);
void mr_flight_stack_free(struct mr_flight_stack *stack);

#endif
