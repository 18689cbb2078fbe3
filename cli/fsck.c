// SPDX-License-Identifier: Apache-2.0
/*
 * fsck.c - see fsck.h.
 */
#include "cli/fsck.h"

#include <stdio.h>

struct group {
    const char *stage; /* "embed" is followed by its model */
    enum mr_topic reads;
};

static const struct group groups[] = {
    { "clean", MR_TOPIC_RAW },       { "curate", MR_TOPIC_SIGNATURES },
    { "admit", MR_TOPIC_CLEAN },     { "admit", MR_TOPIC_VERDICTS },
    { "embed", MR_TOPIC_DOCUMENTS },
};

enum mr_code fsck_catch_up(const struct fsck *fsck, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < fsck->shard_count; i++) {
        bool worked = true;

        while (code == MR_OK && worked)
            code = shard_step(fsck->shards[i], 0, &worked, err);
    }
    return code;
}

/* Records between where the group stands and the end. */
static enum mr_code behind_at(const struct mr_place *place, const char *name,
                              struct mr_position *at, uint64_t *out,
                              struct mr_err *err)
{
    struct mr_reader_spec spec = { .group = name,
                                   .partitions = at,
                                   .count = 1 };
    struct mr_poll_limits limits = { .records_max = 1, .bytes_max = 1 };
    struct mr_arena *arena = mr_arena_new();
    struct mr_batch_in batch;
    struct mr_bus_reader *reader = NULL;
    uint64_t end;
    enum mr_code code = mr_bus_bounds(place->bus, at->topic, at->partition,
                                      &at->next, &end, err);

    if (code == MR_OK)
        code = mr_bus_reader(place->bus, &spec, &reader, err);
    if (code == MR_OK)
        code = mr_bus_poll(reader, &limits, arena, &batch, err);
    if (code == MR_OK && batch.count > 0)
        *out += end - batch.records[0].offset;
    mr_bus_close_reader(reader);
    mr_arena_free(arena);
    return code;
}

static enum mr_code behind_of(const struct fsck *fsck,
                              const struct group *group, uint64_t *out,
                              struct mr_err *err)
{
    const struct mr_place *place = fsck->place;
    bool embeds = group->reads == MR_TOPIC_DOCUMENTS;
    char name[MR_TOPIC_NAME_MAX + 1];
    enum mr_code code = MR_OK;

    (void)snprintf(name, sizeof(name), "%s.%u.%s%s%s", place->collection,
                   place->generation, group->stage, embeds ? "." : "",
                   embeds ? place->model : "");
    for (uint32_t i = 0; code == MR_OK && i < place->partitions; i++) {
        struct mr_position at = { .topic = place->topics[group->reads],
                                  .partition = i };

        code = behind_at(place, name, &at, out, err);
    }
    return code;
}

enum mr_code fsck_behind(const struct fsck *fsck, struct fsck_result *out,
                         struct mr_err *err)
{
    enum mr_code code = MR_OK;

    *out = (struct fsck_result){ 0 };
    for (size_t i = 0; code == MR_OK && i < sizeof(groups) / sizeof(groups[0]);
         i++)
        code = behind_of(fsck, &groups[i], &out->behind, err);
    return code;
}

static enum mr_code verify_index(const struct fsck *fsck,
                                 struct fsck_result *out, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < fsck->shard_count; i++) {
        struct shard_verified one;

        code = shard_verify(fsck->shards[i], fsck->found, fsck->context, &one,
                            err);
        out->index.documents += one.documents;
        out->index.vectors += one.vectors;
        out->index.keyword_entries += one.keyword_entries;
        out->index.dense_entries += one.dense_entries;
        out->findings += one.findings;
    }
    return code;
}

enum mr_code fsck_run(const struct fsck *fsck, struct fsck_result *out,
                      struct mr_err *err)
{
    enum mr_code code = fsck_behind(fsck, out, err);

    if (code == MR_OK)
        code = verify_index(fsck, out, err);
    for (uint32_t i = 0;
         code == MR_OK && out->behind == 0 && i < fsck->place->partitions; i++)
        code = fsck_raw(fsck, i, out, err);
    return code;
}
