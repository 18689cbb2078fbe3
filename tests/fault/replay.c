// SPDX-License-Identifier: Apache-2.0
/*
 * replay.c - fault_replay FROM TO PARTITIONS: copies `raw` of a data folder on
 * which nobody works into a new one, record by record, with the offsets and the
 * times that they had.
 *
 * What a millrace makes of the new folder is what it would have made of the old
 * one, had nothing disturbed it.  Blobs are files: copy FROM/blobs first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/backends/memory/mr_virtual_clock.h"
#include "common/backends/rocksdb/mr_rocksdb.h"
#include "common/base/mr_arena.h"
#include "common/wire/topics.h"

struct side {
    struct mr_rocksdb *db;
    struct mr_bus *bus;
    mr_topic_id raw;
};

static void must(enum mr_code code, const struct mr_err *err)
{
    if (code == MR_OK)
        return;
    (void)fprintf(stderr, "replay: %s\n", err->text);
    exit(1);
}

static struct side open_side(const char *folder, uint32_t partitions,
                             struct mr_clock *clock)
{
    const struct mr_topic_scope scope = { .collection = "main",
                                          .generation = 1,
                                          .model = "none",
                                          .partitions = partitions };
    char path[4096];
    char name[MR_TOPIC_NAME_MAX + 1];
    struct mr_rocksdb_spec spec = { .path = path, .clock = clock };
    struct mr_topic_spec topic;
    struct mr_err err = { 0 };
    struct side side = { 0 };

    (void)snprintf(path, sizeof(path), "%s/log", folder);
    must(mr_rocksdb_open(&spec, &side.db, &err), &err);
    side.bus = mr_rocksdb_bus(side.db);
    must(mr_topic_spec_of(MR_TOPIC_RAW, &scope, name, &topic, &err), &err);
    must(mr_bus_topic(side.bus, &topic, &side.raw, &err), &err);
    return side;
}

/* The next record of a partition; false at its end. */
static bool peek(const struct side *from, uint32_t partition, uint64_t next,
                 struct mr_arena *arena, struct mr_record *out)
{
    struct mr_err err = { 0 };
    uint64_t begin;
    uint64_t end;

    must(mr_bus_bounds(from->bus, from->raw, partition, &begin, &end, &err),
         &err);
    if (next >= end)
        return false;
    must(mr_bus_fetch(from->bus, from->raw, partition, next, arena, out, &err),
         &err);
    return true;
}

/* The oldest record that is still to be copied, over all partitions. */
static bool next_record(const struct side *from, uint32_t partitions,
                        uint64_t *next, struct mr_arena *arena,
                        struct mr_record *out)
{
    bool found = false;

    for (uint32_t i = 0; i < partitions; i++) {
        struct mr_record one;

        if (!peek(from, i, next[i], arena, &one) ||
            (found && one.append_ms >= out->append_ms))
            continue;
        *out = one;
        found = true;
    }
    if (found)
        next[out->partition]++;
    return found;
}

static uint64_t copy(const struct side *from, const struct side *to,
                     uint32_t partitions, struct mr_virtual_clock *clock)
{
    struct mr_clock *time = mr_virtual_clock_port(clock);
    uint64_t *next = calloc(partitions, sizeof(*next));
    struct mr_arena *arena = mr_arena_new();
    struct mr_record record;
    struct mr_err err = { 0 };
    uint64_t count = 0;

    while (next_record(from, partitions, next, arena, &record)) {
        int64_t ahead = record.append_ms - mr_clock_wall_ms(time);
        uint64_t offset = record.offset;

        if (ahead > 0)
            mr_virtual_clock_advance(clock, ahead);
        record.topic = to->raw;
        must(mr_bus_append(to->bus, &record, 1, &err), &err);
        if (record.offset != offset) {
            (void)fprintf(stderr, "replay: offset %llu became %llu\n",
                          (unsigned long long)offset,
                          (unsigned long long)record.offset);
            exit(1);
        }
        mr_arena_reset(arena);
        count++;
    }
    mr_arena_free(arena);
    free(next);
    return count;
}

int main(int argc, char **argv)
{
    struct mr_virtual_clock *clock = mr_virtual_clock_new(1, false);
    uint32_t partitions = argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
    struct side from;
    struct side to;

    if (partitions == 0) {
        (void)fprintf(stderr, "usage: fault_replay FROM TO PARTITIONS\n");
        return 2;
    }
    (void)mkdir(argv[2], 0755);
    from = open_side(argv[1], partitions, NULL);
    to = open_side(argv[2], partitions, mr_virtual_clock_port(clock));
    (void)printf("%llu records\n",
                 (unsigned long long)copy(&from, &to, partitions, clock));
    mr_rocksdb_close(to.db);
    mr_rocksdb_close(from.db);
    mr_virtual_clock_free(clock);
    return 0;
}
