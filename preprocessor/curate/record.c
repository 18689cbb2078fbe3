// SPDX-License-Identifier: Apache-2.0
/*
 * record.c - see record.h.
 */
#include "preprocessor/curate/record.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_reader.h"
#include "preprocessor/curate/priority.h"

#define RECORD_FORMAT 1u

/* Id, source, rule and value are bounded by the signature that they came in,
 * the rest is fixed. */
#define RECORD_BYTES_MAX (64u * 1024u)

enum flag {
    FLAG_FIRST_SEEN = 1,
    FLAG_CONTENT = 2,
    FLAG_MINHASH = 4,
    FLAG_REASON = 8,
    FLAG_TEXT = 16,  /* CURATE_PLACED_TEXT */
    FLAG_BANDS = 32, /* CURATE_PLACED_BANDS */
};

static uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ ((value & 1) != 0 ? UINT64_MAX : 0));
}

static uint8_t flags_of(const struct curate_record *record)
{
    unsigned flags = 0;

    flags |= record->has_first_seen ? FLAG_FIRST_SEEN : 0u;
    flags |= record->has_content ? FLAG_CONTENT : 0u;
    flags |= record->has_content && record->has_minhash ? FLAG_MINHASH : 0u;
    flags |= record->rule.size + record->value.size > 0 ? FLAG_REASON : 0u;
    flags |= (record->placed & CURATE_PLACED_TEXT) != 0 ? FLAG_TEXT : 0u;
    flags |= (record->placed & CURATE_PLACED_BANDS) != 0 ? FLAG_BANDS : 0u;
    return (uint8_t)flags;
}

static void encode_content(const struct curate_record *record,
                           struct mr_buf *out)
{
    mr_buf_u64(out, record->access_hash);
    mr_buf_u64(out, record->text_hash.low);
    mr_buf_u64(out, record->text_hash.high);
    if (!record->has_minhash)
        return;
    for (size_t i = 0; i < MR_MINHASH_ROWS; i++)
        mr_buf_u16(out, record->minhash[i]);
}

struct mr_span curate_record_encode(const struct curate_record *record,
                                    struct mr_arena *arena)
{
    struct mr_buf out = mr_buf(RECORD_BYTES_MAX);
    uint8_t flags = flags_of(record);
    struct mr_span bytes;

    MR_ASSERT(record->state != 0 && record->version != 0);
    MR_ASSERT(record->has_content || !curate_record_takes_part(record));
    mr_buf_byte(&out, RECORD_FORMAT);
    mr_buf_byte(&out, (uint8_t)record->kind);
    mr_buf_byte(&out, (uint8_t)record->state);
    mr_buf_byte(&out, flags);
    mr_buf_varint(&out, record->version);
    mr_buf_varint(&out, record->content_version);
    mr_buf_varint(&out, zigzag(record->time_ms));
    mr_buf_sized(&out, record->source);
    mr_buf_varint(&out, record->source_rank);
    if ((flags & FLAG_FIRST_SEEN) != 0)
        mr_buf_varint(&out, zigzag(record->first_seen_ms));
    if ((flags & FLAG_CONTENT) != 0)
        encode_content(record, &out);
    if ((flags & FLAG_REASON) != 0) {
        mr_buf_sized(&out, record->rule);
        mr_buf_sized(&out, record->value);
    }
    if (record->state == MR_STATE_DUPLICATE) {
        mr_buf_sized(&out, record->duplicate_of);
        mr_buf_byte(&out, record->rows);
    }
    MR_ASSERT(!out.full);
    bytes = mr_arena_copy(arena, mr_buf_bytes(&out));
    mr_buf_deinit(&out);
    return bytes;
}

static void parse_content(struct mr_reader *in, unsigned flags,
                          struct curate_record *out)
{
    out->has_content = true;
    out->access_hash = mr_read_u64(in);
    out->text_hash.low = mr_read_u64(in);
    out->text_hash.high = mr_read_u64(in);
    out->has_minhash = (flags & FLAG_MINHASH) != 0;
    for (size_t i = 0; out->has_minhash && i < MR_MINHASH_ROWS; i++)
        out->minhash[i] = mr_read_u16(in);
}

static void parse_fields(struct mr_reader *in, struct curate_record *out)
{
    unsigned flags;

    out->kind = (enum mr_kind)mr_read_byte(in);
    out->state = (enum mr_doc_state)mr_read_byte(in);
    flags = mr_read_byte(in);
    out->placed =
        (uint8_t)(((flags & FLAG_TEXT) != 0 ? CURATE_PLACED_TEXT : 0u) |
                  ((flags & FLAG_BANDS) != 0 ? CURATE_PLACED_BANDS : 0u));
    out->version = mr_read_varint(in);
    out->content_version = mr_read_varint(in);
    out->time_ms = unzigzag(mr_read_varint(in));
    out->source = mr_read_sized(in);
    out->source_rank = (uint32_t)mr_read_varint(in);
    out->has_first_seen = (flags & FLAG_FIRST_SEEN) != 0;
    if (out->has_first_seen)
        out->first_seen_ms = unzigzag(mr_read_varint(in));
    if ((flags & FLAG_CONTENT) != 0)
        parse_content(in, flags, out);
    if ((flags & FLAG_REASON) != 0) {
        out->rule = mr_read_sized(in);
        out->value = mr_read_sized(in);
    }
    if (out->state == MR_STATE_DUPLICATE) {
        out->duplicate_of = mr_read_sized(in);
        out->rows = mr_read_byte(in);
    }
}

enum mr_code curate_record_parse(struct mr_span id, struct mr_span bytes,
                                 struct curate_record *out, struct mr_err *err)
{
    struct mr_reader in = mr_reader(bytes);
    uint8_t format = mr_read_byte(&in);

    *out = (struct curate_record){ .id = id };
    if (format != RECORD_FORMAT)
        return mr_fail(err, MR_E_DAMAGED,
                       "curate: the record of %.*s has format %u, not %u; "
                       "rebuild this stage's state from the log",
                       MR_SPAN_ARG(id), format, RECORD_FORMAT);
    parse_fields(&in, out);
    if (!mr_reader_done(&in) || out->state < MR_STATE_LIVE ||
        out->state > MR_STATE_FAILED ||
        (curate_record_takes_part(out) && !out->has_content))
        return mr_fail(err, MR_E_DAMAGED,
                       "curate: the record of %.*s (%zu bytes) is damaged; "
                       "rebuild this stage's state from the log",
                       MR_SPAN_ARG(id), bytes.size);
    return MR_OK;
}

struct mr_span curate_record_priority(const struct curate_record *record,
                                      struct mr_arena *arena)
{
    MR_ASSERT(record->has_content);
    return priority_of(record->source_rank, record->first_seen_ms, record->id,
                       arena);
}
