// SPDX-License-Identifier: Apache-2.0
/*
 * model_folder.c - see model_folder.h.
 */
#include "embedder/io/model_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mr_hash.h"

static enum mr_code map(int fd, const char *path, struct mr_span *out,
                        struct mr_err *err)
{
    struct stat status;
    void *bytes;

    if (fstat(fd, &status) != 0)
        return mr_fail_errno(err, MR_E_CONFIG, errno, "model: %s", path);
    if (!S_ISREG(status.st_mode) || status.st_size == 0)
        return mr_fail(err, MR_E_CONFIG,
                       "model: %s is empty or no file; copy the model anew, or "
                       "let deploy/build fetch it",
                       path);
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return mr_fail_errno(err, MR_E_CONFIG, errno, "model: mapping %s",
                             path);
    *out = mr_span(bytes, (size_t)status.st_size);
    return MR_OK;
}

static void unmap(struct mr_span *bytes)
{
    if (bytes->data != NULL)
        (void)munmap((void *)(uintptr_t)bytes->data, bytes->size);
    *bytes = mr_span(NULL, 0);
}

static enum mr_code open_file(const char *folder, const char *name,
                              char path[MODEL_PATH_MAX], struct mr_span *out,
                              struct mr_err *err)
{
    int length = snprintf(path, MODEL_PATH_MAX, "%s/%s", folder, name);
    enum mr_code code;
    int fd;

    if (length < 0 || (size_t)length >= MODEL_PATH_MAX)
        return mr_fail(err, MR_E_CONFIG,
                       "model: the folder's name is longer "
                       "than %u bytes",
                       MODEL_PATH_MAX);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return mr_fail_errno(err, MR_E_CONFIG, errno,
                             "model: cannot open %s; deploy/build fetches the "
                             "model, embed.model names its folder",
                             path);
    code = map(fd, path, out, err);
    (void)close(fd);
    return code;
}

enum mr_code model_folder_open(struct model_folder *folder, const char *path,
                               struct mr_err *err)
{
    struct mr_span xml = { 0 };
    char name[MODEL_PATH_MAX];
    enum mr_code code;

    *folder = (struct model_folder){ .path = path };
    code = open_file(path, "model.xml", folder->xml, &xml, err);
    unmap(&xml);
    if (code == MR_OK)
        code = open_file(path, "model.bin", name, &folder->weights, err);
    if (code == MR_OK)
        code = open_file(path, "vocab.txt", name, &folder->vocabulary, err);
    if (code != MR_OK)
        model_folder_close(folder);
    return code;
}

void model_folder_close(struct model_folder *folder)
{
    unmap(&folder->weights);
    unmap(&folder->vocabulary);
}

void model_folder_fingerprint(const struct model_folder *folder,
                              const char *settings,
                              char out[MODEL_FINGERPRINT_SIZE])
{
    struct mr_hash128 parts[] = {
        mr_hash128(folder->weights),
        mr_hash128(folder->vocabulary),
        mr_hash128(mr_span_str(settings)),
    };
    char digits[33];

    mr_hash128_hex(mr_hash128(mr_span(parts, sizeof(parts))), digits);
    (void)snprintf(out, MODEL_FINGERPRINT_SIZE, "%.12s", digits);
}
