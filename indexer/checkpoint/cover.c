// SPDX-License-Identifier: Apache-2.0
/*
 * cover.c - see cover.h.
 */
#include "indexer/checkpoint/cover.h"

#include "common/base/mr_assert.h"

#define MAGIC   "\xFFMRCP"
#define VERSION 1u

void cover_put(const struct checkpoint_spec *spec, enum cover_kind kind,
               struct mr_buf *out)
{
    mr_buf_append(out, MAGIC, sizeof(MAGIC) - 1);
    mr_buf_byte(out, VERSION);
    mr_buf_byte(out, (uint8_t)kind);
    mr_buf_sized(out, mr_span_str(spec->index));
    mr_buf_u32(out, spec->partition);
}

enum mr_code cover_take(const struct checkpoint_spec *spec,
                        enum cover_kind kind, struct mr_span blob,
                        struct mr_span *out, struct mr_err *err)
{
    struct mr_buf cover = mr_buf(COVER_BYTES_MAX);
    enum mr_code code = MR_OK;
    size_t size;

    cover_put(spec, kind, &cover);
    MR_ASSERT(!cover.full);
    size = cover.size;
    if (!mr_span_starts(blob, mr_buf_bytes(&cover)))
        code = mr_fail(err, MR_E_DAMAGED,
                       "a blob of %zu bytes is no %s of a checkpoint of %s",
                       blob.size, kind == COVER_PIECE ? "piece" : "list",
                       spec->index);
    else
        *out = mr_span(blob.data + size, blob.size - size);
    mr_buf_deinit(&cover);
    return code;
}
