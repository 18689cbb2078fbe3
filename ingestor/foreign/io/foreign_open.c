// SPDX-License-Identifier: Apache-2.0
/*
 * foreign_open.c - a topic's worker opened and closed; see foreign.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mr_mem.h"
#include "ingestor/foreign/io/foreign_parts.h"

static enum mr_code load_schema(struct foreign *foreign, struct mr_err *err)
{
    const struct source_config *config = foreign->spec.config;
    struct mr_buf bytes = mr_buf(PROTO_SCHEMA_BYTES_MAX + 1);
    FILE *file;
    size_t size;
    enum mr_code code;

    if (!foreign_map_wants_schema(config))
        return MR_OK;
    file = fopen(config->descriptor, "re");
    if (file == NULL)
        return mr_fail_errno(err, MR_E_CONFIG, errno,
                             "descriptor: cannot read %.350s",
                             config->descriptor);
    do {
        char part[65536];

        size = fread(part, 1, sizeof(part), file);
        mr_buf_append(&bytes, part, size);
    } while (size > 0 && bytes.size <= PROTO_SCHEMA_BYTES_MAX);
    (void)fclose(file);
    if (bytes.full || bytes.size > PROTO_SCHEMA_BYTES_MAX)
        code = mr_fail(err, MR_E_CONFIG,
                       "descriptor: %.350s is larger than %zu MiB",
                       config->descriptor, PROTO_SCHEMA_BYTES_MAX >> 20);
    else
        code = proto_schema_parse(mr_buf_bytes(&bytes), config->message,
                                  &foreign->schema, err);
    mr_buf_deinit(&bytes);
    return code;
}

void foreign_name_group(struct foreign *foreign)
{
    foreign->topic.group =
        mr_arena_printf(foreign->arena, "%s.source.%s",
                        foreign->place->collection, foreign->spec.config->name);
}

/* The topic; partitions that were there when the source began have positions,
 * and those that came since are read from their first record. */
static enum mr_code find_topic(struct foreign *foreign, struct mr_err *err)
{
    const struct source_config *config = foreign->spec.config;
    const struct ingestor_spec *ingestor = foreign->spec.ingestor;
    enum mr_code code;

    if (ingestor->foreign == NULL)
        return mr_fail(err, MR_E_CONFIG,
                       "topics of others are read with \"bus: kafka\" only");
    code = ingestor->foreign(ingestor->context, config->topic,
                             &foreign->topic.topic, &foreign->partitions, err);
    foreign->topic.name = config->topic;
    foreign_name_group(foreign);
    if (strcmp(config->from, "end") == 0)
        foreign->topic.from_end_below = foreign->meta.end_count > 0
                                            ? foreign->meta.end_count
                                            : foreign->partitions;
    return code;
}

static enum mr_code load_meta(struct foreign *foreign, struct mr_err *err)
{
    enum mr_code code = meta_space(foreign->place, foreign->spec.config->name,
                                   "meta", &foreign->meta_space, err);

    return code == MR_OK ? meta_load(foreign->place, foreign->meta_space,
                                     foreign->arena, &foreign->meta, err)
                         : code;
}

/* A source that begins at the end begins at the end of today: without this,
 * what comes before its first commit could be passed by. */
static enum mr_code settle(struct foreign *foreign, struct mr_err *err)
{
    struct mr_position *at =
        mr_arena_calloc(foreign->arena, foreign->partitions, sizeof(*at));
    const struct mr_reader_spec spec = { .group = foreign->topic.group,
                                         .partitions = at,
                                         .count = foreign->partitions };
    const struct mr_commit commit = { .positions = at,
                                      .position_count = foreign->partitions };
    struct mr_bus_reader *reader = NULL;
    enum mr_code code = MR_OK;

    if (foreign->topic.from_end_below == 0)
        return MR_OK;
    for (uint32_t i = 0; code == MR_OK && i < foreign->partitions; i++) {
        uint64_t end;

        at[i].topic = foreign->topic.topic;
        at[i].partition = i;
        code = mr_bus_bounds(foreign->place->bus, at[i].topic, i, &at[i].next,
                             &end, err);
        if (i < foreign->topic.from_end_below)
            at[i].next = UINT64_MAX;
    }
    if (code == MR_OK)
        code = mr_bus_reader(foreign->place->bus, &spec, &reader, err);
    for (uint32_t i = 0; code == MR_OK && i < foreign->partitions; i++)
        mr_bus_position(reader, &at[i]);
    if (code == MR_OK)
        code = mr_bus_commit(reader, &commit, err);
    mr_bus_close_reader(reader);
    return code;
}

enum mr_code foreign_open_worker(struct foreign *foreign,
                                 const struct foreign_stage_spec *stage,
                                 uint32_t partitions, struct mr_err *err)
{
    uint32_t *numbers =
        mr_arena_calloc(foreign->arena, partitions, sizeof(*numbers));
    struct mr_worker_spec spec = {
        .place = foreign->place,
        .partitions = numbers,
        .partition_count = partitions,
        .telemetry = foreign->spec.ingestor->telemetry,
        .flight = foreign->spec.ingestor->flight,
    };

    for (uint32_t i = 0; i < partitions; i++)
        numbers[i] = i;
    foreign->stage = foreign_stage_new(stage);
    spec.stage = foreign_stage_port(foreign->stage);
    return mr_worker_new(&spec, &foreign->worker, err);
}

static enum mr_code open_topic(struct foreign *foreign, struct mr_err *err)
{
    struct foreign_stage_spec stage = {
        .place = foreign->place,
        .config = foreign->spec.config,
        .topic = &foreign->topic,
        .map = &foreign->map,
    };
    enum mr_code code = foreign_map_parse(foreign->spec.config, foreign->arena,
                                          &foreign->map, err);

    if (code == MR_OK)
        code = load_schema(foreign, err);
    stage.schema = foreign->schema;
    if (code == MR_OK)
        code = load_meta(foreign, err);
    if (code == MR_OK)
        code = find_topic(foreign, err);
    if (code == MR_OK)
        code = settle(foreign, err);
    if (code == MR_OK)
        code = foreign_open_worker(foreign, &stage, foreign->partitions, err);
    foreign->looked_at_us = mr_clock_mono_us(foreign->place->clock);
    return code;
}

struct foreign *foreign_allocate(const struct foreign_spec *spec)
{
    const struct ingestor_spec *ingestor = spec->ingestor;
    const struct outbox_spec outbox = {
        .place = ingestor->place,
        .progress = spec->progress,
        .source = spec->config->name,
        .rank = spec->config->rank,
        .stop = spec->stop,
        .keyword_lag = ingestor->keyword_lag,
        .keyword_lag_max = ingestor->keyword_lag_max,
        .may_write = ingestor->may_write,
        .context = ingestor->context,
    };
    struct foreign *foreign = mr_calloc(1, sizeof(*foreign));

    foreign->spec = *spec;
    foreign->place = ingestor->place;
    foreign->arena = mr_arena_new();
    foreign->outbox = outbox_new(&outbox);
    return foreign;
}

enum mr_code foreign_open(const struct foreign_spec *spec, struct foreign **out,
                          struct mr_err *err)
{
    struct foreign *foreign = foreign_allocate(spec);
    enum mr_code code = open_topic(foreign, err);

    if (code == MR_OK)
        *out = foreign;
    else
        foreign_close(foreign);
    return code;
}

void foreign_close(struct foreign *foreign)
{
    if (foreign == NULL)
        return;
    mr_worker_free(foreign->worker);
    outbox_free(foreign->outbox);
    proto_schema_free(foreign->schema);
    mr_arena_free(foreign->arena);
    mr_free(foreign);
}
