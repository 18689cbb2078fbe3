// SPDX-License-Identifier: Apache-2.0
/*
 * manifest.c - see manifest.h for the format.
 */
#include "indexer/shard/manifest.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_reader.h"

#define MAGIC          0x5849524Du /* "MRIX" as it lies on disk */
#define VERSION        1u
#define CHECKSUM_BYTES ((size_t)8)

static void encode_segment(const struct manifest_segment *segment,
                           struct mr_buf *out)
{
    MR_ASSERT(segment->dead.data == NULL ||
              segment->dead.size == ((size_t)segment->units + 63) / 64 * 8);
    mr_buf_sized(out, segment->name);
    mr_buf_u32(out, segment->level);
    mr_buf_u32(out, segment->units);
    mr_buf_u64(out, segment->from);
    mr_buf_u64(out, segment->to);
    mr_buf_sized(out, segment->dead);
}

void manifest_encode(const struct manifest *manifest, struct mr_buf *out)
{
    size_t from = out->size;

    mr_buf_u32(out, MAGIC);
    mr_buf_u16(out, VERSION);
    mr_buf_u16(out, manifest->partition);
    mr_buf_u16(out, manifest->partitions);
    mr_buf_u16(out, manifest->epoch);
    mr_buf_u32(out, manifest->generation);
    mr_buf_u32(out, manifest->dimension);
    mr_buf_sized(out, manifest->collection);
    mr_buf_sized(out, manifest->model);
    mr_buf_sized(out, manifest->analyser);
    for (size_t i = 0; i < MANIFEST_SIDES; i++) {
        const struct manifest_side *side = &manifest->sides[i];

        mr_buf_u64(out, side->next);
        mr_buf_u32(out, side->count);
        for (uint32_t k = 0; k < side->count; k++)
            encode_segment(&side->segments[k], out);
    }
    mr_buf_u64(out, mr_hash64(mr_span(out->data + from, out->size - from), 0));
}

static enum mr_code check_envelope(struct mr_span bytes, struct mr_err *err)
{
    struct mr_reader tail;
    struct mr_span body;

    if (bytes.size < CHECKSUM_BYTES)
        return mr_fail(err, MR_E_DAMAGED, "manifest: %zu bytes", bytes.size);
    body = mr_span(bytes.data, bytes.size - CHECKSUM_BYTES);
    tail = mr_reader(mr_span(bytes.data + body.size, CHECKSUM_BYTES));
    if (mr_read_u64(&tail) != mr_hash64(body, 0))
        return mr_fail(err, MR_E_DAMAGED, "manifest: the checksum differs");
    return MR_OK;
}

static enum mr_code read_segment(struct mr_reader *in,
                                 struct manifest_segment *out,
                                 struct mr_err *err)
{
    out->name = mr_read_sized(in);
    out->level = mr_read_u32(in);
    out->units = mr_read_u32(in);
    out->from = mr_read_u64(in);
    out->to = mr_read_u64(in);
    out->dead = mr_read_sized(in);
    if (out->dead.size == 0)
        out->dead = (struct mr_span){ 0 };
    if (in->overrun || out->name.size == 0 || out->from > out->to ||
        (out->dead.data != NULL &&
         out->dead.size != ((size_t)out->units + 63) / 64 * 8))
        return mr_fail(err, MR_E_DAMAGED, "manifest: a segment does not fit");
    return MR_OK;
}

static enum mr_code read_side(struct mr_reader *in, struct mr_arena *arena,
                              struct manifest_side *out, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    out->next = mr_read_u64(in);
    out->count = mr_read_u32(in);
    if (out->count > MANIFEST_SEGMENTS_MAX)
        return mr_fail(err, MR_E_DAMAGED, "manifest: %u segments, at most %u",
                       out->count, MANIFEST_SEGMENTS_MAX);
    out->segments = mr_arena_calloc(arena, out->count, sizeof(*out->segments));
    for (uint32_t i = 0; code == MR_OK && i < out->count; i++) {
        code = read_segment(in, &out->segments[i], err);
        if (code == MR_OK && i > 0 &&
            out->segments[i].from < out->segments[i - 1].to)
            return mr_fail(err, MR_E_DAMAGED,
                           "manifest: segment %u is out of order", i);
    }
    return code;
}

enum mr_code manifest_parse(struct mr_span bytes, struct mr_arena *arena,
                            struct manifest *out, struct mr_err *err)
{
    struct mr_reader in;
    uint32_t magic;
    uint16_t version;
    enum mr_code code = check_envelope(bytes, err);

    if (code != MR_OK)
        return code;
    *out = (struct manifest){ 0 };
    in = mr_reader(mr_span(bytes.data, bytes.size - CHECKSUM_BYTES));
    magic = mr_read_u32(&in);
    version = mr_read_u16(&in);
    if (magic != MAGIC || version != VERSION)
        return mr_fail(err, MR_E_DAMAGED,
                       "manifest: magic %08x version %u, want %08x %u", magic,
                       version, MAGIC, VERSION);
    out->partition = mr_read_u16(&in);
    out->partitions = mr_read_u16(&in);
    out->epoch = mr_read_u16(&in);
    out->generation = mr_read_u32(&in);
    out->dimension = mr_read_u32(&in);
    out->collection = mr_read_sized(&in);
    out->model = mr_read_sized(&in);
    out->analyser = mr_read_sized(&in);
    for (size_t i = 0; code == MR_OK && i < MANIFEST_SIDES; i++)
        code = read_side(&in, arena, &out->sides[i], err);
    if (code == MR_OK && !mr_reader_done(&in))
        return mr_fail(err, MR_E_DAMAGED, "manifest: bytes left over");
    return code;
}
