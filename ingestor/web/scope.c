// SPDX-License-Identifier: Apache-2.0
/*
 * scope.c - see scope.h.
 */
#include "ingestor/web/scope.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

struct prefix {
    struct mr_url url;
    struct mr_span target; /* what a target must begin with */
};

struct scope {
    struct mr_arena *arena;
    struct mr_url seed;
    struct prefix *include; /* the seed's folder first */
    size_t include_count;
    struct prefix *exclude;
    size_t exclude_count;
};

bool scope_same_host(const struct mr_url *a, const struct mr_url *b)
{
    bool own_a = a->port == (a->scheme.size == 5 ? 443 : 80);
    bool own_b = b->port == (b->scheme.size == 5 ? 443 : 80);

    if (!mr_span_equal(a->host, b->host))
        return false;
    if (own_a && own_b)
        return true;
    return a->port == b->port && a->scheme.size == b->scheme.size;
}

static enum mr_code read_prefix(struct scope *scope, const char *text,
                                struct mr_url_parser *parser,
                                struct prefix *out, struct mr_err *err)
{
    struct mr_span given = mr_span_str(text);
    bool path = given.size > 0 && given.data[0] == '/';

    if (!path && !mr_span_starts(given, mr_span_str("http://")) &&
        !mr_span_starts(given, mr_span_str("https://")))
        return mr_fail(err, MR_E_INVALID,
                       "\"%.200s\" is no prefix of addresses; give "
                       "\"https://...\" or \"/a/path\"",
                       text);
    if (mr_url_parse(parser, given, path ? scope->seed.text : mr_span(NULL, 0),
                     scope->arena, &out->url, err) != MR_OK)
        return MR_E_INVALID;
    out->target = out->url.target;
    return MR_OK;
}

static enum mr_code read_prefixes(struct scope *scope, const char *const *texts,
                                  size_t count, struct mr_url_parser *parser,
                                  struct prefix *out, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    if (count > SCOPE_PREFIXES_MAX)
        return mr_fail(err, MR_E_INVALID, "%zu prefixes, at most %u", count,
                       SCOPE_PREFIXES_MAX);
    for (size_t i = 0; code == MR_OK && i < count; i++)
        code = read_prefix(scope, texts[i], parser, &out[i], err);
    return code;
}

static struct mr_span folder_of(struct mr_span path)
{
    MR_ASSERT(path.size > 0 && path.data[0] == '/');
    while (path.data[path.size - 1] != '/')
        path.size--;
    return path;
}

enum mr_code scope_new(const struct scope_spec *spec,
                       struct mr_url_parser *parser, struct scope **out,
                       struct mr_err *err)
{
    struct scope *scope = mr_calloc(1, sizeof(*scope));
    enum mr_code code;

    scope->arena = mr_arena_new();
    code = mr_url_parse(parser, spec->seed->text, mr_span(NULL, 0),
                        scope->arena, &scope->seed, err);
    scope->include = mr_arena_calloc(scope->arena, spec->include_count + 1,
                                     sizeof(*scope->include));
    scope->exclude = mr_arena_calloc(scope->arena, spec->exclude_count,
                                     sizeof(*scope->exclude));
    scope->include_count = spec->include_count + 1;
    scope->exclude_count = spec->exclude_count;
    if (code == MR_OK)
        scope->include[0] = (struct prefix){
            .url = scope->seed,
            .target = folder_of(scope->seed.path),
        };
    if (code == MR_OK)
        code = read_prefixes(scope, spec->include, spec->include_count, parser,
                             scope->include + 1, err);
    if (code == MR_OK)
        code = read_prefixes(scope, spec->exclude, spec->exclude_count, parser,
                             scope->exclude, err);
    if (code == MR_OK)
        *out = scope;
    else
        scope_free(scope);
    return code;
}

void scope_free(struct scope *scope)
{
    if (scope == NULL)
        return;
    mr_arena_free(scope->arena);
    mr_free(scope);
}

static bool has(const struct prefix *prefix, const struct mr_url *url)
{
    return scope_same_host(&prefix->url, url) &&
           mr_span_starts(url->target, prefix->target);
}

enum scope_verdict scope_of(const struct scope *scope, const struct mr_url *url)
{
    bool in = false;

    for (size_t i = 0; i < scope->exclude_count; i++) {
        if (has(&scope->exclude[i], url))
            return SCOPE_EXCLUDED;
    }
    for (size_t i = 0; i < scope->include_count && !in; i++)
        in = has(&scope->include[i], url);
    if (in)
        return SCOPE_IN;
    return scope_same_host(&scope->seed, url) ? SCOPE_OTHER_FOLDER
                                              : SCOPE_OTHER_HOST;
}

const char *scope_words(enum scope_verdict verdict)
{
    switch (verdict) {
    case SCOPE_IN:
        return "inside the source";
    case SCOPE_OTHER_HOST:
        return "on another host";
    case SCOPE_OTHER_FOLDER:
        return "outside the source's folder";
    case SCOPE_EXCLUDED:
        return "excluded by the source's configuration";
    }
    MR_UNREACHABLE();
}
