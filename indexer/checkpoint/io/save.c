// SPDX-License-Identifier: Apache-2.0
/*
 * save.c - a shard's files, piece by piece, and what they are last.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "indexer/analysis/analyzer.h"
#include "indexer/checkpoint/cover.h"
#include "indexer/checkpoint/io/load.h"
#include "indexer/checkpoint/io/sent.h"
#include "indexer/checkpoint/io/tree.h"
#include "indexer/io/shard_folder.h"

/* With its cover a piece is 32 MiB at most. */
#define PIECE_BYTES ((size_t)32 * 1024 * 1024 - COVER_BYTES_MAX)

static_assert(PIECE_BYTES + COVER_BYTES_MAX <= MR_BLOB_BYTES_MAX,
              "a piece is a blob");

struct saving {
    const struct checkpoint_spec *spec;
    struct mr_arena *arena;
    const char *path; /* FOLDER.saving */
    struct shard_folder *folder;
    struct pieces known; /* they lie there already */
    int sent;
    struct mr_buf blob;
    struct mr_checkpoint checkpoint;
    uint64_t bytes;
    uint64_t bytes_sent;
};

static bool is_ending(const struct checkpoint_spec *spec)
{
    return spec->ending != NULL && atomic_load(spec->ending);
}

static enum mr_code send_blob(struct saving *saving, struct mr_hash128 hash,
                              struct mr_err *err)
{
    struct mr_hash128 given;
    enum mr_code code = sent_note(saving->sent, hash, err);

    if (code == MR_OK)
        code = mr_blob_put(saving->spec->place->blob,
                           mr_buf_bytes(&saving->blob), &given, err);
    saving->bytes_sent += code == MR_OK ? saving->blob.size : 0;
    return code;
}

static enum mr_code send_piece(struct saving *saving, struct mr_span bytes,
                               uint8_t *out, struct mr_err *err)
{
    struct mr_hash128 hash;

    if (is_ending(saving->spec))
        return mr_fail(err, MR_E_CANCELLED, "checkpoint: told to end");
    mr_buf_reset(&saving->blob);
    cover_put(saving->spec, COVER_PIECE, &saving->blob);
    mr_buf_span(&saving->blob, bytes);
    MR_ASSERT(!saving->blob.full);
    hash = mr_hash128(mr_buf_bytes(&saving->blob));
    mr_checkpoint_put_piece(hash, out);
    if (pieces_have(&saving->known, hash))
        return MR_OK;
    return send_blob(saving, hash, err);
}

static enum mr_code send_file(struct saving *saving, const char *name,
                              struct mr_checkpoint_file *out,
                              struct mr_err *err)
{
    size_t piece = saving->checkpoint.piece_bytes;
    enum mr_code code = MR_OK;
    struct mr_span bytes;
    uint8_t *pieces;
    size_t count;

    code = shard_folder_map(saving->folder, name, &bytes, err);
    if (code != MR_OK)
        return code;
    if (bytes.data == NULL)
        return mr_fail(err, MR_E_UNAVAILABLE, "checkpoint: %s/%s is gone",
                       saving->path, name);
    count = (bytes.size + piece - 1) / piece;
    pieces = mr_arena_alloc(saving->arena, count * MR_CHECKPOINT_HASH);
    for (size_t i = 0; code == MR_OK && i < count; i++) {
        size_t at = i * piece;
        size_t left = bytes.size - at;

        code = send_piece(saving,
                          mr_span(bytes.data + at, left < piece ? left : piece),
                          pieces + i * MR_CHECKPOINT_HASH, err);
    }
    *out = (struct mr_checkpoint_file){
        .name = mr_span_str(name),
        .size = bytes.size,
        .digest = mr_hash128(bytes),
    };
    if (count > 0)
        out->pieces = mr_span(pieces, count * MR_CHECKPOINT_HASH);
    saving->bytes += bytes.size;
    shard_folder_unmap(bytes);
    return code;
}

static enum mr_code send_files(struct saving *saving, struct mr_err *err)
{
    struct mr_checkpoint_file *files;
    char **names;
    size_t count;
    enum mr_code code =
        tree_list(saving->path, saving->arena, &names, &count, err);

    if (code != MR_OK)
        return code;
    files = mr_arena_calloc(saving->arena, count, sizeof(*files));
    for (size_t i = 0; code == MR_OK && i < count; i++)
        code = send_file(saving, names[i], &files[i], err);
    saving->checkpoint.files = files;
    saving->checkpoint.file_count = count;
    return code;
}

static enum mr_code send_list(struct saving *saving, struct mr_hash128 *out,
                              struct mr_err *err)
{
    struct mr_span bytes;
    enum mr_code code =
        mr_checkpoint_encode(&saving->checkpoint, saving->arena, &bytes, err);

    if (code != MR_OK)
        return code;
    mr_buf_reset(&saving->blob);
    cover_put(saving->spec, COVER_MANIFEST, &saving->blob);
    mr_buf_span(&saving->blob, bytes);
    MR_ASSERT(!saving->blob.full);
    *out = mr_hash128(mr_buf_bytes(&saving->blob));
    return send_blob(saving, *out, err);
}

/* What the checkpoint before it names need not be sent; unless it is broken:
 * then nobody knows what of it lies there. */
static void learn(struct saving *saving,
                  const struct mr_checkpoint_note *newest)
{
    struct mr_checkpoint before;

    if (newest == NULL)
        return;
    saving->checkpoint.has_previous = true;
    saving->checkpoint.previous = newest->manifest;
    if (!newest->broken &&
        load_checkpoint(saving->spec, newest->manifest, saving->arena, &before,
                        NULL) == MR_OK)
        pieces_add_all(&saving->known, &before);
}

static void begin(struct saving *saving, const struct checkpoint_spec *spec)
{
    const struct mr_place *place = spec->place;

    *saving = (struct saving){
        .spec = spec,
        .arena = mr_arena_new(),
        .sent = -1,
        .blob = mr_buf(MR_BLOB_BYTES_MAX),
        .checkpoint = {
            .index = mr_span_str(spec->index),
            .model = mr_span_str(place->model),
            .analyser = mr_span_str(analyzer_fingerprint()),
            .member = mr_span_str(spec->member),
            .generation = place->generation,
            .partition = spec->partition,
            .partitions = place->partitions,
            .epoch = place->epoch,
            .taken_ms = mr_clock_wall_ms(place->clock),
            .piece_bytes = (uint32_t)(spec->piece_bytes > 0 ? spec->piece_bytes
                                                            : PIECE_BYTES),
        },
    };
    saving->path = load_beside(spec, "saving", saving->arena);
}

static void end(struct saving *saving)
{
    shard_folder_close(saving->folder);
    tree_remove(saving->path);
    if (saving->sent >= 0)
        (void)close(saving->sent);
    pieces_deinit(&saving->known);
    mr_buf_deinit(&saving->blob);
    mr_arena_free(saving->arena);
}

static void describe(const struct saving *saving, struct mr_hash128 manifest,
                     struct mr_checkpoint_note *out)
{
    const struct mr_checkpoint *checkpoint = &saving->checkpoint;

    *out = (struct mr_checkpoint_note){
        .generation = checkpoint->generation,
        .partition = checkpoint->partition,
        .model = checkpoint->model,
        .manifest = manifest,
        .documents_next = checkpoint->documents_next,
        .vectors_next = checkpoint->vectors_next,
        .taken_ms = checkpoint->taken_ms,
        .bytes = saving->bytes,
        .member = checkpoint->member,
    };
    mr_log(saving->spec->telemetry, MR_EV_CHECKPOINT_SAVED, "index",
           "shard %u up to offset %llu of documents and %llu of vectors: %zu "
           "files, %.1f MB, of them %.1f MB sent",
           checkpoint->partition,
           (unsigned long long)checkpoint->documents_next,
           (unsigned long long)checkpoint->vectors_next, checkpoint->file_count,
           (double)saving->bytes / 1e6, (double)saving->bytes_sent / 1e6);
}

enum mr_code checkpoint_save(const struct checkpoint_spec *spec,
                             struct shard *shard, checkpoint_copy *copy,
                             void *context,
                             const struct mr_checkpoint_note *newest,
                             struct mr_checkpoint_note *out, bool *any,
                             struct mr_err *err)
{
    struct saving saving;
    struct shard_sealed sealed;
    struct mr_hash128 manifest;
    enum mr_code code;

    begin(&saving, spec);
    *any = false;
    code = tree_make(saving.path, err);
    if (code == MR_OK)
        code = shard_link(shard, saving.path, &sealed, any, err);
    if (code != MR_OK || !*any)
        goto out_end;
    saving.checkpoint.documents_next = sealed.documents_next;
    saving.checkpoint.vectors_next = sealed.vectors_next;
    code = copy(context,
                mr_arena_printf(saving.arena, "%s/records", saving.path), err);
    if (code == MR_OK)
        code = shard_folder_open(saving.path, &saving.folder, err);
    if (code == MR_OK)
        code = sent_open(spec, &saving.sent, err);
    if (code == MR_OK) {
        learn(&saving, newest);
        code = send_files(&saving, err);
    }
    if (code == MR_OK)
        code = send_list(&saving, &manifest, err);
    if (code == MR_OK)
        describe(&saving, manifest, out);
out_end:
    end(&saving);
    return code;
}
