// SPDX-License-Identifier: Apache-2.0
/*
 * shard_folder.h - the files of a shard: written whole, mapped, removed.
 *
 * A file appears under its name only when its bytes are safe: it is written
 * under a temporary name, synced, renamed, and the folder is synced.
 *
 * Memory:  a mapping is owned by the caller, ended by shard_folder_unmap().
 * Threads: any.
 * I/O:     the folder.
 */
#ifndef INDEXER_IO_SHARD_FOLDER_H
#define INDEXER_IO_SHARD_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

#define SHARD_FOLDER_NAME_MAX 96u

struct shard_folder;

/* Makes the folder if it is not there; freed by shard_folder_close(). */
MR_MUST_CHECK enum mr_code shard_folder_open(const char *path,
                                             struct shard_folder **out,
                                             struct mr_err *err);
void shard_folder_close(struct shard_folder *folder);
const char *shard_folder_path(const struct shard_folder *folder);

/* Puts a file in place of what had the name.  MR_E_UNAVAILABLE: the disk; then
 * the name has its old bytes or the new ones, whole. */
MR_MUST_CHECK enum mr_code shard_folder_write(struct shard_folder *folder,
                                              const char *name,
                                              struct mr_span bytes,
                                              struct mr_err *err);

/* Maps a file for reading; an absent span when there is no such file.  An
 * empty file gives an empty span. */
MR_MUST_CHECK enum mr_code shard_folder_map(struct shard_folder *folder,
                                            const char *name,
                                            struct mr_span *out,
                                            struct mr_err *err);
void shard_folder_unmap(struct mr_span bytes);

/* Gives a file of the folder its name in the folder `to`, too; one that has it
 * there already stays. */
MR_MUST_CHECK enum mr_code shard_folder_link(struct shard_folder *folder,
                                             const char *name, const char *to,
                                             struct mr_err *err);

/* Removes a file; that it is not there is no failure. */
void shard_folder_remove(struct shard_folder *folder, const char *name);

/* As above, and it stays so after a power cut. */
MR_MUST_CHECK enum mr_code shard_folder_remove_synced(
    struct shard_folder *folder, const char *name, struct mr_err *err);

/* Removes every plain file for which `keep` is false. */
MR_MUST_CHECK enum mr_code shard_folder_sweep(
    struct shard_folder *folder, bool (*keep)(void *context, const char *name),
    void *context, struct mr_err *err);

#endif
