// SPDX-License-Identifier: Apache-2.0
/*
 * parts.c - see parts.h.
 */
#include "common/wire/parts.h"

#include <math.h>

#include "common/base/mr_reader.h"
#include "common/wire/utf8.h"

/* Empty, but there. */
static const uint8_t nothing[1];

ProtobufCBinaryData mr_wire_put(struct mr_span span)
{
    /* protobuf-c has one type for what it reads and what it makes; packing
     * does not write. */
    return (ProtobufCBinaryData){
        .len = span.size,
        .data = (uint8_t *)(uintptr_t)span.data,
    };
}

struct mr_span mr_wire_get(ProtobufCBinaryData data)
{
    return mr_span(data.len == 0 ? NULL : data.data, data.len);
}

static struct mr_span get_present(ProtobufCBinaryData data)
{
    return mr_span(data.len == 0 ? nothing : data.data, data.len);
}

ProtobufCBinaryData mr_wire_put_hash(struct mr_arena *arena,
                                     struct mr_hash128 hash)
{
    uint8_t *bytes = mr_arena_alloc(arena, MR_WIRE_HASH_BYTES);

    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(hash.low >> (8 * i));
        bytes[8 + i] = (uint8_t)(hash.high >> (8 * i));
    }
    return mr_wire_put(mr_span(bytes, MR_WIRE_HASH_BYTES));
}

struct mr_hash128 mr_wire_get_hash(struct mr_wire_check *c,
                                   ProtobufCBinaryData data)
{
    struct mr_reader in = mr_reader(mr_wire_get(data));
    struct mr_hash128 hash;

    hash.low = mr_read_u64(&in);
    hash.high = mr_read_u64(&in);
    mr_wire_check(c, mr_reader_done(&in), "hashes have 16 bytes");
    return hash;
}

struct mr_span mr_wire_words(struct mr_arena *arena, struct mr_span text,
                             size_t max)
{
    struct mr_span cut = text;
    uint8_t *copy;

    if (cut.size > max) {
        cut.size = max;
        while (cut.size > 0 && !mr_wire_utf8_border(text, cut.size))
            cut.size--;
    }
    if (mr_wire_utf8_valid(cut))
        return cut;
    copy = mr_arena_alloc(arena, cut.size);
    memcpy(copy, cut.data, cut.size);
    for (size_t at = 0; at < cut.size; at++) {
        at += mr_wire_utf8_prefix(mr_span(copy + at, cut.size - at));
        if (at < cut.size)
            copy[at] = '?';
    }
    return mr_span(copy, cut.size);
}

struct mr_payload mr_wire_present(struct mr_payload payload)
{
    if (!payload.in_blob && payload.bytes.data == NULL)
        payload.bytes = mr_span(nothing, 0);
    return payload;
}

struct mr_pairs mr_wire_sorted(struct mr_arena *arena, struct mr_pairs pairs)
{
    struct mr_pairs sorted = { .count = pairs.count };
    size_t bytes = pairs.count * sizeof(*pairs.items);

    for (size_t i = 1; i < pairs.count; i++) {
        if (mr_span_compare(pairs.items[i - 1].key, pairs.items[i].key) <= 0)
            continue;
        sorted.items = mr_arena_alloc(arena, bytes);
        memcpy(sorted.items, pairs.items, bytes);
        mr_pairs_sort(&sorted);
        return sorted;
    }
    return pairs;
}

Millrace__Access *mr_wire_put_access(struct mr_arena *arena,
                                     const struct mr_access *access)
{
    Millrace__Access *message;

    if (access->owner.size == 0 && access->principal_count == 0)
        return NULL;
    message = mr_arena_alloc(arena, sizeof(*message));
    millrace__access__init(message);
    message->owner = mr_wire_put(access->owner);
    message->n_principals = access->principal_count;
    message->principals = mr_arena_calloc(arena, access->principal_count,
                                          sizeof(*message->principals));
    for (size_t i = 0; i < access->principal_count; i++)
        message->principals[i] = mr_wire_put(access->principals[i]);
    return message;
}

struct mr_access mr_wire_get_access(struct mr_arena *arena,
                                    const Millrace__Access *message)
{
    struct mr_access access = { 0 };

    if (message == NULL)
        return access;
    access.owner = mr_wire_get(message->owner);
    access.principal_count = message->n_principals;
    access.principals = mr_arena_calloc(arena, message->n_principals,
                                        sizeof(*access.principals));
    for (size_t i = 0; i < message->n_principals; i++)
        access.principals[i] = mr_wire_get(message->principals[i]);
    return access;
}

Millrace__Pair **mr_wire_put_pairs(struct mr_arena *arena,
                                   const struct mr_pairs *pairs)
{
    Millrace__Pair *parts =
        mr_arena_calloc(arena, pairs->count, sizeof(*parts));
    Millrace__Pair **list = mr_arena_calloc(arena, pairs->count, sizeof(*list));

    for (size_t i = 0; i < pairs->count; i++) {
        const struct mr_pair *pair = &pairs->items[i];

        list[i] = &parts[i];
        millrace__pair__init(&parts[i]);
        parts[i].key = mr_wire_put(pair->key);
        parts[i].kind = (Millrace__ValueKind)pair->kind;
        if (pair->kind == MR_VALUE_TEXT)
            parts[i].text = mr_wire_put(pair->text);
        if (pair->kind == MR_VALUE_NUMBER)
            parts[i].number = pair->number;
        if (pair->kind == MR_VALUE_FLAG)
            parts[i].flag = pair->flag;
    }
    return list;
}

struct mr_pairs mr_wire_get_pairs(struct mr_arena *arena, Millrace__Pair **list,
                                  size_t count)
{
    struct mr_pairs pairs = { .count = count };

    pairs.items = mr_arena_calloc(arena, count, sizeof(*pairs.items));
    for (size_t i = 0; i < count; i++) {
        pairs.items[i] = (struct mr_pair){
            .key = get_present(list[i]->key),
            .kind = (enum mr_value_kind)list[i]->kind,
            .number = list[i]->number,
            .flag = list[i]->flag != 0,
        };
        if (pairs.items[i].kind == MR_VALUE_TEXT)
            pairs.items[i].text = get_present(list[i]->text);
    }
    return pairs;
}

/* As a whole number when it is one that a double holds exactly. */
static void put_value(Millrace__Signal *signal, double value)
{
    if (fabs(value) < 0x1p53 && value == floor(value))
        signal->whole = (int64_t)value;
    else
        signal->number = value;
}

Millrace__Signal **mr_wire_put_signals(struct mr_arena *arena,
                                       const struct mr_signals *signals)
{
    Millrace__Signal *parts =
        mr_arena_calloc(arena, signals->count, sizeof(*parts));
    Millrace__Signal **list =
        mr_arena_calloc(arena, signals->count, sizeof(*list));

    for (size_t i = 0; i < signals->count; i++) {
        list[i] = &parts[i];
        millrace__signal__init(&parts[i]);
        parts[i].name = mr_wire_put(signals->items[i].name);
        put_value(&parts[i], signals->items[i].value);
    }
    return list;
}

struct mr_signals mr_wire_get_signals(struct mr_arena *arena,
                                      Millrace__Signal **list, size_t count)
{
    struct mr_signals signals = { .count = count };

    signals.items = mr_arena_calloc(arena, count, sizeof(*signals.items));
    for (size_t i = 0; i < count; i++) {
        signals.items[i].name = get_present(list[i]->name);
        signals.items[i].value = list[i]->number + (double)list[i]->whole;
    }
    return signals;
}

Millrace__Payload *mr_wire_put_payload(struct mr_arena *arena,
                                       const struct mr_payload *payload)
{
    Millrace__Payload *message;

    if (!payload->in_blob && payload->bytes.data == NULL)
        return NULL;
    message = mr_arena_alloc(arena, sizeof(*message));
    millrace__payload__init(message);
    if (payload->in_blob) {
        message->hash = mr_wire_put_hash(arena, payload->hash);
        message->size = payload->size;
    } else {
        message->data = mr_wire_put(payload->bytes);
    }
    return message;
}

struct mr_payload mr_wire_get_payload(struct mr_wire_check *c,
                                      const Millrace__Payload *message)
{
    struct mr_payload payload = { 0 };

    if (message == NULL)
        return payload;
    payload.in_blob = message->hash.len > 0;
    if (!payload.in_blob) {
        payload.bytes = get_present(message->data);
        return payload;
    }
    payload.hash = mr_wire_get_hash(c, message->hash);
    payload.size = message->size;
    mr_wire_check(c, message->data.len == 0,
                  "bytes are either here or in the blob store");
    return payload;
}

Millrace__Passage **mr_wire_put_passages(struct mr_arena *arena,
                                         const struct mr_passages *passages)
{
    Millrace__Passage *parts =
        mr_arena_calloc(arena, passages->count, sizeof(*parts));
    Millrace__Passage **list =
        mr_arena_calloc(arena, passages->count, sizeof(*list));

    for (size_t i = 0; i < passages->count; i++) {
        const struct mr_passage *passage = &passages->items[i];

        list[i] = &parts[i];
        millrace__passage__init(&parts[i]);
        parts[i].id = mr_wire_put_hash(arena, passage->id);
        parts[i].start = passage->start;
        parts[i].end = passage->end;
        parts[i].headings = mr_wire_put(passage->headings);
    }
    return list;
}

struct mr_passages mr_wire_get_passages(struct mr_wire_check *c,
                                        struct mr_arena *arena,
                                        Millrace__Passage **list, size_t count)
{
    struct mr_passages passages = { .count = count };

    passages.items = mr_arena_calloc(arena, count, sizeof(*passages.items));
    for (size_t i = 0; i < count; i++)
        passages.items[i] = (struct mr_passage){
            .id = mr_wire_get_hash(c, list[i]->id),
            .start = list[i]->start,
            .end = list[i]->end,
            .headings = mr_wire_get(list[i]->headings),
        };
    return passages;
}

Millrace__Reason *mr_wire_put_reason(struct mr_arena *arena,
                                     const struct mr_reason *reason)
{
    Millrace__Reason *message;

    if (reason->rule.size == 0 && reason->value.size == 0 &&
        reason->duplicate_of.size == 0)
        return NULL;
    message = mr_arena_alloc(arena, sizeof(*message));
    millrace__reason__init(message);
    message->rule = mr_wire_put(reason->rule);
    message->value = mr_wire_put(reason->value);
    message->duplicate_of = mr_wire_put(reason->duplicate_of);
    message->similarity = reason->similarity;
    return message;
}

struct mr_reason mr_wire_get_reason(const Millrace__Reason *message)
{
    if (message == NULL)
        return (struct mr_reason){ 0 };
    return (struct mr_reason){
        .rule = mr_wire_get(message->rule),
        .value = mr_wire_get(message->value),
        .duplicate_of = mr_wire_get(message->duplicate_of),
        .similarity = message->similarity,
    };
}
