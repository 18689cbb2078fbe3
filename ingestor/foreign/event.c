// SPDX-License-Identifier: Apache-2.0
/*
 * event.c - CloudEvents 1.0 as trees: of the event's attributes, and of its
 * data; see value.h.
 */
#include <string.h>
#include <strings.h>

#include "ingestor/foreign/value.h"

#define ATTRIBUTES_BYTES_MAX ((size_t)1024 * 1024)

static bool begins(struct mr_span text, const char *with)
{
    size_t size = strlen(with);

    return text.size >= size &&
           strncasecmp((const char *)text.data, with, size) == 0;
}

/* "application/json", "text/json", "application/vnd.x+json; charset=...". */
static bool is_json(struct mr_span type)
{
    size_t size = 0;

    while (size < type.size && type.data[size] != ';' && type.data[size] != ' ')
        size++;
    return size >= 5 &&
           (strncasecmp((const char *)type.data + size - 5, "/json", 5) == 0 ||
            strncasecmp((const char *)type.data + size - 5, "+json", 5) == 0);
}

/* The data as one text. */
static enum mr_code read_text(struct mr_span bytes, struct mr_json **out,
                              struct mr_err *err)
{
    struct mr_buf buf = mr_buf(6 * bytes.size + 64);
    struct mr_json_out text = mr_json_out(&buf);
    enum mr_code code;

    mr_json_put_text(&text, bytes);
    code = mr_json_parse(mr_buf_bytes(&buf), out, err);
    mr_buf_deinit(&buf);
    return code;
}

static enum mr_code read_data(const struct foreign_map *map,
                              const struct proto_schema *schema,
                              struct mr_span type, struct mr_span bytes,
                              struct mr_json **out, struct mr_err *err)
{
    if (map->inner == FOREIGN_PROTOBUF || type.size == 0 || is_json(type))
        return foreign_data_read(map->inner, schema, bytes, out, err);
    if (begins(type, "text/"))
        return read_text(bytes, out, err);
    return mr_fail(err, MR_E_INVALID,
                   "cloudevents: the data is %.*s, which is not read",
                   MR_SPAN_ARG(type));
}

/* --- binary mode --- */

static enum mr_code read_attributes(const struct mr_record *record,
                                    struct mr_json **out, struct mr_err *err)
{
    struct mr_buf buf = mr_buf(ATTRIBUTES_BYTES_MAX);
    struct mr_json_out text = mr_json_out(&buf);
    enum mr_code code;

    mr_json_object_begin(&text);
    for (size_t i = 0; i < record->header_count; i++) {
        const struct mr_record_header *header = &record->headers[i];

        if (strncasecmp(header->name, "ce_", 3) != 0)
            continue;
        mr_json_key(&text, header->name + 3);
        mr_json_put_text(&text, header->value);
    }
    mr_json_object_end(&text);
    code = buf.full ? mr_fail(err, MR_E_LIMIT,
                              "cloudevents: the headers are larger than %zu "
                              "bytes",
                              ATTRIBUTES_BYTES_MAX)
                    : mr_json_parse(mr_buf_bytes(&buf), out, err);
    mr_buf_deinit(&buf);
    return code;
}

static enum mr_code read_binary(const struct foreign_map *map,
                                const struct proto_schema *schema,
                                const struct mr_record *record,
                                struct foreign_tree *out, struct mr_err *err)
{
    enum mr_code code = read_attributes(record, &out->root, err);

    if (code != MR_OK)
        return code;
    return read_data(map, schema, foreign_header(record, "content-type"),
                     record->value, &out->data, err);
}

/* --- structured mode --- */

static int digit(uint8_t letter)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = letter == '\0' ? NULL : strchr(letters, letter);

    return at == NULL ? -1 : (int)(at - letters);
}

/* Base64 (RFC 4648, 4); false: it is none. */
static bool decode(struct mr_span text, struct mr_arena *arena,
                   struct mr_span *out)
{
    uint8_t *bytes = mr_arena_alloc(arena, text.size / 4 * 3 + 3);
    size_t size = 0;
    uint32_t held = 0;
    unsigned bits = 0;

    while (text.size > 0 && text.data[text.size - 1] == '=')
        text.size--;
    for (size_t i = 0; i < text.size; i++) {
        int value = digit(text.data[i]);

        if (value < 0)
            return false;
        held = (held << 6 | (uint32_t)value) & 0xFFFFFF;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes[size++] = (uint8_t)(held >> bits);
        }
    }
    *out = mr_span(bytes, size);
    return bits < 6;
}

static enum mr_code read_structured(const struct foreign_map *map,
                                    const struct proto_schema *schema,
                                    const struct mr_record *record,
                                    struct mr_arena *arena,
                                    struct foreign_tree *out,
                                    struct mr_err *err)
{
    enum mr_code code = mr_json_parse(record->value, &out->root, err);
    const struct mr_json *root = out->root;
    struct mr_span base64;
    struct mr_span bytes;

    if (code != MR_OK)
        return code;
    base64 = mr_json_text(mr_json_get(root, "data_base64"));
    if (base64.data == NULL)
        return MR_OK;
    if (!decode(base64, arena, &bytes))
        return mr_fail(err, MR_E_CORRUPT,
                       "cloudevents: data_base64 is no base64");
    return read_data(map, schema,
                     mr_json_text(mr_json_get(root, "datacontenttype")), bytes,
                     &out->data, err);
}

/* The attributes that each event has. */
static enum mr_code check(const struct mr_json *root, struct mr_err *err)
{
    static const char *const names[] = { "specversion", "id", "source",
                                         "type" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (mr_json_text(mr_json_get(root, names[i])).size == 0)
            return mr_fail(err, MR_E_INVALID,
                           "cloudevents: the event has no \"%s\"", names[i]);
    }
    if (!begins(mr_json_text(mr_json_get(root, "specversion")), "1."))
        return mr_fail(
            err, MR_E_INVALID,
            "cloudevents: specversion is %.*s, should be 1.0",
            MR_SPAN_ARG(mr_json_text(mr_json_get(root, "specversion"))));
    return MR_OK;
}

enum mr_code foreign_event_read(const struct foreign_map *map,
                                const struct proto_schema *schema,
                                const struct mr_record *record,
                                struct mr_arena *arena,
                                struct foreign_tree *out, struct mr_err *err)
{
    struct mr_span type = foreign_header(record, "content-type");
    bool binary = !begins(type, "application/cloudevents") &&
                  foreign_header(record, "ce_specversion").data != NULL;
    enum mr_code code;

    if (begins(type, "application/cloudevents-batch"))
        return mr_fail(err, MR_E_INVALID,
                       "cloudevents: a batch; only single events are read");
    code = binary ? read_binary(map, schema, record, out, err)
                  : read_structured(map, schema, record, arena, out, err);
    return code == MR_OK ? check(out->root, err) : code;
}
