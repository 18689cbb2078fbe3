// SPDX-License-Identifier: Apache-2.0
/*
 * schema.c - a FileDescriptorSet as tables; see protobuf.h.
 *
 * Read by its own wire format (descriptor.proto), without generated code: what
 * is not needed here is skipped.
 */
#include "ingestor/foreign/schema.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

#define NUMBER_MAX  ((1u << 29) - 1)
#define MEMBERS_MAX 65536u /* messages, enums, fields of one, values of one */

/* Where in the file a message is read. */
struct scope {
    const char *prefix; /* "shop.v1." */
    const uint32_t *indexes;
    size_t depth;
};

bool proto_wire_next(struct mr_reader *in, struct proto_wire_field *out)
{
    uint64_t tag;

    if (in->at == in->size)
        return false;
    tag = mr_read_varint(in);
    *out = (struct proto_wire_field){ .wire = (unsigned)(tag & 7) };
    out->number = tag >> 3 > NUMBER_MAX ? 0 : (uint32_t)(tag >> 3);
    switch (out->wire) {
    case PROTO_VARINT:
        out->value = mr_read_varint(in);
        break;
    case PROTO_64BIT:
        out->value = mr_read_u64(in);
        break;
    case PROTO_32BIT:
        out->value = mr_read_u32(in);
        break;
    case PROTO_SIZED:
        out->value = mr_read_varint(in);
        out->bytes = mr_read_span(
            in, out->value > in->size ? SIZE_MAX : (size_t)out->value);
        break;
    default: /* groups, and what was never a type */
        in->overrun = true;
    }
    in->overrun = in->overrun || out->number == 0;
    return !in->overrun;
}

static enum mr_code broken(const char *what, struct mr_err *err)
{
    return mr_fail(err, MR_E_CORRUPT,
                   "descriptor: %s breaks its format; it should be what protoc "
                   "--include_imports --descriptor_set_out=FILE writes",
                   what);
}

/* How many fields of this number there are. */
static size_t count_of(struct mr_span bytes, uint32_t number)
{
    struct mr_reader in = mr_reader(bytes);
    struct proto_wire_field field;
    size_t count = 0;

    while (proto_wire_next(&in, &field))
        count += field.number == number && field.wire == PROTO_SIZED;
    return count;
}

/* The last text of this number, "" when there is none. */
static const char *text_of(struct mr_span bytes, uint32_t number,
                           struct mr_arena *arena)
{
    struct mr_reader in = mr_reader(bytes);
    struct mr_span text = { 0 };
    struct proto_wire_field field;

    while (proto_wire_next(&in, &field)) {
        if (field.number == number && field.wire == PROTO_SIZED)
            text = field.bytes;
    }
    return text.data == NULL ? "" : mr_arena_str(arena, text);
}

static uint64_t number_of(struct mr_span bytes, uint32_t number)
{
    struct mr_reader in = mr_reader(bytes);
    struct proto_wire_field field;
    uint64_t value = 0;

    while (proto_wire_next(&in, &field)) {
        if (field.number == number && field.wire == PROTO_VARINT)
            value = field.value;
    }
    return value;
}

static bool is_whole(struct mr_span bytes)
{
    struct mr_reader in = mr_reader(bytes);
    struct proto_wire_field field;

    while (proto_wire_next(&in, &field))
        continue;
    return mr_reader_done(&in);
}

/* FieldDescriptorProto */
static enum mr_code read_field(struct proto_schema *schema,
                               struct mr_span bytes, struct proto_field *out,
                               struct mr_err *err)
{
    uint64_t number = number_of(bytes, 3);
    uint64_t type = number_of(bytes, 5);
    const char *type_name = text_of(bytes, 6, schema->arena);

    if (!is_whole(bytes) || number == 0 || number > NUMBER_MAX ||
        type < PROTO_DOUBLE || type > PROTO_SINT64)
        return broken("a field", err);
    *out = (struct proto_field){
        .number = (uint32_t)number,
        .type = (enum proto_type)type,
        .repeated = number_of(bytes, 4) == 3,
        .name = text_of(bytes, 1, schema->arena),
        .type_name = type_name[0] == '.' ? type_name + 1 : type_name,
    };
    return MR_OK;
}

static int compare_fields(const void *a, const void *b)
{
    const struct proto_field *left = a;
    const struct proto_field *right = b;

    return left->number < right->number   ? -1
           : left->number > right->number ? 1
                                          : 0;
}

/* EnumDescriptorProto */
static enum mr_code read_enum(struct proto_schema *schema, const char *prefix,
                              struct mr_span bytes, struct mr_err *err)
{
    struct proto_enum *out = mr_arena_calloc(schema->arena, 1, sizeof(*out));
    struct mr_reader in = mr_reader(bytes);
    size_t room = count_of(bytes, 2);
    struct proto_wire_field field;

    if (!is_whole(bytes) || room > MEMBERS_MAX ||
        schema->enum_count == MEMBERS_MAX)
        return broken("an enum", err);
    out->name = mr_arena_printf(schema->arena, "%s%s", prefix,
                                text_of(bytes, 1, schema->arena));
    out->values = mr_arena_calloc(schema->arena, room, sizeof(*out->values));
    while (proto_wire_next(&in, &field)) {
        if (field.number == 2 && field.wire == PROTO_SIZED)
            out->values[out->count++] = (struct proto_value){
                .number = (int32_t)(uint32_t)number_of(field.bytes, 2),
                .name = text_of(field.bytes, 1, schema->arena),
            };
    }
    schema->enums = mr_realloc_array(schema->enums, schema->enum_count + 1,
                                     sizeof(struct proto_enum *));
    schema->enums[schema->enum_count++] = out;
    return MR_OK;
}

static enum mr_code read_fields(struct proto_schema *schema,
                                struct mr_span bytes, struct proto_message *out,
                                struct mr_err *err)
{
    struct mr_reader in = mr_reader(bytes);
    size_t room = count_of(bytes, 2);
    struct proto_wire_field field;
    enum mr_code code = MR_OK;

    if (room > MEMBERS_MAX)
        return broken("a message", err);
    out->fields = mr_arena_calloc(schema->arena, room, sizeof(*out->fields));
    while (code == MR_OK && proto_wire_next(&in, &field)) {
        if (field.number == 2 && field.wire == PROTO_SIZED)
            code = read_field(schema, field.bytes, &out->fields[out->count++],
                              err);
    }
    if (room > 0)
        qsort(out->fields, out->count, sizeof(*out->fields), compare_fields);
    return code;
}

static enum mr_code read_message(struct proto_schema *schema,
                                 const struct scope *scope,
                                 struct mr_span bytes, struct mr_err *err);

/* The messages and enums of a file or a message. */
static enum mr_code read_parts(struct proto_schema *schema, struct scope *scope,
                               struct mr_span bytes, uint32_t messages,
                               uint32_t enums, struct mr_err *err)
{
    uint32_t indexes[PROTO_NESTING_MAX + 1] = { 0 };
    struct mr_reader in = mr_reader(bytes);
    struct scope inner = { scope->prefix, indexes, scope->depth + 1 };
    struct proto_wire_field field;
    enum mr_code code = MR_OK;

    if (scope->depth == PROTO_NESTING_MAX)
        return mr_fail(err, MR_E_LIMIT,
                       "descriptor: messages in messages, more than %u",
                       PROTO_NESTING_MAX);
    for (size_t i = 0; i < scope->depth; i++)
        indexes[i] = scope->indexes[i];
    while (code == MR_OK && proto_wire_next(&in, &field)) {
        if (field.wire != PROTO_SIZED)
            continue;
        if (field.number == messages) {
            code = read_message(schema, &inner, field.bytes, err);
            indexes[scope->depth]++;
        } else if (field.number == enums) {
            code = read_enum(schema, scope->prefix, field.bytes, err);
        }
    }
    return code;
}

/* DescriptorProto */
static enum mr_code read_message(struct proto_schema *schema,
                                 const struct scope *scope,
                                 struct mr_span bytes, struct mr_err *err)
{
    struct proto_message *out = mr_arena_calloc(schema->arena, 1, sizeof(*out));
    struct scope inner = *scope;
    struct proto_wire_field field;
    struct mr_reader in = mr_reader(bytes);
    enum mr_code code;

    if (!is_whole(bytes) || schema->message_count == MEMBERS_MAX)
        return broken("a message", err);
    out->name = mr_arena_printf(schema->arena, "%s%s", scope->prefix,
                                text_of(bytes, 1, schema->arena));
    out->depth = scope->depth;
    memcpy(out->indexes, scope->indexes, scope->depth * sizeof(*out->indexes));
    while (proto_wire_next(&in, &field)) {
        if (field.number == 7 && field.wire == PROTO_SIZED)
            out->is_map = number_of(field.bytes, 7) != 0;
    }
    schema->messages =
        mr_realloc_array(schema->messages, schema->message_count + 1,
                         sizeof(struct proto_message *));
    schema->messages[schema->message_count++] = out;
    code = read_fields(schema, bytes, out, err);
    inner.prefix = mr_arena_printf(schema->arena, "%s.", out->name);
    if (code == MR_OK)
        code = read_parts(schema, &inner, bytes, 3, 4, err);
    return code;
}

/* FileDescriptorProto */
static enum mr_code read_file(struct proto_schema *schema, struct mr_span bytes,
                              struct mr_err *err)
{
    const char *package = text_of(bytes, 2, schema->arena);
    struct scope scope = { .prefix = "" };

    if (!is_whole(bytes))
        return broken("a file", err);
    if (package[0] != '\0')
        scope.prefix = mr_arena_printf(schema->arena, "%s.", package);
    return read_parts(schema, &scope, bytes, 4, 5, err);
}

/* --- names --- */

static int compare_messages(const void *a, const void *b)
{
    const struct proto_message *const *left = a;
    const struct proto_message *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

static int compare_enums(const void *a, const void *b)
{
    const struct proto_enum *const *left = a;
    const struct proto_enum *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

static struct proto_message *find_message(const struct proto_schema *schema,
                                          const char *name)
{
    const struct proto_message like = { .name = name };
    const struct proto_message *key = &like;
    struct proto_message **found =
        schema->message_count == 0
            ? NULL
            : bsearch(&key, schema->messages, schema->message_count,
                      sizeof(struct proto_message *), compare_messages);

    return found == NULL ? NULL : *found;
}

static const struct proto_enum *find_enum(const struct proto_schema *schema,
                                          const char *name)
{
    const struct proto_enum like = { .name = name };
    const struct proto_enum *key = &like;
    struct proto_enum **found =
        schema->enum_count == 0
            ? NULL
            : bsearch(&key, schema->enums, schema->enum_count,
                      sizeof(struct proto_enum *), compare_enums);

    return found == NULL ? NULL : *found;
}

static enum mr_code resolve_field(const struct proto_schema *schema,
                                  struct proto_field *field,
                                  struct proto_message **found,
                                  struct mr_err *err)
{
    *found = NULL;
    if (field->type == PROTO_MESSAGE)
        field->message = *found = find_message(schema, field->type_name);
    else if (field->type == PROTO_ENUM)
        field->values = find_enum(schema, field->type_name);
    else
        return MR_OK;
    if (field->message != NULL || field->values != NULL)
        return MR_OK;
    return mr_fail(err, MR_E_INVALID,
                   "descriptor: \"%.200s\", the type of a field \"%.80s\", is "
                   "not in it; protoc needs --include_imports",
                   field->type_name, field->name);
}

/* What the root needs, and what that needs. */
static enum mr_code resolve(struct proto_schema *schema,
                            struct proto_message *root, struct mr_err *err)
{
    struct proto_message **todo = mr_arena_calloc(
        schema->arena, schema->message_count, sizeof(struct proto_message *));
    enum mr_code code = MR_OK;
    size_t count = 0;

    root->wanted = true;
    todo[count++] = root;
    while (code == MR_OK && count > 0) {
        struct proto_message *message = todo[--count];

        for (size_t i = 0; code == MR_OK && i < message->count; i++) {
            struct proto_message *found;

            code = resolve_field(schema, &message->fields[i], &found, err);
            if (found == NULL || found->wanted)
                continue;
            found->wanted = true;
            todo[count++] = found;
        }
    }
    return code;
}

static enum mr_code read_set(struct proto_schema *schema, struct mr_span set,
                             const char *message, struct mr_err *err)
{
    struct mr_reader in = mr_reader(set);
    struct proto_message *root;
    struct proto_wire_field field;
    enum mr_code code = MR_OK;

    while (code == MR_OK && proto_wire_next(&in, &field)) {
        if (field.number == 1 && field.wire == PROTO_SIZED)
            code = read_file(schema, field.bytes, err);
    }
    if (code == MR_OK && !mr_reader_done(&in))
        code = broken("the file", err);
    if (code != MR_OK)
        return code;
    if (schema->message_count > 0)
        qsort(schema->messages, schema->message_count,
              sizeof(struct proto_message *), compare_messages);
    if (schema->enum_count > 0)
        qsort(schema->enums, schema->enum_count, sizeof(struct proto_enum *),
              compare_enums);
    root = find_message(schema, message);
    if (root == NULL)
        return mr_fail(err, MR_E_INVALID,
                       "descriptor: there is no message \"%.200s\" in it",
                       message);
    schema->root = root;
    return resolve(schema, root, err);
}

enum mr_code proto_schema_parse(struct mr_span set, const char *message,
                                struct proto_schema **out, struct mr_err *err)
{
    struct proto_schema *schema = mr_calloc(1, sizeof(*schema));
    enum mr_code code;

    schema->arena = mr_arena_new();
    code = read_set(schema, set, message, err);
    if (code == MR_OK)
        *out = schema;
    else
        proto_schema_free(schema);
    return code;
}

void proto_schema_free(struct proto_schema *schema)
{
    if (schema == NULL)
        return;
    mr_free(schema->messages);
    mr_free(schema->enums);
    mr_arena_free(schema->arena);
    mr_free(schema);
}

bool proto_schema_is_at(const struct proto_schema *schema,
                        const uint32_t *indexes, size_t count)
{
    const struct proto_message *root = schema->root;

    if (count != root->depth)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (indexes[i] != root->indexes[i])
            return false;
    }
    return true;
}
