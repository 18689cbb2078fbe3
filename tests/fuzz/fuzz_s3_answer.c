// SPDX-License-Identifier: Apache-2.0
// link: common_backends_blob_s3
/*
 * fuzz_s3_answer.c - any body that an object store may answer with.
 *
 * The first byte chooses the status; what comes of it is plain, short, and
 * never a yes to a bad status.
 */
#include <string.h>

#include "common/backends/blob_s3/s3_answer.h"
#include "common/base/mr_assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_plain(const char *text, size_t room)
{
    MR_ASSERT(memchr(text, '\0', room) != NULL);
    for (; *text != '\0'; text++)
        MR_ASSERT(*text >= ' ' && *text <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct s3_error error;
    int status;

    if (size == 0)
        return 0;
    status = 200 + 2 * data[0];
    s3_answer_error(mr_span(data + 1, size - 1), &error);
    check_plain(error.code, sizeof(error.code));
    check_plain(error.message, sizeof(error.message));
    MR_ASSERT(error.code[0] != '\0' || error.message[0] == '\0');
    for (int method = S3_GET; method <= S3_DELETE; method++) {
        enum s3_verdict verdict =
            s3_answer_judge((enum s3_method)method, status, &error);

        MR_ASSERT(verdict != S3_DONE || status < 300);
        MR_ASSERT(verdict != S3_ABSENT || status >= 300);
    }
    return 0;
}
