// SPDX-License-Identifier: Apache-2.0
/*
 * config_json.c - a source's configuration as JSON; see config.h.
 */
#include <math.h>
#include <stddef.h>

#include "ingestor/source/config.h"
#include "ingestor/web/scope.h"

enum member_kind {
    MEMBER_TEXT,
    MEMBER_LIST, /* the count is the next member of the struct */
    MEMBER_FLAG,
    MEMBER_U32,
    MEMBER_I64,
    MEMBER_SIZE,
};

static const struct member {
    const char *name;
    enum member_kind kind;
    size_t at;
} members[] = {
#define MEMBER(kind, name)                                         \
    {                                                              \
#name, MEMBER_##kind, offsetof(struct source_config, name) \
    }
    MEMBER(TEXT, name),
    MEMBER(TEXT, url),
    MEMBER(TEXT, path),
    MEMBER(I64, every_ms),
    MEMBER(U32, rank),
    MEMBER(SIZE, bytes_max),
    MEMBER(I64, total_ms),
    MEMBER(U32, max_pages),
    MEMBER(U32, depth),
    MEMBER(U32, connections_per_host),
    MEMBER(I64, delay_ms),
    MEMBER(FLAG, ignore_crawl_delay),
    MEMBER(FLAG, allow_private),
    MEMBER(I64, page_timeout_ms),
    MEMBER(TEXT, headers_file),
    MEMBER(TEXT, cookies_file),
    MEMBER(LIST, include),
    MEMBER(LIST, exclude),
    MEMBER(TEXT, topic),
    MEMBER(TEXT, format),
    MEMBER(TEXT, inner),
    MEMBER(TEXT, from),
    MEMBER(TEXT, descriptor),
    MEMBER(TEXT, message),
    MEMBER(TEXT, fields.id),
    MEMBER(TEXT, fields.text),
    MEMBER(TEXT, fields.html),
    MEMBER(TEXT, fields.title),
    MEMBER(TEXT, fields.url),
    MEMBER(TEXT, fields.time),
    MEMBER(TEXT, fields.owner),
    MEMBER(TEXT, fields.acl),
    MEMBER(TEXT, fields.metadata),
#undef MEMBER
};

#define MEMBER_COUNT (sizeof(members) / sizeof(members[0]))

/* Larger numbers would not be whole in JSON. */
#define NUMBER_MAX 9007199254740991.0

static const struct member *member_of(struct mr_span key)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (mr_span_equal(key, mr_span_str(members[i].name)))
            return &members[i];
    }
    return NULL;
}

static enum mr_code wrong_kind(const struct member *member,
                               const struct mr_json *value, const char *want,
                               struct mr_err *err)
{
    return mr_fail(err, MR_E_INVALID, "\"%s\" is %s, should be %s",
                   member->name, mr_json_kind_name(mr_json_kind(value)), want);
}

static enum mr_code read_text(const struct member *member,
                              const struct mr_json *value,
                              struct mr_arena *arena, const char **out,
                              struct mr_err *err)
{
    struct mr_span text = mr_json_text(value);

    if (text.data == NULL)
        return wrong_kind(member, value, "a text", err);
    if (text.size > 0 && memchr(text.data, '\0', text.size) != NULL)
        return mr_fail(err, MR_E_INVALID, "\"%s\" holds a NUL", member->name);
    *out = mr_arena_str(arena, text);
    return MR_OK;
}

static enum mr_code read_list(const struct member *member,
                              const struct mr_json *value,
                              struct mr_arena *arena, void *at,
                              struct mr_err *err)
{
    const char *const **list = at;
    size_t *count = (size_t *)(list + 1);
    size_t size = mr_json_size(value);
    const char **texts;
    enum mr_code code = MR_OK;

    if (mr_json_kind(value) != MR_JSON_ARRAY || size > SCOPE_PREFIXES_MAX)
        return wrong_kind(member, value, "an array of at most 100 texts", err);
    texts = mr_arena_calloc(arena, size, sizeof(*texts));
    for (size_t i = 0; code == MR_OK && i < size; i++)
        code = read_text(member, mr_json_at(value, i), arena, &texts[i], err);
    *list = texts;
    *count = size;
    return code;
}

static enum mr_code read_number(const struct member *member,
                                const struct mr_json *value, void *at,
                                struct mr_err *err)
{
    double number = mr_json_number(value, -1);
    double most = member->kind == MEMBER_U32 ? (double)UINT32_MAX : NUMBER_MAX;

    if (mr_json_kind(value) != MR_JSON_NUMBER)
        return wrong_kind(member, value, "a number", err);
    if (!(number >= 0) || number > most || number != floor(number))
        return mr_fail(err, MR_E_INVALID,
                       "\"%s\" is %g, should be a whole number from 0",
                       member->name, number);
    if (member->kind == MEMBER_U32)
        *(uint32_t *)at = (uint32_t)number;
    else if (member->kind == MEMBER_I64)
        *(int64_t *)at = (int64_t)number;
    else
        *(size_t *)at = (size_t)number;
    return MR_OK;
}

static enum mr_code read_member(const struct member *member,
                                const struct mr_json *value,
                                struct mr_arena *arena,
                                struct source_config *out, struct mr_err *err)
{
    void *at = (char *)out + member->at;

    switch (member->kind) {
    case MEMBER_TEXT:
        return read_text(member, value, arena, at, err);
    case MEMBER_LIST:
        return read_list(member, value, arena, at, err);
    case MEMBER_FLAG:
        if (mr_json_kind(value) != MR_JSON_BOOL)
            return wrong_kind(member, value, "true or false", err);
        *(bool *)at = mr_json_bool(value, false);
        return MR_OK;
    case MEMBER_U32:
    case MEMBER_I64:
    case MEMBER_SIZE:
        break;
    }
    return read_number(member, value, at, err);
}

static enum mr_code unknown(struct mr_span key, struct mr_err *err)
{
    struct mr_buf names = mr_buf(512);
    enum mr_code code;

    for (size_t i = 0; i < MEMBER_COUNT; i++)
        mr_buf_printf(&names, "%s%s", i > 0 ? ", " : "", members[i].name);
    code =
        mr_fail(err, MR_E_INVALID, "\"%.*s\" is not known here; known are: %s",
                (int)(key.size > 40 ? 40 : key.size), (const char *)key.data,
                mr_buf_text(&names));
    mr_buf_deinit(&names);
    return code;
}

enum mr_code config_over_json(const struct mr_json *json,
                              struct mr_arena *arena, struct source_config *out,
                              struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < mr_json_size(json); i++) {
        struct mr_span key;
        const struct mr_json *value = mr_json_member(json, i, &key);
        const struct member *member = member_of(key);

        code = member == NULL ? unknown(key, err)
                              : read_member(member, value, arena, out, err);
    }
    return code;
}

enum mr_code config_from_json(const struct mr_json *json,
                              struct mr_arena *arena, struct source_config *out,
                              struct mr_err *err)
{
    bool web = mr_json_get(json, "url") != NULL;
    bool files = mr_json_get(json, "path") != NULL;
    bool topic = mr_json_get(json, "topic") != NULL;

    if (mr_json_kind(json) != MR_JSON_OBJECT || web + files + topic != 1)
        return mr_fail(err, MR_E_INVALID,
                       "a source is an object with \"url\", \"path\" or "
                       "\"topic\", one of them");
    *out = source_config_default(web     ? SOURCE_WEB
                                 : files ? SOURCE_FILES
                                         : SOURCE_KAFKA);
    return config_over_json(json, arena, out, err);
}

static void put_list(struct mr_json_out *out, const char *const *list,
                     size_t count)
{
    mr_json_array_begin(out);
    for (size_t i = 0; i < count; i++)
        mr_json_put_str(out, list[i]);
    mr_json_array_end(out);
}

static void put_member(const struct member *member,
                       const struct source_config *config,
                       struct mr_json_out *out)
{
    const void *at = (const char *)config + member->at;

    switch (member->kind) {
    case MEMBER_TEXT:
        if (*(const char *const *)at == NULL)
            return;
        mr_json_key(out, member->name);
        mr_json_put_str(out, *(const char *const *)at);
        return;
    case MEMBER_LIST:
        mr_json_key(out, member->name);
        put_list(out, *(const char *const *const *)at,
                 *(const size_t *)((const char *)at + sizeof(char **)));
        return;
    case MEMBER_FLAG:
        mr_json_key(out, member->name);
        mr_json_put_bool(out, *(const bool *)at);
        return;
    case MEMBER_U32:
        mr_json_key(out, member->name);
        mr_json_put_u64(out, *(const uint32_t *)at);
        return;
    case MEMBER_I64:
        mr_json_key(out, member->name);
        mr_json_put_i64(out, *(const int64_t *)at);
        return;
    case MEMBER_SIZE:
        mr_json_key(out, member->name);
        mr_json_put_u64(out, *(const size_t *)at);
        return;
    }
}

void config_to_json(const struct source_config *config, struct mr_json_out *out)
{
    mr_json_object_begin(out);
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        put_member(&members[i], config, out);
    mr_json_object_end(out);
}
