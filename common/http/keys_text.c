// SPDX-License-Identifier: Apache-2.0
/*
 * keys_text.c - the file of keys, read and written; see keys.h.
 *
 * The reader is strict: what it does not know may be what a newer version
 * needs to refuse somebody.
 */
#include <string.h>

#include "common/base/mr_hash.h"
#include "common/base/mr_time.h"
#include "common/http/keys.h"
#include "common/json/json.h"

#define FORMAT 1

static struct mr_span text_of(const struct mr_json *object, const char *key)
{
    return mr_json_text(mr_json_get(object, key));
}

static bool read_hash(struct mr_span hex, uint8_t hash[MR_KEY_HASH_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    if (hex.size != (size_t)2 * MR_KEY_HASH_SIZE)
        return false;
    for (size_t i = 0; i < hex.size; i++) {
        const char *digit =
            hex.data[i] == '\0' ? NULL : strchr(digits, hex.data[i]);

        if (digit == NULL)
            return false;
        hash[i / 2] = (uint8_t)(hash[i / 2] << 4 | (digit - digits));
    }
    return true;
}

/* A name that mr_key_name_good() takes, as a text of the arena, or NULL. */
static const char *read_name(const struct mr_json *value,
                             struct mr_arena *arena)
{
    struct mr_span text = mr_json_text(value);
    const char *name = mr_arena_str(arena, text);

    if (name == NULL || strlen(name) != text.size || !mr_key_name_good(name))
        return NULL;
    return name;
}

static bool read_collections(const struct mr_json *value,
                             struct mr_arena *arena, struct mr_key *key)
{
    size_t count = mr_json_size(value);

    if (value == NULL || mr_json_kind(value) != MR_JSON_ARRAY ||
        count > MR_KEY_COLLECTIONS_MAX)
        return false;
    key->collections = mr_arena_calloc(arena, count, sizeof(*key->collections));
    key->collection_count = count;
    for (size_t i = 0; i < count; i++) {
        key->collections[i] = read_name(mr_json_at(value, i), arena);
        if (key->collections[i] == NULL)
            return false;
    }
    return true;
}

static bool read_times(const struct mr_json *line, struct mr_key *key)
{
    const struct mr_json *expires = mr_json_get(line, "expires");

    if (!mr_time_parse(text_of(line, "created"), &key->created_ms) ||
        key->created_ms <= 0 || expires == NULL)
        return false;
    if (mr_json_kind(expires) == MR_JSON_NULL)
        return true;
    return mr_time_parse(mr_json_text(expires), &key->expires_ms) &&
           key->expires_ms > 0;
}

/* The member that is wrong, or NULL. */
static const char *read_key(const struct mr_json *line, struct mr_arena *arena,
                            struct mr_key *key)
{
    struct mr_span id = text_of(line, "id");

    if (mr_json_kind(line) != MR_JSON_OBJECT || mr_json_size(line) != 7)
        return "the number of members";
    key->name = read_name(mr_json_get(line, "name"), arena);
    if (key->name == NULL)
        return "\"name\"";
    if (id.size != MR_KEY_ID_SIZE - 1 || memchr(id.data, 0, id.size) != NULL)
        return "\"id\"";
    memcpy(key->id, id.data, id.size);
    if (!read_hash(text_of(line, "sha256"), key->hash))
        return "\"sha256\"";
    if (!mr_scope_parse(text_of(line, "scope"), &key->scope))
        return "\"scope\"";
    if (!read_collections(mr_json_get(line, "collections"), arena, key))
        return "\"collections\"";
    return read_times(line, key) ? NULL : "\"created\" or \"expires\"";
}

static enum mr_code add_line(const struct mr_json *line, struct mr_keys *keys,
                             struct mr_err *err)
{
    struct mr_key key = { 0 };
    const char *wrong = read_key(line, keys->arena, &key);

    if (wrong != NULL)
        return mr_fail(err, MR_E_DAMAGED, "%s is wrong", wrong);
    return mr_keys_add(keys, &key, err);
}

static enum mr_code read_head(const struct mr_json *line, size_t *expected,
                              struct mr_err *err)
{
    double format = mr_json_number(mr_json_get(line, "millrace_keys"), 0);
    double count = mr_json_number(mr_json_get(line, "count"), -1);

    if (format > FORMAT)
        return mr_fail(err, MR_E_DAMAGED, "it is of a newer version");
    if (format != FORMAT || !(count >= 0 && count <= MR_KEYS_MAX) ||
        (double)(size_t)count != count)
        return mr_fail(err, MR_E_DAMAGED, "it does not begin a file of keys");
    *expected = (size_t)count;
    return MR_OK;
}

/* Cuts the next line, without its newline; false when it has none. */
static bool next_line(struct mr_span *text, struct mr_span *line)
{
    const uint8_t *end =
        text->size == 0 ? NULL : memchr(text->data, '\n', text->size);

    if (end == NULL)
        return false;
    *line = mr_span(text->data, (size_t)(end - text->data));
    *text = mr_span(end + 1, text->size - line->size - 1);
    return true;
}

static enum mr_code parse_line(struct mr_span line, size_t number,
                               size_t *expected, struct mr_keys *keys,
                               struct mr_err *err)
{
    struct mr_json *json = NULL;
    enum mr_code code = mr_json_parse(line, &json, err);

    if (code == MR_OK && number == 1)
        code = read_head(json, expected, err);
    else if (code == MR_OK)
        code = add_line(json, keys, err);
    mr_json_free(json);
    return code;
}

enum mr_code mr_keys_parse(struct mr_span text, struct mr_keys *keys,
                           struct mr_err *err)
{
    struct mr_err why = { 0 };
    enum mr_code code = MR_OK;
    struct mr_span line;
    size_t expected = 0;
    size_t number = 0;

    while (code == MR_OK && next_line(&text, &line))
        code = parse_line(line, ++number, &expected, keys, &why);
    if (code != MR_OK)
        code = mr_fail(err, MR_E_DAMAGED, "line %zu: %.300s", number, why.text);
    else if (number == 0 || text.size > 0)
        code = mr_fail(err, MR_E_DAMAGED, "it is empty or ends within a line");
    else if (keys->count != expected)
        code = mr_fail(err, MR_E_DAMAGED, "it holds %zu keys, not %zu",
                       keys->count, expected);
    if (code != MR_OK)
        keys->count = 0;
    return code;
}

static void put_time(struct mr_json_out *out, const char *name, int64_t time_ms)
{
    char text[MR_TIME_TEXT_SIZE];

    mr_json_key(out, name);
    mr_time_text(time_ms, text);
    mr_json_put_str(out, time_ms == 0 ? NULL : text);
}

static void encode_key(const struct mr_key *key, struct mr_json_out *out)
{
    char hex[2 * MR_KEY_HASH_SIZE + 1];

    mr_hex(mr_span(key->hash, sizeof(key->hash)), hex);
    mr_json_object_begin(out);
    mr_json_key(out, "name");
    mr_json_put_str(out, key->name);
    mr_json_key(out, "id");
    mr_json_put_str(out, key->id);
    mr_json_key(out, "sha256");
    mr_json_put_str(out, hex);
    mr_json_key(out, "scope");
    mr_json_put_str(out, mr_scope_name(key->scope));
    mr_json_key(out, "collections");
    mr_json_array_begin(out);
    for (size_t i = 0; i < key->collection_count; i++)
        mr_json_put_str(out, key->collections[i]);
    mr_json_array_end(out);
    put_time(out, "created", key->created_ms);
    put_time(out, "expires", key->expires_ms);
    mr_json_object_end(out);
}

void mr_keys_encode(const struct mr_keys *keys, struct mr_buf *out)
{
    mr_buf_printf(out, "{\"millrace_keys\":%d,\"count\":%zu}\n", FORMAT,
                  keys->count);
    for (size_t i = 0; i < keys->count; i++) {
        struct mr_json_out line = mr_json_out(out);

        encode_key(&keys->items[i], &line);
        mr_buf_byte(out, '\n');
    }
}
