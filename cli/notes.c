// SPDX-License-Identifier: Apache-2.0
/*
 * notes.c - see notes.h.
 */
#include "cli/notes.h"

#include <pthread.h>

#include "common/base/mr_mem.h"

#define POLL_RECORDS 1024u
#define POLL_BYTES   ((size_t)4 << 20)

struct item {
    struct mr_arena *arena;
    struct mr_checkpoint_note note;
};

struct notes {
    pthread_mutex_t lock;
    struct item *items;
    size_t count;
};

struct notes *notes_new(void)
{
    struct notes *notes = mr_calloc(1, sizeof(*notes));

    (void)pthread_mutex_init(&notes->lock, NULL);
    return notes;
}

void notes_free(struct notes *notes)
{
    if (notes == NULL)
        return;
    for (size_t i = 0; i < notes->count; i++)
        mr_arena_free(notes->items[i].arena);
    mr_free(notes->items);
    (void)pthread_mutex_destroy(&notes->lock);
    mr_free(notes);
}

static struct item *find(struct notes *notes, uint32_t generation,
                         uint32_t partition, struct mr_span model)
{
    for (size_t i = 0; i < notes->count; i++) {
        const struct mr_checkpoint_note *note = &notes->items[i].note;

        if (note->generation == generation && note->partition == partition &&
            mr_span_equal(note->model, model))
            return &notes->items[i];
    }
    return NULL;
}

static struct item *add(struct notes *notes)
{
    struct item *item;

    if (notes->count == NOTES_MAX)
        return NULL;
    notes->items =
        mr_realloc_array(notes->items, notes->count + 1, sizeof(*notes->items));
    item = &notes->items[notes->count++];
    *item = (struct item){ .arena = mr_arena_new() };
    return item;
}

static void copy(const struct mr_checkpoint_note *from, struct mr_arena *arena,
                 struct mr_checkpoint_note *out)
{
    *out = *from;
    out->model = mr_arena_copy(arena, from->model);
    out->member = mr_arena_copy(arena, from->member);
}

void notes_hear(struct notes *notes, const struct mr_checkpoint_note *note)
{
    struct item *item;

    (void)pthread_mutex_lock(&notes->lock);
    item = find(notes, note->generation, note->partition, note->model);
    if (item == NULL)
        item = add(notes);
    if (item != NULL) {
        mr_arena_reset(item->arena);
        copy(note, item->arena, &item->note);
    }
    (void)pthread_mutex_unlock(&notes->lock);
}

bool notes_find(struct notes *notes, const struct mr_place *place,
                uint32_t partition, struct mr_arena *arena,
                struct mr_checkpoint_note *out)
{
    const struct item *item;

    (void)pthread_mutex_lock(&notes->lock);
    item = find(notes, place->generation, partition, mr_span_str(place->model));
    if (item != NULL)
        copy(&item->note, arena, out);
    (void)pthread_mutex_unlock(&notes->lock);
    return item != NULL;
}

static enum mr_code open_reader(const struct mr_place *place,
                                struct mr_arena *arena,
                                struct mr_bus_reader **out, struct mr_err *err)
{
    struct mr_position *at =
        mr_arena_calloc(arena, place->partitions, sizeof(*at));
    struct mr_reader_spec spec = { .partitions = at,
                                   .count = place->partitions };
    enum mr_code code = MR_OK;

    for (uint32_t i = 0; i < place->partitions && code == MR_OK; i++) {
        uint64_t end;

        at[i].topic = place->topics[MR_TOPIC_CONTROL];
        at[i].partition = i;
        code =
            mr_bus_bounds(place->bus, at[i].topic, i, &at[i].next, &end, err);
    }
    return code == MR_OK ? mr_bus_reader(place->bus, &spec, out, err) : code;
}

static void hear_record(struct notes *notes, const struct mr_record *record,
                        struct mr_arena *arena)
{
    struct mr_control control;

    if (record->value.data != NULL &&
        mr_control_parse(record->value, arena, &control, NULL) == MR_OK &&
        control.is_checkpoint)
        notes_hear(notes, &control.checkpoint);
}

enum mr_code notes_read(struct notes *notes, const struct mr_place *place,
                        struct mr_err *err)
{
    const struct mr_poll_limits limits = { POLL_RECORDS, POLL_BYTES, 0 };
    struct mr_arena *arena = mr_arena_new();
    struct mr_bus_reader *reader = NULL;
    struct mr_batch_in batch = { 0 };
    enum mr_code code = open_reader(place, arena, &reader, err);

    while (code == MR_OK) {
        mr_arena_reset(arena);
        code = mr_bus_poll(reader, &limits, arena, &batch, err);
        if (code == MR_OK && batch.count == 0)
            break;
        for (size_t i = 0; code == MR_OK && i < batch.count; i++)
            hear_record(notes, &batch.records[i], arena);
    }
    mr_bus_close_reader(reader);
    mr_arena_free(arena);
    return code;
}

enum mr_code notes_tell(const struct mr_place *place,
                        const struct mr_checkpoint_note *note,
                        struct mr_err *err)
{
    struct mr_control control = { .is_checkpoint = true, .checkpoint = *note };
    struct mr_record record = { .topic = place->topics[MR_TOPIC_CONTROL],
                                .partition = MR_PARTITION_BY_KEY };
    struct mr_arena *arena = mr_arena_new();
    enum mr_code code = mr_control_encode(&control, arena, &record.value, err);

    record.key = mr_checkpoint_key(note, arena);
    if (code == MR_OK)
        code = mr_bus_append(place->bus, &record, 1, err);
    mr_arena_free(arena);
    return code;
}
