// SPDX-License-Identifier: Apache-2.0
/*
 * config_check.c - what must hold beyond single values: forms of names and
 * addresses, and what contradicts what.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/mr_assert.h"
#include "common/runtime/config_internal.h"

#define NAME_LETTERS  "abcdefghijklmnopqrstuvwxyz0123456789_-"
#define TOPIC_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789._-"
#define HOST_LETTERS \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

struct check {
    const struct mr_config *config;
    struct mr_config_problems *problems;
};

static const struct mr_config_origin *origin_of(const struct check *check,
                                                const char *key)
{
    size_t nth = mr_config_find(&mr_config_keys, mr_span_str(key));

    MR_ASSERT(nth < mr_config_keys.count);
    return &check->config->origins[nth];
}

static const struct mr_config_origin *source_origin(
    const struct mr_config_source *source, const char *key)
{
    size_t nth = mr_config_find(&mr_source_keys, mr_span_str(key));

    MR_ASSERT(nth < mr_source_keys.count);
    return &source->origins[nth];
}

/* Complains at `key`, whose name begins the line. */
static void bad(const struct check *check, const char *key, const char *words)
{
    const struct mr_config_origin *origin = origin_of(check, key);

    mr_config_complain(check->problems, origin->line, origin->column, "%s: %s",
                       key, words);
}

static bool is_name(const char *text)
{
    return text[0] != '\0' && strspn(text, NAME_LETTERS) == strlen(text);
}

/* "host:port" with an IPv6 address in brackets. */
static bool is_address(const char *text)
{
    const char *colon = strrchr(text, ':');
    char host[256];
    struct in6_addr six;
    size_t size;

    if (colon == NULL || colon == text || colon[1] == '\0' ||
        strlen(colon + 1) > 5 ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
        atoi(colon + 1) > 65535)
        return false;
    size = (size_t)(colon - text);
    if (size >= sizeof(host))
        return false;
    (void)snprintf(host, sizeof(host), "%.*s", (int)size, text);
    if (host[0] != '[')
        return strspn(host, HOST_LETTERS) == size;
    if (size < 4 || host[size - 1] != ']')
        return false;
    host[size - 1] = '\0';
    return inet_pton(AF_INET6, host + 1, &six) == 1;
}

/* NULL when it is an absolute http(s) URL without a password in it. */
static const char *url_problem(const char *url)
{
    const char *host = NULL;
    size_t size;

    if (strncasecmp(url, "http://", 7) == 0)
        host = url + 7;
    else if (strncasecmp(url, "https://", 8) == 0)
        host = url + 8;
    if (host == NULL)
        return "must begin with http:// or https://";
    size = strcspn(host, "/?#");
    if (size == 0)
        return "has no host";
    if (memchr(host, '@', size) != NULL)
        return "holds a user name or password; put secrets into a file and "
               "name it by a *_file key";
    for (const char *at = url; *at != '\0'; at++) {
        if ((unsigned char)*at <= 0x20 || *at == 0x7F)
            return "holds a space or a control character";
    }
    return NULL;
}

static bool is_language(const char *text)
{
    size_t letters = strspn(text, "abcdefghijklmnopqrstuvwxyz");

    return (letters == 2 || letters == 3) &&
           (text[letters] == '\0' || text[letters] == '-') &&
           strspn(text, HOST_LETTERS) == strlen(text) &&
           strpbrk(text, "._") == NULL;
}

static void check_top(const struct check *check)
{
    const struct mr_config *config = check->config;

    if (!is_name(config->collection))
        bad(check, "collection", "may hold a-z, 0-9, _ and - only");
    if (!is_address(config->listen))
        bad(check, "listen",
            "must be an address and a port, such as 127.0.0.1:7700 or "
            "[::1]:7700");
    if (config->kafka.prefix != NULL &&
        strspn(config->kafka.prefix, TOPIC_LETTERS) !=
            strlen(config->kafka.prefix))
        bad(check, "kafka.prefix", "may hold a-z, 0-9, '.', _ and - only");
    if (!is_language(config->clean.language))
        bad(check, "clean.language", "must be a language such as en or pt-BR");
}

static void check_blobs(const struct check *check)
{
    const struct mr_config *config = check->config;

    if (strcmp(config->blobs.store, "s3") != 0)
        return;
    if (config->blobs.endpoint == NULL || config->blobs.bucket == NULL ||
        config->blobs.key_id == NULL)
        bad(check, "blobs.store",
            "s3 needs blobs.endpoint, blobs.bucket and blobs.key_id");
    if (config->blobs.secret_env == NULL && config->blobs.secret_file == NULL)
        bad(check, "blobs.store",
            "s3 needs blobs.secret_env or blobs.secret_file");
}

static void check_sizes(const struct check *check)
{
    const struct mr_config *config = check->config;
    char words[200];

    if (config->clean.passage_words_target > config->clean.passage_words_max) {
        (void)snprintf(words, sizeof(words),
                       "%u is more than clean.passage_words_max, which is %u",
                       config->clean.passage_words_target,
                       config->clean.passage_words_max);
        bad(check,
            origin_of(check, "clean.passage_words_target")->from ==
                    MR_CONFIG_FROM_DEFAULT
                ? "clean.passage_words_max"
                : "clean.passage_words_target",
            words);
    }
}

static void check_http(const struct check *check)
{
    const struct mr_config *config = check->config;

    if (config->http.tls_cert != NULL && config->http.tls_key == NULL)
        bad(check, "http.tls_cert", "needs http.tls_key beside it");
    if (config->http.tls_key != NULL && config->http.tls_cert == NULL)
        bad(check, "http.tls_key", "needs http.tls_cert beside it");
}

static void check_window(const struct check *check)
{
    const struct mr_config *config = check->config;
    char words[200];

    if (config->generator.max_tokens < config->generator.window)
        return;
    (void)snprintf(words, sizeof(words),
                   "the window's %u tokens leave nothing for a prompt beside "
                   "an answer of %u: answer.generator.max_tokens",
                   config->generator.window, config->generator.max_tokens);
    bad(check,
        origin_of(check, "answer.generator.window")->from ==
                MR_CONFIG_FROM_DEFAULT
            ? "answer.generator.max_tokens"
            : "answer.generator.window",
        words);
}

static void check_generator(const struct check *check)
{
    const struct mr_config *config = check->config;

    check_window(check);
    if (config->generator.url == NULL) {
        if (config->generator.model != NULL)
            bad(check, "answer.generator.model",
                "needs answer.generator.url beside it");
        if (config->generator.api_key_env != NULL)
            bad(check, "answer.generator.api_key_env",
                "needs answer.generator.url beside it");
        if (config->generator.api_key_file != NULL)
            bad(check, "answer.generator.api_key_file",
                "needs answer.generator.url beside it");
        return;
    }
    if (url_problem(config->generator.url) != NULL)
        bad(check, "answer.generator.url", url_problem(config->generator.url));
    if (config->generator.model == NULL)
        bad(check, "answer.generator.url",
            "needs answer.generator.model beside it");
    if (config->generator.api_key_env != NULL &&
        config->generator.api_key_file != NULL)
        bad(check, "answer.generator.api_key_file",
            "and api_key_env are both given; keep one");
}

static void bad_source(const struct check *check,
                       const struct mr_config_source *source, const char *key,
                       const char *words)
{
    const struct mr_config_origin *origin = source_origin(source, key);

    mr_config_complain(check->problems, origin->line, origin->column,
                       "sources: %s: %s", key, words);
}

/* Neither there nor complained about already. */
static bool is_missing(const struct mr_config_source *source, const char *key)
{
    return source_origin(source, key)->from == MR_CONFIG_FROM_DEFAULT;
}

static void check_source_name(const struct check *check,
                              const struct mr_config_source *source)
{
    if (source->name == NULL) {
        if (is_missing(source, "name"))
            bad_source(check, source, "name", "is missing");
        return;
    }
    if (!is_name(source->name))
        bad_source(check, source, "name", "may hold a-z, 0-9, _ and - only");
    if (strcmp(source->name, "api") == 0)
        bad_source(check, source, "name",
                   "\"api\" is the name of what is pushed by HTTP");
    for (const struct mr_config_source *other = check->config->sources;
         other < source; other++) {
        if (other->name != NULL && strcmp(other->name, source->name) == 0)
            bad_source(check, source, "name",
                       "another source has the same name");
    }
}

static bool is_one_of(const char *text, const char *a, const char *b)
{
    return text != NULL && (strcmp(text, a) == 0 || strcmp(text, b) == 0);
}

static void check_kafka(const struct check *check,
                        const struct mr_config_source *source)
{
    bool wrapped = is_one_of(source->format, "confluent", "cloudevents");
    bool protobuf = is_one_of(source->format, "protobuf", "") ||
                    (wrapped && is_one_of(source->inner, "protobuf", ""));

    if (strcmp(check->config->bus, "kafka") != 0)
        bad_source(check, source, "kind",
                   "kafka needs \"bus: kafka\": topics of others are read on "
                   "the cluster that the log lies on");
    if (is_missing(source, "topic"))
        bad_source(check, source, "topic", "is missing");
    if (!wrapped && is_one_of(source->inner, "protobuf", ""))
        bad_source(check, source, "inner",
                   "protobuf is for format confluent and cloudevents");
    if (protobuf && is_missing(source, "descriptor"))
        bad_source(check, source, "descriptor", "is missing, for protobuf");
    if (protobuf && is_missing(source, "message"))
        bad_source(check, source, "message", "is missing, for protobuf");
    if (!protobuf && !is_missing(source, "descriptor"))
        bad_source(check, source, "descriptor", "is for protobuf");
    if (!protobuf && !is_missing(source, "message"))
        bad_source(check, source, "message", "is for protobuf");
}

/* Keys that were given for another kind of source, or not for this. */
static void check_source_kind(const struct check *check,
                              const struct mr_config_source *source)
{
    enum mr_config_kinds kind;
    char words[80];

    if (source->kind == NULL) {
        if (is_missing(source, "kind"))
            bad_source(check, source, "kind",
                       "is missing: web, files or kafka");
        return;
    }
    kind = mr_config_kind(source->kind);
    for (size_t i = 0; i < mr_source_keys.count; i++) {
        const struct mr_config_row *row = &mr_source_keys.rows[i];

        if (source->origins[i].from == MR_CONFIG_FROM_DEFAULT ||
            (row->kinds & kind) != 0)
            continue;
        (void)snprintf(words, sizeof(words), "is for sources of kind %s",
                       mr_config_kinds_name(row->kinds));
        bad_source(check, source, row->path, words);
    }
    if (kind == MR_CONFIG_KAFKA)
        check_kafka(check, source);
    if (kind == MR_CONFIG_WEB && is_missing(source, "url"))
        bad_source(check, source, "url", "is missing");
    if (kind == MR_CONFIG_WEB && source->url != NULL &&
        url_problem(source->url) != NULL)
        bad_source(check, source, "url", url_problem(source->url));
    if (kind == MR_CONFIG_FILES && is_missing(source, "path"))
        bad_source(check, source, "path", "is missing");
}

void mr_config_check(const struct mr_config *config,
                     struct mr_config_problems *problems)
{
    const struct check check = { .config = config, .problems = problems };

    check_top(&check);
    check_blobs(&check);
    check_sizes(&check);
    check_http(&check);
    check_generator(&check);
    for (size_t i = 0; i < config->source_count; i++) {
        check_source_name(&check, &config->sources[i]);
        check_source_kind(&check, &config->sources[i]);
    }
}
