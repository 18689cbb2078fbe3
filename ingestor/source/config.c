// SPDX-License-Identifier: Apache-2.0
/*
 * config.c - see config.h.
 */
#include "ingestor/source/config.h"

#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/ports/blob.h"
#include "common/wire/types.h"
#include "ingestor/foreign/map.h"
#include "ingestor/web/scope.h"

#define DAY_MS          ((int64_t)24 * 60 * 60 * 1000)
#define EVERY_MS_MIN    1000
#define PATH_BYTES_MAX  4096u
#define SLUG_MAX        48u
#define TOPIC_BYTES_MAX 249u
#define TOPIC_LETTERS \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

struct source_config source_config_default(enum source_kind kind)
{
    return (struct source_config){
        .kind = kind,
        .every_ms = DAY_MS,
        .rank = 100,
        .bytes_max = (size_t)16 * 1024 * 1024,
        .total_ms = (int64_t)6 * 60 * 60 * 1000,
        .max_pages = 1000,
        .depth = 8,
        .connections_per_host = 2,
        .page_timeout_ms = 30000,
        .format = kind == SOURCE_KAFKA ? "json" : NULL,
        .inner = kind == SOURCE_KAFKA ? "json" : NULL,
        .from = kind == SOURCE_KAFKA ? "beginning" : NULL,
    };
}

static char *copy_str(const char *text, struct mr_arena *arena)
{
    return mr_arena_str(arena, mr_span_str(text));
}

static struct source_fields copy_fields(const struct source_fields *fields,
                                        struct mr_arena *arena)
{
    return (struct source_fields){
        .id = copy_str(fields->id, arena),
        .text = copy_str(fields->text, arena),
        .html = copy_str(fields->html, arena),
        .title = copy_str(fields->title, arena),
        .url = copy_str(fields->url, arena),
        .time = copy_str(fields->time, arena),
        .owner = copy_str(fields->owner, arena),
        .acl = copy_str(fields->acl, arena),
        .metadata = copy_str(fields->metadata, arena),
    };
}

static const char *const *copy_list(const char *const *list, size_t count,
                                    struct mr_arena *arena)
{
    const char **out = mr_arena_calloc(arena, count, sizeof(*out));

    for (size_t i = 0; i < count; i++)
        out[i] = copy_str(list[i], arena);
    return out;
}

struct source_config config_copy(const struct source_config *config,
                                 struct mr_arena *arena)
{
    struct source_config out = *config;

    out.name = copy_str(config->name, arena);
    out.url = copy_str(config->url, arena);
    out.path = copy_str(config->path, arena);
    out.headers_file = copy_str(config->headers_file, arena);
    out.cookies_file = copy_str(config->cookies_file, arena);
    out.topic = copy_str(config->topic, arena);
    out.format = copy_str(config->format, arena);
    out.inner = copy_str(config->inner, arena);
    out.from = copy_str(config->from, arena);
    out.descriptor = copy_str(config->descriptor, arena);
    out.message = copy_str(config->message, arena);
    out.fields = copy_fields(&config->fields, arena);
    out.include = copy_list(config->include, config->include_count, arena);
    out.exclude = copy_list(config->exclude, config->exclude_count, arena);
    return out;
}

static enum mr_code check_name(const char *name, struct mr_err *err)
{
    size_t size = name == NULL ? 1 : strlen(name);

    if (name != NULL &&
        (size == 0 || size > MR_SOURCE_BYTES_MAX ||
         strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") != size ||
         name[0] == '.'))
        return mr_fail(err, MR_E_INVALID,
                       "\"name\" is \"%.80s\", should be 1 to %u of a-z, "
                       "0-9, \".\", \"_\" and \"-\", the first no \".\"",
                       name, MR_SOURCE_BYTES_MAX);
    if (name != NULL && strcmp(name, "api") == 0)
        return mr_fail(err, MR_E_INVALID,
                       "\"name\": \"api\" is the source of what is pushed");
    return MR_OK;
}

static enum mr_code check_numbers(const struct source_config *config,
                                  struct mr_err *err)
{
    const struct {
        const char *name;
        int64_t value;
        int64_t least;
        int64_t most;
    } rows[] = {
        { "every_ms", config->every_ms, EVERY_MS_MIN, SOURCE_EVERY_MS_MAX },
        { "bytes_max", (int64_t)config->bytes_max, 1,
          (int64_t)MR_BLOB_BYTES_MAX },
        { "total_ms", config->total_ms, 1000, 30 * DAY_MS },
        { "max_pages", config->max_pages, 1, INGESTOR_PAGES_MAX },
        { "depth", config->depth, 0, 200 },
        { "connections_per_host", config->connections_per_host, 1, 64 },
        { "delay_ms", config->delay_ms, 0, 3600000 },
        { "page_timeout_ms", config->page_timeout_ms, 1, 3600000 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].value < rows[i].least || rows[i].value > rows[i].most)
            return mr_fail(err, MR_E_INVALID,
                           "\"%s\" is %lld, should be from %lld to %lld",
                           rows[i].name, (long long)rows[i].value,
                           (long long)rows[i].least, (long long)rows[i].most);
    }
    return MR_OK;
}

/* What is for another kind must not be there. */
static enum mr_code check_foreign(const struct source_config *config,
                                  struct mr_err *err)
{
    bool web = config->kind == SOURCE_WEB;

    if ((config->url != NULL) != web ||
        (config->path != NULL) != (config->kind == SOURCE_FILES) ||
        (config->topic != NULL) != (config->kind == SOURCE_KAFKA))
        return mr_fail(err, MR_E_INVALID,
                       "a source has a \"url\" (of the web), a \"path\" (of "
                       "files) or a \"topic\" (of Kafka), one of them");
    if (!web && (config->headers_file != NULL || config->cookies_file != NULL ||
                 config->include_count > 0 || config->exclude_count > 0))
        return mr_fail(err, MR_E_INVALID,
                       "headers_file, cookies_file, include and exclude are "
                       "for sources of the web");
    return MR_OK;
}

static enum mr_code check_web(struct source_config *config,
                              struct mr_url_parser *parser,
                              struct mr_arena *arena, struct mr_err *err)
{
    struct mr_err inner = { 0 };
    struct scope_spec spec = {
        .include = config->include,
        .include_count = config->include_count,
        .exclude = config->exclude,
        .exclude_count = config->exclude_count,
    };
    struct scope *scope;
    struct mr_url url;

    if (mr_url_parse(parser, mr_span_str(config->url), mr_span(NULL, 0), arena,
                     &url, &inner) != MR_OK)
        return mr_fail(err, MR_E_INVALID, "\"url\": %s", inner.text);
    if (url.had_secret)
        return mr_fail(err, MR_E_INVALID,
                       "\"url\" holds a user or a password; put them into a "
                       "headers_file instead (Authorization: Basic ...)");
    if (url.text.size > MR_ID_BYTES_MAX)
        return mr_fail(err, MR_E_INVALID, "\"url\" has %zu bytes, at most %u",
                       url.text.size, MR_ID_BYTES_MAX);
    spec.seed = &url;
    if (scope_new(&spec, parser, &scope, &inner) != MR_OK)
        return mr_fail(err, MR_E_INVALID, "\"include\" or \"exclude\": %s",
                       inner.text);
    scope_free(scope);
    config->url = copy_str((const char *)url.text.data, arena);
    return MR_OK;
}

static enum mr_code check_files(struct source_config *config,
                                struct mr_arena *arena, struct mr_err *err)
{
    size_t size = strlen(config->path);

    if (config->path[0] != '/' || size > PATH_BYTES_MAX)
        return mr_fail(err, MR_E_INVALID,
                       "\"path\" is \"%.200s\", should be absolute and of at "
                       "most %u bytes",
                       config->path, PATH_BYTES_MAX);
    while (size > 1 && config->path[size - 1] == '/')
        size--;
    config->path = mr_arena_str(arena, mr_span(config->path, size));
    return MR_OK;
}

static enum mr_code check_kafka(const struct source_config *config,
                                struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    struct foreign_map map;
    enum mr_code code = MR_OK;
    size_t size = strlen(config->topic);

    if (size == 0 || size > TOPIC_BYTES_MAX ||
        strspn(config->topic, TOPIC_LETTERS) != size)
        code = mr_fail(err, MR_E_INVALID,
                       "\"topic\" is \"%.250s\", should be 1 to %u letters, "
                       "digits, \".\", \"_\" and \"-\"",
                       config->topic, TOPIC_BYTES_MAX);
    if (code == MR_OK && strcmp(config->from, "beginning") != 0 &&
        strcmp(config->from, "end") != 0)
        code = mr_fail(err, MR_E_INVALID,
                       "\"from\" is \"%.40s\", should be beginning or end",
                       config->from);
    if (code == MR_OK)
        code = foreign_map_parse(config, arena, &map, err);
    mr_arena_free(arena);
    return code;
}

enum mr_code config_check(const struct source_config *config,
                          struct mr_url_parser *parser, struct mr_arena *arena,
                          struct source_config *out, struct mr_err *err)
{
    enum mr_code code = check_name(config->name, err);

    *out = config_copy(config, arena);
    if (code == MR_OK)
        code = check_numbers(config, err);
    if (code == MR_OK)
        code = check_foreign(config, err);
    if (code != MR_OK)
        return code;
    switch (config->kind) {
    case SOURCE_WEB:
        return check_web(out, parser, arena, err);
    case SOURCE_FILES:
        return check_files(out, arena, err);
    case SOURCE_KAFKA:
        return check_kafka(out, err);
    }
    MR_UNREACHABLE();
}

char *config_make_name(const struct source_config *config, bool salted,
                       struct mr_arena *arena)
{
    const char *text = config->kind == SOURCE_WEB ? strchr(config->url, ':') + 3
                       : config->kind == SOURCE_FILES ? config->path
                                                      : config->topic;
    uint64_t hash = mr_hash64(mr_span_str(text), 0);
    char slug[SLUG_MAX + 1];
    size_t size = 0;
    bool lost = strlen(text) > SLUG_MAX;

    for (size_t i = 0; text[i] != '\0' && size < SLUG_MAX; i++) {
        char byte = text[i];

        if (byte >= 'A' && byte <= 'Z')
            byte += 'a' - 'A';
        bool fits = (byte >= 'a' && byte <= 'z') ||
                    (byte >= '0' && byte <= '9') || byte == '_' ||
                    (byte == '.' && size > 0);

        if (fits)
            slug[size++] = byte;
        else if (size > 0 && slug[size - 1] != '-')
            slug[size++] = '-';
    }
    while (size > 0 && slug[size - 1] == '-')
        size--;
    slug[size] = '\0';
    if (size > 0 && !lost && !salted)
        return mr_arena_printf(arena, "%s", slug);
    return mr_arena_printf(arena, "%s%s%08x", slug, size > 0 ? "-" : "",
                           (unsigned)(hash & 0xFFFFFFFFu));
}

bool config_same_origin(const struct source_config *a,
                        const struct source_config *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == SOURCE_KAFKA)
        return strcmp(a->topic, b->topic) == 0;
    return a->kind == SOURCE_WEB ? strcmp(a->url, b->url) == 0
                                 : strcmp(a->path, b->path) == 0;
}

static_assert(SLUG_MAX + 9 <= MR_SOURCE_BYTES_MAX, "made names are names");
static_assert(INGESTOR_NAME_SIZE == MR_SOURCE_BYTES_MAX + 1, "see ingestor.h");
