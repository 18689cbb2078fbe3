// SPDX-License-Identifier: Apache-2.0
/*
 * walk.c - see walk.h.
 */
#include "common/wire/walk.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_reader.h"
#include "common/wire/types.h"
#include "common/wire/vectors.h"

#define NUMBER_MAX ((1u << 29) - 1)

static_assert(MR_WIRE_FIELDS_MAX / 3 > MR_PASSAGES_MAX * 5,
              "a document of the largest size fits three times");
static_assert(MR_WIRE_FIELDS_MAX / 3 > MR_VECTORS_MAX,
              "so do vectors of the largest count");

struct walk {
    struct mr_wire_check *c;
    size_t left; /* of MR_WIRE_FIELDS_MAX */
};

struct field {
    const ProtobufCFieldDescriptor *known; /* NULL for one of the future */
    ProtobufCWireType type;
    struct mr_span bytes; /* of the last type; else absent */
};

static void take(struct walk *walk, size_t count)
{
    if (count <= walk->left) {
        walk->left -= count;
        return;
    }
    walk->left = 0;
    mr_wire_check_size(walk->c, "fields", MR_WIRE_FIELDS_MAX + count,
                       MR_WIRE_FIELDS_MAX);
}

/* Most tags and sizes are one byte: those are not worth a call. */
static uint64_t read_varint(struct mr_reader *in)
{
    if (in->at < in->size && in->data[in->at] < 0x80)
        return in->data[in->at++];
    return mr_read_varint(in);
}

static struct mr_span read_sized(struct mr_reader *in)
{
    uint64_t size = read_varint(in);

    return mr_read_span(in, size > in->size ? SIZE_MAX : (size_t)size);
}

static bool read_value(struct mr_reader *in, struct field *field)
{
    switch ((int)field->type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        (void)read_varint(in);
        break;
    case PROTOBUF_C_WIRE_TYPE_64BIT:
        (void)mr_read_span(in, 8);
        break;
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
        field->bytes = read_sized(in);
        break;
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        (void)mr_read_span(in, 4);
        break;
    default: /* groups, and what was never a type */
        return false;
    }
    return !in->overrun;
}

static bool read_field(struct mr_reader *in,
                       const ProtobufCMessageDescriptor *descriptor,
                       struct field *field)
{
    uint64_t tag = read_varint(in);
    uint64_t number = tag >> 3;

    *field = (struct field){ .type = (ProtobufCWireType)(tag & 7) };
    if (number == 0 || number > NUMBER_MAX)
        return false;
    field->known =
        protobuf_c_message_descriptor_get_field(descriptor, (unsigned)number);
    return read_value(in, field);
}

/* The wire type that a value of the schema's type has by itself. */
static ProtobufCWireType wire_type(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        return PROTOBUF_C_WIRE_TYPE_VARINT;
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return PROTOBUF_C_WIRE_TYPE_32BIT;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return PROTOBUF_C_WIRE_TYPE_64BIT;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    }
    MR_UNREACHABLE();
}

/* Members of a packed list of varints, the only kind that the schema has. */
static void take_packed(struct walk *walk, struct mr_span list)
{
    size_t count = 0;

    for (size_t i = 0; i < list.size; i++)
        count += list.data[i] < 0x80;
    mr_wire_check(walk->c, list.size == 0 || list.data[list.size - 1] < 0x80,
                  "packed lists end with a whole number");
    take(walk, count);
}

static void walk_message(struct walk *walk,
                         const ProtobufCMessageDescriptor *descriptor,
                         struct mr_span bytes);

static void walk_known(struct walk *walk, const struct field *field)
{
    ProtobufCWireType wanted = wire_type(field->known->type);

    if (field->type != wanted) {
        mr_wire_check(walk->c,
                      wanted == PROTOBUF_C_WIRE_TYPE_VARINT &&
                          field->known->label == PROTOBUF_C_LABEL_REPEATED &&
                          field->type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
                      "fields have the wire type of their schema");
        take_packed(walk, field->bytes);
    } else if (field->known->type == PROTOBUF_C_TYPE_MESSAGE) {
        walk_message(walk, field->known->descriptor, field->bytes);
    }
}

static void walk_message(struct walk *walk,
                         const ProtobufCMessageDescriptor *descriptor,
                         struct mr_span bytes)
{
    struct mr_reader in = mr_reader(bytes);
    uint64_t seen = 0;

    MR_ASSERT(descriptor->n_fields <= 64);
    while (in.at < in.size && walk->c->code == MR_OK) {
        struct field field;
        bool whole = read_field(&in, descriptor, &field);
        uint64_t bit;

        mr_wire_check(walk->c, whole, "bytes are whole protobuf fields");
        take(walk, 1);
        if (!whole || field.known == NULL)
            continue;
        bit = (uint64_t)1 << (field.known - descriptor->fields);
        mr_wire_check(walk->c,
                      (seen & bit) == 0 ||
                          field.known->label == PROTOBUF_C_LABEL_REPEATED,
                      "single fields are there once");
        seen |= bit;
        walk_known(walk, &field);
    }
}

void mr_wire_walk(struct mr_wire_check *c,
                  const ProtobufCMessageDescriptor *descriptor,
                  struct mr_span bytes)
{
    struct walk walk = { .c = c, .left = MR_WIRE_FIELDS_MAX };

    walk_message(&walk, descriptor, bytes);
}
