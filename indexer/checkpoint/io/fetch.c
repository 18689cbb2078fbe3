// SPDX-License-Identifier: Apache-2.0
/*
 * fetch.c - a shard's folder out of a checkpoint.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "indexer/analysis/analyzer.h"
#include "indexer/checkpoint/cover.h"
#include "indexer/checkpoint/io/load.h"
#include "indexer/checkpoint/io/tree.h"
#include "indexer/checkpoint/rules.h"
#include "indexer/io/shard_folder.h"

#define TELL_US INT64_C(5000000)

struct fetching {
    const struct checkpoint_spec *spec;
    struct mr_arena *arena;
    struct mr_arena *piece;
    const char *path; /* FOLDER.fetching */
    struct shard_folder *folder;
    struct mr_checkpoint checkpoint;
    uint64_t size;
    uint64_t done;
    int64_t told_us;
};

bool checkpoint_is_wanted(const struct checkpoint_spec *spec)
{
    return tree_is_empty(spec->folder);
}

void checkpoint_drop(const struct checkpoint_spec *spec)
{
    tree_remove(spec->folder);
}

static void tell(struct fetching *fetching)
{
    const struct checkpoint_spec *spec = fetching->spec;
    int64_t now_us = mr_clock_mono_us(spec->place->clock);

    if (now_us - fetching->told_us < TELL_US)
        return;
    fetching->told_us = now_us;
    mr_log(spec->telemetry, MR_EV_NOTE, "index",
           "shard %u: %.1f of %.1f MB of its checkpoint are fetched",
           spec->partition, (double)fetching->done / 1e6,
           (double)fetching->size / 1e6);
}

static enum mr_code write_all(int fd, struct mr_span bytes, const char *name,
                              struct mr_err *err)
{
    while (bytes.size > 0) {
        ssize_t written = write(fd, bytes.data, bytes.size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                                 "checkpoint: cannot write %s", name);
        bytes.data += written;
        bytes.size -= (size_t)written;
    }
    return MR_OK;
}

static enum mr_code fetch_piece(struct fetching *fetching,
                                const struct mr_checkpoint_file *file,
                                size_t nth, int fd, struct mr_err *err)
{
    const struct checkpoint_spec *spec = fetching->spec;
    const char *name = mr_arena_str(fetching->piece, file->name);
    struct mr_span blob;
    struct mr_span body;
    enum mr_code code;

    if (spec->ending != NULL && atomic_load(spec->ending))
        return mr_fail(err, MR_E_CANCELLED, "checkpoint: told to end");
    code = mr_blob_get(spec->place->blob, mr_checkpoint_piece(file, nth),
                       fetching->piece, &blob, err);
    if (code == MR_OK)
        code = cover_take(spec, COVER_PIECE, blob, &body, err);
    if (code == MR_OK)
        code = write_all(fd, body, name, err);
    if (code != MR_OK)
        return mr_fail(err, code, "piece %zu of %s: %.800s", nth, name,
                       err->text);
    fetching->done += body.size;
    tell(fetching);
    return MR_OK;
}

/* What lies there now, not what was written. */
static enum mr_code check_file(struct fetching *fetching,
                               const struct mr_checkpoint_file *file,
                               const char *name, struct mr_err *err)
{
    struct mr_hash128 digest;
    struct mr_span bytes;
    enum mr_code code = shard_folder_map(fetching->folder, name, &bytes, err);

    if (code != MR_OK)
        return code;
    digest = mr_hash128(bytes);
    if (bytes.size != file->size)
        code = mr_fail(err, MR_E_DAMAGED, "%s has %zu bytes, not %llu", name,
                       bytes.size, (unsigned long long)file->size);
    else if (digest.low != file->digest.low || digest.high != file->digest.high)
        code = mr_fail(err, MR_E_DAMAGED, "%s has another digest", name);
    shard_folder_unmap(bytes);
    return code;
}

static enum mr_code fetch_file(struct fetching *fetching,
                               const struct mr_checkpoint_file *file,
                               struct mr_err *err)
{
    const char *name = mr_arena_str(fetching->arena, file->name);
    const char *path =
        mr_arena_printf(fetching->arena, "%s/%s", fetching->path, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    enum mr_code code = MR_OK;

    if (fd < 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                             "checkpoint: cannot make %s", path);
    for (size_t i = 0; code == MR_OK && i < mr_checkpoint_pieces(file); i++) {
        mr_arena_reset(fetching->piece);
        code = fetch_piece(fetching, file, i, fd, err);
    }
    if (code == MR_OK && fsync(fd) != 0)
        code = mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                             "checkpoint: cannot sync %s", path);
    (void)close(fd);
    return code == MR_OK ? check_file(fetching, file, name, err) : code;
}

static enum mr_code look_at_log(const struct checkpoint_spec *spec,
                                struct checkpoint_log *out, struct mr_err *err)
{
    static const enum mr_topic topics[] = { MR_TOPIC_DOCUMENTS,
                                            MR_TOPIC_VECTORS };
    const struct mr_place *place = spec->place;
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < 2; i++)
        code =
            mr_bus_bounds(place->bus, place->topics[topics[i]], spec->partition,
                          &out->begin[i], &out->end[i], err);
    return code;
}

static enum mr_code fetch_files(struct fetching *fetching, struct mr_err *err)
{
    const struct mr_checkpoint *checkpoint = &fetching->checkpoint;
    const char *records =
        mr_arena_printf(fetching->arena, "%s/records", fetching->path);
    enum mr_code code = tree_make(fetching->path, err);

    if (code == MR_OK)
        code = tree_make(records, err);
    if (code == MR_OK)
        code = shard_folder_open(fetching->path, &fetching->folder, err);
    for (size_t i = 0; code == MR_OK && i < checkpoint->file_count; i++)
        code = fetch_file(fetching, &checkpoint->files[i], err);
    if (code == MR_OK)
        code = tree_sync(records, err);
    if (code == MR_OK)
        code = tree_sync(fetching->path, err);
    return code;
}

static enum mr_code judge(struct fetching *fetching, struct mr_err *err)
{
    const struct checkpoint_spec *spec = fetching->spec;
    struct checkpoint_log log;
    enum mr_code code = look_at_log(spec, &log, err);

    if (code == MR_OK)
        code = checkpoint_check(&fetching->checkpoint, spec,
                                analyzer_fingerprint(), &log,
                                mr_clock_wall_ms(spec->place->clock), err);
    for (size_t i = 0; i < fetching->checkpoint.file_count; i++)
        fetching->size += fetching->checkpoint.files[i].size;
    return code;
}

static bool is_broken(enum mr_code code)
{
    return code == MR_E_LOST || code == MR_E_DAMAGED;
}

enum mr_code checkpoint_fetch(const struct checkpoint_spec *spec,
                              const struct mr_checkpoint_note *note,
                              bool *broken, struct mr_err *err)
{
    struct fetching fetching = { .spec = spec,
                                 .arena = mr_arena_new(),
                                 .piece = mr_arena_new() };
    enum mr_code code;

    fetching.path = load_beside(spec, "fetching", fetching.arena);
    code = load_checkpoint(spec, note->manifest, fetching.arena,
                           &fetching.checkpoint, err);
    *broken = is_broken(code);
    if (code == MR_OK)
        code = judge(&fetching, err);
    if (code != MR_OK)
        goto out_free;
    code = fetch_files(&fetching, err);
    *broken = is_broken(code);
    if (code == MR_OK)
        code = tree_rename(fetching.path, spec->folder, err);
    if (code == MR_OK)
        mr_log(spec->telemetry, MR_EV_CHECKPOINT_FETCHED, "index",
               "shard %u: %.1f MB by %.*s, and the log from offset %llu of "
               "documents and %llu of vectors",
               spec->partition, (double)fetching.done / 1e6,
               MR_SPAN_ARG(fetching.checkpoint.member),
               (unsigned long long)fetching.checkpoint.documents_next,
               (unsigned long long)fetching.checkpoint.vectors_next);
    else
        tree_remove(fetching.path);
out_free:
    shard_folder_close(fetching.folder);
    mr_arena_free(fetching.piece);
    mr_arena_free(fetching.arena);
    return code;
}
