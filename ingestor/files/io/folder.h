// SPDX-License-Identifier: Apache-2.0
/*
 * folder.h - what lies in a folder, and its files opened without leaving it.
 *
 * Names that begin with "." are left out.  A symbolic link to a file inside
 * the folder is that file under the link's name; links to folders and to
 * anything outside are left out.  The root itself may be a link.
 *
 * Memory:  the names of one path of folders.
 * Threads: one at a time.
 * I/O:     the file system.
 */
#ifndef INGESTOR_FILES_IO_FOLDER_H
#define INGESTOR_FILES_IO_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "common/base/mr_status.h"

/* Folders in folders; what lies deeper is a problem that is told. */
#define FOLDER_DEPTH_MAX 100u

/* Where a root's files are. */
struct folder {
    char *base; /* the real path of the folder */
    char *only; /* the one file that is meant, or NULL for all */
    size_t base_size;
};

enum folder_found {
    FOLDER_FILE,
    FOLDER_FOLDER,
    FOLDER_ABSENT,
    FOLDER_LEFT_OUT, /* neither, hidden, or a link that leads away */
};

/* A file or folder; MR_E_UNAVAILABLE: it is not there, or cannot be read. */
MR_MUST_CHECK enum mr_code folder_open(const char *path, struct folder *out,
                                       struct mr_err *err);
void folder_close(struct folder *folder);

/* What a relative path is; `about` is set for FOLDER_FILE.  A path that cannot
 * be looked at is MR_E_UNAVAILABLE. */
MR_MUST_CHECK enum mr_code folder_look(const struct folder *folder,
                                       const char *path,
                                       enum folder_found *found,
                                       struct stat *about, struct mr_err *err);

/* Opens a file for reading, closed by the caller; links as above. */
MR_MUST_CHECK enum mr_code folder_read(const struct folder *folder,
                                       const char *path, int *fd,
                                       struct mr_err *err);

struct folder_visitor {
    /* Before the entries of a folder are read; "" is the root. */
    enum mr_code (*folder)(void *context, const char *path, struct mr_err *err);
    enum mr_code (*file)(void *context, const char *path,
                         const struct stat *about, struct mr_err *err);
    /* What is left out, or cannot be read (with the reason). */
    void (*left_out)(void *context, const char *path, const char *problem);
    void *context;
};

/* Visits everything below a relative path ("" for all) in order of names.  A
 * code from a visitor ends it. */
MR_MUST_CHECK enum mr_code folder_walk(const struct folder *folder,
                                       const char *path,
                                       const struct folder_visitor *visitor,
                                       struct mr_err *err);

#endif
