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
    enum mr_code code =
        shard_folder_link(shard->folder, MANIFEST_NAME, to, err);

    for (size_t side = 0; side < MANIFEST_SIDES; side++) {
        const struct manifest_side *list = &manifest->sides[side];

        for (uint32_t i = 0; code == MR_OK && i < list->count; i++)
            code = shard_folder_link(
                shard->folder, mr_arena_str(arena, list->segments[i].name), to,
                err);
    }
    return code;
}

enum mr_code shard_link(struct shard *shard, const char *to,
                        struct shard_sealed *out, bool *any, struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    struct manifest manifest = { 0 };
    struct mr_span bytes = { 0 };
    enum mr_code code;

    (void)pthread_mutex_lock(&shard->files_lock);
    code = shard_folder_map(shard->folder, MANIFEST_NAME, &bytes, err);
    *any = code == MR_OK && bytes.data != NULL;
    if (*any)
        code = manifest_parse(bytes, arena, &manifest, err);
    if (code == MR_OK && *any)
        code = link_named(shard, &manifest, arena, to, err);
    (void)pthread_mutex_unlock(&shard->files_lock);
    *out = (struct shard_sealed){
        .documents_next = manifest.sides[SIDE_KEYWORD].next,
        .vectors_next = manifest.sides[SIDE_DENSE].next,
    };
    shard_folder_unmap(bytes);
    mr_arena_free(arena);
    return code;
}
