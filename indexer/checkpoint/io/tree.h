// SPDX-License-Identifier: Apache-2.0
/*
 * tree.h - a folder with files and folders of files.
 *
 * Memory:  lists lie in the arena.
 * Threads: any.
 * I/O:     the folder.
 */
#ifndef INDEXER_CHECKPOINT_IO_TREE_H
#define INDEXER_CHECKPOINT_IO_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_status.h"

/* Not there, or nothing in it. */
bool tree_is_empty(const char *path);

/* Removes it with all that is in it, if it is there. */
void tree_remove(const char *path);

/* A new folder, in place of what was there. */
MR_MUST_CHECK enum mr_code tree_make(const char *path, struct mr_err *err);

/* Its files and those of its folders, as "a" and "b/c", names rising. */
MR_MUST_CHECK enum mr_code tree_list(const char *path, struct mr_arena *arena,
                                     char ***names, size_t *count,
                                     struct mr_err *err);

/* What a folder names is as safe as its files. */
MR_MUST_CHECK enum mr_code tree_sync(const char *path, struct mr_err *err);

/* `from` under the name `to`, which is not there or an empty folder; synced. */
MR_MUST_CHECK enum mr_code tree_rename(const char *from, const char *to,
                                       struct mr_err *err);

#endif
