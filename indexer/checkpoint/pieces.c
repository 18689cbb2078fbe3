// SPDX-License-Identifier: Apache-2.0
/*
 * pieces.c - see pieces.h.
 */
#include "indexer/checkpoint/pieces.h"

#include <stdlib.h>

#include "common/base/mr_mem.h"

#define ROOM_FIRST ((size_t)64)

void pieces_deinit(struct pieces *pieces)
{
    mr_free(pieces->items);
    *pieces = (struct pieces){ 0 };
}

void pieces_add(struct pieces *pieces, struct mr_hash128 hash)
{
    if (pieces->count == pieces->room) {
        pieces->room = pieces->room == 0 ? ROOM_FIRST : 2 * pieces->room;
        pieces->items = mr_realloc_array(pieces->items, pieces->room,
                                         sizeof(*pieces->items));
    }
    pieces->items[pieces->count++] = hash;
    pieces->sorted = false;
}

void pieces_add_all(struct pieces *pieces,
                    const struct mr_checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->file_count; i++) {
        const struct mr_checkpoint_file *file = &checkpoint->files[i];

        for (size_t k = 0; k < mr_checkpoint_pieces(file); k++)
            pieces_add(pieces, mr_checkpoint_piece(file, k));
    }
}

static int compare(const void *a, const void *b)
{
    const struct mr_hash128 *one = a;
    const struct mr_hash128 *two = b;

    if (one->high != two->high)
        return one->high < two->high ? -1 : 1;
    return one->low < two->low ? -1 : one->low > two->low;
}

bool pieces_have(struct pieces *pieces, struct mr_hash128 hash)
{
    if (pieces->count == 0)
        return false;
    if (!pieces->sorted)
        qsort(pieces->items, pieces->count, sizeof(*pieces->items), compare);
    pieces->sorted = true;
    return bsearch(&hash, pieces->items, pieces->count, sizeof(hash),
                   compare) != NULL;
}
