// SPDX-License-Identifier: Apache-2.0
/*
 * foreign.c - see foreign.h.
 */
#include "ingestor/foreign/io/foreign.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/runtime/worker.h"
#include "ingestor/foreign/io/foreign_stage.h"
#include "ingestor/foreign/protobuf.h"
#include "ingestor/io/meta.h"
#include "ingestor/io/outbox.h"

#define WAIT_MS          200 /* so soon a stop is heeded */
#define LAG_EVERY_US     INT64_C(1000000)
#define LOOK_EVERY_US    INT64_C(60000000) /* for partitions that were added */
#define RETRY_MS_MIN     100
#define RETRY_MS_MAX     5000
#define RETRY_TOLD_AFTER 3

struct foreign {
    struct foreign_spec spec;
    const struct mr_place *place;
    struct mr_arena *arena;
    struct foreign_map map;
    struct proto_schema *schema;
    struct mr_stage_foreign topic;
    uint32_t partitions;
    struct foreign_stage *stage; /* the worker's */
    struct mr_worker *worker;
    struct outbox *outbox; /* only to be held by it */
    mr_space_id meta_space;
    struct source_meta meta;
    unsigned tries; /* failures in a row */
    int64_t lag_at_us;
    int64_t looked_at_us;
    _Atomic uint64_t lag;
};

static int64_t now_us(const struct foreign *foreign)
{
    return mr_clock_mono_us(foreign->place->clock);
}

static int64_t wall_ms(const struct foreign *foreign)
{
    return mr_clock_wall_ms(foreign->place->clock);
}

/* --- opening --- */

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

static void name_group(struct foreign *foreign)
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
    name_group(foreign);
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

static enum mr_code open_worker(struct foreign *foreign,
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
    const struct foreign_stage_spec stage = {
        .place = foreign->place,
        .config = foreign->spec.config,
        .topic = &foreign->topic,
        .map = &foreign->map,
        .schema = foreign->schema,
    };
    enum mr_code code = foreign_map_parse(foreign->spec.config, foreign->arena,
                                          &foreign->map, err);

    if (code == MR_OK)
        code = load_schema(foreign, err);
    if (code == MR_OK)
        code = load_meta(foreign, err);
    if (code == MR_OK)
        code = find_topic(foreign, err);
    if (code == MR_OK)
        code = settle(foreign, err);
    if (code == MR_OK)
        code = open_worker(foreign, &stage, foreign->partitions, err);
    foreign->looked_at_us = now_us(foreign);
    return code;
}

static struct foreign *allocate(const struct foreign_spec *spec)
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
    struct foreign *foreign = allocate(spec);
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

uint64_t foreign_lag(const struct foreign *foreign)
{
    return foreign == NULL ? 0 : atomic_load(&foreign->lag);
}

/* --- rounds --- */

static bool is_stopped(const struct foreign *foreign)
{
    return atomic_load(foreign->spec.stop);
}

static void tell_failures(struct foreign *foreign,
                          const struct foreign_tally *tally)
{
    for (size_t i = 0; i < tally->told_count; i++) {
        const struct foreign_failure *failure = &tally->told[i];
        char where[320];

        (void)snprintf(where, sizeof(where), "%s %u/%llu", foreign->topic.name,
                       failure->partition, (unsigned long long)failure->offset);
        progress_problem(foreign->spec.progress, mr_span_str(where),
                         wall_ms(foreign), "%s; it is kept on dead",
                         failure->text);
    }
}

/* What was committed. */
static void take_tally(struct foreign *foreign)
{
    const struct foreign_tally *tally = foreign_stage_tally(foreign->stage);
    struct progress *progress = foreign->spec.progress;
    const struct {
        enum progress_count count;
        uint64_t add;
    } rows[] = {
        { PROGRESS_FOUND, tally->read },
        { PROGRESS_FETCHED, tally->read },
        { PROGRESS_SENT, tally->sent },
        { PROGRESS_DELETED, tally->deleted },
        { PROGRESS_UNCHANGED, tally->unchanged },
        { PROGRESS_FAILED, tally->failed },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].add > 0)
            progress_add(progress, rows[i].count, rows[i].add);
    }
    progress_set_documents(progress, tally->documents);
    tell_failures(foreign, tally);
}

/* Waits after a failure that may pass; it is told when it lasts. */
static void back_off(struct foreign *foreign, const struct mr_err *why)
{
    unsigned tries = foreign->tries < 6 ? foreign->tries : 6;
    int64_t ms = (int64_t)RETRY_MS_MIN << tries;

    if (foreign->tries++ == RETRY_TOLD_AFTER)
        progress_problem(foreign->spec.progress,
                         mr_span_str(foreign->topic.name), wall_ms(foreign),
                         "it is tried again: %s", why->text);
    ms = ms < RETRY_MS_MAX ? ms : RETRY_MS_MAX;
    for (int64_t slept = 0; slept < ms && !is_stopped(foreign);
         slept += RETRY_MS_MIN)
        mr_clock_sleep_ms(foreign->place->clock, RETRY_MS_MIN);
}

static void look_at_lag(struct foreign *foreign, bool now)
{
    struct mr_worker_status status;

    if (!now && now_us(foreign) - foreign->lag_at_us < LAG_EVERY_US)
        return;
    mr_worker_status(foreign->worker, &status);
    atomic_store(&foreign->lag, status.lag);
    foreign->lag_at_us = now_us(foreign);
}

/* One batch, if there is one within a moment.  *ended: all is read. */
static enum mr_code read_some(struct foreign *foreign, bool *ended,
                              struct mr_err *err)
{
    enum mr_code code = outbox_hold(foreign->outbox, err);
    struct mr_err why = { 0 };
    bool worked = false;

    *ended = false;
    if (code != MR_OK)
        return code;
    *foreign_stage_tally(foreign->stage) = (struct foreign_tally){ 0 };
    code = mr_worker_step(foreign->worker, WAIT_MS, &worked, &why);
    if (worked)
        take_tally(foreign);
    if (mr_class_of(code) == MR_CLASS_RETRY) {
        back_off(foreign, &why);
        return MR_OK;
    }
    if (code == MR_E_LOST)
        return mr_fail(err, code,
                       "%.600s; give group %.200s other positions, or forget "
                       "the source and add it again",
                       why.text, foreign->topic.group);
    if (code != MR_OK)
        return mr_fail(err, code, "%s", why.text);
    foreign->tries = 0;
    look_at_lag(foreign, !worked);
    *ended = !worked && foreign_lag(foreign) == 0;
    return MR_OK;
}

/* Whether the topic is another than the one that is read: it has more
 * partitions, or was made again. */
static enum mr_code look_again(struct foreign *foreign, bool *again,
                               struct mr_err *err)
{
    const struct ingestor_spec *ingestor = foreign->spec.ingestor;
    mr_topic_id topic;
    uint32_t partitions;
    enum mr_code code;

    *again = false;
    if (now_us(foreign) - foreign->looked_at_us < LOOK_EVERY_US)
        return MR_OK;
    foreign->looked_at_us = now_us(foreign);
    code = ingestor->foreign(ingestor->context, foreign->topic.name, &topic,
                             &partitions, err);
    if (mr_class_of(code) == MR_CLASS_RETRY)
        return MR_OK; /* the worker will tell */
    *again = code == MR_OK && topic != foreign->topic.topic;
    return code;
}

enum mr_code foreign_round(struct foreign *foreign, bool *again,
                           struct mr_err *err)
{
    struct progress *progress = foreign->spec.progress;
    bool ended;
    enum mr_code code = read_some(foreign, &ended, err);

    *again = false;
    if (code != MR_OK)
        return code;
    if (ended)
        progress_caught_up(progress, wall_ms(foreign));
    progress_set_state(progress, foreign_lag(foreign) == 0 ? PROGRESS_IDLE
                                                           : PROGRESS_READING);
    return look_again(foreign, again, err);
}

/* --- runs --- */

static enum mr_code begin_run(struct foreign *foreign, struct mr_err *err)
{
    struct source_meta *meta = &foreign->meta;
    enum mr_code code;

    if (!meta->unfinished)
        meta->run++;
    meta->unfinished = true;
    meta->everything = true;
    meta->begun_ms = wall_ms(foreign);
    /* Only how many there are matters. */
    meta->end_count = foreign->partitions;
    meta->ends = mr_arena_calloc(foreign->arena, foreign->partitions,
                                 sizeof(*meta->ends));
    code = meta_save(foreign->place, foreign->meta_space, meta, err);
    if (code == MR_OK)
        progress_begin(foreign->spec.progress, meta->run, meta->begun_ms);
    return code;
}

static enum mr_code end_run(struct foreign *foreign, int64_t *next_ms,
                            struct mr_err *err)
{
    struct source_meta *meta = &foreign->meta;

    meta->unfinished = false;
    meta->whole = true;
    meta->ended_ms = wall_ms(foreign);
    meta->next_ms = meta->ended_ms + foreign->spec.config->every_ms;
    meta->documents = foreign_stage_tally(foreign->stage)->documents;
    *next_ms = meta->next_ms;
    return meta_save(foreign->place, foreign->meta_space, meta, err);
}

enum mr_code foreign_run(struct foreign *foreign,
                         enum progress_outcome *outcome, int64_t *next_ms,
                         struct mr_err *err)
{
    enum mr_code code = begin_run(foreign, err);
    bool ended = false;

    while (code == MR_OK && !ended && !is_stopped(foreign))
        code = read_some(foreign, &ended, err);
    if (code == MR_E_CANCELLED || (code == MR_OK && !ended)) {
        *outcome = PROGRESS_STOPPED;
        return MR_OK;
    }
    if (code == MR_OK)
        code = end_run(foreign, next_ms, err);
    *outcome = PROGRESS_DONE;
    return code;
}

/* --- forgetting --- */

/* The group's transactions fence whoever else still reads for it.  The topic
 * may be gone, so the worker is put on one of ours, at its end. */
static enum mr_code open_to_forget(struct foreign *foreign, bool documents,
                                   struct mr_err *err)
{
    const struct foreign_stage_spec stage = {
        .place = foreign->place,
        .config = foreign->spec.config,
        .topic = &foreign->topic,
        .forget = true,
        .forget_documents = documents,
    };

    foreign->topic.topic = foreign->place->topics[MR_TOPIC_RAW];
    foreign->topic.name = "raw";
    foreign->topic.from_end_below = 1;
    name_group(foreign);
    return open_worker(foreign, &stage, 1, err);
}

enum mr_code foreign_forget(const struct foreign_spec *spec, bool documents,
                            struct mr_err *err)
{
    struct foreign *foreign = allocate(spec);
    struct mr_worker *worker;
    enum mr_code code = open_to_forget(foreign, documents, err);

    while (code == MR_OK && !foreign_stage_is_done(foreign->stage)) {
        bool worked;

        code = mr_worker_step(foreign->worker, 1, &worked, err);
    }
    worker = foreign->worker;
    foreign->worker = NULL;
    mr_worker_free(worker);
    if (code == MR_OK)
        code = spec->ingestor->forget_group(spec->ingestor->context,
                                            foreign->topic.group, err);
    foreign_close(foreign);
    return code;
}
