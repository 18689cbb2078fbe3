// SPDX-License-Identifier: Apache-2.0
/*
 * ingestor.c - the list of sources; see ingestor.h.
 *
 * The list is small and locked as a whole; a source that is being removed
 * stays in it, marked, until its thread has ended and its state is gone, so
 * that its name is not taken meanwhile.
 */
#include "ingestor/ingestor.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/http/private_net.h"
#include "ingestor/api/routes.h"
#include "ingestor/io/gate.h"
#include "ingestor/io/list.h"
#include "ingestor/io/meta.h"
#include "ingestor/io/mirror.h"
#include "ingestor/io/source.h"
#include "ingestor/source/config.h"

struct ingestor {
    struct ingestor_spec spec;
    struct mr_place place; /* the spec's, with the mirror as its store */
    struct mirror *mirror; /* NULL where the bus is on this machine */
    char *user_agent;
    struct gate *gate;
    mr_space_id list_space;
    pthread_mutex_t lock; /* all below */
    struct mr_url_parser *parser;
    struct source *sources[INGESTOR_SOURCES_MAX];
    bool leaving[INGESTOR_SOURCES_MAX]; /* being removed */
    size_t count;
    bool started;
};

static void lock(struct ingestor *ingestor)
{
    (void)pthread_mutex_lock(&ingestor->lock);
}

static void unlock(struct ingestor *ingestor)
{
    (void)pthread_mutex_unlock(&ingestor->lock);
}

/* The place of a name in the list, or `count`. */
static size_t find(const struct ingestor *ingestor, const char *name)
{
    size_t at = 0;

    while (at < ingestor->count &&
           strcmp(source_name(ingestor->sources[at]), name) != 0)
        at++;
    return at;
}

static enum mr_code append(struct ingestor *ingestor,
                           const struct source_config *config, bool kept,
                           struct mr_err *err)
{
    const struct source_spec spec = {
        .ingestor = &ingestor->spec,
        .user_agent = ingestor->user_agent,
        .gate = ingestor->gate,
        .config = config,
        .kept = kept,
    };
    enum mr_code code;

    if (ingestor->count == INGESTOR_SOURCES_MAX)
        return mr_fail(err, MR_E_INVALID, "there are %u sources, no more fit",
                       INGESTOR_SOURCES_MAX);
    code = source_new(&spec, &ingestor->sources[ingestor->count], err);
    if (code != MR_OK)
        return code;
    ingestor->leaving[ingestor->count] = false;
    ingestor->count++;
    return MR_OK;
}

/* A source of the store's list. One that this version does not understand is
 * told and left in the list. */
static enum mr_code load_one(void *context, const char *name,
                             const struct mr_json *json, struct mr_err *err)
{
    struct ingestor *ingestor = context;
    struct mr_arena *arena = mr_arena_new();
    struct source_config config;
    struct mr_err why = { 0 };
    enum mr_code code = config_from_json(json, arena, &config, &why);

    if (code == MR_OK)
        code = config_check(&config, ingestor->parser, arena, &config, &why);
    if (code != MR_OK) {
        mr_log(ingestor->spec.telemetry, MR_EV_SOURCE_PROBLEM, name,
               "its stored configuration is not understood: %s", why.text);
        code = MR_OK;
    } else {
        code = append(ingestor, &config, true, err);
    }
    mr_arena_free(arena);
    return code;
}

/* What is kept lies on the cluster, where there is one. */
static enum mr_code open_state(struct ingestor *ingestor, struct mr_err *err)
{
    const struct ingestor_spec *spec = &ingestor->spec;
    const struct mr_place *place = spec->place;
    enum mr_code code = MR_OK;

    if (place->bus->remote)
        code = mirror_open(place, spec->ended, spec->context, &ingestor->mirror,
                           err);
    if (code != MR_OK)
        return code;
    ingestor->place = *place;
    if (ingestor->mirror != NULL)
        ingestor->place.store = mirror_store(ingestor->mirror);
    ingestor->spec.place = &ingestor->place;
    return meta_space(&ingestor->place, NULL, NULL, &ingestor->list_space, err);
}

enum mr_code ingestor_new(const struct ingestor_spec *spec,
                          struct ingestor **out, struct mr_err *err)
{
    struct ingestor *ingestor = mr_calloc(1, sizeof(*ingestor));
    enum mr_code code;

    ingestor->spec = *spec;
    ingestor->user_agent =
        mr_strdup(spec->user_agent != NULL ? spec->user_agent
                                           : "millrace/" MILLRACE_VERSION);
    ingestor->gate = gate_new(INGESTOR_RUNNING_MAX);
    ingestor->parser = mr_url_parser_new();
    (void)pthread_mutex_init(&ingestor->lock, NULL);
    code = open_state(ingestor, err);
    if (code == MR_OK)
        code = list_load(&ingestor->place, ingestor->list_space, load_one,
                         ingestor, err);
    if (code == MR_OK)
        *out = ingestor;
    else
        ingestor_free(ingestor);
    return code;
}

void ingestor_free(struct ingestor *ingestor)
{
    if (ingestor == NULL)
        return;
    ingestor_stop(ingestor);
    for (size_t i = 0; i < ingestor->count; i++)
        source_free(ingestor->sources[i]);
    mirror_close(ingestor->mirror);
    gate_free(ingestor->gate);
    mr_url_parser_free(ingestor->parser);
    (void)pthread_mutex_destroy(&ingestor->lock);
    mr_free(ingestor->user_agent);
    mr_free(ingestor);
}

/* Whether a host is written as an address, or a name, of this machine or its
 * neighbours.  What other names resolve to is looked at when they are. */
static bool is_private(struct mr_span host)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    char text[256];
    size_t size = host.size;

    if (size >= sizeof(text))
        return false;
    memcpy(text, host.data, size);
    text[size] = '\0';
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return private_net_has((const struct sockaddr *)&v4);
    if (text[0] == '[' && size > 2) {
        text[size - 1] = '\0';
        if (inet_pton(AF_INET6, text + 1, &v6.sin6_addr) == 1)
            return private_net_has((const struct sockaddr *)&v6);
    }
    if (size > 0 && text[size - 1] == '.')
        text[--size] = '\0';
    return strcmp(text, "localhost") == 0 ||
           (size > 10 && strcmp(text + size - 10, ".localhost") == 0);
}

static enum mr_code check_topic(const struct ingestor *ingestor,
                                const struct source_config *config, bool given,
                                struct mr_err *err)
{
    const struct ingestor_spec *spec = &ingestor->spec;
    struct mr_err why = { 0 };
    mr_topic_id topic;
    uint32_t partitions;

    if (spec->foreign == NULL)
        return mr_fail(err, MR_E_INVALID,
                       "\"topic\": topics of others are read with \"bus: "
                       "kafka\" only");
    /* As with a path, one of the configuration may come later. */
    if (given && spec->foreign(spec->context, config->topic, &topic,
                               &partitions, &why) == MR_E_CONFIG)
        return mr_fail(err, MR_E_INVALID, "\"topic\": %s", why.text);
    return MR_OK;
}

static enum mr_code check_reach(struct ingestor *ingestor,
                                const struct source_config *config, bool given,
                                struct mr_arena *arena, struct mr_err *err)
{
    struct stat about;
    struct mr_url url;

    if (config->kind == SOURCE_KAFKA)
        return check_topic(ingestor, config, given, err);
    if (config->kind == SOURCE_FILES) {
        if (given && stat(config->path, &about) != 0)
            return mr_fail(err, MR_E_INVALID,
                           "\"path\": there is no %.350s that can be read",
                           config->path);
        return MR_OK;
    }
    if (mr_url_parse(ingestor->parser, mr_span_str(config->url),
                     mr_span(NULL, 0), arena, &url, err) != MR_OK)
        return MR_E_INVALID;
    if (!config->allow_private && is_private(url.host))
        return mr_fail(err, MR_E_INVALID,
                       "\"url\": %.*s is a private or loopback address; set "
                       "allow_private (--allow-private) to permit that",
                       MR_SPAN_ARG(url.host));
    return MR_OK;
}

/* The name for a configuration without one: that of the source which reads the
 * same, or a new one. */
static const char *choose_name(struct ingestor *ingestor,
                               const struct source_config *config,
                               struct mr_arena *arena)
{
    const char *name;

    for (size_t i = 0; i < ingestor->count; i++) {
        if (source_reads(ingestor->sources[i], config))
            return source_name(ingestor->sources[i]);
    }
    name = config_make_name(config, false, arena);
    return find(ingestor, name) == ingestor->count
               ? name
               : config_make_name(config, true, arena);
}

/* Puts a checked configuration into the list; `at` gets its place. */
static enum mr_code place_source(struct ingestor *ingestor,
                                 const struct source_config *config, bool given,
                                 size_t *at, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    *at = find(ingestor, config->name);
    if (*at == ingestor->count) {
        code = append(ingestor, config, given, err);
    } else if (ingestor->leaving[*at]) {
        code = mr_fail(err, MR_E_BUSY, "source %s is just being removed",
                       config->name);
    } else if (!source_reads(ingestor->sources[*at], config)) {
        code = mr_fail(err, MR_E_INVALID,
                       "\"name\": there is a source \"%s\" already, which "
                       "reads something else; remove it first, or take "
                       "another name",
                       config->name);
    } else {
        source_configure(ingestor->sources[*at], config);
    }
    return code;
}

static enum mr_code take(struct ingestor *ingestor,
                         const struct source_config *given_config, bool given,
                         struct source **out, struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    struct source_config config;
    size_t at = 0;
    enum mr_code code =
        config_check(given_config, ingestor->parser, arena, &config, err);

    if (code == MR_OK)
        code = check_reach(ingestor, &config, given, arena, err);
    if (code == MR_OK && config.name == NULL)
        config.name = choose_name(ingestor, &config, arena);
    if (code == MR_OK)
        code = place_source(ingestor, &config, given, &at, err);
    if (code == MR_OK && given) {
        source_keep(ingestor->sources[at]);
        code =
            list_save(ingestor->spec.place, ingestor->list_space, &config, err);
    }
    if (code == MR_OK)
        *out = ingestor->sources[at];
    mr_arena_free(arena);
    return code;
}

/* Called when it was asked for, so that its first run is that job. */
static enum mr_code start_if_open(struct ingestor *ingestor,
                                  struct source *source, struct mr_err *err)
{
    return ingestor->started ? source_start(source, err) : MR_OK;
}

bool ingestor_known(struct ingestor *ingestor, const struct source_config *like,
                    struct mr_arena *arena, struct source_config *out)
{
    struct source_config config;
    bool found = false;

    lock(ingestor);
    if (config_check(like, ingestor->parser, arena, &config, NULL) == MR_OK) {
        for (size_t i = 0; i < ingestor->count && !found; i++) {
            found = source_reads(ingestor->sources[i], &config);
            if (found)
                *out = source_config_of(ingestor->sources[i], arena);
        }
    }
    unlock(ingestor);
    return found;
}

enum mr_code ingestor_give(struct ingestor *ingestor,
                           const struct source_config *config, uint64_t *job,
                           char *name, struct mr_err *err)
{
    struct source *source;
    enum mr_code code;
    uint64_t number;

    lock(ingestor);
    code = take(ingestor, config, true, &source, err);
    if (code == MR_OK) {
        number = source_ask(source);
        if (job != NULL)
            *job = number;
        if (name != NULL)
            (void)snprintf(name, INGESTOR_NAME_SIZE, "%s", source_name(source));
        code = start_if_open(ingestor, source, err);
    }
    unlock(ingestor);
    return code;
}

enum mr_code ingestor_add(struct ingestor *ingestor,
                          const struct source_config *config,
                          struct mr_err *err)
{
    struct source *source;
    enum mr_code code;

    lock(ingestor);
    code = take(ingestor, config, false, &source, err);
    if (code == MR_OK)
        code = start_if_open(ingestor, source, err);
    unlock(ingestor);
    return code;
}

/* Takes a source out of the list. */
static void drop(struct ingestor *ingestor, const char *name)
{
    size_t at = find(ingestor, name);

    MR_ASSERT(at < ingestor->count && ingestor->leaving[at]);
    source_free(ingestor->sources[at]);
    ingestor->count--;
    ingestor->sources[at] = ingestor->sources[ingestor->count];
    ingestor->leaving[at] = ingestor->leaving[ingestor->count];
}

enum mr_code ingestor_remove(struct ingestor *ingestor, const char *name,
                             bool documents, struct mr_err *err)
{
    struct source *source = NULL;
    enum mr_code code;
    size_t at;

    lock(ingestor);
    at = find(ingestor, name);
    if (at < ingestor->count && !ingestor->leaving[at]) {
        source = ingestor->sources[at];
        ingestor->leaving[at] = true;
    }
    unlock(ingestor);
    if (source == NULL)
        return mr_fail(err, MR_E_INVALID, "there is no source \"%.350s\"",
                       name);
    /* Not under the lock: a run may take a moment to end. */
    source_stop(source);
    code = source_forget(source, documents, err);
    if (code == MR_OK)
        code =
            list_remove(ingestor->spec.place, ingestor->list_space, name, err);
    lock(ingestor);
    at = find(ingestor, name);
    if (code == MR_OK)
        drop(ingestor, name);
    else
        ingestor->leaving[at] = false; /* stopped, but still there */
    unlock(ingestor);
    return code;
}

enum mr_code ingestor_start(struct ingestor *ingestor, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    lock(ingestor);
    ingestor->started = true;
    for (size_t i = 0; code == MR_OK && i < ingestor->count; i++)
        code = source_start(ingestor->sources[i], err);
    unlock(ingestor);
    return code;
}

void ingestor_stop(struct ingestor *ingestor)
{
    lock(ingestor);
    ingestor->started = false;
    for (size_t i = 0; i < ingestor->count; i++)
        source_tell_stop(ingestor->sources[i]);
    for (size_t i = 0; i < ingestor->count; i++) {
        if (!ingestor->leaving[i])
            source_stop(ingestor->sources[i]); /* else its remover does */
    }
    unlock(ingestor);
}

void ingestor_status(struct ingestor *ingestor, struct mr_json_out *out)
{
    lock(ingestor);
    mr_json_array_begin(out);
    for (size_t i = 0; i < ingestor->count; i++) {
        if (!ingestor->leaving[i])
            source_render(ingestor->sources[i], out);
    }
    mr_json_array_end(out);
    unlock(ingestor);
}

bool ingestor_render(struct ingestor *ingestor, const char *name,
                     struct mr_json_out *out)
{
    bool found;
    size_t at;

    lock(ingestor);
    at = find(ingestor, name);
    found = at < ingestor->count && !ingestor->leaving[at];
    if (found)
        source_render(ingestor->sources[at], out);
    unlock(ingestor);
    return found;
}

const char *ingestor_collection(const struct ingestor *ingestor)
{
    return ingestor->spec.place->collection;
}

size_t ingestor_body_bytes_max(const struct ingestor *ingestor)
{
    return ingestor->spec.body_bytes_max > 0
               ? ingestor->spec.body_bytes_max
               : source_config_default(SOURCE_WEB).bytes_max;
}
