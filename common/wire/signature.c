// SPDX-License-Identifier: Apache-2.0
/*
 * signature.c - see signature.h.
 */
#include "common/wire/signature.h"

#include "common/base/mr_assert.h"
#include "common/wire/check.h"
#include "common/wire/pack.h"
#include "common/wire/parts.h"
#include "proto/signature.pb-c.h"

#define MINHASH_BYTES (MR_MINHASH_ROWS * sizeof(uint16_t))

static_assert(MR_SIGNATURE_BYTES_USUAL + MR_ID_BYTES_MAX <
                  MR_SIGNATURE_BYTES_MAX,
              "what is usual is allowed");

static void check(struct mr_wire_check *c, const struct mr_signature *sig)
{
    mr_wire_check_id(c, "id", sig->id);
    mr_wire_check(c, sig->version != 0, "a signature has a version");
    mr_wire_check_enum(c, "kind", (int)sig->kind, MR_KIND_PUT, MR_KIND_FAILED);
    mr_wire_check_text(c, "source", sig->source, MR_SOURCE_BYTES_MAX);
    mr_wire_check_signals(c, &sig->signals);
    mr_wire_check_text(c, "rule", sig->reject_rule, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "value of a rejection", sig->reject_value,
                       MR_REJECT_VALUE_BYTES_MAX);
    mr_wire_check_pairs(c, &sig->patch, true);
    mr_wire_check_access(c, &sig->access);
    mr_wire_check_text(c, "source of a sweep", sig->sweep_source,
                       MR_SOURCE_BYTES_MAX);
    mr_wire_check_text(c, "error", sig->error, MR_SIGNATURE_ERROR_BYTES_MAX);
}

static ProtobufCBinaryData put_minhash(struct mr_arena *arena,
                                       const struct mr_signature *sig)
{
    uint8_t *bytes;

    if (!sig->has_minhash)
        return (ProtobufCBinaryData){ 0 };
    bytes = mr_arena_alloc(arena, MINHASH_BYTES);
    for (size_t i = 0; i < MR_MINHASH_ROWS; i++) {
        bytes[2 * i] = (uint8_t)sig->minhash[i];
        bytes[2 * i + 1] = (uint8_t)(sig->minhash[i] >> 8);
    }
    return mr_wire_put(mr_span(bytes, MINHASH_BYTES));
}

static void put_put(struct mr_arena *arena, const struct mr_signature *sig,
                    Millrace__Signature *message)
{
    message->text_hash = mr_wire_put_hash(arena, sig->text_hash);
    message->minhash = put_minhash(arena, sig);
    message->n_signals = sig->signals.count;
    message->signals = mr_wire_put_signals(arena, &sig->signals);
    message->reject_rule = mr_wire_put(sig->reject_rule);
    message->reject_value = mr_wire_put(sig->reject_value);
}

static void put_patch(struct mr_arena *arena, const struct mr_signature *sig,
                      Millrace__Signature *message)
{
    message->n_patch = sig->patch.count;
    message->patch = mr_wire_put_pairs(arena, &sig->patch);
    message->has_access = sig->has_access;
    if (sig->has_access)
        message->access = mr_wire_put_access(arena, &sig->access);
}

static void put(struct mr_arena *arena, const struct mr_signature *sig,
                Millrace__Signature *message)
{
    message->major = MR_WIRE_MAJOR;
    message->id = mr_wire_put(sig->id);
    message->version = sig->version;
    message->kind = (Millrace__Kind)sig->kind;
    message->time_ms = sig->time_ms;
    message->source = mr_wire_put(sig->source);
    message->source_rank = sig->source_rank;
    message->access_hash = sig->access_hash;
    switch (sig->kind) {
    case MR_KIND_PUT:
        put_put(arena, sig, message);
        break;
    case MR_KIND_PATCH:
        put_patch(arena, sig, message);
        break;
    case MR_KIND_DELETE:
        message->sweep_source = mr_wire_put(sig->sweep_source);
        message->sweep_before = sig->sweep_before;
        break;
    case MR_KIND_FAILED:
        message->error = mr_wire_put(sig->error);
        break;
    }
}

enum mr_code mr_signature_encode(const struct mr_signature *signature,
                                 struct mr_arena *arena, struct mr_span *out,
                                 struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_encoding("signature", err);
    struct mr_signature sorted = *signature;
    Millrace__Signature message = MILLRACE__SIGNATURE__INIT;
    size_t max = MR_SIGNATURE_BYTES_MAX;
    struct mr_span bytes;

    sorted.patch = mr_wire_sorted(arena, signature->patch);
    sorted.reject_value = mr_wire_words(arena, signature->reject_value,
                                        MR_REJECT_VALUE_BYTES_MAX);
    sorted.error =
        mr_wire_words(arena, signature->error, MR_SIGNATURE_ERROR_BYTES_MAX);
    check(&c, &sorted);
    if (c.code != MR_OK)
        return c.code;
    put(arena, &sorted, &message);
    if (mr_wire_pack(&c, &message.base, arena, &bytes) != MR_OK)
        return c.code;
    if (sorted.kind != MR_KIND_PATCH)
        max = MR_SIGNATURE_BYTES_USUAL + signature->id.size;
    mr_wire_check_size(&c, "bytes", bytes.size, max);
    if (c.code == MR_OK)
        *out = bytes;
    return c.code;
}

static void get_minhash(struct mr_wire_check *c, struct mr_span bytes,
                        struct mr_signature *out)
{
    mr_wire_check(c, bytes.size == 0 || bytes.size == MINHASH_BYTES,
                  "minhashes have 256 bytes");
    if (bytes.size != MINHASH_BYTES)
        return;
    out->has_minhash = true;
    for (size_t i = 0; i < MR_MINHASH_ROWS; i++)
        out->minhash[i] =
            (uint16_t)(bytes.data[2 * i] | bytes.data[2 * i + 1] << 8);
}

enum mr_code mr_signature_parse(struct mr_span bytes, struct mr_arena *arena,
                                struct mr_signature *out, struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_parsing("signature", err);
    const Millrace__Signature *message;

    mr_wire_check_size(&c, "bytes", bytes.size, MR_SIGNATURE_BYTES_MAX);
    message =
        mr_wire_unpack(&c, &millrace__signature__descriptor, bytes, arena);
    if (message == NULL)
        return c.code;
    *out = (struct mr_signature){
        .id = mr_wire_get(message->id),
        .version = message->version,
        .kind = (enum mr_kind)message->kind,
        .time_ms = message->time_ms,
        .source = mr_wire_get(message->source),
        .source_rank = message->source_rank,
        .access_hash = message->access_hash,
        .signals =
            mr_wire_get_signals(arena, message->signals, message->n_signals),
        .reject_rule = mr_wire_get(message->reject_rule),
        .reject_value = mr_wire_get(message->reject_value),
        .patch = mr_wire_get_pairs(arena, message->patch, message->n_patch),
        .has_access = message->has_access != 0,
        .access = mr_wire_get_access(arena, message->access),
        .sweep_source = mr_wire_get(message->sweep_source),
        .sweep_before = message->sweep_before,
        .error = mr_wire_get(message->error),
    };
    if (out->kind == MR_KIND_PUT)
        out->text_hash = mr_wire_get_hash(&c, message->text_hash);
    get_minhash(&c, mr_wire_get(message->minhash), out);
    check(&c, out);
    return c.code;
}
