// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_reader.c - a reader's life: open, assign, rewind, close.
 */
#include "common/backends/kafka/kafka_reader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/backends/kafka/kafka_error.h"
#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_mem.h"

static struct kafka_reader *reader_of(struct mr_bus_reader *port)
{
    return (struct kafka_reader *)port;
}

struct kafka_place *kafka_place_of(struct kafka_reader *reader,
                                   const struct mr_position *position)
{
    for (size_t i = 0; i < reader->count; i++) {
        if (reader->places[i].topic->id == position->topic &&
            reader->places[i].partition == position->partition)
            return &reader->places[i];
    }
    return NULL;
}

/* --- assignment --- */

static void drop_queue(struct kafka_place *place)
{
    if (place->queue == NULL)
        return;
    rd_kafka_queue_io_event_enable(place->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(place->queue);
    place->queue = NULL;
}

/*
 * From now on a record, or the end, is told at wake_fd.  Anew before each
 * assignment: the client forgets a partition that it does not know yet when
 * it is no longer assigned, and the queue with it.
 */
static enum mr_code take_queues(struct kafka_reader *reader, struct mr_err *err)
{
    const uint64_t once = 1;

    for (size_t i = 0; i < reader->count; i++) {
        struct kafka_place *place = &reader->places[i];

        drop_queue(place);
        place->queue = rd_kafka_queue_get_partition(
            reader->consumer, place->topic->full, (int32_t)place->partition);
        if (place->queue == NULL)
            return mr_fail(err, MR_E_UNAVAILABLE,
                           "kafka: no queue for topic %.200s partition %u",
                           place->topic->full, place->partition);
        rd_kafka_queue_forward(place->queue, NULL);
        rd_kafka_queue_io_event_enable(place->queue, reader->wake_fd, &once,
                                       sizeof(once));
    }
    return MR_OK;
}

enum mr_code kafka_assign_places(struct kafka_reader *reader,
                                 struct mr_err *err)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_resp_err_t failure;
    enum mr_code code = take_queues(reader, err);

    if (code != MR_OK)
        return code;
    list = kafka_list_places(reader);
    failure = rd_kafka_assign(reader->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(err, failure, "assign", NULL);
    return MR_OK;
}

/* --- the ports --- */

static void forget_read(struct kafka_reader *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        struct kafka_place *place = &reader->places[i];

        if (place->held != NULL)
            rd_kafka_message_destroy(place->held);
        place->held = NULL;
        place->next = place->committed;
        place->seen = place->committed;
        place->epoch = place->committed_epoch;
    }
    reader->broken = (struct mr_err){ 0 };
}

/* After assign(NULL) the client gives nothing more of what it had read. */
static enum mr_code begin_again(struct kafka_reader *reader, struct mr_err *err)
{
    rd_kafka_resp_err_t failure = rd_kafka_assign(reader->consumer, NULL);
    enum mr_code code = MR_OK;

    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(err, failure, "assign", NULL);
    if (reader->unsure)
        code = kafka_take_over(reader, err);
    if (code != MR_OK)
        return code;
    forget_read(reader);
    return kafka_assign_places(reader, err);
}

/* After one that failed nothing is assigned: polls fail until it is. */
static enum mr_code rewind_reader(struct mr_bus_reader *port,
                                  struct mr_err *err)
{
    struct kafka_reader *reader = reader_of(port);
    struct mr_err why = { 0 };
    enum mr_code code;

    if (reader->fenced.code != MR_OK)
        return mr_fail(err, MR_E_FENCED, "%s", reader->fenced.text);
    code = begin_again(reader, &why);
    if (code == MR_OK)
        return MR_OK;
    reader->broken = why;
    return mr_fail(err, code, "%s", why.text);
}

/* Past the last record, where the end of a transaction may stand, too. */
static void position(struct mr_bus_reader *port, struct mr_position *at)
{
    const struct kafka_place *place = kafka_place_of(reader_of(port), at);

    at->next = place->held != NULL || place->seen < place->next ? place->next
                                                                : place->seen;
}

static void wake(struct mr_bus_reader *port)
{
    struct kafka_reader *reader = reader_of(port);
    uint64_t once = 1;
    ssize_t written;

    atomic_store(&reader->woken, true);
    written = write(reader->wake_fd, &once, sizeof(once));
    (void)written; /* a full counter wakes as well */
}

static void free_reader(struct kafka_reader *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        struct kafka_place *place = &reader->places[i];

        if (place->held != NULL)
            rd_kafka_message_destroy(place->held);
        drop_queue(place);
    }
    if (reader->membership != NULL)
        rd_kafka_consumer_group_metadata_destroy(reader->membership);
    kafka_drop(reader->producer);
    kafka_drop(reader->consumer);
    if (reader->changelogged)
        kafka_changelog_close(&reader->changelog);
    if (reader->wake_fd >= 0)
        (void)close(reader->wake_fd);
    mr_free(reader->group);
    mr_free(reader->transactions);
    mr_free(reader->places);
    mr_free(reader);
}

static void leave(struct kafka_reader *reader)
{
    struct mr_kafka *kafka = reader->kafka;
    struct kafka_reader **link = &kafka->readers;

    (void)pthread_mutex_lock(&kafka->lock);
    while (*link != reader)
        link = &(*link)->older;
    *link = reader->older;
    (void)pthread_mutex_unlock(&kafka->lock);
}

static void close_reader(struct mr_bus_reader *port)
{
    struct kafka_reader *reader = reader_of(port);

    leave(reader);
    free_reader(reader);
}

/* --- opening --- */

static bool shares_partition(const struct kafka_reader *a,
                             const struct kafka_reader *b)
{
    for (size_t i = 0; i < a->count; i++) {
        for (size_t j = 0; j < b->count; j++) {
            if (a->places[i].topic == b->places[j].topic &&
                a->places[i].partition == b->places[j].partition)
                return true;
        }
    }
    return false;
}

/* Among the open readers, unless one of its group has a partition. */
static enum mr_code join(struct kafka_reader *reader, struct mr_err *err)
{
    struct mr_kafka *kafka = reader->kafka;
    struct kafka_reader *other;
    enum mr_code code = MR_OK;

    (void)pthread_mutex_lock(&kafka->lock);
    other = reader->group == NULL ? NULL : kafka->readers;
    while (other != NULL &&
           (other->group == NULL || strcmp(other->group, reader->group) != 0 ||
            !shares_partition(other, reader)))
        other = other->older;
    if (other != NULL) {
        code = mr_fail(err, MR_E_BUSY,
                       "bus: another reader of group %s has one of the "
                       "partitions; close it first",
                       reader->group);
    } else {
        reader->older = kafka->readers;
        kafka->readers = reader;
    }
    (void)pthread_mutex_unlock(&kafka->lock);
    return code;
}

static enum mr_code find_places(struct kafka_reader *reader,
                                const struct mr_reader_spec *spec,
                                struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < spec->count && code == MR_OK; i++) {
        const struct mr_position *at = &spec->partitions[i];
        struct kafka_place *place = &reader->places[i];

        code = kafka_find(reader->kafka, at->topic, at->partition,
                          &place->topic, err);
        place->partition = at->partition;
        place->committed = at->next;
        place->committed_epoch = -1;
    }
    return code;
}

/* Owners of one partition share the id, so that a newer fences an older. */
static void name_transactions(struct kafka_reader *reader)
{
    uint32_t lowest = UINT32_MAX;
    char name[MR_RULES_GROUP_MAX + KAFKA_NAME_MAX];

    for (size_t i = 0; i < reader->count; i++) {
        if (reader->places[i].partition < lowest)
            lowest = reader->places[i].partition;
    }
    (void)snprintf(name, sizeof(name), "%s.%u", reader->group, lowest);
    reader->transactions = mr_strdup(name);
    reader->membership = rd_kafka_consumer_group_metadata_new(reader->group);
}

static enum mr_code open_consumer(struct kafka_reader *reader,
                                  struct mr_err *err)
{
    enum mr_code code =
        kafka_handle(reader->kafka, KAFKA_CONSUMER,
                     reader->group == NULL ? "millrace" : reader->group,
                     &reader->consumer, err);

    if (code == MR_OK && rd_kafka_poll_set_consumer(reader->consumer) !=
                             RD_KAFKA_RESP_ERR_NO_ERROR)
        code = mr_fail(err, MR_E_UNAVAILABLE, "kafka: no queue to poll");
    return code;
}

static struct kafka_reader *new_reader(struct mr_kafka *kafka,
                                       const struct mr_reader_spec *spec)
{
    static const struct mr_bus_reader_ops ops = {
        .poll = kafka_poll,
        .commit = kafka_commit,
        .rewind = rewind_reader,
        .position = position,
        .wake = wake,
        .close = close_reader,
    };
    struct kafka_reader *reader = mr_calloc(1, sizeof(*reader));
    char group[MR_RULES_GROUP_MAX + KAFKA_NAME_MAX];

    reader->port.ops = &ops;
    reader->kafka = kafka;
    if (spec->group != NULL) {
        (void)snprintf(group, sizeof(group), "%s%s", kafka->prefix,
                       spec->group);
        reader->group = mr_strdup(group);
    }
    reader->places = mr_calloc(spec->count, sizeof(*reader->places));
    reader->count = spec->count;
    reader->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return reader;
}

static enum mr_code open_changelog(struct kafka_reader *reader,
                                   const struct mr_changelog *spec,
                                   struct mr_err *err)
{
    if (spec == NULL || reader->group == NULL)
        return MR_OK;
    reader->changelogged = true;
    return kafka_changelog_open(&reader->changelog, reader->kafka, spec, err);
}

static enum mr_code begin(struct kafka_reader *reader,
                          const struct mr_changelog *changelog,
                          struct mr_err *err)
{
    enum mr_code code = open_changelog(reader, changelog, err);

    if (reader->group != NULL)
        name_transactions(reader);
    if (code == MR_OK)
        code = open_consumer(reader, err);
    /* So that the client asks at once where the partitions are. */
    if (code == MR_OK)
        code = take_queues(reader, err);
    if (code == MR_OK)
        code = kafka_take_over(reader, err);
    if (code != MR_OK)
        return code;
    forget_read(reader);
    return kafka_assign_places(reader, err);
}

enum mr_code kafka_open_reader(struct mr_bus *bus,
                               const struct mr_reader_spec *spec,
                               struct mr_bus_reader **out, struct mr_err *err)
{
    struct mr_kafka *kafka = ((struct kafka_bus *)bus)->kafka;
    struct kafka_reader *reader;
    enum mr_code code = mr_rules_reader(spec, err);

    if (code != MR_OK)
        return code;
    reader = new_reader(kafka, spec);
    code = reader->wake_fd < 0
               ? mr_fail_errno(err, MR_E_UNAVAILABLE, errno, "kafka: eventfd")
               : find_places(reader, spec, err);
    if (code == MR_OK)
        code = join(reader, err);
    if (code != MR_OK) {
        free_reader(reader);
        return code;
    }
    code = begin(reader, spec->changelog, err);
    if (code != MR_OK) {
        close_reader(&reader->port);
        return code;
    }
    *out = &reader->port;
    return MR_OK;
}
