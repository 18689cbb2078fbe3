// SPDX-License-Identifier: Apache-2.0
/*
 * settings.c - see settings.h.
 */
#include "cli/settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_FILE "millrace.yaml"

const char *settings_default_file(void)
{
    return access(DEFAULT_FILE, F_OK) == 0 ? DEFAULT_FILE : NULL;
}

struct mr_config *settings_load(const char *file)
{
    struct mr_config_problems problems = { 0 };
    struct mr_buf words = mr_buf((size_t)1 << 20);
    struct mr_config *config = NULL;

    if (mr_config_load(file, &config, &problems) != MR_OK) {
        mr_config_problems_print(&problems, file == NULL ? "defaults" : file,
                                 &words);
        (void)fprintf(stderr, "%s", mr_buf_text(&words));
        (void)fprintf(stderr,
                      "%zu mistake%s; `millrace config reference` "
                      "shows every key\n",
                      problems.count, problems.count == 1 ? "" : "s");
    }
    mr_config_problems_deinit(&problems);
    mr_buf_deinit(&words);
    return config;
}

static enum mr_level level_of(const char *name)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0)
            return (enum mr_level)i;
    }
    return MR_LEVEL_INFO;
}

static struct retriever_config retriever_of(const struct mr_config *config,
                                            const char *api_key)
{
    return (struct retriever_config){
        .mode = config->search.mode,
        .top_k = config->search.top_k,
        .per_document = config->search.per_document,
        .keyword_weight = config->search.keyword_weight,
        .wait_ms_max = config->limits.wait_ms,
        .bulk_lag_max = config->limits.keyword_lag_records,
        .source_rank = config->curate.pushed_rank,
        .form = config->answer.form,
        .form_file = config->answer.form_file,
        .generator = { .url = config->generator.url,
                       .model = config->generator.model,
                       .api_key = api_key,
                       .timeout_ms = config->generator.timeout_ms,
                       .tokens_max = config->generator.max_tokens,
                       .window = config->generator.window },
    };
}

static void set_topic(const struct mr_config_source *from,
                      struct source_config *out)
{
    out->topic = from->topic;
    out->format = from->format;
    out->inner = from->inner;
    out->from = from->from;
    out->descriptor = from->descriptor;
    out->message = from->message;
    out->fields = (struct source_fields){
        .id = from->fields.id,
        .text = from->fields.text,
        .html = from->fields.html,
        .title = from->fields.title,
        .url = from->fields.url,
        .time = from->fields.time,
        .owner = from->fields.owner,
        .acl = from->fields.acl,
        .metadata = from->fields.metadata,
    };
}

/* The configured sources as the ingestor takes them; they live with the
 * configuration. */
static const struct source_config *sources_of(const struct mr_config *config)
{
    struct source_config *sources =
        mr_arena_calloc(config->arena, config->source_count, sizeof(*sources));

    for (size_t i = 0; i < config->source_count; i++) {
        const struct mr_config_source *from = &config->sources[i];

        sources[i] = source_config_default(
            strcmp(from->kind, "web") == 0     ? SOURCE_WEB
            : strcmp(from->kind, "files") == 0 ? SOURCE_FILES
                                               : SOURCE_KAFKA);
        sources[i].name = from->name;
        sources[i].url = from->url;
        sources[i].path = from->path;
        sources[i].every_ms =
            from->every_ms > 0 ? from->every_ms : SOURCE_EVERY_MS_MAX;
        sources[i].rank = from->rank;
        sources[i].bytes_max = (size_t)config->limits.body_bytes;
        sources[i].max_pages = from->max_pages;
        sources[i].depth = from->depth;
        sources[i].connections_per_host = from->connections_per_host;
        sources[i].delay_ms = from->delay_ms;
        sources[i].page_timeout_ms = from->page_timeout_ms;
        sources[i].allow_private = from->allow_private;
        sources[i].headers_file = from->headers_file;
        sources[i].cookies_file = from->cookies_file;
        if (sources[i].kind == SOURCE_KAFKA)
            set_topic(from, &sources[i]);
    }
    return sources;
}

static struct engine_blobs blobs_of(const struct mr_config *config)
{
    if (strcmp(config->blobs.store, "s3") != 0)
        return (struct engine_blobs){ 0 };
    return (struct engine_blobs){
        .endpoint = config->blobs.endpoint,
        .bucket = config->blobs.bucket,
        .prefix = config->blobs.prefix,
        .region = config->blobs.region,
        .virtual_hosted = config->blobs.virtual_hosted,
        .key_id = config->blobs.key_id,
        .secret_env = config->blobs.secret_env,
        .secret_file = config->blobs.secret_file,
        .ca_file = config->blobs.ca_file,
    };
}

struct engine_options settings_engine(const struct mr_config *config,
                                      const char *api_key)
{
    struct engine_options options = {
        .data = config->data,
        .listen = config->listen,
        .http = { .tls_cert = config->http.tls_cert,
                  .tls_key = config->http.tls_key,
                  .insecure = config->http.insecure,
                  .loopback_open = config->http.loopback_open },
        .kafka = { .used = strcmp(config->bus, "kafka") == 0,
                   .brokers = config->kafka.brokers,
                   .prefix = config->kafka.prefix,
                   .settings_file = config->kafka.settings_file,
                   .replication = config->kafka.replication },
        .blobs = blobs_of(config),
        .collection = config->collection,
        .partitions = config->partitions,
        .generation = config->generation,
        .language = config->clean.language,
        .model = { .folder = config->embed.model,
                   .threads = config->embed.threads },
        .embed_cache_bytes = config->embed.cache_bytes,
        .clean = clean_config_default(NULL),
        .curate = curate_config_default(),
        .admit = admit_config_default(),
        .index = { .seal_passages = config->index.seal_passages,
                   .merge_fan_in = config->index.merge_fan_in,
                   .exact_passages_max = config->index.exact_passages_max,
                   .k1 = config->index.k1,
                   .b = config->index.b,
                   .build_threads = config->index.build_threads },
        .checkpoint_every_ms = config->index.checkpoint_every_ms,
        .retriever = retriever_of(config, api_key),
        .sources = sources_of(config),
        .source_count = config->source_count,
        .body_bytes_max = (size_t)config->limits.body_bytes,
        .connections_max = config->limits.http_connections,
        .disk_free_bytes = config->limits.disk_free_bytes,
        .hang_ms = config->limits.hang_ms,
        .log_fd = STDERR_FILENO,
        .log_human = strcmp(config->log.format, "human") == 0 ||
                     (strcmp(config->log.format, "auto") == 0 &&
                      isatty(STDERR_FILENO) == 1),
        .log_level = level_of(config->log.level),
    };

    options.clean.passage_words_target = config->clean.passage_words_target;
    options.clean.passage_words_max = config->clean.passage_words_max;
    options.clean.words_min = config->clean.words_min;
    options.clean.language = config->clean.language;
    options.curate.duplicates = config->curate.duplicates;
    options.curate.similarity = config->curate.similarity;
    options.admit.deleted_keep_ms = config->admit.deleted_keep_ms;
    return options;
}
