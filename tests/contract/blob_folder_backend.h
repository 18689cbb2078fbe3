// SPDX-License-Identifier: Apache-2.0
/*
 * blob_folder_backend.h - the blobs in a folder, for the suite.
 */
#ifndef TESTS_CONTRACT_BLOB_FOLDER_BACKEND_H
#define TESTS_CONTRACT_BLOB_FOLDER_BACKEND_H

#include "tests/contract/contract.h"

extern const struct contract_backend contract_blob_folder;

#endif
