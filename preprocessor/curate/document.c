// SPDX-License-Identifier: Apache-2.0
/*
 * document.c - see document.h.
 */
#include "preprocessor/curate/document.h"

#include "common/base/mr_assert.h"
#include "preprocessor/curate/lifecycle.h"

enum mr_code document_apply(struct groups *groups,
                            const struct mr_signature *message,
                            struct curate_record *now, bool *changed,
                            struct mr_err *err)
{
    struct curate_record old;
    enum lifecycle_change change;
    enum mr_code code = groups_record(groups->view, message->id, &old, err);

    if (code != MR_OK)
        return code;
    change = lifecycle_apply(&old, message, now);
    *changed = change != LIFECYCLE_NONE;
    if (change == LIFECYCLE_NONE)
        return MR_OK;
    if (change == LIFECYCLE_CONTENT && curate_record_takes_part(&old))
        code = groups_leave(groups, &old, err);
    if (code == MR_OK && change == LIFECYCLE_CONTENT &&
        curate_record_takes_part(now))
        code = groups_enter(groups, now, err);
    if (code == MR_OK)
        groups_keep(groups->view, now);
    return code;
}

struct mr_verdict document_verdict(const struct curate_record *record,
                                   const struct curate_policy *policy)
{
    struct mr_verdict verdict = {
        .id = record->id,
        .version = record->version,
        .content_version = record->content_version,
        .state = record->state,
        .time_ms = record->time_ms,
        .config = mr_span_str(policy->fingerprint),
    };

    MR_ASSERT(record->state != 0);
    verdict.reason.rule = record->rule;
    verdict.reason.value = record->value;
    if (record->state == MR_STATE_DUPLICATE) {
        verdict.reason.duplicate_of = record->duplicate_of;
        verdict.reason.similarity = (double)record->rows / MR_MINHASH_ROWS;
    }
    return verdict;
}
