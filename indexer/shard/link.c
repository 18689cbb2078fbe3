// SPDX-License-Identifier: Apache-2.0
/*
 * link.c - the files of a shard as of its manifest, under names of another
 * folder.
 *
 * Segments never change and manifests are replaced, so a link is a copy.  The
 * records are not here: those of any later moment belong to a manifest, as
 * after a restart.
 */
#include "indexer/shard/shard.h"

#include "common/base/mr_mem.h"

void shard_note_sealed(struct shard *shard, const struct manifest *manifest)
{
    for (size_t i = 0; i < MANIFEST_SIDES; i++)
        atomic_store(&shard->sealed[i], manifest->sides[i].next);
}

void shard_sealed(struct shard *shard, struct shard_sealed *out)
{
    out->documents_next = atomic_load(&shard->sealed[SIDE_KEYWORD]);
    out->vectors_next = atomic_load(&shard->sealed[SIDE_DENSE]);
}

static enum mr_code link_named(const struct shard *shard,
                               const struct manifest *manifest,
                               struct mr_arena *arena, const char *to,
                               struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t side = 0; side < MANIFEST_SIDES; side++) {
        const struct manifest_side *list = &manifest->sides[side];

        for (uint32_t i = 0; code == MR_OK && i < list->count; i++)
            code = shard_folder_link(
                shard->folder, mr_arena_str(arena, list->segments[i].name), to,
                err);
    }
    return code;
}

/* The manifest comes first, and what it names is read from the link: the
 * writer may replace its own at any moment. */
static enum mr_code link_all(const struct shard *shard, const char *to,
                             struct mr_arena *arena, struct manifest *manifest,
                             bool *any, struct mr_err *err)
{
    struct shard_folder *linked = NULL;
    struct mr_span bytes = { 0 };
    enum mr_code code =
        shard_folder_map(shard->folder, MANIFEST_NAME, &bytes, err);

    *any = code == MR_OK && bytes.data != NULL;
    shard_folder_unmap(bytes);
    bytes = (struct mr_span){ 0 };
    if (!*any)
        return code;
    code = shard_folder_link(shard->folder, MANIFEST_NAME, to, err);
    if (code == MR_OK)
        code = shard_folder_open(to, &linked, err);
    if (code == MR_OK)
        code = shard_folder_map(linked, MANIFEST_NAME, &bytes, err);
    if (code == MR_OK)
        code = manifest_parse(bytes, arena, manifest, err);
    if (code == MR_OK)
        code = link_named(shard, manifest, arena, to, err);
    shard_folder_unmap(bytes);
    shard_folder_close(linked);
    return code;
}

enum mr_code shard_link(struct shard *shard, const char *to,
                        struct shard_sealed *out, bool *any, struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    struct manifest manifest = { 0 };
    enum mr_code code;

    (void)pthread_mutex_lock(&shard->files_lock);
    code = link_all(shard, to, arena, &manifest, any, err);
    (void)pthread_mutex_unlock(&shard->files_lock);
    *out = (struct shard_sealed){
        .documents_next = manifest.sides[SIDE_KEYWORD].next,
        .vectors_next = manifest.sides[SIDE_DENSE].next,
    };
    mr_arena_free(arena);
    return code;
}
