// SPDX-License-Identifier: Apache-2.0
/*
 * foreign.c - rounds, runs and forgetting; see foreign.h.
 */
#include "ingestor/foreign/io/foreign.h"

#include <stdio.h>

#include "ingestor/foreign/io/foreign_parts.h"

#define WAIT_MS          200 /* so soon a stop is heeded */
#define LAG_EVERY_US     INT64_C(1000000)
#define LOOK_EVERY_US    INT64_C(60000000) /* for partitions that were added */
#define RETRY_MS_MIN     100
#define RETRY_MS_MAX     5000
#define RETRY_TOLD_AFTER 3

static int64_t now_us(const struct foreign *foreign)
{
    return mr_clock_mono_us(foreign->place->clock);
}

static int64_t wall_ms(const struct foreign *foreign)
{
    return mr_clock_wall_ms(foreign->place->clock);
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
    tell_failures(foreign, tally);
}

/* A step that read nothing knows of them, too: the one at the start. */
static void take_documents(struct foreign *foreign)
{
    const struct foreign_tally *tally = foreign_stage_tally(foreign->stage);

    if (!tally->made)
        return;
    foreign->meta.documents = tally->documents;
    progress_set_documents(foreign->spec.progress, tally->documents);
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

static void look_at_lag(struct foreign *foreign)
{
    struct mr_worker_status status;

    if (foreign->lag_at_us != 0 &&
        now_us(foreign) - foreign->lag_at_us < LAG_EVERY_US)
        return;
    mr_worker_status(foreign->worker, &status);
    atomic_store(&foreign->lag, status.lag);
    foreign->lag_at_us = now_us(foreign);
}

/* One batch, if there is one within wait_ms.  *nothing: there was none, which
 * with a wait of 0 is to say that all is read. */
static enum mr_code read_some(struct foreign *foreign, int wait_ms,
                              bool *nothing, struct mr_err *err)
{
    enum mr_code code = outbox_hold(foreign->outbox, err);
    struct mr_err why = { 0 };
    bool worked = false;

    *nothing = false;
    if (code != MR_OK)
        return code;
    *foreign_stage_tally(foreign->stage) = (struct foreign_tally){ 0 };
    code = mr_worker_step(foreign->worker, wait_ms, &worked, &why);
    if (worked)
        take_tally(foreign);
    if (code == MR_OK)
        take_documents(foreign);
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
    look_at_lag(foreign);
    *nothing = !worked;
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
    bool nothing;
    enum mr_code code = read_some(foreign, WAIT_MS, &nothing, err);

    *again = false;
    if (code != MR_OK)
        return code;
    if (nothing && foreign_lag(foreign) == 0)
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
    *next_ms = meta->next_ms;
    return meta_save(foreign->place, foreign->meta_space, meta, err);
}

enum mr_code foreign_run(struct foreign *foreign,
                         enum progress_outcome *outcome, int64_t *next_ms,
                         struct mr_err *err)
{
    enum mr_code code = begin_run(foreign, err);
    bool ended = false;

    while (code == MR_OK && !ended && !is_stopped(foreign)) {
        code = read_some(foreign, 1, &ended, err);
        /* The end is asked for only when it may have been reached. */
        if (code == MR_OK && ended)
            code = read_some(foreign, 0, &ended, err);
    }
    foreign->lag_at_us = 0;
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
    foreign_name_group(foreign);
    return foreign_open_worker(foreign, &stage, 1, err);
}

enum mr_code foreign_forget(const struct foreign_spec *spec, bool documents,
                            struct mr_err *err)
{
    struct foreign *foreign = foreign_allocate(spec);
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
