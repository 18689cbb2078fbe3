// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_changelog.c - see kafka_changelog.h.
 */
#include "common/backends/kafka/kafka_changelog.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/backends/kafka/kafka_error.h"
#include "common/backends/kafka/kafka_record.h"
#include "common/backends/kafka/kafka_spaces.h"
#include "common/base/mr_mem.h"

#define NOTES "kafka.changelogs"

/* Half of the time that tombstones stay: what is older may have missed one, and
 * what a clock far ahead has stamped does not say how old it is. */
#define AGE_MAX_MS (INT64_C(7) * 86400000 / 2)

/* What a restore writes at once. */
#define RESTORE_OPS_MAX 1000u
/* A restore that hears nothing for so long gives up for now. */
#define SILENCE_MS 30000

struct note {
    char uuid[KAFKA_TOPIC_ID];
    uint64_t next;
    int64_t wall_ms;
} __attribute__((packed));

static struct mr_store *store_of(const struct kafka_changelog *changelog)
{
    return mr_kafka_store(changelog->kafka);
}

enum mr_code kafka_changelog_open(struct kafka_changelog *changelog,
                                  struct mr_kafka *kafka,
                                  const struct mr_changelog *spec,
                                  struct mr_err *err)
{
    const struct mr_topic_spec topic = {
        .name = spec->topic,
        .partitions = spec->partitions,
        .cleanup = MR_CLEANUP_COMPACT,
    };
    mr_topic_id id;
    enum mr_code code = kafka_open_topic(mr_kafka_bus(kafka), &topic, &id, err);

    *changelog = (struct kafka_changelog){ .kafka = kafka,
                                           .partition = spec->partition };
    if (code == MR_OK)
        code = kafka_find(kafka, id, spec->partition, &changelog->topic, err);
    if (code == MR_OK)
        code =
            mr_store_space(store_of(changelog), NOTES, &changelog->notes, err);
    if (code == MR_OK)
        changelog->spaces = mr_strdup(spec->spaces);
    return code;
}

void kafka_changelog_close(struct kafka_changelog *changelog)
{
    mr_free(changelog->spaces);
    changelog->spaces = NULL;
}

static struct mr_span note_key(const struct kafka_changelog *changelog,
                               char *room, size_t size)
{
    (void)snprintf(room, size, "%s/%u", changelog->topic->full,
                   changelog->partition);
    return mr_span_str(room);
}

static void add_note(const struct kafka_changelog *changelog,
                     struct mr_batch *batch, uint64_t next)
{
    char room[KAFKA_NAME_MAX + 16];
    struct note note = {
        .next = next,
        .wall_ms = mr_clock_wall_ms(changelog->kafka->clock),
    };

    memcpy(note.uuid, changelog->topic->uuid, sizeof(note.uuid));
    mr_batch_put(batch, changelog->notes,
                 note_key(changelog, room, sizeof(room)),
                 mr_span(&note, sizeof(note)));
}

/* Whether what is held locally can be built upon, and from where. */
static bool is_usable(const struct kafka_changelog *changelog,
                      struct mr_span bytes, uint64_t begin, uint64_t end,
                      uint64_t *next)
{
    struct note note;
    int64_t age_ms;

    if (bytes.data == NULL || bytes.size != sizeof(note))
        return false;
    memcpy(&note, bytes.data, sizeof(note));
    age_ms = mr_clock_wall_ms(changelog->kafka->clock) - note.wall_ms;
    *next = note.next;
    return memcmp(note.uuid, changelog->topic->uuid, sizeof(note.uuid)) == 0 &&
           note.next >= begin && note.next <= end && age_ms > -AGE_MAX_MS &&
           age_ms < AGE_MAX_MS;
}

/* Where the restore begins; an unusable cache is emptied first. */
static enum mr_code find_start(struct kafka_changelog *changelog, uint64_t end,
                               struct mr_err *err)
{
    struct mr_store *store = store_of(changelog);
    struct mr_arena *arena = mr_arena_new();
    struct mr_batch *batch = mr_batch_new();
    char room[KAFKA_NAME_MAX + 16];
    struct mr_span bytes;
    uint64_t begin, committed;
    enum mr_code code =
        kafka_bounds(changelog->kafka, changelog->topic, changelog->partition,
                     &begin, &committed, err);

    if (code == MR_OK)
        code = mr_store_get(store, changelog->notes,
                            note_key(changelog, room, sizeof(room)), arena,
                            &bytes, err);
    if (code == MR_OK &&
        !is_usable(changelog, bytes, begin, end, &changelog->next)) {
        changelog->next = begin;
        kafka_spaces_wipe(changelog->kafka->spaces, changelog->spaces, batch);
        add_note(changelog, batch, begin);
        code = mr_store_write(store, batch, false, err);
    }
    mr_batch_free(batch);
    mr_arena_free(arena);
    return code;
}

/* The space of a record's key, and the key within it. */
static enum mr_code split_key(struct kafka_changelog *changelog,
                              const rd_kafka_message_t *message,
                              mr_space_id *space, struct mr_span *key,
                              struct mr_err *err)
{
    const char *bytes = message->key;
    const char *zero =
        bytes == NULL ? NULL : memchr(bytes, '\0', message->key_len);
    char name[MR_SPACE_NAME_MAX + 1];
    int size;

    if (zero != NULL) {
        size = snprintf(name, sizeof(name), "%s%s", changelog->spaces, bytes);
        *key = mr_span(zero + 1, message->key_len - (size_t)(zero + 1 - bytes));
        if (size > 0 && (size_t)size < sizeof(name))
            return mr_store_space(store_of(changelog), name, space, err);
    }
    return mr_fail(err, MR_E_DAMAGED,
                   "kafka: topic %.200s partition %u: offset %" PRId64
                   " is no change of a state",
                   changelog->topic->full, changelog->partition,
                   message->offset);
}

static enum mr_code flush(struct kafka_changelog *changelog,
                          struct mr_batch *batch, struct mr_err *err)
{
    enum mr_code code;

    add_note(changelog, batch, changelog->next);
    code = mr_store_write(store_of(changelog), batch, false, err);
    mr_batch_reset(batch);
    return code;
}

static enum mr_code take_change(struct kafka_changelog *changelog,
                                const rd_kafka_message_t *message,
                                struct mr_batch *batch, struct mr_err *err)
{
    struct mr_span key = { 0 };
    mr_space_id space = 0;
    enum mr_code code = split_key(changelog, message, &space, &key, err);

    if (code != MR_OK)
        return code;
    if (message->payload == NULL)
        mr_batch_delete(batch, space, key);
    else
        mr_batch_put(batch, space, key,
                     mr_span(message->payload, message->len));
    changelog->next = (uint64_t)message->offset + 1;
    if (mr_batch_count(batch) < RESTORE_OPS_MAX)
        return MR_OK;
    return flush(changelog, batch, err);
}

/* One step of the restore. */
static enum mr_code read_change(struct kafka_changelog *changelog,
                                rd_kafka_t *consumer, struct mr_batch *batch,
                                struct mr_err *err)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, SILENCE_MS);
    enum mr_code code = MR_OK;

    if (message == NULL)
        return mr_fail(err, MR_E_TIMEOUT,
                       "kafka: topic %.200s partition %u: nothing for %d s at "
                       "offset %" PRIu64 " of the state; kafka-transactions "
                       "find-hanging tells if a transaction was left open",
                       changelog->topic->full, changelog->partition,
                       SILENCE_MS / 1000, changelog->next);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = take_change(changelog, message, batch, err);
    else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        changelog->next = (uint64_t)message->offset;
    else if (kafka_code(message->err) != MR_E_UNAVAILABLE)
        code = kafka_fail(err, message->err, changelog->topic->full,
                          rd_kafka_message_errstr(message));
    rd_kafka_message_destroy(message);
    return code;
}

static enum mr_code read_to(struct kafka_changelog *changelog,
                            rd_kafka_t *consumer, uint64_t end,
                            struct mr_err *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    struct mr_batch *batch = mr_batch_new();
    rd_kafka_resp_err_t failure;
    enum mr_code code = MR_OK;

    rd_kafka_topic_partition_list_add(list, changelog->topic->full,
                                      (int32_t)changelog->partition)
        ->offset = (int64_t)changelog->next;
    failure = rd_kafka_assign(consumer, list);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        code = kafka_fail(err, failure, changelog->topic->full, NULL);
    while (code == MR_OK && changelog->next < end)
        code = read_change(changelog, consumer, batch, err);
    if (code == MR_OK)
        code = flush(changelog, batch, err);
    (void)rd_kafka_assign(consumer, NULL);
    mr_batch_free(batch);
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

enum mr_code kafka_changelog_restore(struct kafka_changelog *changelog,
                                     rd_kafka_t *consumer, struct mr_err *err)
{
    uint64_t end = 0;
    enum mr_code code = kafka_high_end(changelog->kafka, changelog->topic,
                                       changelog->partition, &end, err);

    if (code == MR_OK)
        code = find_start(changelog, end, err);
    if (code == MR_OK && changelog->next < end)
        code = read_to(changelog, consumer, end, err);
    return code;
}

/* How the changelog names a space; NULL: it is not of it. */
static const char *short_name(struct kafka_changelog *changelog, mr_space_id id)
{
    const char *name = kafka_spaces_name(changelog->kafka->spaces, id);
    size_t size = strlen(changelog->spaces);

    if (name == NULL || strncmp(name, changelog->spaces, size) != 0)
        return NULL;
    return name + size;
}

enum mr_code kafka_changelog_check(struct kafka_changelog *changelog,
                                   const struct mr_batch *state,
                                   struct mr_err *err)
{
    for (size_t i = 0; i < mr_batch_count(state); i++) {
        const struct mr_batch_op *op = mr_batch_at(state, i);

        if (short_name(changelog, op->space) == NULL)
            return mr_fail(err, MR_E_INVALID,
                           "store: the space %u is not of the state %s",
                           op->space, changelog->spaces);
    }
    return MR_OK;
}

/* One change on its way to the cluster. */
struct sending {
    struct kafka_changelog *changelog;
    rd_kafka_t *producer;
    struct mr_arena *arena;
    const char *space;
    int64_t now_ms;
};

static enum mr_code send_change(struct sending *sending, struct mr_span key,
                                struct mr_span value, struct mr_err *err)
{
    size_t name = strlen(sending->space) + 1;
    uint8_t *full = mr_arena_alloc(sending->arena, name + key.size);
    struct mr_record record = { .key = mr_span(full, name + key.size),
                                .value = value };

    memcpy(full, sending->space, name);
    if (key.size > 0)
        memcpy(full + name, key.data, key.size);
    return kafka_produce(sending->producer, sending->changelog->topic,
                         sending->changelog->partition, &record,
                         sending->now_ms, sending->changelog, err);
}

static enum mr_code send_deletion(void *context, struct mr_span key,
                                  struct mr_span value, bool *stop,
                                  struct mr_err *err)
{
    (void)value;
    (void)stop;
    return send_change(context, key, (struct mr_span){ 0 }, err);
}

static bool is_within(struct mr_span key, const struct mr_batch_op *range)
{
    return mr_span_compare(key, range->key) >= 0 &&
           (range->value.data == NULL ||
            mr_span_compare(key, range->value) < 0);
}

/* A changelog has no ranges: each key that the range holds, in the store or
 * by the changes before, is deleted. */
static enum mr_code send_range(struct sending *sending,
                               const struct mr_batch *state, size_t nth,
                               struct mr_err *err)
{
    const struct mr_batch_op *range = mr_batch_at(state, nth);
    enum mr_code code =
        mr_store_scan(store_of(sending->changelog), range->space,
                      (struct mr_range){ range->key, range->value },
                      send_deletion, sending, err);

    for (size_t i = 0; i < nth && code == MR_OK; i++) {
        const struct mr_batch_op *op = mr_batch_at(state, i);

        if (op->kind == MR_BATCH_PUT && op->space == range->space &&
            is_within(op->key, range))
            code = send_change(sending, op->key, (struct mr_span){ 0 }, err);
    }
    return code;
}

enum mr_code kafka_changelog_produce(struct kafka_changelog *changelog,
                                     rd_kafka_t *producer,
                                     const struct mr_batch *state,
                                     struct mr_err *err)
{
    struct sending sending = {
        .changelog = changelog,
        .producer = producer,
        .arena = mr_arena_new(),
        .now_ms = mr_clock_wall_ms(changelog->kafka->clock),
    };
    enum mr_code code = MR_OK;

    changelog->produced = changelog->next;
    for (size_t i = 0; i < mr_batch_count(state) && code == MR_OK; i++) {
        const struct mr_batch_op *op = mr_batch_at(state, i);
        const struct mr_span none = { 0 };

        sending.space = short_name(changelog, op->space);
        if (op->kind == MR_BATCH_DELETE_RANGE)
            code = send_range(&sending, state, i, err);
        else if (op->kind == MR_BATCH_DELETE)
            code = send_change(&sending, op->key, none, err);
        else
            code = send_change(
                &sending, op->key,
                op->value.data == NULL ? mr_span("", 0) : op->value, err);
    }
    mr_arena_free(sending.arena);
    return code;
}

/* In two writes: a crash between them leaves the note behind the state, and
 * what is read again says the same. */
enum mr_code kafka_changelog_apply(struct kafka_changelog *changelog,
                                   const struct mr_batch *state,
                                   struct mr_err *err)
{
    struct mr_batch *note = mr_batch_new();
    enum mr_code code = mr_store_write(store_of(changelog), state, false, err);

    if (code == MR_OK) {
        changelog->next = changelog->produced;
        add_note(changelog, note, changelog->next);
        code = mr_store_write(store_of(changelog), note, false, err);
    }
    mr_batch_free(note);
    return code;
}
