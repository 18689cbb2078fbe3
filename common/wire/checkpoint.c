// SPDX-License-Identifier: Apache-2.0
/*
 * checkpoint.c - see checkpoint.h.
 */
#include "common/wire/checkpoint.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_reader.h"
#include "common/ports/bus.h"
#include "common/wire/check.h"
#include "common/wire/pack.h"
#include "common/wire/parts.h"
#include "proto/checkpoint.pb-c.h"

size_t mr_checkpoint_pieces(const struct mr_checkpoint_file *file)
{
    return file->pieces.size / MR_CHECKPOINT_HASH;
}

struct mr_hash128 mr_checkpoint_piece(const struct mr_checkpoint_file *file,
                                      size_t nth)
{
    struct mr_reader in = mr_reader(mr_span(
        file->pieces.data + nth * MR_CHECKPOINT_HASH, MR_CHECKPOINT_HASH));
    struct mr_hash128 hash;

    MR_ASSERT(nth < mr_checkpoint_pieces(file));
    hash.low = mr_read_u64(&in);
    hash.high = mr_read_u64(&in);
    return hash;
}

void mr_checkpoint_put_piece(struct mr_hash128 hash,
                             uint8_t out[MR_CHECKPOINT_HASH])
{
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (uint8_t)(hash.low >> (8 * i));
        out[8 + i] = (uint8_t)(hash.high >> (8 * i));
    }
}

static bool is_plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* That of a file below the folder it is put into, and of nothing hidden. */
static bool is_name(struct mr_span name)
{
    unsigned folders = 0;
    bool begins = true;

    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];

        if (c == '/' ? begins || ++folders > 1
                     : !is_plain(c) || (begins && c == '.'))
            return false;
        begins = c == '/';
    }
    return !begins;
}

static void check_file(struct mr_wire_check *c,
                       const struct mr_checkpoint *checkpoint, size_t nth)
{
    const struct mr_checkpoint_file *file = &checkpoint->files[nth];
    uint64_t piece = checkpoint->piece_bytes;
    uint64_t pieces =
        piece == 0 ? 0 : file->size / piece + (file->size % piece > 0);

    mr_wire_check_size(c, "bytes of a file's name", file->name.size,
                       MR_CHECKPOINT_NAME_MAX);
    mr_wire_check(c, is_name(file->name), "a file's name is one of a folder");
    mr_wire_check(c,
                  nth == 0 || mr_span_compare(checkpoint->files[nth - 1].name,
                                              file->name) < 0,
                  "files are in order of their names");
    mr_wire_check(c,
                  file->pieces.size % MR_CHECKPOINT_HASH == 0 &&
                      mr_checkpoint_pieces(file) == pieces,
                  "a file has as many pieces as its size says");
}

static void check(struct mr_wire_check *c,
                  const struct mr_checkpoint *checkpoint)
{
    mr_wire_check_text(c, "index", checkpoint->index, MR_TOPIC_NAME_MAX);
    mr_wire_check_text(c, "model", checkpoint->model, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "analyser", checkpoint->analyser, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "member", checkpoint->member, MR_NAME_BYTES_MAX);
    mr_wire_check(c, checkpoint->generation > 0, "generations count from 1");
    mr_wire_check(c, checkpoint->partition < checkpoint->partitions,
                  "a partition is below their count");
    mr_wire_check(c, checkpoint->piece_bytes > 0, "pieces have a size");
    mr_wire_check_size(c, "files", checkpoint->file_count,
                       MR_CHECKPOINT_FILES_MAX);
    for (size_t i = 0; c->code == MR_OK && i < checkpoint->file_count; i++)
        check_file(c, checkpoint, i);
}

static Millrace__CheckpointFile **put_files(
    struct mr_arena *arena, const struct mr_checkpoint *checkpoint)
{
    size_t count = checkpoint->file_count;
    Millrace__CheckpointFile *parts =
        mr_arena_calloc(arena, count, sizeof(*parts));
    Millrace__CheckpointFile **list =
        mr_arena_calloc(arena, count, sizeof(*list));

    for (size_t i = 0; i < count; i++) {
        const struct mr_checkpoint_file *file = &checkpoint->files[i];

        list[i] = &parts[i];
        millrace__checkpoint_file__init(&parts[i]);
        parts[i].name = mr_wire_put(file->name);
        parts[i].size = file->size;
        parts[i].digest = mr_wire_put_hash(arena, file->digest);
        parts[i].pieces = mr_wire_put(file->pieces);
    }
    return list;
}

enum mr_code mr_checkpoint_encode(const struct mr_checkpoint *checkpoint,
                                  struct mr_arena *arena, struct mr_span *out,
                                  struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_encoding("checkpoint", err);
    Millrace__Checkpoint message = MILLRACE__CHECKPOINT__INIT;

    check(&c, checkpoint);
    if (c.code != MR_OK)
        return c.code;
    message.major = MR_WIRE_MAJOR;
    message.index = mr_wire_put(checkpoint->index);
    message.model = mr_wire_put(checkpoint->model);
    message.analyser = mr_wire_put(checkpoint->analyser);
    message.member = mr_wire_put(checkpoint->member);
    message.generation = checkpoint->generation;
    message.partition = checkpoint->partition;
    message.partitions = checkpoint->partitions;
    message.epoch = checkpoint->epoch;
    message.documents_next = checkpoint->documents_next;
    message.vectors_next = checkpoint->vectors_next;
    message.taken_ms = checkpoint->taken_ms;
    if (checkpoint->has_previous)
        message.previous = mr_wire_put_hash(arena, checkpoint->previous);
    message.piece_bytes = checkpoint->piece_bytes;
    message.n_files = checkpoint->file_count;
    message.files = put_files(arena, checkpoint);
    return mr_wire_pack_max(&c, &message.base, MR_CHECKPOINT_BYTES_MAX, arena,
                            out);
}

static const struct mr_checkpoint_file *get_files(
    struct mr_wire_check *c, struct mr_arena *arena,
    Millrace__CheckpointFile **list, size_t count)
{
    struct mr_checkpoint_file *files =
        mr_arena_calloc(arena, count, sizeof(*files));

    for (size_t i = 0; i < count; i++)
        files[i] = (struct mr_checkpoint_file){
            .name = mr_wire_get(list[i]->name),
            .size = list[i]->size,
            .digest = mr_wire_get_hash(c, list[i]->digest),
            .pieces = mr_wire_get(list[i]->pieces),
        };
    return files;
}

enum mr_code mr_checkpoint_parse(struct mr_span bytes, struct mr_arena *arena,
                                 struct mr_checkpoint *out, struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_parsing("checkpoint", err);
    const Millrace__Checkpoint *message =
        mr_wire_unpack_max(&c, &millrace__checkpoint__descriptor, bytes,
                           MR_CHECKPOINT_BYTES_MAX, arena);

    if (message == NULL)
        return c.code;
    *out = (struct mr_checkpoint){
        .index = mr_wire_get(message->index),
        .model = mr_wire_get(message->model),
        .analyser = mr_wire_get(message->analyser),
        .member = mr_wire_get(message->member),
        .generation = message->generation,
        .partition = message->partition,
        .partitions = message->partitions,
        .epoch = message->epoch,
        .documents_next = message->documents_next,
        .vectors_next = message->vectors_next,
        .taken_ms = message->taken_ms,
        .has_previous = message->previous.len > 0,
        .piece_bytes = message->piece_bytes,
        .files = get_files(&c, arena, message->files, message->n_files),
        .file_count = message->n_files,
    };
    if (out->has_previous)
        out->previous = mr_wire_get_hash(&c, message->previous);
    check(&c, out);
    return c.code;
}
