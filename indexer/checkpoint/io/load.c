// SPDX-License-Identifier: Apache-2.0
/*
 * load.c - see load.h.
 */
#include "indexer/checkpoint/io/load.h"

#include "indexer/checkpoint/cover.h"

enum mr_code load_checkpoint(const struct checkpoint_spec *spec,
                             struct mr_hash128 manifest, struct mr_arena *arena,
                             struct mr_checkpoint *out, struct mr_err *err)
{
    struct mr_err why = { 0 };
    struct mr_span blob;
    struct mr_span body;
    enum mr_code code =
        mr_blob_get(spec->place->blob, manifest, arena, &blob, err);

    if (code == MR_OK)
        code = cover_take(spec, COVER_MANIFEST, blob, &body, err);
    if (code != MR_OK)
        return code;
    code = mr_checkpoint_parse(body, arena, out, &why);
    if (code == MR_OK || code == MR_E_CONFIG)
        return code == MR_OK ? MR_OK : mr_fail(err, code, "%s", why.text);
    return mr_fail(err, MR_E_DAMAGED, "%s", why.text);
}

const char *load_beside(const struct checkpoint_spec *spec, const char *what,
                        struct mr_arena *arena)
{
    return mr_arena_printf(arena, "%s.%s", spec->folder, what);
}
