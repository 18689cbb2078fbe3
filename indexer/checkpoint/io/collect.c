// SPDX-License-Identifier: Apache-2.0
/*
 * collect.c - blobs that nobody needs any more are removed.
 *
 * Checkpoints are a chain, each names the one before it.  The older ones go
 * from the end of the chain on, each after its pieces: after a death in the
 * middle what is left is still reached.
 */
#include "indexer/checkpoint/io/load.h"
#include "indexer/checkpoint/io/sent.h"

#define KEPT        2u
#define CHAIN_MAX   64u
#define OLDER(code) ((code) == MR_E_LOST || (code) == MR_E_DAMAGED)

struct chain {
    struct mr_arena *arena;
    struct mr_hash128 names[CHAIN_MAX];
    struct mr_checkpoint items[CHAIN_MAX];
    size_t count;
};

/* From the newest back to what is not there any more. */
static enum mr_code follow(const struct checkpoint_spec *spec,
                           struct mr_hash128 name, struct chain *chain,
                           struct mr_err *err)
{
    bool more = true;

    while (more && chain->count < CHAIN_MAX) {
        struct mr_checkpoint *item = &chain->items[chain->count];
        enum mr_code code =
            load_checkpoint(spec, name, chain->arena, item, err);

        if (code != MR_OK)
            return OLDER(code) && chain->count > 0 ? MR_OK : code;
        chain->names[chain->count++] = name;
        more = item->has_previous;
        name = item->previous;
    }
    return MR_OK;
}

static enum mr_code remove_unless(const struct checkpoint_spec *spec,
                                  struct pieces *kept, const struct pieces *all,
                                  struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < all->count; i++) {
        if (!pieces_have(kept, all->items[i]))
            code = mr_blob_remove(spec->place->blob, all->items[i], err);
    }
    return code;
}

static enum mr_code remove_one(const struct checkpoint_spec *spec,
                               struct pieces *kept, const struct chain *chain,
                               size_t nth, struct mr_err *err)
{
    struct pieces all = { 0 };
    enum mr_code code;

    pieces_add_all(&all, &chain->items[nth]);
    code = remove_unless(spec, kept, &all, err);
    if (code == MR_OK)
        code = mr_blob_remove(spec->place->blob, chain->names[nth], err);
    pieces_deinit(&all);
    return code;
}

enum mr_code checkpoint_collect(const struct checkpoint_spec *spec,
                                const struct mr_checkpoint_note *newest,
                                struct mr_err *err)
{
    struct chain chain = { .arena = mr_arena_new() };
    struct pieces kept = { 0 };
    struct pieces sent = { 0 };
    enum mr_code code = follow(spec, newest->manifest, &chain, err);

    for (size_t i = 0; i < chain.count && i < KEPT; i++) {
        pieces_add(&kept, chain.names[i]);
        pieces_add_all(&kept, &chain.items[i]);
    }
    for (size_t i = chain.count; code == MR_OK && i > KEPT; i--)
        code = remove_one(spec, &kept, &chain, i - 1, err);
    if (code == MR_OK) {
        sent_read(spec, &sent);
        code = remove_unless(spec, &kept, &sent, err);
    }
    if (code == MR_OK)
        sent_forget(spec);
    pieces_deinit(&sent);
    pieces_deinit(&kept);
    mr_arena_free(chain.arena);
    return code;
}
