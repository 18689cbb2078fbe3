// SPDX-License-Identifier: Apache-2.0
/*
 * retriever.c - the life of a retriever, and its routes.
 */
#include "retriever/retriever.h"

#include <stdio.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "retriever/api/api.h"
#include "retriever/io/template_file.h"

#define TOP_K          10u
#define PER_DOCUMENT   3u
#define KEYWORD_WEIGHT 0.4
#define WAIT_MS        60000
#define BULK_LAG       200u
#define SOURCE_RANK    10u
#define GENERATOR_MS   60000
#define ANSWER_TOKENS  512u
#define WINDOW_TOKENS  8192u

/* Each path once for the collection `main`, once for any by its name. */
#define BOTH(method, path, scope, handler)                    \
    { method, "/v1" path, scope, handler },                   \
    {                                                         \
        method, "/v1/collections/{name}" path, scope, handler \
    }

/* Whoever may ask may rate the answer, and whoever knows an event's id, which
 * cannot be guessed, may see it.  Trying a dead letter again repeats what
 * somebody else has sent, so it is for admins. */
static const struct mr_http_route routes[] = {
    BOTH("PUT", "/documents/{id}", MR_SCOPE_WRITE, api_document_put),
    BOTH("PATCH", "/documents/{id}", MR_SCOPE_WRITE, api_document_patch),
    BOTH("DELETE", "/documents/{id}", MR_SCOPE_WRITE, api_document_delete),
    BOTH("GET", "/documents/{id}", MR_SCOPE_READ, api_document_get),
    BOTH("GET", "/why/{id}", MR_SCOPE_READ, api_why),
    BOTH("POST", "/search", MR_SCOPE_READ, api_search),
    BOTH("POST", "/answer", MR_SCOPE_READ, api_answer),
    BOTH("POST", "/feedback", MR_SCOPE_READ, api_feedback),
    /* The first that matches counts, and an {id} may hold slashes. */
    BOTH("GET", "/events/{id}/prompt", MR_SCOPE_READ, api_event_prompt),
    BOTH("GET", "/events/{id}", MR_SCOPE_READ, api_event_get),
    BOTH("GET", "/dead", MR_SCOPE_READ, api_dead_list),
    BOTH("GET", "/dead/{partition}/{offset}", MR_SCOPE_READ, api_dead_get),
    BOTH("POST", "/dead/{partition}/{offset}/retry", MR_SCOPE_ADMIN,
         api_dead_retry),
    { "GET", "/v1/status", MR_SCOPE_READ, api_status },
    { "GET", "/metrics", MR_SCOPE_READ, api_metrics },
    { "GET", "/healthz", MR_SCOPE_OPEN, api_healthz },
    { "GET", "/readyz", MR_SCOPE_OPEN, api_readyz },
    { "GET", "/", MR_SCOPE_OPEN, api_page },
    { "GET", "/style.css", MR_SCOPE_OPEN, api_page },
    { "GET", "/access.js", MR_SCOPE_OPEN, api_page },
    { "GET", "/app.js", MR_SCOPE_OPEN, api_page },
    { "GET", "/pipeline.js", MR_SCOPE_OPEN, api_page },
};

const struct mr_http_route *retriever_routes(size_t *count)
{
    *count = sizeof(routes) / sizeof(routes[0]);
    return routes;
}

struct retriever_config retriever_config_default(void)
{
    return (struct retriever_config){
        .mode = "hybrid",
        .top_k = TOP_K,
        .per_document = PER_DOCUMENT,
        .keyword_weight = KEYWORD_WEIGHT,
        .wait_ms_max = WAIT_MS,
        .bulk_lag_max = BULK_LAG,
        .source_rank = SOURCE_RANK,
        .form = "plain",
        .generator = { .timeout_ms = GENERATOR_MS,
                       .tokens_max = ANSWER_TOKENS,
                       .window = WINDOW_TOKENS },
    };
}

static char *copy(const char *text)
{
    return text == NULL ? NULL : mr_strdup(text);
}

static void free_config(struct retriever_config *config)
{
    const char *texts[] = { config->mode,
                            config->form,
                            config->form_file,
                            config->generator.url,
                            config->generator.model,
                            config->generator.api_key };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        union {
            const char *from;
            char *to;
        } text = { .from = texts[i] };

        mr_free(text.to);
    }
}

/* What prompts are made by. */
static enum mr_code open_form(struct retriever *retriever, struct mr_err *err)
{
    const struct retriever_config *config = &retriever->spec.config;
    const struct generator_config *generator = &config->generator;

    if (generator->window <= generator->tokens_max)
        return mr_fail(err, MR_E_CONFIG,
                       "answer.generator: a window of %u tokens has no room "
                       "for an answer of %u",
                       generator->window, generator->tokens_max);
    retriever->prompt_tokens_max = generator->window - generator->tokens_max;
    return template_open(config->form, config->form_file, &retriever->form,
                         &retriever->form_text, err);
}

enum mr_code retriever_new(const struct retriever_spec *spec,
                           struct retriever **out, struct mr_err *err)
{
    struct retriever *retriever = mr_calloc(1, sizeof(*retriever));
    struct retriever_config *config = &retriever->spec.config;
    enum mr_code code = MR_OK;

    MR_ASSERT(spec->peer_count == spec->place->partitions);
    *out = NULL;
    retriever->spec = *spec;
    config->mode = copy(spec->config.mode);
    config->form = copy(spec->config.form);
    config->form_file = copy(spec->config.form_file);
    config->generator.url = copy(spec->config.generator.url);
    config->generator.model = copy(spec->config.generator.model);
    config->generator.api_key = copy(spec->config.generator.api_key);
    retriever->started_us = mr_clock_mono_us(spec->place->clock);
    retriever->search =
        (struct search_place){ .peers = spec->peers,
                               .peer_count = spec->peer_count,
                               .model = spec->model,
                               .keyword_weight = spec->config.keyword_weight };
    if (!search_mode_of(mr_span_str(config->mode), &retriever->mode))
        code = mr_fail(err, MR_E_CONFIG,
                       "search.mode: \"%s\" should be hybrid, dense or keyword",
                       config->mode);
    if (code == MR_OK && config->generator.url != NULL &&
        config->generator.model == NULL)
        code = mr_fail(err, MR_E_CONFIG,
                       "answer.generator: a url needs a model as well");
    if (code == MR_OK)
        code = open_form(retriever, err);
    if (code == MR_OK)
        code = event_log_new(spec->place, spec->telemetry, &retriever->events,
                             err);
    if (code != MR_OK) {
        mr_free(retriever->form_text);
        free_config(config);
        mr_free(retriever);
        return code;
    }
    *out = retriever;
    return MR_OK;
}

void retriever_drain(struct retriever *retriever)
{
    atomic_store(&retriever->draining, true);
}

void retriever_free(struct retriever *retriever)
{
    if (retriever == NULL)
        return;
    event_log_free(retriever->events);
    mr_free(retriever->form_text);
    free_config(&retriever->spec.config);
    mr_free(retriever);
}

void retriever_count_request(void *context, const char *method,
                             const char *route, int status, int64_t took_us)
{
    struct retriever *retriever = context;
    char text[12];

    (void)snprintf(text, sizeof(text), "%d", status);
    if (status >= 500 && status != 503)
        mr_log(retriever->spec.telemetry, MR_EV_HTTP_ERROR, "retriever",
               "%s %s was answered %d", method, route, status);
    mr_count(retriever->spec.telemetry, MR_M_HTTP_REQUESTS, route, text, 1);
    mr_observe(retriever->spec.telemetry, MR_M_HTTP_SECONDS, route, NULL,
               (double)took_us / 1e6);
}
