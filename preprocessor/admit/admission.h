// SPDX-License-Identifier: Apache-2.0
/*
 * admission.h - one message on `clean` or `verdicts`, to what is kept and what
 * goes out on `documents`.
 *
 * A record goes out for every verdict that agrees with the text on the content
 * version, whichever came first; deletions and failures wait for no text.  One
 * whose text comes later goes out again then, with title and URL, so that the
 * last record of an id does not depend on how the two topics interleave.  The
 * version of what goes out never falls, since that of the verdicts does not.
 *
 * A null on `clean` makes the text count as gone: what is still said of it
 * waits for the deletion that is on its way.
 *
 * Memory:  works in the step's arena.
 * Threads: one at a time.
 * I/O:     that of the state.
 */
#ifndef PREPROCESSOR_ADMIT_ADMISSION_H
#define PREPROCESSOR_ADMIT_ADMISSION_H

#include "common/runtime/stage.h"
#include "preprocessor/admit/due.h"
#include "preprocessor/preprocessor.h"

struct admission {
    struct mr_state *state;
    struct mr_effects *effects;
    int64_t deleted_keep_ms;
};

MR_MUST_CHECK enum mr_code admission_text(const struct admission *admission,
                                          const struct mr_input *input,
                                          struct mr_err *err);
MR_MUST_CHECK enum mr_code admission_verdict(const struct admission *admission,
                                             const struct mr_input *input,
                                             struct mr_err *err);

/* The same of a message that cannot be worked: its document failed. */
MR_MUST_CHECK enum mr_code admission_text_failed(
    const struct admission *admission, const struct mr_input *input,
    const struct mr_err *cause, struct mr_err *err);
MR_MUST_CHECK enum mr_code admission_verdict_failed(
    const struct admission *admission, const struct mr_input *input,
    const struct mr_err *cause, struct mr_err *err);

/* Makes the tombstone of an entry null, if it is still the one meant. */
MR_MUST_CHECK enum mr_code admission_forget(const struct admission *admission,
                                            const struct due_entry *entry,
                                            int64_t time_ms,
                                            struct mr_err *err);

#endif
