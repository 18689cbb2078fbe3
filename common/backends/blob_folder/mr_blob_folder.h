// SPDX-License-Identifier: Apache-2.0
/*
 * mr_blob_folder.h - blobs as files that are named by their hash.
 *
 *   <folder>/3f/3f0c...  32 hexadecimal digits, high half first; the file's
 *                        bytes are the blob's
 *   <folder>/tmp/        what is being written; what a crash left there is
 *                        removed at an open a day later
 *
 * A blob is written under tmp/, synced, renamed and its folder synced, so a
 * name never stands for half a blob.  A blob that is there already is
 * compared, and written again when it differs.  Several processes may share
 * a folder.
 *
 * Memory:  a few bytes and a descriptor.
 * Threads: any.
 * I/O:     put() waits for the disk twice.  A removal is not synced: after a
 *          power cut the blob may be back.
 */
#ifndef COMMON_BACKENDS_BLOB_FOLDER_MR_BLOB_FOLDER_H
#define COMMON_BACKENDS_BLOB_FOLDER_MR_BLOB_FOLDER_H

#include "common/ports/blob.h"

struct mr_blob_folder;

/* Opens the folder, made when it is new; its parent must be there.
 * MR_E_CONFIG: it cannot be used, with the reason. */
MR_MUST_CHECK enum mr_code mr_blob_folder_open(const char *path,
                                               struct mr_blob_folder **out,
                                               struct mr_err *err);

/* NULL does nothing. */
void mr_blob_folder_close(struct mr_blob_folder *folder);

/* The port; borrowed until close. */
struct mr_blob *mr_blob_folder_port(struct mr_blob_folder *folder);

#endif
