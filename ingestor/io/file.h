// SPDX-License-Identifier: Apache-2.0
/*
 * file.h - a whole file, if it is a regular one and not too large.
 *
 * Threads: any.  I/O: the file system.
 */
#ifndef INGESTOR_IO_FILE_H
#define INGESTOR_IO_FILE_H

#include "common/base/mr_buf.h"
#include "common/base/mr_status.h"

/* Appends the bytes of the file at `path`, which may be a symbolic link.
 * MR_E_LIMIT: more than `out` takes.  MR_E_INVALID: no regular file.
 * MR_E_UNAVAILABLE: it cannot be read; the message has no path. */
MR_MUST_CHECK enum mr_code file_read(const char *path, struct mr_buf *out,
                                     struct mr_err *err);

/* The same of an open file, which the caller closes. */
MR_MUST_CHECK enum mr_code file_read_fd(int fd, struct mr_buf *out,
                                        struct mr_err *err);

#endif
