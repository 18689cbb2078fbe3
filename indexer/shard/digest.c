// SPDX-License-Identifier: Apache-2.0
/*
 * digest.c - one hash over all documents, in order of their ids.
 */
#include <stdlib.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"
#include "indexer/shard/shard.h"

#define LINE_BYTES_MAX ((size_t)16 << 20)

struct line {
    struct mr_span id;
    struct mr_hash128 hash;
};

struct index_digest {
    struct mr_arena *arena; /* ids */
    struct line *lines;
    size_t count;
    size_t room;
    struct mr_buf bytes; /* of the document in hand */
};

struct index_digest *index_digest_new(void)
{
    struct index_digest *digest = mr_calloc(1, sizeof(*digest));

    digest->arena = mr_arena_new();
    digest->bytes = mr_buf(LINE_BYTES_MAX);
    return digest;
}

void index_digest_free(struct index_digest *digest)
{
    if (digest == NULL)
        return;
    mr_arena_free(digest->arena);
    mr_buf_deinit(&digest->bytes);
    mr_free(digest->lines);
    mr_free(digest);
}

static void write_document(struct mr_buf *out,
                           const struct mr_document *document)
{
    mr_buf_reset(out);
    mr_buf_sized(out, document->id);
    mr_buf_u64(out, document->version);
    mr_buf_u64(out, document->content_version);
    mr_buf_byte(out, (uint8_t)document->state);
    mr_buf_sized(out, document->reason.duplicate_of);
    mr_buf_varint(out, document->passages.count);
    for (size_t i = 0; i < document->passages.count; i++) {
        mr_buf_u64(out, document->passages.items[i].id.low);
        mr_buf_u64(out, document->passages.items[i].id.high);
    }
}

static enum mr_code add_document(void *context,
                                 const struct mr_document *document,
                                 struct mr_err *err)
{
    struct index_digest *digest = context;
    struct line *line;

    (void)err;
    if (digest->count == digest->room) {
        digest->room = digest->room > 0 ? 2 * digest->room : 256;
        digest->lines = mr_realloc_array(digest->lines, digest->room,
                                         sizeof(*digest->lines));
    }
    write_document(&digest->bytes, document);
    line = &digest->lines[digest->count++];
    line->id = mr_arena_copy(digest->arena, document->id);
    line->hash = mr_hash128(mr_buf_bytes(&digest->bytes));
    return MR_OK;
}

enum mr_code index_digest_add(struct index_digest *digest, struct shard *shard,
                              struct mr_err *err)
{
    return shard_scan(shard, add_document, digest, err);
}

static int compare_lines(const void *a, const void *b)
{
    const struct line *left = a;
    const struct line *right = b;

    return mr_span_compare(left->id, right->id);
}

struct mr_hash128 index_digest_hash(struct index_digest *digest,
                                    size_t *documents)
{
    struct mr_buf all = mr_buf(SIZE_MAX);
    struct mr_hash128 hash;

    if (digest->count > 0)
        qsort(digest->lines, digest->count, sizeof(*digest->lines),
              compare_lines);
    for (size_t i = 0; i < digest->count; i++) {
        mr_buf_u64(&all, digest->lines[i].hash.low);
        mr_buf_u64(&all, digest->lines[i].hash.high);
    }
    hash = mr_hash128(mr_buf_bytes(&all));
    mr_buf_deinit(&all);
    *documents = digest->count;
    return hash;
}
