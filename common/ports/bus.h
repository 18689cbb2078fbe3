// SPDX-License-Identifier: Apache-2.0
/*
 * bus.h - the port to the log: topics, and readers that commit once.
 * size: the whole contract of the bus in one place.
 *
 * A topic has partitions; a partition is a sequence of records with offsets
 * that rise from 0 and are never used again.  A record is a key, a value (or
 * none: a tombstone) and a few headers.  Topics marked MR_CLEANUP_COMPACT may
 * lose records that a later one of the same key replaced; what is left keeps
 * its offset.
 *
 * A reader stands for a group at the partitions it was opened with.  Its
 * commit makes outputs, state changes and positions visible in one step, or
 * none of them: that is where "once" is decided, see runtime/worker.h.
 *
 * Contract, held by every backend and tested by tests/contract/:
 *   - Records of one partition are delivered in order of offset, without gap
 *     (but for compaction) and without repeat between two commits.
 *   - A record is delivered only after what wrote it is committed.
 *   - A backend that has lost what a reader stands at answers MR_E_LOST with
 *     the range; it never skips.
 *   - After MR_E_FENCED the reader can only be closed.
 *
 * Memory:  spans given in are borrowed for the call; spans handed out live in
 *          the caller's arena.
 * Threads: a bus serves any number of threads; a reader one at a time.
 * I/O:     that of the backend.  Calls block no longer than their wait_ms,
 *          but for the disk or the broker.
 */
#ifndef COMMON_PORTS_BUS_H
#define COMMON_PORTS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_batch.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

/* Larger keys are refused at the front door already. */
#define MR_KEY_BYTES_MAX 512u
/* Kafka's default message size with room for headers; see wire/payload.h. */
#define MR_VALUE_BYTES_MAX (1000u * 1000u)
#define MR_TOPIC_NAME_MAX  200u
#define MR_PARTITIONS_MAX  1024u

/* Partition of a record to append: by murmur2 over its key. */
#define MR_PARTITION_BY_KEY UINT32_MAX

enum mr_cleanup {
    MR_CLEANUP_KEEP,    /* everything, until the operator says otherwise */
    MR_CLEANUP_COMPACT, /* at least the newest record of each key */
    MR_CLEANUP_EXPIRE,  /* what is younger than retention_ms */
};

struct mr_topic_spec {
    const char *name; /* [a-z0-9._-], at most MR_TOPIC_NAME_MAX */
    uint32_t partitions;
    enum mr_cleanup cleanup;
    /* For MR_CLEANUP_EXPIRE.  For MR_CLEANUP_COMPACT, how long a record is left
     * alone on a bus that does not know what its groups have read; 0: cleaned
     * as soon as may be. */
    int64_t retention_ms;
    const char *schema; /* what its values are, for foreign readers; static,
                           or NULL */
};

/* What mr_bus_topic() gives: names a topic within this process. */
typedef uint32_t mr_topic_id;

/* A header of a record on a topic of somebody else's. */
struct mr_record_header {
    const char *name;
    struct mr_span value; /* absent: it has none */
};

/* More are left out. */
#define MR_RECORD_HEADERS_MAX 256u

struct mr_record {
    mr_topic_id topic;
    uint32_t partition;   /* to append: may be MR_PARTITION_BY_KEY */
    uint64_t offset;      /* set by the bus */
    int64_t append_ms;    /* wall time of the append, set by the bus */
    uint64_t version;     /* header: the document's version, 0 on raw */
    int64_t time_ms;      /* header: event time, 0 for none */
    struct mr_span key;   /* at most MR_KEY_BYTES_MAX */
    struct mr_span value; /* absent for a tombstone */
    struct mr_span trace; /* header: W3C traceparent, or absent */
    /* All headers, where the topic is somebody else's; not for append. */
    const struct mr_record_header *headers;
    size_t header_count;
};

/* A place in a partition: the offset of the next record to read. */
struct mr_position {
    mr_topic_id topic;
    uint32_t partition;
    uint64_t next;
};

/*
 * Where the state that a reader commits is kept beyond this machine, for a bus
 * that is not on it: a compacted topic.  Opening the reader makes the spaces
 * of the store whose names begin with `spaces` what the changelog says.  A bus
 * on one handle with its store has no need of it.
 */
struct mr_changelog {
    const char *topic;
    uint32_t partitions; /* of the topic */
    uint32_t partition;  /* this reader's alone */
    const char *spaces;
};

struct mr_reader_spec {
    /* Whose positions are used and committed.  NULL: nobody's; the reader
     * starts at the positions given below and commits nothing. */
    const char *group;
    /* The partitions to read.  With a group, `next` is where to begin when
     * the group has no position there yet (UINT64_MAX: at the end). */
    const struct mr_position *partitions;
    size_t count;
    const struct mr_changelog *changelog; /* NULL: it commits no state */
};

/* Bounds of one poll; the first record is given whatever its size. */
struct mr_poll_limits {
    uint32_t records_max;
    size_t bytes_max;
    int wait_ms; /* 0 does not wait; else returns at the first record */
};

struct mr_batch_in {
    struct mr_record *records; /* by partition in order of offset */
    size_t count;
};

/* What one commit holds.  Any part may be empty. */
struct mr_commit {
    const struct mr_record *outputs; /* appended in this order */
    size_t output_count;
    const struct mr_batch *state; /* NULL for none */
    const struct mr_position *positions;
    size_t position_count;
};

struct mr_bus;
struct mr_bus_reader;

struct mr_bus_ops {
    enum mr_code (*topic)(struct mr_bus *bus, const struct mr_topic_spec *spec,
                          mr_topic_id *out, struct mr_err *err);
    enum mr_code (*append)(struct mr_bus *bus, struct mr_record *records,
                           size_t count, struct mr_err *err);
    enum mr_code (*fetch)(struct mr_bus *bus, mr_topic_id topic,
                          uint32_t partition, uint64_t offset,
                          struct mr_arena *arena, struct mr_record *out,
                          struct mr_err *err);
    enum mr_code (*bounds)(struct mr_bus *bus, mr_topic_id topic,
                           uint32_t partition, uint64_t *begin, uint64_t *end,
                           struct mr_err *err);
    enum mr_code (*find_time)(struct mr_bus *bus, mr_topic_id topic,
                              uint32_t partition, int64_t time_ms,
                              uint64_t *out, struct mr_err *err);
    enum mr_code (*sync)(struct mr_bus *bus, struct mr_err *err);
    enum mr_code (*reader)(struct mr_bus *bus,
                           const struct mr_reader_spec *spec,
                           struct mr_bus_reader **out, struct mr_err *err);
};

struct mr_bus_reader_ops {
    enum mr_code (*poll)(struct mr_bus_reader *reader,
                         const struct mr_poll_limits *limits,
                         struct mr_arena *arena, struct mr_batch_in *out,
                         struct mr_err *err);
    enum mr_code (*commit)(struct mr_bus_reader *reader,
                           const struct mr_commit *commit, struct mr_err *err);
    enum mr_code (*rewind)(struct mr_bus_reader *reader, struct mr_err *err);
    void (*position)(struct mr_bus_reader *reader, struct mr_position *at);
    void (*wake)(struct mr_bus_reader *reader);
    void (*close)(struct mr_bus_reader *reader);
};

/* Backends embed these as their first member. */
struct mr_bus {
    const struct mr_bus_ops *ops;
    /* It asks other machines, and may wait for their answers: who only wants to
     * tell how far something is keeps the last answer. */
    bool remote;
};

struct mr_bus_reader {
    const struct mr_bus_reader_ops *ops;
};

/*
 * Creates the topic or checks the one that is there, and names it.
 * MR_E_CONFIG: it exists with other partitions or cleanup.
 */
MR_MUST_CHECK static inline enum mr_code mr_bus_topic(
    struct mr_bus *bus, const struct mr_topic_spec *spec, mr_topic_id *out,
    struct mr_err *err)
{
    return bus->ops->topic(bus, spec, out, err);
}

/*
 * Appends for a writer that is no worker (the front door, a source, an event).
 * On MR_OK the records survive a power cut, and each has its partition,
 * offset and append_ms.  Concurrent calls share a sync.  On failure it is
 * unknown which were appended.  MR_E_LIMIT: a key or value is too long.
 */
MR_MUST_CHECK static inline enum mr_code mr_bus_append(
    struct mr_bus *bus, struct mr_record *records, size_t count,
    struct mr_err *err)
{
    return bus->ops->append(bus, records, count, err);
}

/*
 * One committed record by its place.  MR_E_LOST: it is not there any more.
 */
MR_MUST_CHECK static inline enum mr_code mr_bus_fetch(
    struct mr_bus *bus, mr_topic_id topic, uint32_t partition, uint64_t offset,
    struct mr_arena *arena, struct mr_record *out, struct mr_err *err)
{
    return bus->ops->fetch(bus, topic, partition, offset, arena, out, err);
}

/* The first offset held and the one that the next append gets. */
MR_MUST_CHECK static inline enum mr_code mr_bus_bounds(
    struct mr_bus *bus, mr_topic_id topic, uint32_t partition, uint64_t *begin,
    uint64_t *end, struct mr_err *err)
{
    return bus->ops->bounds(bus, topic, partition, begin, end, err);
}

/*
 * The first offset whose record was appended at `time_ms` or later; the end
 * when there is none.  The times of a partition are taken to rise: where a
 * clock was set back, it is one of the places where they pass `time_ms`.
 */
MR_MUST_CHECK static inline enum mr_code mr_bus_find_time(
    struct mr_bus *bus, mr_topic_id topic, uint32_t partition, int64_t time_ms,
    uint64_t *out, struct mr_err *err)
{
    return bus->ops->find_time(bus, topic, partition, time_ms, out, err);
}

/* All that was appended or committed before the call survives a power cut. */
MR_MUST_CHECK static inline enum mr_code mr_bus_sync(struct mr_bus *bus,
                                                     struct mr_err *err)
{
    return bus->ops->sync(bus, err);
}

/*
 * Opens a reader, closed by mr_bus_close_reader().  Two readers of one group
 * never share a partition: MR_E_BUSY, or the older one is fenced.
 */
MR_MUST_CHECK static inline enum mr_code mr_bus_reader(
    struct mr_bus *bus, const struct mr_reader_spec *spec,
    struct mr_bus_reader **out, struct mr_err *err)
{
    return bus->ops->reader(bus, spec, out, err);
}

/*
 * The next records of any of its partitions, none after wait_ms or a wake.
 * Partitions take turns; `out` lives in `arena`.
 */
MR_MUST_CHECK static inline enum mr_code mr_bus_poll(
    struct mr_bus_reader *reader, const struct mr_poll_limits *limits,
    struct mr_arena *arena, struct mr_batch_in *out, struct mr_err *err)
{
    return reader->ops->poll(reader, limits, arena, out, err);
}

/*
 * Outputs, state and positions in one step.  On the embedded bus it survives
 * kill -9 at once, and a power cut after the next sync; on a remote one other
 * readers may see the outputs a moment after the call has returned.  After a
 * failure nothing or all of it happened; the caller rewinds and works again.
 */
MR_MUST_CHECK static inline enum mr_code mr_bus_commit(
    struct mr_bus_reader *reader, const struct mr_commit *commit,
    struct mr_err *err)
{
    return reader->ops->commit(reader, commit, err);
}

/* Back to the committed positions: polls give the same records again. */
MR_MUST_CHECK static inline enum mr_code mr_bus_rewind(
    struct mr_bus_reader *reader, struct mr_err *err)
{
    return reader->ops->rewind(reader, err);
}

/*
 * Sets at->next to where the reader stands in that partition, one of its own:
 * all before it was polled, or holds no record that will ever be given.  After
 * a poll that gave nothing though it waited for nothing, that is the end.
 */
static inline void mr_bus_position(struct mr_bus_reader *reader,
                                   struct mr_position *at)
{
    reader->ops->position(reader, at);
}

/* Ends the present or next wait of a poll; from any thread. */
static inline void mr_bus_wake(struct mr_bus_reader *reader)
{
    reader->ops->wake(reader);
}

/* NULL does nothing. What was polled and not committed comes again. */
static inline void mr_bus_close_reader(struct mr_bus_reader *reader)
{
    if (reader != NULL)
        reader->ops->close(reader);
}

#endif
