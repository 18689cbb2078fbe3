// SPDX-License-Identifier: Apache-2.0
/*
 * mr_memory.h - bus, store and blob store in memory, for tests.
 *
 * Bus and store share one state, so that a commit applies outputs, state and
 * positions in one step.  The state outlives its "process": it knows what a
 * sync has covered, and mr_memory_crash() loses the rest as a power cut does.
 *
 * What is synced: append(), sync(), write(sync), a new topic and a new space
 * each cover all that was written before them; a blob is synced when put()
 * returns. What is not: commit() and write(!sync), until the next of those.
 *
 * Readers: a second reader of a group on a partition is MR_E_BUSY, or, with
 * mr_memory_fence_readers(), fences the first as a Kafka broker does.  A
 * reader without a group keeps committed positions for its rewinds only.
 *
 * Memory:  all of it.
 * Threads: any number on the ports.  mr_memory_free() after all readers are
 *          closed.
 * I/O:     none.  poll() with wait_ms above 0 waits in real time.
 */
#ifndef COMMON_BACKENDS_MEMORY_MR_MEMORY_H
#define COMMON_BACKENDS_MEMORY_MR_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ports/blob.h"
#include "common/ports/bus.h"
#include "common/ports/clock.h"
#include "common/ports/store.h"

struct mr_memory;

/* `clock` stamps what is appended; borrowed until free.  NULL: real time. */
struct mr_memory *mr_memory_new(struct mr_clock *clock);

/* NULL does nothing. */
void mr_memory_free(struct mr_memory *memory);

/* Borrowed until mr_memory_free(). */
struct mr_bus *mr_memory_bus(struct mr_memory *memory);
struct mr_store *mr_memory_store(struct mr_memory *memory);
struct mr_blob *mr_memory_blob(struct mr_memory *memory);

/* From now on a new reader fences an older one of its group and partition. */
void mr_memory_fence_readers(struct mr_memory *memory);

/* Writes since the last sync: what a crash may lose. */
size_t mr_memory_unsynced(struct mr_memory *memory);

/*
 * A power cut: of the writes since the last sync the first `keep` survive, the
 * later ones never happened.  Open readers answer MR_E_FENCED from now on and
 * can only be closed.  Ends a death and a pending fault.
 */
void mr_memory_crash(struct mr_memory *memory, size_t keep);

/* kill -9: as a crash that keeps everything. */
void mr_memory_kill(struct mr_memory *memory);

/* Port calls so far, all ports together; wake and close are not counted. */
uint64_t mr_memory_calls(struct mr_memory *memory);

/* The nth port call from now (1: the next) fails with `code`, and nothing of
 * it happened.  One fault at a time; nth 0 takes it back. */
void mr_memory_fault(struct mr_memory *memory, uint64_t nth, enum mr_code code);

/* As mr_memory_fault(), but the call takes effect before it fails: a commit
 * of unknown outcome. */
void mr_memory_fault_after(struct mr_memory *memory, uint64_t nth,
                           enum mr_code code);

/* The process dies in the nth port call from now, before or after its effect:
 * that call and all later ones fail with MR_E_CANCELLED until
 * mr_memory_crash() or mr_memory_kill(). */
void mr_memory_die(struct mr_memory *memory, uint64_t nth, bool after);

/* True after a death by mr_memory_die(). */
bool mr_memory_is_dead(struct mr_memory *memory);

/* Removes what lies before `begin`, as retention does; synced. */
void mr_memory_trim(struct mr_memory *memory, mr_topic_id topic,
                    uint32_t partition, uint64_t begin);

/* Removes every record of a topic that a later one of its key replaced, up to
 * the position of the slowest group, open readers included; synced. */
void mr_memory_compact(struct mr_memory *memory, mr_topic_id topic);

/* Turns one bit of a stored blob; false when there is none. */
bool mr_memory_damage_blob(struct mr_memory *memory, struct mr_hash128 hash);

#endif
