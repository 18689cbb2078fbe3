// SPDX-License-Identifier: Apache-2.0
// link: indexer
/*
 * fuzz_checkpoint.c - no bytes in the blob store crash who reads a checkpoint,
 * and what is taken names files below one folder only, with all their pieces.
 */
#include <stdint.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "indexer/checkpoint/cover.h"
#include "indexer/checkpoint/pieces.h"
#include "indexer/checkpoint/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct mr_checkpoint *checkpoint)
{
    struct pieces pieces = { 0 };

    for (size_t i = 0; i < checkpoint->file_count; i++) {
        const struct mr_checkpoint_file *file = &checkpoint->files[i];
        size_t count = mr_checkpoint_pieces(file);

        MR_ASSERT(file->name.size > 0 && file->name.data[0] != '/');
        MR_ASSERT(memmem(file->name.data, file->name.size, "..", 2) !=
                  file->name.data);
        MR_ASSERT(memmem(file->name.data, file->name.size, "/.", 2) == NULL);
        MR_ASSERT((file->size == 0) == (count == 0));
    }
    pieces_add_all(&pieces, checkpoint);
    for (size_t i = 0; i < pieces.count; i++)
        MR_ASSERT(pieces_have(&pieces, pieces.items[i]));
    pieces_deinit(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mr_place place = { .generation = 1, .partitions = 1 };
    struct checkpoint_spec spec = { .place = &place, .index = "i" };
    const struct checkpoint_log held = { { 0 }, { UINT64_MAX, UINT64_MAX } };
    struct mr_arena *arena = mr_arena_new();
    struct mr_span blob = mr_span(data, size);
    struct mr_span body = blob;
    struct mr_checkpoint checkpoint;
    enum mr_code code;

    /* With the cover, as it lies in a store, or without: what a fuzzer makes
     * has none for long. */
    if (cover_take(&spec, COVER_MANIFEST, blob, &body, NULL) != MR_OK)
        body = blob;
    code = mr_checkpoint_parse(body, arena, &checkpoint, NULL);
    MR_ASSERT(code == MR_OK || code == MR_E_CORRUPT || code == MR_E_LIMIT ||
              code == MR_E_CONFIG);
    if (code == MR_OK) {
        look_at(&checkpoint);
        code = checkpoint_check(&checkpoint, &spec, "a", &held, 0, NULL);
        MR_ASSERT(code == MR_OK || code == MR_E_CONFIG || code == MR_E_LOST);
    }
    mr_arena_free(arena);
    return 0;
}
