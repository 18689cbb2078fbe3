// SPDX-License-Identifier: Apache-2.0
/*
 * policy.h - the configuration of curation as numbers, with a name.
 *
 * The fingerprint is in every verdict, and in state: when a start finds
 * another one there, all documents are judged again.
 *
 * Memory:  plain values.  Threads: any.  I/O: none.
 */
#ifndef PREPROCESSOR_CURATE_POLICY_H
#define PREPROCESSOR_CURATE_POLICY_H

#include <stddef.h>

#include "preprocessor/curate/record.h"
#include "preprocessor/preprocessor.h"

/* A document is compared with so many of higher priority in each bucket. */
#define CURATE_WINDOW 256u

#define CURATE_FINGERPRINT_SIZE 17u

struct curate_policy {
    bool duplicates;
    unsigned rows_min; /* see similar.h */
    unsigned placed;   /* indexes to keep: bits of enum curate_placed */
    size_t window;     /* CURATE_WINDOW; tests take less */
    char fingerprint[CURATE_FINGERPRINT_SIZE]; /* 16 hexadecimal digits */
};

/* MR_E_CONFIG: similarity is not within 0..1. */
MR_MUST_CHECK enum mr_code curate_policy_of(const struct curate_config *config,
                                            struct curate_policy *out,
                                            struct mr_err *err);

#endif
