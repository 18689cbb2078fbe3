// SPDX-License-Identifier: Apache-2.0
/*
 * preprocessor.h - the stages between `raw` and `documents`.
 *
 *   clean   raw -> clean, signatures.  A pure function of one record.
 *   curate  signatures -> verdicts.  Groups of duplicates and policy; one lane
 *           for all partitions.
 *   admit   clean, verdicts -> documents.  Joins text and verdict by id.
 *
 * Memory:  a stage copies its configuration; freed by mr_stage_free().
 * Threads: each stage object is used by one worker.
 * I/O:     none.
 */
#ifndef PREPROCESSOR_PREPROCESSOR_H
#define PREPROCESSOR_PREPROCESSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mr_status.h"
#include "common/runtime/place.h"
#include "common/runtime/stage.h"

struct clean_config {
    const struct mr_place *place;  /* for versions; borrowed */
    uint32_t passage_words_target; /* default 170 */
    uint32_t passage_words_max;    /* default 200 */
    uint32_t words_min;            /* fewer: rejected; 0 keeps all but empty */
    const char *language;          /* when it can't be told: "en" */
};

struct curate_config {
    bool duplicates;   /* false: nothing is a duplicate */
    double similarity; /* of 3-word shingles, 0..1; default .8; 1: only
                          equal texts */
    uint32_t work_max; /* documents re-judged in one step */
};

struct admit_config {
    int64_t deleted_keep_ms; /* message time after which a deleted document's
                                tombstone becomes null; default 30 days */
};

/* The values above by default. */
struct clean_config clean_config_default(const struct mr_place *place);
struct curate_config curate_config_default(void);
struct admit_config admit_config_default(void);

/* MR_E_CONFIG: values that contradict each other. */
MR_MUST_CHECK enum mr_code clean_stage_new(const struct clean_config *config,
                                           struct mr_stage **out,
                                           struct mr_err *err);
MR_MUST_CHECK enum mr_code curate_stage_new(const struct curate_config *config,
                                            struct mr_stage **out,
                                            struct mr_err *err);
MR_MUST_CHECK enum mr_code admit_stage_new(const struct admit_config *config,
                                           struct mr_stage **out,
                                           struct mr_err *err);

#endif
