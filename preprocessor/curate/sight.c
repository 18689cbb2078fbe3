// SPDX-License-Identifier: Apache-2.0
/*
 * sight.c - see sight.h.
 */
#include "preprocessor/curate/sight.h"

#include "common/base/mr_assert.h"
#include "preprocessor/curate/groups.h"
#include "preprocessor/curate/priority.h"
#include "preprocessor/curate/similar.h"

enum mr_code sight_load(const struct curate_policy *policy,
                        struct curate_view *view,
                        const struct curate_record *record, unsigned placed,
                        struct sight *out, struct mr_err *err)
{
    uint64_t names[BANDS_BUCKETS_MAX];
    struct mr_range higher = { 0 };
    enum mr_code code = MR_OK;

    out->priority = curate_record_priority(record, view->arena);
    out->canonicals = (struct bucket_list){ 0 };
    out->count = bands_buckets(record, placed, names);
    higher.to = out->priority;
    for (size_t i = 0; i < out->count && code == MR_OK; i++) {
        size_t known = out->canonicals.count;

        code =
            bucket_load(view, CURATE_BUCKETS, names[i], &out->buckets[i], err);
        if (code == MR_OK)
            code =
                bucket_members(view, &out->buckets[i], BUCKET_CANONICALS,
                               higher, policy->window, &out->canonicals, err);
        out->before[i] = out->canonicals.count - known;
    }
    bucket_list_sort(&out->canonicals);
    return code;
}

enum mr_code sight_match(const struct curate_policy *policy,
                         struct curate_view *view,
                         const struct curate_record *record,
                         const struct sight *sight, struct sight_match *out,
                         size_t *looked, struct mr_err *err)
{
    struct curate_record other;

    *out = (struct sight_match){ 0 };
    for (size_t i = 0; i < sight->canonicals.count; i++) {
        struct mr_span id = priority_id(sight->canonicals.items[i]);
        enum mr_code code = groups_record(view, id, &other, err);

        if (code != MR_OK)
            return code;
        *looked += 1;
        MR_ASSERT(other.has_content);
        if (!similar(record, &other, policy->rows_min, &out->rows))
            continue;
        out->canonical = id;
        return MR_OK;
    }
    return MR_OK;
}
