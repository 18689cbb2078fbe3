// SPDX-License-Identifier: Apache-2.0
/*
 * blob_s3_backend.h - the blobs in a bucket, for the suite.
 *
 * The store is what MILLRACE_S3 says: endpoint,bucket,key,secret, as
 * deploy/s3 prints it.  Each test has a prefix of its own in the bucket, and
 * removes what it put.
 */
#ifndef TESTS_CONTRACT_BLOB_S3_BACKEND_H
#define TESTS_CONTRACT_BLOB_S3_BACKEND_H

#include "common/backends/blob_s3/mr_blob_s3.h"
#include "tests/contract/contract.h"

extern const struct contract_backend contract_blob_s3;

/* False when there is no store to test with. */
bool contract_blob_s3_is_there(void);

/* How the running test opens the store; a test may change it and open again.
 * Borrowed until the test ends. */
struct mr_blob_s3_spec contract_blob_s3_spec(void);

#endif
