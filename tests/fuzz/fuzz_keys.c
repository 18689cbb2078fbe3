// SPDX-License-Identifier: Apache-2.0
// link: common_http
/*
 * fuzz_keys.c - no bytes crash the reader of the file of keys; what it takes
 * is written as something that it takes again, and opens nothing by itself.
 */
#include <stdint.h>

#include "common/base/mr_assert.h"
#include "common/http/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mr_buf first = mr_buf(MR_KEYS_BYTES_MAX);
    struct mr_buf second = mr_buf(MR_KEYS_BYTES_MAX);
    const struct mr_key *key;
    struct mr_err err = { 0 };
    struct mr_keys keys;
    struct mr_keys again;

    mr_keys_init(&keys);
    mr_keys_init(&again);
    if (mr_keys_parse(mr_span(data, size), &keys, &err) != MR_OK) {
        MR_ASSERT(err.code == MR_E_DAMAGED && keys.count == 0);
    } else {
        mr_keys_encode(&keys, &first);
        MR_ASSERT(mr_keys_parse(mr_buf_bytes(&first), &again, &err) == MR_OK);
        mr_keys_encode(&again, &second);
        MR_ASSERT(mr_span_equal(mr_buf_bytes(&first), mr_buf_bytes(&second)));
        MR_ASSERT(mr_keys_judge(&keys, mr_span(data, size), MR_SCOPE_READ,
                                mr_span_str("main"), 0,
                                &key) == MR_KEY_UNKNOWN);
    }
    mr_keys_deinit(&keys);
    mr_keys_deinit(&again);
    mr_buf_deinit(&first);
    mr_buf_deinit(&second);
    return 0;
}
