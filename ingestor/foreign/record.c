// SPDX-License-Identifier: Apache-2.0
/*
 * record.c - one record by the mapping; see map.h.
 *
 * What the paths find is written as the document that document_json.h reads:
 * so there is one place that says what a document is.
 */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "common/document/document_json.h"
#include "common/wire/utf8.h"
#include "ingestor/foreign/map.h"
#include "ingestor/foreign/value.h"

#define DOCUMENT_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define WHOLE_MAX          9007199254740991.0

struct mapping {
    const struct foreign_map *map;
    const struct mr_record *record;
    const struct foreign_tree *tree;
    struct mr_json_out out;
};

/* What a path finds: one of these, or neither. */
struct found {
    const struct mr_json *json;
    struct mr_span text;
};

static bool is_there(const struct found *found)
{
    return found->text.data != NULL ||
           (found->json != NULL && mr_json_kind(found->json) != MR_JSON_NULL);
}

struct mr_span foreign_header(const struct mr_record *record, const char *name)
{
    for (size_t i = 0; i < record->header_count; i++) {
        if (strcasecmp(record->headers[i].name, name) == 0)
            return record->headers[i].value;
    }
    return (struct mr_span){ 0 };
}

static struct found find(const struct mapping *mapping,
                         const struct foreign_path *path)
{
    struct found found = { 0 };

    switch (path->origin) {
    case FOREIGN_NOWHERE:
        break;
    case FOREIGN_VALUE:
        found.json = foreign_path_find(path, mapping->tree);
        break;
    case FOREIGN_KEY:
        found.text = mapping->record->key;
        break;
    case FOREIGN_HEADER:
        found.text = foreign_header(mapping->record, path->header);
        break;
    }
    return found;
}

static enum mr_code nothing_at(const char *what,
                               const struct foreign_path *path,
                               struct mr_err *err)
{
    return mr_fail(err, MR_E_INVALID, "%s: there is nothing at %.200s", what,
                   path->text);
}

/* --- the id --- */

static enum mr_code check_id(struct mr_span id, struct mr_err *err)
{
    if (id.size == 0 || id.size > MR_ID_BYTES_MAX)
        return mr_fail(err, MR_E_INVALID,
                       "the id has %zu bytes, should be from 1 to %u", id.size,
                       MR_ID_BYTES_MAX);
    if (!mr_wire_utf8_valid(id))
        return mr_fail(err, MR_E_INVALID, "the id is no UTF-8 text");
    for (size_t i = 0; i < id.size; i++) {
        if (id.data[i] < 0x20 || id.data[i] == 0x7F)
            return mr_fail(err, MR_E_INVALID,
                           "the id has a control character at byte %zu", i);
    }
    return MR_OK;
}

static enum mr_code id_of_key(const struct mr_record *record,
                              struct mr_span *out, struct mr_err *err)
{
    *out = record->key;
    if (out->data == NULL)
        return mr_fail(err, MR_E_INVALID, "the record has no key to be the id");
    return check_id(*out, err);
}

static enum mr_code id_of(const struct mapping *mapping, struct mr_arena *arena,
                          struct mr_span *out, struct mr_err *err)
{
    const struct foreign_path *path = &mapping->map->id;
    struct found found = find(mapping, path);
    double number = mr_json_number(found.json, NAN);

    if (path->origin == FOREIGN_KEY)
        return id_of_key(mapping->record, out, err);
    if (!is_there(&found))
        return nothing_at("the id", path, err);
    *out = found.text.data != NULL ? found.text : mr_json_text(found.json);
    if (isfinite(number) && floor(number) == number &&
        fabs(number) <= WHOLE_MAX)
        *out = mr_span_str(mr_arena_printf(arena, "%.0f", number));
    if (out->data == NULL)
        return mr_fail(err, MR_E_INVALID,
                       "the id at %.200s is %s, should be a text or a whole "
                       "number",
                       path->text, mr_json_kind_name(mr_json_kind(found.json)));
    return check_id(*out, err);
}

/* --- the parts --- */

static void put(struct mapping *mapping, const char *key,
                const struct found *found)
{
    if (!is_there(found))
        return;
    mr_json_key(&mapping->out, key);
    if (found->text.data != NULL)
        mr_json_put_text(&mapping->out, found->text);
    else
        mr_json_put_value(&mapping->out, found->json);
}

static void put_at(struct mapping *mapping, const char *key,
                   const struct foreign_path *path)
{
    struct found found = find(mapping, path);

    put(mapping, key, &found);
}

static enum mr_code put_body(struct mapping *mapping, struct mr_err *err)
{
    const struct foreign_map *map = mapping->map;
    struct found text = find(mapping, &map->text);
    struct found html = find(mapping, &map->html);

    if (is_there(&text)) {
        put(mapping, "text", &text);
    } else if (is_there(&html)) {
        put(mapping, "html", &html);
    } else if (map->text.origin != FOREIGN_NOWHERE &&
               map->html.origin != FOREIGN_NOWHERE) {
        return mr_fail(err, MR_E_INVALID,
                       "the body: there is nothing at %.200s, nor at %.200s",
                       map->text.text, map->html.text);
    } else {
        return nothing_at(
            "the body",
            map->text.origin != FOREIGN_NOWHERE ? &map->text : &map->html, err);
    }
    return MR_OK;
}

/* Milliseconds that are written as a text, as 64-bit numbers often are. */
static bool is_digits(struct mr_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    return text.size > 4 && text.size < 16;
}

static void put_time(struct mapping *mapping)
{
    struct found found = find(mapping, &mapping->map->time);
    struct mr_span text =
        found.text.data != NULL ? found.text : mr_json_text(found.json);
    int64_t ms = 0;

    if (text.data == NULL || !is_digits(text)) {
        put(mapping, "time", &found);
        return;
    }
    for (size_t i = 0; i < text.size; i++)
        ms = ms * 10 + (text.data[i] - '0');
    mr_json_key(&mapping->out, "time");
    mr_json_put_i64(&mapping->out, ms);
}

static enum mr_code put_access(struct mapping *mapping, struct mr_err *err)
{
    const struct foreign_map *map = mapping->map;
    struct found owner = find(mapping, &map->owner);
    struct found acl = find(mapping, &map->acl);
    struct mr_span one =
        acl.text.data != NULL ? acl.text : mr_json_text(acl.json);

    if (map->wants_owner && !is_there(&owner))
        return nothing_at("the owner", &map->owner, err);
    if (map->wants_acl && !is_there(&acl))
        return nothing_at("the acl", &map->acl, err);
    put(mapping, "owner", &owner);
    if (one.data == NULL) {
        put(mapping, "acl", &acl);
        return MR_OK;
    }
    mr_json_key(&mapping->out, "acl");
    mr_json_array_begin(&mapping->out);
    mr_json_put_text(&mapping->out, one);
    mr_json_array_end(&mapping->out);
    return MR_OK;
}

/* --- metadata --- */

/* Whether a part before `nth` has said a value of this name. */
static bool is_said(const struct mapping *mapping, size_t nth,
                    struct mr_span name)
{
    const struct foreign_map *map = mapping->map;

    for (size_t i = 0; i < map->metadata_count; i++) {
        const struct foreign_metadata *part = &map->metadata[i];
        struct found found = find(mapping, &part->path);

        if (part->name != NULL) {
            if (is_there(&found) &&
                mr_span_equal(mr_span_str(part->name), name))
                return true;
        } else if (i < nth &&
                   mr_json_get(found.json, (const char *)name.data) != NULL) {
            return true;
        }
    }
    return false;
}

/* The members of an object, but for those that are named by themselves or were
 * in an object before. */
static void put_members(struct mapping *mapping, size_t nth,
                        const struct mr_json *object)
{
    for (size_t i = 0; i < mr_json_size(object); i++) {
        struct mr_span name;
        const struct mr_json *value = mr_json_member(object, i, &name);

        if (is_said(mapping, nth, name))
            continue;
        mr_json_key_span(&mapping->out, name);
        mr_json_put_value(&mapping->out, value);
    }
}

static enum mr_code put_metadata(struct mapping *mapping, struct mr_err *err)
{
    const struct foreign_map *map = mapping->map;

    mr_json_key(&mapping->out, "metadata");
    mr_json_object_begin(&mapping->out);
    for (size_t i = 0; i < map->metadata_count; i++) {
        const struct foreign_metadata *part = &map->metadata[i];
        struct found found = find(mapping, &part->path);

        if (!is_there(&found))
            continue;
        if (part->name != NULL)
            put(mapping, part->name, &found);
        else if (mr_json_kind(found.json) == MR_JSON_OBJECT)
            put_members(mapping, i, found.json);
        else
            return mr_fail(err, MR_E_INVALID,
                           "metadata at %.200s is no object; name it: "
                           "NAME=%.200s",
                           part->path.text, part->path.text);
    }
    mr_json_object_end(&mapping->out);
    return MR_OK;
}

/* --- the document --- */

static enum mr_code write_document(struct mapping *mapping, struct mr_err *err)
{
    enum mr_code code;

    mr_json_object_begin(&mapping->out);
    code = put_body(mapping, err);
    if (code == MR_OK)
        code = put_access(mapping, err);
    if (code != MR_OK)
        return code;
    put_at(mapping, "title", &mapping->map->title);
    put_at(mapping, "url", &mapping->map->url);
    put_time(mapping);
    code = put_metadata(mapping, err);
    mr_json_object_end(&mapping->out);
    if (code == MR_OK && mapping->out.buf->full)
        code = mr_fail(err, MR_E_LIMIT, "the document is larger than %zu bytes",
                       DOCUMENT_BYTES_MAX);
    return code;
}

static enum mr_code map_tree(struct mapping *mapping, struct mr_arena *arena,
                             struct mr_raw *out, struct mr_json **keep,
                             struct mr_err *err)
{
    struct mr_buf buf = mr_buf(DOCUMENT_BYTES_MAX);
    enum mr_code code = id_of(mapping, arena, &out->id, err);

    mapping->out = mr_json_out(&buf);
    if (code == MR_OK)
        code = write_document(mapping, err);
    if (code == MR_OK)
        code = mr_json_parse(mr_buf_bytes(&buf), keep, err);
    if (code == MR_OK)
        code = document_json_put(*keep, arena, out, err);
    mr_buf_deinit(&buf);
    mapping->out = (struct mr_json_out){ 0 };
    out->id = mr_arena_copy(arena, out->id); /* it may lie in the tree */
    return code;
}

enum mr_code foreign_map_record(const struct foreign_map *map,
                                const struct proto_schema *schema,
                                const struct mr_record *record,
                                struct mr_arena *arena, struct mr_raw *out,
                                struct mr_json **keep, struct mr_err *err)
{
    struct foreign_tree tree = { 0 };
    struct mapping mapping = { .map = map, .record = record, .tree = &tree };
    enum mr_code code;

    *out = (struct mr_raw){ 0 };
    *keep = NULL;
    if (record->value.data == NULL) {
        out->kind = MR_KIND_DELETE;
        return id_of_key(record, &out->id, err);
    }
    code = foreign_value_read(map, schema, record, arena, &tree, err);
    if (code == MR_OK)
        code = map_tree(&mapping, arena, out, keep, err);
    foreign_tree_free(&tree);
    if (code != MR_OK) {
        mr_json_free(*keep);
        *keep = NULL;
    }
    return code;
}
