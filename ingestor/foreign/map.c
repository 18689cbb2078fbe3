// SPDX-License-Identifier: Apache-2.0
/*
 * map.c - the mapping as it is configured; see map.h.
 */
#include "ingestor/foreign/map.h"

#include <string.h>

static const struct {
    const char *name;
    enum foreign_format format;
} formats[] = {
    { "json", FOREIGN_JSON },
    { "protobuf", FOREIGN_PROTOBUF },
    { "confluent", FOREIGN_CONFLUENT },
    { "cloudevents", FOREIGN_CLOUDEVENTS },
};

static bool is_word(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

bool foreign_map_wants_schema(const struct source_config *config)
{
    return is_word(config->format, "protobuf") ||
           (is_word(config->inner, "protobuf") &&
            !is_word(config->format, "json"));
}

static enum mr_code read_format(const char *what, const char *text,
                                size_t known, enum foreign_format *out,
                                struct mr_err *err)
{
    *out = FOREIGN_JSON;
    for (size_t i = 0; text != NULL && i < known; i++) {
        *out = formats[i].format;
        if (strcmp(formats[i].name, text) == 0)
            return MR_OK;
    }
    if (text == NULL)
        return MR_OK;
    return mr_fail(err, MR_E_INVALID,
                   "\"%s\" is \"%.40s\", should be json%s protobuf%s", what,
                   text, known == 2 ? " or" : ",",
                   known == 2 ? "" : ", confluent or cloudevents");
}

static enum mr_code check_schema(const struct source_config *config,
                                 struct mr_err *err)
{
    bool wanted = foreign_map_wants_schema(config);

    if (wanted && (config->descriptor == NULL || config->message == NULL))
        return mr_fail(err, MR_E_INVALID,
                       "protobuf needs \"descriptor\" and \"message\"");
    if (!wanted && (config->descriptor != NULL || config->message != NULL))
        return mr_fail(err, MR_E_INVALID,
                       "\"descriptor\" and \"message\" are for protobuf");
    return MR_OK;
}

static void cut_spaces(struct mr_span *text)
{
    while (text->size > 0 && text->data[0] == ' ')
        *text = mr_span(text->data + 1, text->size - 1);
    while (text->size > 0 && text->data[text->size - 1] == ' ')
        text->size--;
}

static enum mr_code check_name(const struct foreign_map *map, const char *name,
                               struct mr_err *err)
{
    if (name[0] == '\0' || name[0] == '$')
        return mr_fail(err, MR_E_INVALID,
                       "\"fields.metadata\": a name may not be empty or begin "
                       "with \"$\"");
    for (size_t i = 0; i < map->metadata_count; i++) {
        if (is_word(map->metadata[i].name, name))
            return mr_fail(err, MR_E_INVALID,
                           "\"fields.metadata\": \"%.80s\" is there twice",
                           name);
    }
    return MR_OK;
}

/* "name=path" or "path". */
static enum mr_code add_metadata(struct foreign_map *map, struct mr_span item,
                                 struct mr_arena *arena, struct mr_err *err)
{
    struct foreign_metadata *to = &map->metadata[map->metadata_count];
    const uint8_t *equals;
    struct mr_span path;
    enum mr_code code = MR_OK;

    cut_spaces(&item);
    path = item;
    equals = item.size > 0 ? memchr(item.data, '=', item.size) : NULL;
    if (map->metadata_count == FOREIGN_METADATA_MAX)
        return mr_fail(err, MR_E_INVALID,
                       "\"fields.metadata\" has more than %u parts",
                       FOREIGN_METADATA_MAX);
    *to = (struct foreign_metadata){ 0 };
    if (equals != NULL) {
        struct mr_span name = mr_span(item.data, (size_t)(equals - item.data));

        path = mr_span(equals + 1, item.size - name.size - 1);
        cut_spaces(&path);
        cut_spaces(&name);
        to->name = mr_arena_str(arena, name);
        code = check_name(map, to->name, err);
    }
    if (code == MR_OK)
        code = foreign_path_parse("fields.metadata", mr_arena_str(arena, path),
                                  arena, &to->path, err);
    map->metadata_count += code == MR_OK;
    return code;
}

static enum mr_code parse_metadata(struct foreign_map *map, const char *text,
                                   struct mr_arena *arena, struct mr_err *err)
{
    enum mr_code code = MR_OK;
    bool more = true;

    map->metadata =
        mr_arena_calloc(arena, FOREIGN_METADATA_MAX, sizeof(*map->metadata));
    while (code == MR_OK && more) {
        size_t size = strcspn(text, ",");

        code = add_metadata(map, mr_span(text, size), arena, err);
        more = text[size] == ',';
        text += size + more;
    }
    return code;
}

enum mr_code foreign_map_parse(const struct source_config *config,
                               struct mr_arena *arena, struct foreign_map *out,
                               struct mr_err *err)
{
    const struct source_fields *fields = &config->fields;
    bool body = fields->text != NULL || fields->html != NULL;
    bool event = is_word(config->format, "cloudevents");
    const struct {
        const char *what;
        const char *given;
        const char *otherwise; /* NULL: nowhere */
        struct foreign_path *out;
    } rows[] = {
        { "fields.id", fields->id, "$key", &out->id },
        { "fields.text", fields->text, body ? NULL : "data.text", &out->text },
        { "fields.html", fields->html, body ? NULL : "data.html", &out->html },
        { "fields.title", fields->title, "data.title", &out->title },
        { "fields.url", fields->url, "data.url", &out->url },
        { "fields.time", fields->time, event ? "time" : "data.time",
          &out->time },
        { "fields.owner", fields->owner, "data.owner", &out->owner },
        { "fields.acl", fields->acl, "data.acl", &out->acl },
    };
    enum mr_code code;

    *out = (struct foreign_map){ .wants_owner = fields->owner != NULL,
                                 .wants_acl = fields->acl != NULL };
    code = read_format("format", config->format, 4, &out->format, err);
    if (code == MR_OK)
        code = read_format("inner", config->inner, 2, &out->inner, err);
    if (code == MR_OK)
        code = check_schema(config, err);
    for (size_t i = 0; code == MR_OK && i < sizeof(rows) / sizeof(rows[0]);
         i++) {
        const char *text = rows[i].given;

        if (text == NULL && rows[i].otherwise != NULL)
            /* Only an event has its data below a member. */
            text = rows[i].otherwise +
                   (!event && rows[i].otherwise[0] == 'd' ? 5 : 0);
        if (text != NULL)
            code =
                foreign_path_parse(rows[i].what, text, arena, rows[i].out, err);
    }
    if (code == MR_OK)
        code = parse_metadata(out,
                              fields->metadata != NULL ? fields->metadata
                              : event                  ? "data.metadata"
                                                       : "metadata",
                              arena, err);
    return code;
}
