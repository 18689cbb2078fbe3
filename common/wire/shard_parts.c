// SPDX-License-Identifier: Apache-2.0
/*
 * shard_parts.c - see shard_parts.h.
 */
#include "common/wire/shard_parts.h"

void mr_wire_check_place(struct mr_wire_check *c,
                         const struct mr_shard_place *place)
{
    mr_wire_check_id(c, "id", place->document);
    mr_wire_check(c, place->content_version != 0,
                  "a passage has a content version");
}

void mr_wire_put_place(const struct mr_shard_place *place,
                       Millrace__ShardPlace *message)
{
    millrace__shard_place__init(message);
    message->document = mr_wire_put(place->document);
    message->content_version = place->content_version;
    message->passage = place->passage;
}

struct mr_shard_place mr_wire_get_place(const Millrace__ShardPlace *message)
{
    if (message == NULL)
        return (struct mr_shard_place){ 0 };
    return (struct mr_shard_place){
        .document = mr_wire_get(message->document),
        .content_version = message->content_version,
        .passage = message->passage,
    };
}

ProtobufCBinaryData *mr_wire_put_texts(struct mr_arena *arena,
                                       const struct mr_span *texts,
                                       size_t count)
{
    ProtobufCBinaryData *list = mr_arena_calloc(arena, count, sizeof(*list));

    for (size_t i = 0; i < count; i++)
        list[i] = mr_wire_put(texts[i]);
    return list;
}

struct mr_span *mr_wire_get_texts(struct mr_arena *arena,
                                  const ProtobufCBinaryData *list, size_t count)
{
    struct mr_span *texts = mr_arena_calloc(arena, count, sizeof(*texts));

    for (size_t i = 0; i < count; i++)
        texts[i] = mr_wire_get(list[i]);
    return texts;
}

void mr_wire_check_texts(struct mr_wire_check *c, const char *what,
                         const struct mr_span *texts, size_t count, size_t max)
{
    mr_wire_check_size(c, what, count, max);
    for (size_t i = 0; c->code == MR_OK && i < count; i++)
        mr_wire_check_text(c, what, texts[i], MR_NAME_BYTES_MAX);
}
