// SPDX-License-Identifier: Apache-2.0
/*
 * groups.c - see groups.h.
 */
#include "preprocessor/curate/groups.h"

#include "common/base/mr_assert.h"
#include "preprocessor/curate/groups_task.h"
#include "preprocessor/curate/priority.h"
#include "preprocessor/curate/sight.h"
#include "preprocessor/curate/similar.h"

enum mr_code groups_record(struct curate_view *view, struct mr_span id,
                           struct curate_record *out, struct mr_err *err)
{
    struct mr_span bytes;
    enum mr_code code = view_get(view, CURATE_RECORDS, id, &bytes, err);

    if (code == MR_OK && bytes.data != NULL)
        return curate_record_parse(id, bytes, out, err);
    *out = (struct curate_record){ .id = id };
    return code;
}

void groups_keep(struct curate_view *view, const struct curate_record *record)
{
    view_put(view, CURATE_RECORDS, record->id,
             curate_record_encode(record, view->arena));
}

static void queue_orphans(struct groups *groups, struct mr_span canonical)
{
    queue_push(&groups->queue, &(struct queue_task){ .kind = QUEUE_ORPHANS,
                                                     .subject = canonical });
}

static void queue_neighbours(struct groups *groups, const struct bucket *bucket,
                             enum bucket_side side, struct mr_span priority)
{
    queue_push(&groups->queue, &(struct queue_task){ .kind = QUEUE_NEIGHBOURS,
                                                     .bucket = bucket->name,
                                                     .side = side,
                                                     .subject = priority });
}

/* A canonical came into a bucket: the one that it pushed over the window's
 * edge is out of sight for all behind. */
static enum mr_code pushed_out(struct groups *groups,
                               const struct bucket *bucket, struct mr_err *err)
{
    struct mr_span edge;
    enum mr_code code = bucket_at(groups->view, bucket, BUCKET_CANONICALS,
                                  groups->policy->window, &edge, err);

    if (code == MR_OK && edge.data != NULL)
        queue_orphans(groups, priority_id(edge));
    return code;
}

/* A canonical left a bucket: the one that moved up into the window is in sight
 * for all behind. */
static enum mr_code moved_in(struct groups *groups, const struct bucket *bucket,
                             struct mr_err *err)
{
    struct mr_span edge;
    enum mr_code code = bucket_at(groups->view, bucket, BUCKET_CANONICALS,
                                  groups->policy->window - 1, &edge, err);

    if (code != MR_OK || edge.data == NULL)
        return code;
    queue_neighbours(groups, bucket, BUCKET_CANONICALS, edge);
    queue_neighbours(groups, bucket, BUCKET_DUPLICATES, edge);
    return MR_OK;
}

/* Queues the documents behind a new canonical that are similar to it: those in
 * the buckets' heads now, spilled sides as a task. */
static enum mr_code queue_behind(struct groups *groups,
                                 const struct curate_record *record,
                                 const struct sight *sight, struct mr_err *err)
{
    struct bucket_list list = { 0 };
    struct mr_range behind = { .from = view_past_key(sight->priority,
                                                     groups->view->arena) };
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < sight->count * BUCKET_SIDES && code == MR_OK; i++) {
        const struct bucket *bucket = &sight->buckets[i / BUCKET_SIDES];
        enum bucket_side side = (enum bucket_side)(i % BUCKET_SIDES);

        if (!sight_is_seen(groups->policy, sight, i / BUCKET_SIDES))
            continue;
        if (bucket->spilled[side])
            queue_neighbours(groups, bucket, side, sight->priority);
        else
            code = bucket_members(groups->view, bucket, side, behind,
                                  BUCKET_INLINE_MAX, &list, err);
    }
    if (code != MR_OK)
        return code;
    bucket_list_sort(&list);
    return groups_queue_similar(groups, record, &list, err);
}

static enum mr_code enter_canonical(struct groups *groups,
                                    struct curate_record *record,
                                    struct sight *sight, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    record->state = MR_STATE_LIVE;
    record->duplicate_of = mr_span(NULL, 0);
    record->rows = 0;
    for (size_t i = 0; i < sight->count && code == MR_OK; i++) {
        bucket_add(groups->view, &sight->buckets[i], BUCKET_CANONICALS,
                   sight->priority);
        if (sight_is_seen(groups->policy, sight, i))
            code = pushed_out(groups, &sight->buckets[i], err);
    }
    if (code != MR_OK)
        return code;
    return queue_behind(groups, record, sight, err);
}

static enum mr_code enter_duplicate(struct groups *groups,
                                    struct curate_record *record,
                                    struct sight *sight,
                                    const struct sight_match *match,
                                    struct mr_err *err)
{
    struct curate_view *view = groups->view;
    struct bucket children;
    enum mr_code code = groups_children(view, match->canonical, &children, err);

    if (code != MR_OK)
        return code;
    record->state = MR_STATE_DUPLICATE;
    record->duplicate_of = match->canonical;
    record->rows = match->rows;
    for (size_t i = 0; i < sight->count; i++)
        bucket_add(view, &sight->buckets[i], BUCKET_DUPLICATES,
                   sight->priority);
    bucket_add(view, &children, BUCKET_DUPLICATES, sight->priority);
    return MR_OK;
}

enum mr_code groups_enter(struct groups *groups, struct curate_record *record,
                          struct mr_err *err)
{
    struct sight sight;
    struct sight_match match;
    size_t looked = 0;
    enum mr_code code;

    MR_ASSERT(record->placed == 0 && record->has_content);
    record->placed = (uint8_t)groups->policy->placed;
    code = sight_load(groups->policy, groups->view, record, record->placed,
                      &sight, err);
    if (code == MR_OK)
        code = sight_match(groups->policy, groups->view, record, &sight, &match,
                           &looked, err);
    if (code != MR_OK)
        return code;
    if (match.canonical.data == NULL)
        return enter_canonical(groups, record, &sight, err);
    return enter_duplicate(groups, record, &sight, &match, err);
}

static enum mr_code leave_canonical(struct groups *groups,
                                    const struct curate_record *record,
                                    struct sight *sight, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < sight->count && code == MR_OK; i++) {
        code = bucket_remove(groups->view, &sight->buckets[i],
                             BUCKET_CANONICALS, sight->priority, err);
        if (code == MR_OK && sight_is_seen(groups->policy, sight, i))
            code = moved_in(groups, &sight->buckets[i], err);
    }
    if (sight->count > 0)
        queue_orphans(groups, record->id);
    return code;
}

static enum mr_code leave_duplicate(struct groups *groups,
                                    const struct curate_record *record,
                                    struct sight *sight, struct mr_err *err)
{
    struct curate_view *view = groups->view;
    struct bucket children;
    enum mr_code code =
        groups_children(view, record->duplicate_of, &children, err);

    for (size_t i = 0; i < sight->count && code == MR_OK; i++)
        code = bucket_remove(view, &sight->buckets[i], BUCKET_DUPLICATES,
                             sight->priority, err);
    if (code != MR_OK)
        return code;
    return bucket_remove(view, &children, BUCKET_DUPLICATES, sight->priority,
                         err);
}

enum mr_code groups_leave(struct groups *groups, struct curate_record *record,
                          struct mr_err *err)
{
    struct sight sight;
    enum mr_code code;

    MR_ASSERT(curate_record_takes_part(record));
    code = sight_load(groups->policy, groups->view, record, record->placed,
                      &sight, err);
    if (code != MR_OK)
        return code;
    if (record->state == MR_STATE_LIVE)
        code = leave_canonical(groups, record, &sight, err);
    else
        code = leave_duplicate(groups, record, &sight, err);
    record->placed = 0;
    return code;
}

enum mr_code groups_work(struct groups *groups, size_t work_max, bool *left,
                         struct mr_err *err)
{
    size_t looked = 0;

    while (looked < work_max) {
        struct queue_task task;
        bool found;
        enum mr_code code = queue_pop(&groups->queue, &task, &found, err);

        if (code == MR_OK && found)
            code = groups_task(groups, &task, &looked, err);
        if (code != MR_OK)
            return code;
        if (!found)
            break;
    }
    return queue_keep(&groups->queue, left, err);
}

void groups_judge_all(struct groups *groups)
{
    queue_push(&groups->queue, &(struct queue_task){ .kind = QUEUE_ALL });
}
