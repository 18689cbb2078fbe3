// SPDX-License-Identifier: Apache-2.0
/*
 * memory_positions.c - where groups are, and who is the slowest.
 */
#include <string.h>

#include "common/backends/memory/memory_state.h"
#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"
#include "common/base/mr_reader.h"

#define POSITION_KEY_MAX (MR_RULES_GROUP_MAX + 1 + 4 + 4)

/* The key of a position: group, zero, topic, partition. */
static struct mr_span position_key(struct mr_buf *buf, const char *group,
                                   mr_topic_id topic, uint32_t partition)
{
    mr_buf_reset(buf);
    mr_buf_append(buf, group, strlen(group) + 1);
    mr_buf_u32_be(buf, topic);
    mr_buf_u32_be(buf, partition);
    MR_ASSERT(!buf->full);
    return mr_buf_bytes(buf);
}

bool memory_get_position(struct mr_memory *memory, const char *group,
                         mr_topic_id topic, uint32_t partition, uint64_t *next)
{
    struct mr_buf buf = mr_buf(POSITION_KEY_MAX);
    struct memory_pair *pair = memory_map_get(
        memory->positions, position_key(&buf, group, topic, partition));

    mr_buf_deinit(&buf);
    if (pair == NULL)
        return false;
    memcpy(next, pair->value.data, sizeof(*next));
    return true;
}

void memory_set_position(struct mr_memory *memory, const char *group,
                         const struct mr_position *position)
{
    struct mr_buf buf = mr_buf(POSITION_KEY_MAX);

    memory_history_put(
        &memory->history, memory->positions,
        position_key(&buf, group, position->topic, position->partition),
        mr_span(&position->next, sizeof(position->next)));
    mr_buf_deinit(&buf);
}

/* As of the open readers: their groups may not have committed yet. */
static uint64_t slowest_reader(const struct mr_memory *memory,
                               mr_topic_id topic, uint32_t partition)
{
    uint64_t slowest = UINT64_MAX;

    for (const struct memory_reader *reader = memory->readers; reader != NULL;
         reader = reader->older) {
        for (size_t i = 0; i < reader->count; i++) {
            const struct memory_place *place = &reader->places[i];

            if (reader->group != NULL && !reader->fenced &&
                place->topic == topic && place->partition == partition &&
                place->committed < slowest)
                slowest = place->committed;
        }
    }
    return slowest;
}

uint64_t memory_slowest(struct mr_memory *memory, mr_topic_id topic,
                        uint32_t partition)
{
    struct mr_span all = { 0 };
    struct memory_pair **pairs;
    uint64_t slowest = slowest_reader(memory, topic, partition);
    size_t count;

    pairs = memory_map_collect(memory->positions, all, all, &count);
    for (size_t i = 0; i < count; i++) {
        struct mr_span key = pairs[i]->key;
        struct mr_reader in = mr_reader(mr_span(key.data + key.size - 8, 8));
        uint64_t next;

        memcpy(&next, pairs[i]->value.data, sizeof(next));
        if (mr_read_u32_be(&in) == topic && mr_read_u32_be(&in) == partition &&
            next < slowest)
            slowest = next;
        memory_pair_drop(pairs[i]);
    }
    mr_free(pairs);
    return slowest;
}
