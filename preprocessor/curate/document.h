// SPDX-License-Identifier: Apache-2.0
/*
 * document.h - one message on `signatures`, from what is known to what is
 * known: lifecycle.h and groups.h together.
 *
 * Memory:  works in the view's arena.
 * Threads: one at a time.
 * I/O:     that of the view.
 */
#ifndef PREPROCESSOR_CURATE_DOCUMENT_H
#define PREPROCESSOR_CURATE_DOCUMENT_H

#include <stdbool.h>

#include "common/wire/signature.h"
#include "common/wire/verdict.h"
#include "preprocessor/curate/groups.h"

/*
 * Applies the message and writes the record.  *now is what is known after it
 * (state 0: still nothing); *changed is false for one that changed nothing.
 */
MR_MUST_CHECK enum mr_code document_apply(struct groups *groups,
                                          const struct mr_signature *message,
                                          struct curate_record *now,
                                          bool *changed, struct mr_err *err);

/* The verdict on a document that is known, without a patch; borrows from the
 * record and the policy. */
struct mr_verdict document_verdict(const struct curate_record *record,
                                   const struct curate_policy *policy);

#endif
