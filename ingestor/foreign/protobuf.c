// SPDX-License-Identifier: Apache-2.0
/*
 * protobuf.c - a message as JSON, by its schema; see protobuf.h.
 *
 * A message is read into a list of its fields, which is sorted by their place
 * in the schema, the order on the wire kept: then all values of a field stand
 * together.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_time.h"
#include "ingestor/foreign/schema.h"

struct decoding {
    struct mr_arena *arena;
    struct mr_json_out out;
    size_t left; /* of PROTO_FIELDS_MAX */
    unsigned depth;
};

/* One value on the wire, of a field that the schema knows. */
struct item {
    const struct proto_field *field;
    size_t nth;
    uint64_t value;
    struct mr_span bytes;
    bool packed; /* bytes are a list of values */
};

static enum mr_code broken(const char *what, struct mr_err *err)
{
    return mr_fail(err, MR_E_CORRUPT, "protobuf: %s", what);
}

static const struct proto_field *find_field(const struct proto_message *message,
                                            uint32_t number)
{
    size_t low = 0;
    size_t high = message->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (message->fields[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < message->count && message->fields[low].number == number
               ? &message->fields[low]
               : NULL;
}

static enum mr_code take(struct decoding *decoding, size_t count,
                         struct mr_err *err)
{
    if (count > decoding->left)
        return mr_fail(err, MR_E_LIMIT, "protobuf: more than %u fields",
                       PROTO_FIELDS_MAX);
    decoding->left -= count;
    return MR_OK;
}

/* --- values --- */

static enum mr_code put_message(struct decoding *decoding,
                                const struct proto_message *message,
                                struct mr_span bytes, struct mr_err *err);

static enum mr_code put_value(struct decoding *decoding,
                              const struct item *item, struct mr_err *err)
{
    const struct proto_field *field = item->field;

    switch (field->type) {
    case PROTO_STRING:
        mr_json_put_text(&decoding->out, item->bytes);
        return MR_OK;
    case PROTO_BYTES:
        proto_put_bytes(&decoding->out, item->bytes, decoding->arena);
        return MR_OK;
    case PROTO_MESSAGE:
        return put_message(decoding, field->message, item->bytes, err);
    case PROTO_GROUP:
        return broken("groups are not read", err);
    default:
        proto_put_number(&decoding->out, field, item->value);
        return MR_OK;
    }
}

/* --- many values --- */

static enum mr_code put_packed(struct decoding *decoding,
                               const struct item *item, struct mr_err *err)
{
    struct mr_reader in = mr_reader(item->bytes);
    enum proto_wire wire = proto_wire_of(item->field->type);
    enum mr_code code = MR_OK;

    while (code == MR_OK && in.at < in.size) {
        uint64_t value = wire == PROTO_VARINT  ? mr_read_varint(&in)
                         : wire == PROTO_64BIT ? mr_read_u64(&in)
                                               : mr_read_u32(&in);

        if (in.overrun)
            return broken("a packed list is cut off", err);
        code = take(decoding, 1, err);
        proto_put_number(&decoding->out, item->field, value);
    }
    return code;
}

static enum mr_code put_list(struct decoding *decoding,
                             const struct item *items, size_t count,
                             struct mr_err *err)
{
    enum mr_code code = MR_OK;

    mr_json_array_begin(&decoding->out);
    for (size_t i = 0; code == MR_OK && i < count; i++)
        code = items[i].packed ? put_packed(decoding, &items[i], err)
                               : put_value(decoding, &items[i], err);
    mr_json_array_end(&decoding->out);
    return code;
}

/* A message in several pieces is what the pieces together are. */
static struct item join(struct decoding *decoding, const struct item *items,
                        size_t count)
{
    struct item joined = items[count - 1];
    size_t size = 0;
    uint8_t *bytes;

    if (count == 1 || joined.field->type != PROTO_MESSAGE)
        return joined;
    for (size_t i = 0; i < count; i++)
        size += items[i].bytes.size;
    bytes = mr_arena_alloc(decoding->arena, size + 1);
    joined.bytes = mr_span(bytes, size);
    for (size_t i = 0; i < count; i++) {
        if (items[i].bytes.size > 0)
            memcpy(bytes, items[i].bytes.data, items[i].bytes.size);
        bytes += items[i].bytes.size;
    }
    return joined;
}

/* --- the list of a message's fields --- */

static enum mr_code read_item(const struct proto_wire_field *wire,
                              const struct proto_field *field, size_t nth,
                              struct item *out, struct mr_err *err)
{
    enum proto_wire wanted = proto_wire_of(field->type);

    *out = (struct item){
        .field = field, .nth = nth, .value = wire->value, .bytes = wire->bytes
    };
    if (wire->wire == (unsigned)wanted)
        return MR_OK;
    out->packed = wire->wire == PROTO_SIZED && field->repeated;
    if (out->packed)
        return MR_OK;
    return mr_fail(err, MR_E_CORRUPT,
                   "protobuf: field \"%.80s\" is of another type than in the "
                   "schema",
                   field->name);
}

static int compare_items(const void *a, const void *b)
{
    const struct item *left = a;
    const struct item *right = b;

    if (left->field != right->field)
        return left->field < right->field ? -1 : 1;
    return left->nth < right->nth ? -1 : 1;
}

static enum mr_code list_items(struct decoding *decoding,
                               const struct proto_message *message,
                               struct mr_span bytes, struct item **items,
                               size_t *count, struct mr_err *err)
{
    struct mr_reader in = mr_reader(bytes);
    struct proto_wire_field wire;
    enum mr_code code;
    size_t room = 0;

    *count = 0;
    while (proto_wire_next(&in, &wire))
        room++;
    if (!mr_reader_done(&in))
        return broken("the bytes are no whole fields, or hold groups", err);
    code = take(decoding, room, err);
    if (code != MR_OK)
        return code;
    *items = mr_arena_calloc(decoding->arena, room, sizeof(**items));
    in = mr_reader(bytes);
    while (code == MR_OK && proto_wire_next(&in, &wire)) {
        const struct proto_field *field = find_field(message, wire.number);

        if (field == NULL)
            continue;
        code = read_item(&wire, field, *count, &(*items)[*count], err);
        *count += 1;
    }
    if (*count > 1)
        qsort(*items, *count, sizeof(**items), compare_items);
    return code;
}

static const struct item *find_item(const struct item *items, size_t count,
                                    uint32_t number)
{
    const struct item *found = NULL;

    for (size_t i = 0; i < count; i++) {
        if (items[i].field->number == number)
            found = &items[i];
    }
    return found;
}

/* --- maps --- */

struct entry {
    struct mr_span key; /* as a member's name */
    size_t nth;
    struct item value; /* its field is NULL: there is none */
    const struct proto_field *value_field;
};

static struct mr_span key_text(struct decoding *decoding,
                               const struct proto_field *field,
                               const struct item *item)
{
    struct mr_buf buf = mr_buf(4096);
    struct mr_json_out out = mr_json_out(&buf);
    struct mr_span text;

    if (field->type == PROTO_STRING)
        return item == NULL ? mr_span_str("") : item->bytes;
    if (proto_wire_of(field->type) == PROTO_SIZED)
        return mr_span_str(""); /* no map has such keys */
    proto_put_number(&out, field, item == NULL ? 0 : item->value);
    text = mr_buf_bytes(&buf);
    if (text.size > 1 && text.data[0] == '"')
        text = mr_span(text.data + 1, text.size - 2);
    text = mr_arena_copy(decoding->arena, text);
    mr_buf_deinit(&buf);
    return text;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a;
    const struct entry *right = b;
    int order = mr_span_compare(left->key, right->key);

    if (order != 0)
        return order;
    return left->nth < right->nth ? -1 : 1;
}

static enum mr_code read_entry(struct decoding *decoding,
                               const struct item *item, struct entry *out,
                               struct mr_err *err)
{
    const struct proto_message *message = item->field->message;
    const struct proto_field *key = find_field(message, 1);
    const struct item *found;
    struct item *items;
    size_t count;
    enum mr_code code =
        list_items(decoding, message, item->bytes, &items, &count, err);

    out->value_field = find_field(message, 2);
    if (code != MR_OK)
        return code;
    if (key == NULL || out->value_field == NULL)
        return broken("the schema's map has no key or no value", err);
    out->key = key_text(decoding, key, find_item(items, count, 1));
    found = find_item(items, count, 2);
    if (found != NULL)
        out->value = *found;
    return MR_OK;
}

static enum mr_code put_map(struct decoding *decoding, const struct item *items,
                            size_t count, struct mr_err *err)
{
    struct entry *entries =
        mr_arena_calloc(decoding->arena, count, sizeof(*entries));
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < count; i++) {
        entries[i].nth = i;
        code = read_entry(decoding, &items[i], &entries[i], err);
    }
    if (code != MR_OK)
        return code;
    qsort(entries, count, sizeof(*entries), compare_entries);
    mr_json_object_begin(&decoding->out);
    for (size_t i = 0; code == MR_OK && i < count; i++) {
        if (i + 1 < count && mr_span_equal(entries[i].key, entries[i + 1].key))
            continue;
        mr_json_key_span(&decoding->out, entries[i].key);
        if (entries[i].value.field == NULL || entries[i].value.packed)
            mr_json_put_null(&decoding->out);
        else
            code = put_value(decoding, &entries[i].value, err);
    }
    mr_json_object_end(&decoding->out);
    return code;
}

/* --- messages that mean something --- */

static bool is_wrapper(const struct proto_message *message)
{
    return strncmp(message->name, "google.protobuf.", 16) == 0 &&
           message->count == 1 && !message->fields[0].repeated &&
           message->fields[0].type != PROTO_MESSAGE &&
           strcmp(message->fields[0].name, "value") == 0;
}

static enum mr_code put_wrapped(struct decoding *decoding,
                                const struct proto_message *message,
                                const struct item *items, size_t count,
                                struct mr_err *err)
{
    const struct item nothing = { .field = &message->fields[0],
                                  .bytes = mr_span_str("") };

    return put_value(decoding, count > 0 ? &items[count - 1] : &nothing, err);
}

static void put_timestamp(struct decoding *decoding, const struct item *items,
                          size_t count)
{
    const struct item *seconds = find_item(items, count, 1);
    const struct item *nanos = find_item(items, count, 2);
    int64_t whole = seconds == NULL ? 0 : (int64_t)seconds->value;
    int64_t part = nanos == NULL ? 0 : (int32_t)(uint32_t)nanos->value;
    char text[MR_TIME_TEXT_SIZE];

    /* The years 1 to 9999. */
    if (whole < -INT64_C(62135596800) || whole > INT64_C(253402300799) ||
        part < 0 || part > 999999999) {
        mr_json_put_null(&decoding->out);
        return;
    }
    mr_time_text(whole * 1000 + part / 1000000, text);
    mr_json_put_str(&decoding->out, text);
}

static enum mr_code put_field(struct decoding *decoding,
                              const struct item *items, size_t count,
                              struct mr_err *err)
{
    const struct proto_field *field = items[0].field;
    struct item joined;

    mr_json_key(&decoding->out, field->name);
    if (field->repeated && field->message != NULL && field->message->is_map)
        return put_map(decoding, items, count, err);
    if (field->repeated)
        return put_list(decoding, items, count, err);
    joined = join(decoding, items, count);
    return put_value(decoding, &joined, err);
}

static enum mr_code put_object(struct decoding *decoding,
                               const struct item *items, size_t count,
                               struct mr_err *err)
{
    enum mr_code code = MR_OK;
    size_t end;

    mr_json_object_begin(&decoding->out);
    for (size_t at = 0; code == MR_OK && at < count; at = end) {
        end = at + 1;
        while (end < count && items[end].field == items[at].field)
            end++;
        code = put_field(decoding, &items[at], end - at, err);
    }
    mr_json_object_end(&decoding->out);
    return code;
}

static enum mr_code put_message(struct decoding *decoding,
                                const struct proto_message *message,
                                struct mr_span bytes, struct mr_err *err)
{
    struct item *items = NULL;
    size_t count = 0;
    enum mr_code code;

    if (decoding->depth == PROTO_DEPTH_MAX)
        return mr_fail(err, MR_E_LIMIT,
                       "protobuf: messages in messages, more than %u",
                       PROTO_DEPTH_MAX);
    code = list_items(decoding, message, bytes, &items, &count, err);
    if (code != MR_OK)
        return code;
    decoding->depth++;
    if (strcmp(message->name, "google.protobuf.Timestamp") == 0)
        put_timestamp(decoding, items, count);
    else if (is_wrapper(message))
        code = put_wrapped(decoding, message, items, count, err);
    else
        code = put_object(decoding, items, count, err);
    decoding->depth--;
    return code;
}

enum mr_code proto_to_json(const struct proto_schema *schema,
                           struct mr_span bytes, struct mr_buf *out,
                           struct mr_err *err)
{
    struct decoding decoding = {
        .arena = mr_arena_new(),
        .out = mr_json_out(out),
        .left = PROTO_FIELDS_MAX,
    };
    enum mr_code code = put_message(&decoding, schema->root, bytes, err);

    if (code == MR_OK && out->full)
        code = mr_fail(err, MR_E_LIMIT,
                       "protobuf: as JSON it is larger than "
                       "%zu bytes",
                       out->limit);
    mr_arena_free(decoding.arena);
    return code;
}
