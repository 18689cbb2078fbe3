// SPDX-License-Identifier: Apache-2.0
/*
 * memory_history.c - what was written since the last sync, newest last.
 */
#include "common/backends/memory/memory_state.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

void memory_history_begin(struct memory_history *history)
{
    if (history->writes == history->writes_room) {
        history->writes_room = 2 * history->writes_room + 16;
        history->begins = mr_realloc_array(
            history->begins, history->writes_room, sizeof(*history->begins));
    }
    history->begins[history->writes++] = history->count;
}

static void note(struct memory_history *history, struct memory_undo undo)
{
    MR_ASSERT(history->writes > 0);
    if (history->count == history->room) {
        history->room = 2 * history->room + 64;
        history->undo = mr_realloc_array(history->undo, history->room,
                                         sizeof(*history->undo));
    }
    history->undo[history->count++] = undo;
}

void memory_history_append(struct memory_history *history,
                           struct memory_partition *partition)
{
    note(history, (struct memory_undo){ .partition = partition });
}

void memory_history_put(struct memory_history *history, struct memory_map *map,
                        struct mr_span key, struct mr_span value)
{
    struct memory_pair *pair = memory_pair_new(key, value);
    struct memory_pair *old = memory_map_put(map, memory_pair_hold(pair));

    note(history, (struct memory_undo){ .map = map, .now = pair, .old = old });
}

void memory_history_remove(struct memory_history *history,
                           struct memory_map *map, struct mr_span key)
{
    struct memory_pair *old = memory_map_remove(map, key);

    if (old != NULL)
        note(history, (struct memory_undo){ .map = map, .old = old });
}

static void forget(struct memory_undo *undo)
{
    memory_pair_drop(undo->now);
    memory_pair_drop(undo->old);
}

void memory_history_sync(struct memory_history *history)
{
    for (size_t i = 0; i < history->count; i++)
        forget(&history->undo[i]);
    history->count = 0;
    history->writes = 0;
}

static void take_back(struct memory_undo *undo)
{
    if (undo->map == NULL) {
        struct memory_partition *partition = undo->partition;

        MR_ASSERT(partition->count > partition->begin);
        mr_free(partition->at[--partition->count]);
    } else if (undo->old != NULL) {
        memory_pair_drop(
            memory_map_put(undo->map, memory_pair_hold(undo->old)));
    } else {
        memory_pair_drop(memory_map_remove(undo->map, undo->now->key));
    }
    forget(undo);
}

void memory_history_undo(struct memory_history *history, size_t keep)
{
    while (history->writes > keep) {
        size_t begin = history->begins[--history->writes];

        while (history->count > begin)
            take_back(&history->undo[--history->count]);
    }
}

void memory_history_deinit(struct memory_history *history)
{
    memory_history_sync(history);
    mr_free(history->undo);
    mr_free(history->begins);
}
