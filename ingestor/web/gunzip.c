// SPDX-License-Identifier: Apache-2.0
/*
 * gunzip.c - see gunzip.h.
 */
#include "ingestor/web/gunzip.h"

#include <limits.h>

#define ZLIB_CONST /* it doesn't write to what it reads */
#include <zlib.h>

#define PIECE_BYTES ((size_t)64 * 1024)
/* What zlib calls the largest window, and gzip's header is expected. */
#define WINDOW_BITS (15 + 16)

bool gunzip_is(struct mr_span bytes)
{
    return bytes.size >= 2 && bytes.data[0] == 0x1F && bytes.data[1] == 0x8B;
}

/* One piece; *ended: a member is through. */
static enum mr_code inflate_piece(z_stream *stream, struct mr_buf *out,
                                  bool *ended, struct mr_err *err)
{
    uint8_t piece[PIECE_BYTES];
    int told;

    stream->next_out = piece;
    stream->avail_out = sizeof(piece);
    told = inflate(stream, Z_NO_FLUSH);
    if (told != Z_OK && told != Z_STREAM_END)
        return mr_fail(err, MR_E_CORRUPT, "gzip: %s",
                       stream->msg != NULL ? stream->msg : "it is cut off");
    mr_buf_append(out, piece, sizeof(piece) - stream->avail_out);
    if (out->full)
        return mr_fail(err, MR_E_LIMIT, "gzip: more than %zu bytes come out",
                       out->limit);
    *ended = told == Z_STREAM_END;
    return MR_OK;
}

enum mr_code gunzip(struct mr_span bytes, struct mr_buf *out,
                    struct mr_err *err)
{
    z_stream stream = { 0 };
    enum mr_code code = MR_OK;
    bool ended = false;

    if (bytes.size > UINT_MAX)
        return mr_fail(err, MR_E_LIMIT, "gzip: a file of %zu bytes",
                       bytes.size);
    if (inflateInit2(&stream, WINDOW_BITS) != Z_OK)
        return mr_fail(err, MR_E_LIMIT, "gzip: no memory");
    stream.next_in = bytes.data;
    stream.avail_in = (uInt)bytes.size;
    while (code == MR_OK && !ended) {
        code = inflate_piece(&stream, out, &ended, err);
        if (ended && gunzip_is(mr_span(stream.next_in, stream.avail_in)))
            ended = inflateReset(&stream) != Z_OK;
    }
    (void)inflateEnd(&stream);
    return code;
}
