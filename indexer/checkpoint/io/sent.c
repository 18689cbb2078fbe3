// SPDX-License-Identifier: Apache-2.0
/*
 * sent.c - see sent.h.
 */
#include "indexer/checkpoint/io/sent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/mr_reader.h"
#include "indexer/checkpoint/io/load.h"

#define NAME "pieces"

enum mr_code sent_open(const struct checkpoint_spec *spec, int *fd,
                       struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    const char *path = load_beside(spec, NAME, arena);
    enum mr_code code = MR_OK;

    *fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (*fd < 0)
        code = mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                             "checkpoint: cannot open %s", path);
    mr_arena_free(arena);
    return code;
}

enum mr_code sent_note(int fd, struct mr_hash128 hash, struct mr_err *err)
{
    uint8_t bytes[MR_CHECKPOINT_HASH];

    mr_checkpoint_put_piece(hash, bytes);
    if (write(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                             "checkpoint: cannot note what is sent");
    return MR_OK;
}

void sent_read(const struct checkpoint_spec *spec, struct pieces *out)
{
    struct mr_arena *arena = mr_arena_new();
    FILE *file = fopen(load_beside(spec, NAME, arena), "re");
    uint8_t bytes[MR_CHECKPOINT_HASH];

    while (file != NULL && fread(bytes, sizeof(bytes), 1, file) == 1) {
        struct mr_reader in = mr_reader(mr_span(bytes, sizeof(bytes)));
        struct mr_hash128 hash;

        hash.low = mr_read_u64(&in);
        hash.high = mr_read_u64(&in);
        pieces_add(out, hash);
    }
    if (file != NULL)
        (void)fclose(file);
    mr_arena_free(arena);
}

void sent_forget(const struct checkpoint_spec *spec)
{
    struct mr_arena *arena = mr_arena_new();

    (void)unlink(load_beside(spec, NAME, arena));
    mr_arena_free(arena);
}
