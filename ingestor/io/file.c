// SPDX-License-Identifier: Apache-2.0
/*
 * file.c - see file.h.
 */
#include "ingestor/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES ((size_t)256 * 1024)

enum mr_code file_read_fd(int fd, struct mr_buf *out, struct mr_err *err)
{
    struct stat about;

    if (fstat(fd, &about) != 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno, "it cannot be read");
    if (!S_ISREG(about.st_mode))
        return mr_fail(err, MR_E_INVALID, "it is no regular file");
    if ((uint64_t)about.st_size > out->limit - out->size)
        return mr_fail(err, MR_E_LIMIT, "it has %lld bytes, at most %zu",
                       (long long)about.st_size, out->limit - out->size);
    for (;;) {
        size_t left = out->limit - out->size;
        size_t want = left < CHUNK_BYTES ? left : CHUNK_BYTES;
        uint8_t probe;
        ssize_t got;

        if (want == 0) {
            got = read(fd, &probe, 1);
            if (got > 0)
                return mr_fail(err, MR_E_LIMIT,
                               "it grew past the %zu bytes that are read",
                               out->limit);
        } else {
            uint8_t *room = mr_buf_grow(out, want);

            got = read(fd, room, want);
            out->size -= want - (got > 0 ? (size_t)got : 0);
        }
        if (got == 0)
            return MR_OK;
        if (got < 0 && errno != EINTR)
            return mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                                 "it cannot be read");
    }
}

enum mr_code file_read(const char *path, struct mr_buf *out, struct mr_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    enum mr_code code;

    if (fd < 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno, "it cannot be read");
    code = file_read_fd(fd, out, err);
    (void)close(fd);
    return code;
}
