// SPDX-License-Identifier: Apache-2.0
/*
 * blob_blob_s3.c - the contract of the blob store on a real S3 server, and
 * what only such a server can say: whose signature it believes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mr_mem.h"
#include "tests/contract/blob_s3_backend.h"

#define SKIPPED 77

/* Opening fails so, in words that have `say`, the endpoint and the bucket. */
static void check_refused(const struct mr_blob_s3_spec *spec, const char *say)
{
    struct mr_blob_s3 *s3;

    CONTRACT_FAILS(MR_E_CONFIG, mr_blob_s3_open(spec, &s3, &contract.err));
    ck_assert_msg(strstr(contract.err.text, say) != NULL, "%s",
                  contract.err.text);
    ck_assert_ptr_nonnull(strstr(contract.err.text, spec->endpoint));
    ck_assert_ptr_nonnull(strstr(contract.err.text, spec->bucket));
    ck_assert_ptr_null(strstr(contract.err.text, spec->secret));
}

START_TEST(a_wrong_secret_is_refused)
{
    struct mr_blob_s3_spec spec = contract_blob_s3_spec();

    spec.secret = "hush-this-is-not-it";
    check_refused(&spec, "the secret is not that of the access key "
                         "(403 SignatureDoesNotMatch");
}
END_TEST

START_TEST(an_unknown_key_is_refused)
{
    struct mr_blob_s3_spec spec = contract_blob_s3_spec();

    spec.key_id = "nobody";
    check_refused(&spec, "does not know the access key (403");
}
END_TEST

START_TEST(a_bucket_that_is_not_there_is_named)
{
    struct mr_blob_s3_spec spec = contract_blob_s3_spec();

    spec.bucket = "nobody-made-this";
    check_refused(&spec, "there is no such bucket");
}
END_TEST

START_TEST(the_token_of_a_session_is_signed_with_the_rest)
{
    struct mr_blob_s3_spec spec = contract_blob_s3_spec();
    struct mr_blob_s3 *s3;
    struct mr_hash128 hash;

    spec.token = "FwoGZXIvYXdzE/+token==";
    CONTRACT_OK(mr_blob_s3_open(&spec, &s3, &contract.err));
    CONTRACT_OK(mr_blob_put(mr_blob_s3_port(s3), mr_span_str("bytes"), &hash,
                            &contract.err));
    CONTRACT_OK(mr_blob_remove(mr_blob_s3_port(s3), hash, &contract.err));
    mr_blob_s3_close(s3);
}
END_TEST

START_TEST(a_damaged_large_blob_is_mended_too)
{
    size_t size = 1000000;
    uint8_t *bytes = mr_calloc(size, 1);
    struct mr_hash128 hash;
    struct mr_span found;

    CONTRACT_OK(
        mr_blob_put(contract.blob, mr_span(bytes, size), &hash, &contract.err));
    contract.backend->damage_blob(contract.self, contract.folder, hash);
    CONTRACT_FAILS(MR_E_DAMAGED,
                   mr_blob_get(contract.blob, hash, contract.arena, &found,
                               &contract.err));
    CONTRACT_OK(
        mr_blob_put(contract.blob, mr_span(bytes, size), &hash, &contract.err));
    CONTRACT_OK(mr_blob_get(contract.blob, hash, contract.arena, &found,
                            &contract.err));
    mr_free(bytes);
}
END_TEST

START_TEST(the_largest_blob_comes_and_goes)
{
    uint8_t *bytes = mr_calloc(MR_BLOB_BYTES_MAX, 1);
    struct mr_hash128 hash;
    struct mr_span found;

    CONTRACT_OK(mr_blob_put(contract.blob, mr_span(bytes, MR_BLOB_BYTES_MAX),
                            &hash, &contract.err));
    CONTRACT_OK(mr_blob_get(contract.blob, hash, contract.arena, &found,
                            &contract.err));
    ck_assert(mr_span_equal(found, mr_span(bytes, MR_BLOB_BYTES_MAX)));
    mr_free(bytes);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tcase;

    if (!contract_blob_s3_is_there()) {
        (void)puts("MILLRACE_S3 is not set; deploy/s3 start gives it");
        return SKIPPED;
    }
    suite = contract_blob_suite();
    tcase = contract_case(suite, "s3");
    tcase_add_test(tcase, a_wrong_secret_is_refused);
    tcase_add_test(tcase, an_unknown_key_is_refused);
    tcase_add_test(tcase, a_bucket_that_is_not_there_is_named);
    tcase_add_test(tcase, the_token_of_a_session_is_signed_with_the_rest);
    tcase_add_test(tcase, a_damaged_large_blob_is_mended_too);
    tcase_add_test(tcase, the_largest_blob_comes_and_goes);
    return contract_run(&contract_blob_s3, suite);
}
