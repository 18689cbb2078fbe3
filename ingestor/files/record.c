// SPDX-License-Identifier: Apache-2.0
/*
 * record.c - see record.h.
 */
#include "ingestor/files/record.h"

#include "common/base/mr_reader.h"

#define FORMAT 1u

static void put_hash(struct mr_buf *out, struct mr_hash128 hash)
{
    mr_buf_u64(out, hash.low);
    mr_buf_u64(out, hash.high);
}

static struct mr_hash128 get_hash(struct mr_reader *in)
{
    struct mr_hash128 hash;

    hash.low = mr_read_u64(in);
    hash.high = mr_read_u64(in);
    return hash;
}

void file_record_encode(const struct file_record *record, struct mr_buf *out)
{
    mr_buf_byte(out, FORMAT);
    mr_buf_varint(out, record->size);
    mr_buf_u64(out, (uint64_t)record->mtime_ns);
    put_hash(out, record->hash);
    mr_buf_varint(out, record->generation);
    mr_buf_varint(out, record->documents);
}

enum mr_code file_record_parse(struct mr_span value, struct file_record *out,
                               struct mr_err *err)
{
    struct mr_reader in = mr_reader(value);
    uint8_t format = mr_read_byte(&in);

    out->size = mr_read_varint(&in);
    out->mtime_ns = (int64_t)mr_read_u64(&in);
    out->hash = get_hash(&in);
    out->generation = mr_read_varint(&in);
    out->documents = mr_read_varint(&in);
    if (format == FORMAT && mr_reader_done(&in))
        return MR_OK;
    return mr_fail(err, MR_E_DAMAGED,
                   "files: a file's record of %zu bytes breaks its format",
                   value.size);
}

void line_record_encode(const struct line_record *record, struct mr_buf *out)
{
    mr_buf_varint(out, record->generation);
    put_hash(out, record->hash);
}

enum mr_code line_record_parse(struct mr_span value, struct line_record *out,
                               struct mr_err *err)
{
    struct mr_reader in = mr_reader(value);

    out->generation = mr_read_varint(&in);
    out->hash = get_hash(&in);
    if (mr_reader_done(&in))
        return MR_OK;
    return mr_fail(err, MR_E_DAMAGED,
                   "files: a line's record of %zu bytes breaks its format",
                   value.size);
}

void line_key(struct mr_span path, struct mr_span id, struct mr_buf *out)
{
    mr_buf_span(out, path);
    mr_buf_byte(out, 0);
    mr_buf_span(out, id);
}

void line_key_end(struct mr_span path, struct mr_buf *out)
{
    mr_buf_span(out, path);
    mr_buf_byte(out, 1);
}

void holder_key(struct mr_span path, struct mr_span id, struct mr_buf *out)
{
    mr_buf_byte(out, 0);
    mr_buf_span(out, id);
    mr_buf_byte(out, 0);
    mr_buf_span(out, path);
}

void holder_key_end(struct mr_span id, struct mr_buf *out)
{
    mr_buf_byte(out, 0);
    mr_buf_span(out, id);
    mr_buf_byte(out, 1);
}
