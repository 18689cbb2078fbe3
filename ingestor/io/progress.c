// SPDX-License-Identifier: Apache-2.0
/*
 * progress.c - see progress.h.
 */
#include "ingestor/io/progress.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/base/mr_time.h"
#include "common/ports/bus.h"
#include "ingestor/ingestor.h"

#define WHERE_SIZE 513u

struct problem {
    int64_t time_ms;
    char where[WHERE_SIZE];
    char text[MR_ERR_TEXT_MAX];
};

/* The last record of a partition. */
struct appended {
    uint64_t version; /* 0: none in this run */
    uint8_t id[MR_KEY_BYTES_MAX];
    size_t id_size;
};

struct progress {
    char name[INGESTOR_NAME_SIZE];
    struct mr_telemetry *telemetry;
    pthread_mutex_t lock; /* all below */
    enum progress_state state;
    enum progress_outcome outcome; /* of the last run that ended */
    uint64_t job;                  /* under way, or the last */
    uint64_t ended;                /* the last that ended */
    uint64_t asked;
    int64_t begun_ms;
    int64_t ended_ms;
    int64_t next_ms;
    uint64_t documents;
    uint64_t counts[PROGRESS_COUNT_COUNT];
    struct problem *problems; /* a ring */
    uint64_t problem_count;   /* ever, in this run */
    struct appended *appended;
    uint32_t appended_count; /* partitions that it has room for */
};

struct progress *progress_new(const char *name, struct mr_telemetry *telemetry)
{
    struct progress *progress = mr_calloc(1, sizeof(*progress));

    (void)snprintf(progress->name, sizeof(progress->name), "%s", name);
    progress->telemetry = telemetry;
    progress->problems =
        mr_calloc(PROGRESS_PROBLEMS_MAX, sizeof(*progress->problems));
    (void)pthread_mutex_init(&progress->lock, NULL);
    return progress;
}

void progress_free(struct progress *progress)
{
    if (progress == NULL)
        return;
    (void)pthread_mutex_destroy(&progress->lock);
    mr_free(progress->appended);
    mr_free(progress->problems);
    mr_free(progress);
}

static void lock(struct progress *progress)
{
    (void)pthread_mutex_lock(&progress->lock);
}

static void unlock(struct progress *progress)
{
    (void)pthread_mutex_unlock(&progress->lock);
}

void progress_begin(struct progress *progress, uint64_t job, int64_t now_ms)
{
    lock(progress);
    progress->state = PROGRESS_READING;
    progress->job = job;
    if (progress->ended >= job)
        progress->ended = job - 1;
    progress->begun_ms = now_ms;
    progress->problem_count = 0;
    memset(progress->counts, 0, sizeof(progress->counts));
    for (uint32_t i = 0; i < progress->appended_count; i++)
        progress->appended[i].version = 0;
    if (progress->asked <= job)
        progress->asked = 0;
    unlock(progress);
    mr_log(progress->telemetry, MR_EV_SOURCE_BEGIN, progress->name,
           "job %llu begins", (unsigned long long)job);
}

static const char *outcome_name(enum progress_outcome outcome)
{
    switch (outcome) {
    case PROGRESS_NEVER:
        return "never";
    case PROGRESS_DONE:
        return "done";
    case PROGRESS_LIMITED:
        return "limited";
    case PROGRESS_BROKEN:
        return "failed";
    case PROGRESS_STOPPED:
        return "stopped";
    }
    MR_UNREACHABLE();
}

void progress_end(struct progress *progress, enum progress_outcome outcome,
                  int64_t now_ms)
{
    uint64_t sent;
    uint64_t failed;
    uint64_t job;

    lock(progress);
    progress->state = PROGRESS_IDLE;
    progress->outcome = outcome;
    progress->ended_ms = now_ms;
    if (outcome != PROGRESS_STOPPED)
        progress->ended = progress->job;
    job = progress->job;
    sent = progress->counts[PROGRESS_SENT];
    failed = progress->counts[PROGRESS_FAILED];
    unlock(progress);
    mr_log(progress->telemetry, MR_EV_SOURCE_END, progress->name,
           "job %llu: %s, %llu sent, %llu failed", (unsigned long long)job,
           outcome_name(outcome), (unsigned long long)sent,
           (unsigned long long)failed);
}

void progress_fail(struct progress *progress, uint64_t job, int64_t now_ms)
{
    lock(progress);
    progress->job = job;
    unlock(progress);
    progress_end(progress, PROGRESS_BROKEN, now_ms);
}

void progress_caught_up(struct progress *progress, int64_t now_ms)
{
    lock(progress);
    progress->ended_ms = now_ms;
    unlock(progress);
}

void progress_restore(struct progress *progress, uint64_t job, bool unfinished,
                      int64_t ended_ms)
{
    lock(progress);
    progress->job = job;
    progress->ended = unfinished && job > 0 ? job - 1 : job;
    progress->ended_ms = ended_ms;
    progress->outcome = unfinished     ? PROGRESS_STOPPED
                        : ended_ms > 0 ? PROGRESS_DONE
                                       : PROGRESS_NEVER;
    unlock(progress);
}

void progress_set_state(struct progress *progress, enum progress_state state)
{
    lock(progress);
    progress->state = state;
    unlock(progress);
}

void progress_set_next(struct progress *progress, int64_t next_ms)
{
    lock(progress);
    progress->next_ms = next_ms;
    unlock(progress);
}

void progress_set_asked(struct progress *progress, uint64_t job)
{
    lock(progress);
    progress->asked = job;
    if (progress->ended >= job)
        progress->ended = job - 1;
    unlock(progress);
}

uint64_t progress_job(struct progress *progress)
{
    uint64_t job;

    lock(progress);
    job = progress->job;
    unlock(progress);
    return job;
}

void progress_set_documents(struct progress *progress, uint64_t documents)
{
    lock(progress);
    progress->documents = documents;
    unlock(progress);
}

static const char *count_name(enum progress_count count)
{
    static const char *const names[] = {
#define PROGRESS_NAME(symbol, name) name,
        PROGRESS_COUNTS(PROGRESS_NAME)
#undef PROGRESS_NAME
    };

    return names[count];
}

void progress_add(struct progress *progress, enum progress_count count,
                  uint64_t add)
{
    lock(progress);
    progress->counts[count] += add;
    unlock(progress);
    mr_count(progress->telemetry, MR_M_FETCHES, progress->name,
             count_name(count), (double)add);
}

uint64_t progress_get(struct progress *progress, enum progress_count count)
{
    uint64_t value;

    lock(progress);
    value = progress->counts[count];
    unlock(progress);
    return value;
}

void progress_set(struct progress *progress, enum progress_count count,
                  uint64_t value)
{
    lock(progress);
    progress->counts[count] = value;
    unlock(progress);
}

void progress_problem(struct progress *progress, struct mr_span where,
                      int64_t now_ms, const char *fmt, ...)
{
    struct problem problem = { .time_ms = now_ms };
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(problem.text, sizeof(problem.text), fmt, args);
    va_end(args);
    (void)snprintf(problem.where, sizeof(problem.where), "%.*s",
                   MR_SPAN_ARG(where));
    lock(progress);
    progress->problems[progress->problem_count++ % PROGRESS_PROBLEMS_MAX] =
        problem;
    unlock(progress);
    mr_log(progress->telemetry, MR_EV_SOURCE_PROBLEM, progress->name,
           "%.350s: %.350s", problem.where, problem.text);
}

void progress_appended(struct progress *progress, uint32_t partition,
                       uint64_t version, struct mr_span id)
{
    struct appended *appended;

    MR_ASSERT(partition < MR_PARTITIONS_MAX && id.size <= MR_KEY_BYTES_MAX);
    lock(progress);
    if (partition >= progress->appended_count) {
        uint32_t count = partition + 1;

        progress->appended = mr_realloc_array(progress->appended, count,
                                              sizeof(*progress->appended));
        memset(progress->appended + progress->appended_count, 0,
               (count - progress->appended_count) *
                   sizeof(*progress->appended));
        progress->appended_count = count;
    }
    appended = &progress->appended[partition];
    appended->version = version;
    appended->id_size = id.size;
    memcpy(appended->id, id.data, id.size);
    unlock(progress);
}

static const char *state_name(enum progress_state state)
{
    switch (state) {
    case PROGRESS_IDLE:
        return "idle";
    case PROGRESS_WAITING:
        return "waiting";
    case PROGRESS_READING:
        return "reading";
    case PROGRESS_HELD:
        return "held";
    }
    MR_UNREACHABLE();
}

static void put_time(struct mr_json_out *out, const char *key, int64_t time_ms)
{
    char text[MR_TIME_TEXT_SIZE];

    mr_json_key(out, key);
    if (time_ms <= 0) {
        mr_json_put_null(out);
        return;
    }
    mr_time_text(time_ms, text);
    mr_json_put_str(out, text);
}

static void put_problems(const struct progress *progress,
                         struct mr_json_out *out)
{
    uint64_t from = progress->problem_count > PROGRESS_PROBLEMS_MAX
                        ? progress->problem_count - PROGRESS_PROBLEMS_MAX
                        : 0;

    mr_json_key(out, "problem_count");
    mr_json_put_u64(out, progress->problem_count);
    mr_json_key(out, "problems");
    mr_json_array_begin(out);
    for (uint64_t i = progress->problem_count; i > from; i--) {
        const struct problem *problem =
            &progress->problems[(i - 1) % PROGRESS_PROBLEMS_MAX];

        mr_json_object_begin(out);
        put_time(out, "time", problem->time_ms);
        mr_json_key(out, "where");
        mr_json_put_str(out, problem->where);
        mr_json_key(out, "problem");
        mr_json_put_str(out, problem->text);
        mr_json_object_end(out);
    }
    mr_json_array_end(out);
}

static void put_appended(const struct progress *progress,
                         struct mr_json_out *out)
{
    mr_json_key(out, "appended");
    mr_json_array_begin(out);
    for (uint32_t i = 0; i < progress->appended_count; i++) {
        const struct appended *appended = &progress->appended[i];

        if (appended->version == 0)
            continue;
        mr_json_object_begin(out);
        mr_json_key(out, "partition");
        mr_json_put_u64(out, i);
        mr_json_key(out, "version");
        mr_json_put_u64(out, appended->version);
        mr_json_key(out, "id");
        mr_json_put_text(out, mr_span(appended->id, appended->id_size));
        mr_json_object_end(out);
    }
    mr_json_array_end(out);
}

static void put_rate(const struct progress *progress, int64_t now_ms,
                     struct mr_json_out *out)
{
    bool runs =
        progress->state == PROGRESS_READING || progress->state == PROGRESS_HELD;
    int64_t until_ms = runs ? now_ms : progress->ended_ms;
    int64_t took_ms = until_ms - progress->begun_ms;

    mr_json_key(out, "rate");
    if (progress->begun_ms <= 0 || took_ms < 0)
        mr_json_put_null(out);
    else
        mr_json_put_number(out, (double)progress->counts[PROGRESS_FETCHED] *
                                    1000 / (double)(took_ms > 0 ? took_ms : 1));
    mr_json_key(out, "freshness_s");
    if (progress->ended_ms > 0)
        mr_json_put_number(out, (double)(now_ms - progress->ended_ms) / 1000);
    else
        mr_json_put_null(out);
}

void progress_render(struct progress *progress, int64_t now_ms,
                     struct mr_json_out *out)
{
    lock(progress);
    mr_json_key(out, "state");
    mr_json_put_str(out, state_name(progress->state));
    mr_json_key(out, "job");
    mr_json_put_u64(out, progress->asked > 0 ? progress->asked : progress->job);
    mr_json_key(out, "job_ended");
    mr_json_put_u64(out, progress->ended);
    mr_json_key(out, "outcome");
    mr_json_put_str(out, outcome_name(progress->outcome));
    mr_json_key(out, "documents");
    mr_json_put_u64(out, progress->documents);
    for (int i = 0; i < PROGRESS_COUNT_COUNT; i++) {
        mr_json_key(out, count_name((enum progress_count)i));
        mr_json_put_u64(out, progress->counts[i]);
    }
    put_rate(progress, now_ms, out);
    put_time(out, "last_begin", progress->begun_ms);
    put_time(out, "last_end", progress->ended_ms);
    put_time(out, "next", progress->next_ms);
    put_problems(progress, out);
    put_appended(progress, out);
    unlock(progress);
}
