// SPDX-License-Identifier: Apache-2.0
/*
 * pack.c - see pack.h.
 */
#include "common/wire/pack.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_reader.h"
#include "common/ports/bus.h"
#include "common/wire/types.h"
#include "common/wire/walk.h"

/* "uint32 major = 1" as protobuf writes it: number 1, a varint. */
#define MAJOR_TAG 0x08u

/* What a message may take when unpacked, besides its own bytes: 160 for each
 * of the fields that the walk lets through. */
#define UNPACKED_BYTES_MORE ((size_t)MR_WIRE_FIELDS_MAX * 160)

struct bounded {
    struct mr_arena *arena;
    size_t left;
    bool full; /* more was asked for */
};

static void *bounded_alloc(void *data, size_t size)
{
    struct bounded *bounded = data;

    if (size > bounded->left) {
        bounded->full = true;
        return NULL;
    }
    bounded->left -= size;
    return mr_arena_alloc(bounded->arena, size);
}

static void bounded_free(void *data, void *memory)
{
    (void)data;
    (void)memory;
}

/* Leaves `c` alone when it is a major that can be read. */
static void check_major(struct mr_wire_check *c, struct mr_span bytes)
{
    struct mr_reader in = mr_reader(bytes);
    uint8_t tag = mr_read_byte(&in);
    uint64_t major = mr_read_varint(&in);

    mr_wire_check(c, !in.overrun && tag == MAJOR_TAG && major > 0,
                  "messages begin with their major version");
    if (c->code == MR_OK && major > MR_WIRE_MAJOR)
        c->code = mr_fail(c->err, MR_E_CONFIG,
                          "%s: written in major version %llu, this program "
                          "reads up to %u: run a newer one",
                          c->message, (unsigned long long)major, MR_WIRE_MAJOR);
}

void *mr_wire_unpack_max(struct mr_wire_check *c,
                         const ProtobufCMessageDescriptor *descriptor,
                         struct mr_span bytes, size_t max,
                         struct mr_arena *arena)
{
    size_t unpacked = max + UNPACKED_BYTES_MORE;
    struct bounded bounded = { .arena = arena, .left = unpacked };
    ProtobufCAllocator allocator = {
        .alloc = bounded_alloc,
        .free = bounded_free,
        .allocator_data = &bounded,
    };
    ProtobufCMessage *message;

    mr_wire_check_size(c, "bytes", bytes.size, max);
    check_major(c, bytes);
    if (c->code != MR_OK)
        return NULL;
    mr_wire_walk(c, descriptor, bytes);
    if (c->code != MR_OK)
        return NULL;
    message = protobuf_c_message_unpack(descriptor, &allocator, bytes.size,
                                        bytes.data);
    if (bounded.full)
        mr_wire_check_size(c, "bytes or more, unpacked", unpacked + 1,
                           unpacked);
    mr_wire_check(c, message != NULL, "bytes are a protobuf message");
    return message;
}

void *mr_wire_unpack(struct mr_wire_check *c,
                     const ProtobufCMessageDescriptor *descriptor,
                     struct mr_span bytes, struct mr_arena *arena)
{
    return mr_wire_unpack_max(c, descriptor, bytes, MR_VALUE_BYTES_MAX, arena);
}

enum mr_code mr_wire_pack_max(struct mr_wire_check *c,
                              const ProtobufCMessage *message, size_t max,
                              struct mr_arena *arena, struct mr_span *out)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes;

    mr_wire_check_size(c, "bytes", size, max);
    if (c->code != MR_OK)
        return c->code;
    bytes = mr_arena_alloc(arena, size);
    MR_ASSERT(protobuf_c_message_pack(message, bytes) == size);
    *out = mr_span(bytes, size);
    return MR_OK;
}

enum mr_code mr_wire_pack(struct mr_wire_check *c,
                          const ProtobufCMessage *message,
                          struct mr_arena *arena, struct mr_span *out)
{
    return mr_wire_pack_max(c, message, MR_VALUE_BYTES_MAX, arena, out);
}
