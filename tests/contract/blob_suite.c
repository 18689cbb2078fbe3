// SPDX-License-Identifier: Apache-2.0
/*
 * blob_suite.c - the contract of ports/blob.h.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_mem.h"
#include "tests/contract/contract.h"

static struct mr_hash128 put(struct mr_span bytes)
{
    struct mr_hash128 hash;

    CONTRACT_OK(mr_blob_put(contract.blob, bytes, &hash, &contract.err));
    return hash;
}

static struct mr_span get(struct mr_hash128 hash)
{
    struct mr_span bytes;

    CONTRACT_OK(mr_blob_get(contract.blob, hash, contract.arena, &bytes,
                            &contract.err));
    return bytes;
}

static void check_lost(struct mr_hash128 hash)
{
    struct mr_span bytes;

    CONTRACT_FAILS(MR_E_LOST, mr_blob_get(contract.blob, hash, contract.arena,
                                          &bytes, &contract.err));
}

START_TEST(a_blob_lies_under_the_hash_of_its_bytes)
{
    static const size_t sizes[] = { 0, 1, 4096, 4097, 3000000 };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t *bytes = mr_malloc(sizes[i]);
        struct mr_hash128 hash, want;

        memset(bytes, 'b', sizes[i]);
        want = mr_hash128(mr_span(bytes, sizes[i]));
        hash = put(mr_span(bytes, sizes[i]));
        ck_assert_uint_eq(hash.low, want.low);
        ck_assert_uint_eq(hash.high, want.high);
        ck_assert(mr_span_equal(get(hash), mr_span(bytes, sizes[i])));
        ck_assert_ptr_nonnull(get(hash).data);
        mr_free(bytes);
    }
}
END_TEST

START_TEST(putting_twice_is_putting_once)
{
    struct mr_hash128 first = put(mr_span_str("bytes"));
    struct mr_hash128 second = put(mr_span_str("bytes"));

    ck_assert_uint_eq(first.low, second.low);
    CONTRACT_OK(mr_blob_remove(contract.blob, first, &contract.err));
    check_lost(second);
}
END_TEST

START_TEST(what_was_never_put_or_is_removed_is_lost)
{
    struct mr_hash128 hash = put(mr_span_str("bytes"));
    struct mr_hash128 other = { 1, 2 };

    check_lost(other);
    CONTRACT_OK(mr_blob_remove(contract.blob, other, &contract.err));
    CONTRACT_OK(mr_blob_remove(contract.blob, hash, &contract.err));
    check_lost(hash);
    CONTRACT_OK(mr_blob_remove(contract.blob, hash, &contract.err));
    (void)put(mr_span_str("bytes"));
    ck_assert(mr_span_equal(get(hash), mr_span_str("bytes")));
}
END_TEST

START_TEST(a_blob_outlives_the_process)
{
    struct mr_hash128 hash = put(mr_span_str("bytes"));

    contract_reopen();
    ck_assert(mr_span_equal(get(hash), mr_span_str("bytes")));
}
END_TEST

START_TEST(a_blob_past_the_limit_is_refused)
{
    uint8_t *bytes = mr_calloc(MR_BLOB_BYTES_MAX + 1, 1);
    struct mr_hash128 hash;

    CONTRACT_FAILS(MR_E_LIMIT,
                   mr_blob_put(contract.blob,
                               mr_span(bytes, MR_BLOB_BYTES_MAX + 1), &hash,
                               &contract.err));
    mr_free(bytes);
}
END_TEST

START_TEST(other_bytes_under_a_name_are_damage)
{
    struct mr_hash128 hash = put(mr_span_str("bytes"));
    struct mr_span bytes;

    if (!contract_can(CONTRACT_CAN_DAMAGE))
        return;
    contract.backend->damage_blob(contract.self, contract.folder, hash);
    CONTRACT_FAILS(MR_E_DAMAGED,
                   mr_blob_get(contract.blob, hash, contract.arena, &bytes,
                               &contract.err));
}
END_TEST

START_TEST(a_damaged_blob_is_mended_by_the_next_put)
{
    struct mr_hash128 hash = put(mr_span_str("bytes"));

    if (!contract_can(CONTRACT_CAN_DAMAGE))
        return;
    contract.backend->damage_blob(contract.self, contract.folder, hash);
    (void)put(mr_span_str("bytes"));
    ck_assert(mr_span_equal(get(hash), mr_span_str("bytes")));
}
END_TEST

/* All threads put the same blobs and read what they put. */
static void *put_many(void *context)
{
    struct mr_arena *arena = mr_arena_new();

    (void)context;
    for (unsigned i = 0; i < 50; i++) {
        struct mr_span bytes =
            mr_span_str(mr_arena_printf(arena, "blob number %u", i));
        struct mr_hash128 hash;
        struct mr_span found;

        ck_assert_int_eq(mr_blob_put(contract.blob, bytes, &hash, NULL), MR_OK);
        ck_assert_int_eq(mr_blob_get(contract.blob, hash, arena, &found, NULL),
                         MR_OK);
        ck_assert(mr_span_equal(bytes, found));
    }
    mr_arena_free(arena);
    return NULL;
}

START_TEST(threads_may_put_the_same_bytes_at_once)
{
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, put_many, NULL);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}
END_TEST

Suite *contract_blob_suite(void)
{
    Suite *suite = suite_create("blob");
    TCase *tcase = contract_case(suite, "blob");

    tcase_add_test(tcase, a_blob_lies_under_the_hash_of_its_bytes);
    tcase_add_test(tcase, putting_twice_is_putting_once);
    tcase_add_test(tcase, what_was_never_put_or_is_removed_is_lost);
    tcase_add_test(tcase, a_blob_outlives_the_process);
    tcase_add_test(tcase, a_blob_past_the_limit_is_refused);
    tcase_add_test(tcase, other_bytes_under_a_name_are_damage);
    tcase_add_test(tcase, a_damaged_blob_is_mended_by_the_next_put);
    tcase_add_test(tcase, threads_may_put_the_same_bytes_at_once);
    return suite;
}
