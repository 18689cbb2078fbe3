// SPDX-License-Identifier: Apache-2.0
/*
 * blob_folder_backend.c - see blob_folder_backend.h.
 */
#include "tests/contract/blob_folder_backend.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/backends/blob_folder/mr_blob_folder.h"

static void *open_folder(const char *folder)
{
    struct mr_blob_folder *self = NULL;

    ck_assert_msg(mr_blob_folder_open(folder, &self, &contract.err) == MR_OK,
                  "%s", contract.err.text);
    return self;
}

static void close_folder(void *self)
{
    mr_blob_folder_close(self);
}

static void *reopen_folder(void *self, const char *folder)
{
    close_folder(self);
    return open_folder(folder);
}

static struct mr_blob *blob(void *self)
{
    return mr_blob_folder_port(self);
}

static void damage_blob(void *self, const char *folder, struct mr_hash128 hash)
{
    char name[33];
    int fd;

    (void)self;
    mr_hash128_hex(hash, name);
    fd = open(mr_arena_printf(contract.arena, "%s/%.2s/%s", folder, name, name),
              O_WRONLY);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "X", 1), 1);
    close(fd);
}

const struct contract_backend contract_blob_folder = {
    .name = "blob_folder",
    .can = CONTRACT_CAN_DAMAGE,
    .open = open_folder,
    .reopen = reopen_folder,
    .close = close_folder,
    .blob = blob,
    .damage_blob = damage_blob,
};
