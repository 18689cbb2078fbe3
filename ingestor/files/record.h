// SPDX-License-Identifier: Apache-2.0
/*
 * record.h - what is kept of a file and of a line, to know what changed.
 *
 *   space .files   path         -> format:u8 size:varint mtime:u64 hash:16
 *                                  generation:varint documents:varint
 *   space .lines   path \0 id   -> generation:varint hash:16
 *                  \0 id \0 path -> nothing: the file has a line of the id
 *
 * A generation is one reading of a JSONL file: lines of an older one are not
 * in it any more.
 *
 * Memory:  plain values.  Threads: any.  I/O: none.
 */
#ifndef INGESTOR_FILES_RECORD_H
#define INGESTOR_FILES_RECORD_H

#include <stdint.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_status.h"

/* A file changed so shortly before it was read may change again without
 * changing its time; it is read again by the next sweep. */
#define FILE_RACY_MS 2000

struct file_record {
    uint64_t size;
    int64_t mtime_ns; /* 0: to be read again */
    struct mr_hash128 hash;
    uint64_t generation;
    uint64_t documents; /* sent of it and not deleted */
};

struct line_record {
    uint64_t generation;
    struct mr_hash128 hash;
};

void file_record_encode(const struct file_record *record, struct mr_buf *out);

/* MR_E_DAMAGED: it breaks its format. */
MR_MUST_CHECK enum mr_code file_record_parse(struct mr_span value,
                                             struct file_record *out,
                                             struct mr_err *err);

void line_record_encode(const struct line_record *record, struct mr_buf *out);
MR_MUST_CHECK enum mr_code line_record_parse(struct mr_span value,
                                             struct line_record *out,
                                             struct mr_err *err);

/* The key of a line, and of the first that cannot belong to the path: all
 * lines of a path lie from key(path, "") up to, not with, that. */
void line_key(struct mr_span path, struct mr_span id, struct mr_buf *out);
void line_key_end(struct mr_span path, struct mr_buf *out);

/* The key of a file that holds a line of the id: those of an id lie from
 * key("", id) up to, not with, the end. */
void holder_key(struct mr_span path, struct mr_span id, struct mr_buf *out);
void holder_key_end(struct mr_span id, struct mr_buf *out);

static inline bool file_hash_equal(struct mr_hash128 a, struct mr_hash128 b)
{
    return a.low == b.low && a.high == b.high;
}

#endif
