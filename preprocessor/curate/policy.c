// SPDX-License-Identifier: Apache-2.0
/*
 * policy.c - see policy.h.
 */
#include "preprocessor/curate/policy.h"

#include <stdio.h>

#include "preprocessor/curate/bands.h"
#include "preprocessor/curate/similar.h"

/* Everything that a verdict depends on besides the documents. */
static void name(struct curate_policy *policy)
{
    char text[128];

    snprintf(text, sizeof(text),
             "curate 1 duplicates %d rows %u of %u bands %u window %zu",
             policy->duplicates, policy->duplicates ? policy->rows_min : 0,
             MR_MINHASH_ROWS, BANDS_COUNT, policy->window);
    snprintf(policy->fingerprint, sizeof(policy->fingerprint), "%016llx",
             (unsigned long long)mr_hash64(mr_span_str(text), 0));
}

enum mr_code curate_policy_of(const struct curate_config *config,
                              struct curate_policy *out, struct mr_err *err)
{
    if (!(config->similarity >= 0 && config->similarity <= 1))
        return mr_fail(err, MR_E_CONFIG,
                       "curate: similarity is %g; give a number from 0 to 1",
                       config->similarity);
    *out = (struct curate_policy){
        .duplicates = config->duplicates,
        .rows_min = similar_rows_min(config->similarity),
        .window = CURATE_WINDOW,
    };
    if (out->duplicates)
        out->placed = CURATE_PLACED_TEXT;
    if (out->duplicates && out->rows_min != SIMILAR_ROWS_NEVER)
        out->placed |= CURATE_PLACED_BANDS;
    name(out);
    return MR_OK;
}
