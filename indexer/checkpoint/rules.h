// SPDX-License-Identifier: Apache-2.0
/*
 * rules.h - whether a checkpoint may be used; see also checkpoint_is_due().
 *
 * Memory:  borrows.
 * Threads: any.
 * I/O:     none.
 */
#ifndef INDEXER_CHECKPOINT_RULES_H
#define INDEXER_CHECKPOINT_RULES_H

#include "common/wire/checkpoint.h"
#include "indexer/checkpoint.h"

/* What the log holds now, of `documents` and `vectors`. */
struct checkpoint_log {
    uint64_t begin[2];
    uint64_t end[2];
};

/* MR_E_CONFIG: made from something else, or too old.  MR_E_LOST: the log does
 * not go on from where it ends. */
MR_MUST_CHECK enum mr_code checkpoint_check(
    const struct mr_checkpoint *checkpoint, const struct checkpoint_spec *spec,
    const char *analyser, const struct checkpoint_log *log, int64_t now_ms,
    struct mr_err *err);

#endif
