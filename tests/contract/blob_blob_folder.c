// SPDX-License-Identifier: Apache-2.0
/*
 * blob_blob_folder.c - the contract of the blob store on a folder of files.
 */
#include "tests/contract/blob_folder_backend.h"

int main(void)
{
    return contract_run(&contract_blob_folder, contract_blob_suite());
}
