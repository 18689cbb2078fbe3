// SPDX-License-Identifier: Apache-2.0
/*
 * record.c - see record.h.
 */
#include "preprocessor/admit/record.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_reader.h"

#define RECORD_FORMAT 1u

/* Four numbers, format and flags come before the verdict. */
#define HEAD_BYTES_MAX 48u

enum flag {
    FLAG_TEXT = 1,
    FLAG_GONE = 2,
    FLAG_VERDICT = 4,
};

enum mr_code admit_record_encode(const struct admit_record *record,
                                 struct mr_arena *arena, struct mr_span *out,
                                 struct mr_err *err)
{
    struct mr_span verdict = mr_span(NULL, 0);
    struct mr_buf buf;
    unsigned flags = 0;

    if (record->has_verdict) {
        enum mr_code code =
            mr_verdict_encode(&record->verdict, arena, &verdict, err);

        if (code != MR_OK)
            return code;
    }
    flags |= record->has_text ? FLAG_TEXT : 0u;
    flags |= record->has_text && record->text_gone ? FLAG_GONE : 0u;
    flags |= record->has_verdict ? FLAG_VERDICT : 0u;
    buf = mr_buf(HEAD_BYTES_MAX + verdict.size);
    mr_buf_byte(&buf, RECORD_FORMAT);
    mr_buf_byte(&buf, (uint8_t)flags);
    if (record->has_text) {
        mr_buf_varint(&buf, record->text_offset);
        mr_buf_varint(&buf, record->text_version);
    }
    if (record->has_verdict) {
        mr_buf_varint(&buf, record->verdict_offset);
        mr_buf_span(&buf, verdict);
    }
    MR_ASSERT(!buf.full);
    *out = mr_arena_copy(arena, mr_buf_bytes(&buf));
    mr_buf_deinit(&buf);
    return MR_OK;
}

static enum mr_code damaged(struct mr_span id, size_t size, struct mr_err *err)
{
    return mr_fail(err, MR_E_DAMAGED,
                   "admit: the record of %.*s (%zu bytes) is damaged or of "
                   "another format; rebuild this stage's state from the log",
                   MR_SPAN_ARG(id), size);
}

enum mr_code admit_record_parse(struct mr_span id, struct mr_span bytes,
                                struct mr_arena *arena,
                                struct admit_record *out, struct mr_err *err)
{
    struct mr_reader in = mr_reader(bytes);
    unsigned format;
    unsigned flags;

    *out = (struct admit_record){ .id = id };
    if (bytes.data == NULL)
        return MR_OK;
    format = mr_read_byte(&in);
    flags = mr_read_byte(&in);
    out->has_text = (flags & FLAG_TEXT) != 0;
    out->text_gone = (flags & FLAG_GONE) != 0;
    out->has_verdict = (flags & FLAG_VERDICT) != 0;
    if (out->has_text) {
        out->text_offset = mr_read_varint(&in);
        out->text_version = mr_read_varint(&in);
    }
    if (out->has_verdict) {
        out->verdict_offset = mr_read_varint(&in);
        if (in.overrun || mr_verdict_parse(mr_read_rest(&in), arena,
                                           &out->verdict, NULL) != MR_OK)
            return damaged(id, bytes.size, err);
    }
    if (format != RECORD_FORMAT || !mr_reader_done(&in))
        return damaged(id, bytes.size, err);
    return MR_OK;
}
