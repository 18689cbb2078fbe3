// SPDX-License-Identifier: Apache-2.0
/*
 * memory_state.h - the state behind the ports of mr_memory.h.
 *
 * Private to this folder.  Everything here is guarded by `lock`; memory_enter()
 * takes it and memory_leave() gives it back, and between them they count the
 * call and let it fail when it was told to.
 */
#ifndef COMMON_BACKENDS_MEMORY_MEMORY_STATE_H
#define COMMON_BACKENDS_MEMORY_MEMORY_STATE_H

#include <pthread.h>

#include "common/backends/memory/memory_map.h"
#include "common/backends/memory/mr_memory.h"

/* The records of a partition; `at[i]` has offset i, NULL when removed. */
struct memory_partition {
    struct mr_record **at;
    size_t count;
    size_t room;
    uint64_t begin;
};

struct memory_topic {
    struct mr_topic_spec spec; /* its name is ours */
    struct memory_partition *partitions;
};

struct memory_space {
    char *name;
    struct memory_map *map;
};

/* One step back; which kind is told by `map`. */
struct memory_undo {
    struct memory_map *map;  /* NULL: take back the last record of... */
    struct memory_pair *now; /* the pair put, or the one removed */
    struct memory_pair *old; /* what was there before; NULL: nothing */
    struct memory_partition *partition;
};

/* The writes since the last sync; write w begins at undo[begins[w]]. */
struct memory_history {
    struct memory_undo *undo;
    size_t count;
    size_t room;
    size_t *begins;
    size_t writes;
    size_t writes_room;
};

struct memory_fault {
    uint64_t at; /* number of the call, 0 for none */
    enum mr_code code;
    bool after;
    bool dies;
};

/* A partition of a reader. */
struct memory_place {
    mr_topic_id topic;
    uint32_t partition;
    uint64_t next;
    uint64_t committed;
};

struct memory_reader {
    struct mr_bus_reader port;
    struct mr_memory *memory;
    struct memory_reader *older; /* in the list of open readers */
    char *group;                 /* NULL for none */
    struct memory_place *places;
    size_t count;
    size_t turn; /* whose turn it is in the next poll */
    bool woken;
    bool fenced;
};

struct memory_bus {
    struct mr_bus port;
    struct mr_memory *memory;
};

struct memory_store {
    struct mr_store port;
    struct mr_memory *memory;
};

struct memory_blob {
    struct mr_blob port;
    struct mr_memory *memory;
};

struct mr_memory {
    struct memory_bus bus;
    struct memory_store store;
    struct memory_blob blob;
    struct mr_clock *clock;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* on the monotonic clock */
    struct memory_topic *topics;
    size_t topic_count;
    struct memory_space *spaces;
    size_t space_count;
    struct memory_map *positions; /* group 0 topic partition -> next */
    struct memory_map *blobs;
    struct memory_reader *readers; /* newest first */
    struct memory_history history;
    struct memory_fault fault;
    uint64_t calls;
    bool fences;
    bool dead;
};

/* A port call begins; *call is its number.  On failure the lock is not held. */
MR_MUST_CHECK enum mr_code memory_enter(struct mr_memory *memory,
                                        uint64_t *call, struct mr_err *err);

/* And ends with `code`, or with the fault that was to come after it. */
MR_MUST_CHECK enum mr_code memory_leave(struct mr_memory *memory, uint64_t call,
                                        enum mr_code code, struct mr_err *err);

/* mr_memory_*() ids count from 1; NULL and MR_E_INVALID for an unknown one. */
MR_MUST_CHECK enum mr_code memory_find_topic(struct mr_memory *memory,
                                             mr_topic_id id,
                                             struct memory_topic **out,
                                             struct mr_err *err);
MR_MUST_CHECK enum mr_code memory_find_partition(struct mr_memory *memory,
                                                 mr_topic_id id,
                                                 uint32_t partition,
                                                 struct memory_partition **out,
                                                 struct mr_err *err);

/* Two steps, so that a refused batch changes nothing. */
MR_MUST_CHECK enum mr_code memory_check_batch(struct mr_memory *memory,
                                              const struct mr_batch *batch,
                                              struct mr_err *err);
void memory_apply_batch(struct mr_memory *memory, const struct mr_batch *batch);

/* Appends a checked record; sets its partition, offset and append_ms. */
MR_MUST_CHECK enum mr_code memory_check_record(struct mr_memory *memory,
                                               const struct mr_record *record,
                                               struct mr_err *err);
void memory_append_record(struct mr_memory *memory, struct mr_record *record);

/* The wall time for stamps. */
int64_t memory_now_ms(struct mr_memory *memory);

/* The committed position of a group, false when it has none. */
bool memory_get_position(struct mr_memory *memory, const char *group,
                         mr_topic_id topic, uint32_t partition, uint64_t *next);
void memory_set_position(struct mr_memory *memory, const char *group,
                         const struct mr_position *position);

/* The slowest group at a partition; UINT64_MAX when no group has been there. */
uint64_t memory_slowest(struct mr_memory *memory, mr_topic_id topic,
                        uint32_t partition);

/* The ports' parts, each in its own file. */
extern const struct mr_bus_ops memory_bus_ops;
extern const struct mr_store_ops memory_store_ops;
extern const struct mr_blob_ops memory_blob_ops;
enum mr_code memory_open_reader(struct mr_bus *bus,
                                const struct mr_reader_spec *spec,
                                struct mr_bus_reader **out, struct mr_err *err);

/* A write begins: what is noted from here on is taken back as one. */
void memory_history_begin(struct memory_history *history);
void memory_history_append(struct memory_history *history,
                           struct memory_partition *partition);

/* Puts or removes (NULL value: removes) and notes what was there before. */
void memory_history_put(struct memory_history *history, struct memory_map *map,
                        struct mr_span key, struct mr_span value);
void memory_history_remove(struct memory_history *history,
                           struct memory_map *map, struct mr_span key);

/* All so far survives: nothing can be taken back. */
void memory_history_sync(struct memory_history *history);

/* Takes back all but the first `keep` writes. */
void memory_history_undo(struct memory_history *history, size_t keep);

void memory_history_deinit(struct memory_history *history);

#endif
