// SPDX-License-Identifier: Apache-2.0
/*
 * source_run.c - a run of a source, on its thread; and forgetting one.
 */
#include "common/base/mr_assert.h"
#include "common/http/client.h"
#include "ingestor/io/meta.h"
#include "ingestor/io/source_parts.h"
#include "ingestor/web/io/crawl.h"

/* A source that failed is tried again after so long, or a quarter of its
 * pace. */
#define FAILED_MS_MAX ((int64_t)5 * 60 * 1000)
/* A topic is asked for so often. */
#define FAILED_TOPIC_MS 30000

void source_close(struct source *source)
{
    struct foreign *foreign;

    source_lock(source);
    foreign = source->foreign;
    source->foreign = NULL;
    source_unlock(source);
    foreign_close(foreign);
    sweep_close(source->sweep);
    source->sweep = NULL;
}

/* The run that begins takes the newest configuration. */
static void take_config(struct source *source)
{
    struct held *old = NULL;

    source_lock(source);
    if (source->wanted != source->current) {
        old = source->current;
        source->current = source->wanted;
    }
    source_unlock(source);
    if (old == NULL)
        return;
    source_close(source); /* it borrows the old one */
    source_let_go(old);
}

static enum mr_code run_web(struct source *source, bool everything,
                            enum progress_outcome *outcome, int64_t *next_ms,
                            struct mr_err *err)
{
    const struct source_config *config = &source->current->config;
    const struct mr_http_client_spec client = {
        .user_agent = source->user_agent,
        .connections_per_host_max = config->connections_per_host,
    };
    struct crawl_spec spec = {
        .ingestor = source->ingestor,
        .config = config,
        .user_agent = source->user_agent,
        .http = mr_http_client_new(&client),
        .progress = source->progress,
        .stop = &source->stop,
        .everything = everything,
    };
    enum mr_code code = crawl_run(&spec, outcome, next_ms, err);

    mr_http_client_free(spec.http);
    return code;
}

static enum mr_code need_sweep(struct source *source, struct mr_err *err)
{
    const struct sweep_spec spec = {
        .ingestor = source->ingestor,
        .config = &source->current->config,
        .progress = source->progress,
        .stop = &source->stop,
    };

    return source->sweep != NULL ? MR_OK
                                 : sweep_open(&spec, &source->sweep, err);
}

static enum mr_code run_files(struct source *source,
                              enum progress_outcome *outcome, int64_t *next_ms,
                              struct mr_err *err)
{
    enum mr_code code = need_sweep(source, err);

    return code == MR_OK ? sweep_run(source->sweep, outcome, next_ms, err)
                         : code;
}

static struct foreign_spec foreign_spec_of(struct source *source)
{
    return (struct foreign_spec){
        .ingestor = source->ingestor,
        .config = &source->current->config,
        .progress = source->progress,
        .stop = &source->stop,
    };
}

static enum mr_code run_kafka(struct source *source,
                              enum progress_outcome *outcome, int64_t *next_ms,
                              struct mr_err *err)
{
    const struct foreign_spec spec = foreign_spec_of(source);
    struct foreign *opened = NULL;
    enum mr_code code = MR_OK;

    if (source->foreign == NULL) {
        code = foreign_open(&spec, &opened, err);
        source_lock(source);
        source->foreign = opened;
        source_unlock(source);
    }
    if (code == MR_OK)
        code = foreign_run(source->foreign, outcome, next_ms, err);
    if (code != MR_OK)
        source_close(source);
    return code;
}

/* When something that no run can help is tried again. */
static int64_t after_failure(struct source *source, enum mr_code code)
{
    int64_t wait_ms = source->current->config.every_ms / 4;

    if (source->kind == SOURCE_KAFKA)
        wait_ms = FAILED_TOPIC_MS;
    /* Who was taken over does not take back at once. */
    if (code == MR_E_FENCED)
        return source_now_ms(source) + source->current->config.every_ms;

    return source_now_ms(source) +
           (wait_ms < FAILED_MS_MAX ? wait_ms : FAILED_MS_MAX);
}

/* `job` is the number of the next run; `failed`, or NULL, what this one failed
 * with.  Whoever sees that it failed and asks again is told the same number,
 * so this is one step. */
static void end_run(struct source *source, uint64_t job, int64_t next_ms,
                    const struct mr_err *failed)
{
    source_lock(source);
    if (failed != NULL) {
        progress_problem(source->progress, mr_span_str(source->name),
                         source_now_ms(source), "%s", failed->text);
        progress_fail(source->progress, job, source_now_ms(source));
    }
    source->running = false;
    source->job = job;
    source->next_ms = next_ms;
    progress_set_next(source->progress, source->asked ? 0 : next_ms);
    source_unlock(source);
}

void source_run(struct source *source)
{
    enum progress_outcome outcome = PROGRESS_BROKEN;
    struct mr_err err = { 0 };
    int64_t next_ms = 0;
    enum mr_code code;
    bool asked;
    uint64_t job;

    source_lock(source);
    asked = source->asked;
    source->asked = false;
    source->running = true;
    job = source->job;
    source_unlock(source);
    take_config(source);
    if (source->kind == SOURCE_WEB)
        code = run_web(source, asked, &outcome, &next_ms, &err);
    else if (source->kind == SOURCE_FILES)
        code = run_files(source, &outcome, &next_ms, &err);
    else
        code = run_kafka(source, &outcome, &next_ms, &err);
    if (code == MR_OK) {
        progress_end(source->progress, outcome, source_now_ms(source));
        job = progress_job(source->progress) + (outcome != PROGRESS_STOPPED);
        end_run(source, job, next_ms, NULL);
    } else {
        end_run(source, job, after_failure(source, code), &err);
    }
}

void source_follow(struct source *source)
{
    struct mr_err err = { 0 };
    bool again = false;
    enum mr_code code = foreign_round(source->foreign, &again, &err);

    if (code == MR_E_CANCELLED || (code == MR_OK && !again))
        return;
    source_close(source);
    source_lock(source);
    source->next_ms = again ? 0 : after_failure(source, code);
    progress_set_next(source->progress, source->next_ms);
    source_unlock(source);
    if (again)
        return;
    progress_problem(source->progress, mr_span_str(source->name),
                     source_now_ms(source), "%s", err.text);
    progress_end(source->progress, PROGRESS_BROKEN, source_now_ms(source));
}

static enum mr_code delete_documents(struct source *source, struct mr_err *err)
{
    const atomic_bool go_on = false;
    const struct crawl_spec crawl = {
        .ingestor = source->ingestor,
        .config = &source->current->config,
        .progress = source->progress,
        .stop = &go_on,
    };
    const struct sweep_spec spec = {
        .ingestor = source->ingestor,
        .config = &source->current->config,
        .progress = source->progress,
        .stop = &go_on,
    };
    struct sweep *sweep;
    enum mr_code code;

    if (source->kind == SOURCE_WEB)
        return crawl_delete_all(&crawl, err);
    code = sweep_open(&spec, &sweep, err);
    if (code == MR_OK) {
        code = sweep_delete_all(sweep, err);
        sweep_close(sweep);
    }
    return code;
}

enum mr_code source_forget(struct source *source, bool documents,
                           struct mr_err *err)
{
    static const char *const kinds[] = { "pages", "files", "lines", "meta" };
    enum mr_code code = MR_OK;

    MR_ASSERT(!source->started);
    source_close(source);
    if (source->kind == SOURCE_KAFKA) {
        const struct foreign_spec spec = foreign_spec_of(source);

        if (source->ingestor->foreign != NULL)
            code = foreign_forget(&spec, documents, err);
    } else if (documents)
        code = delete_documents(source, err);
    for (size_t i = 0; code == MR_OK && i < sizeof(kinds) / sizeof(kinds[0]);
         i++) {
        mr_space_id space;

        code = meta_space(source->ingestor->place, source->name, kinds[i],
                          &space, err);
        if (code == MR_OK)
            code = meta_clear(source->ingestor->place, space, err);
    }
    return code;
}
