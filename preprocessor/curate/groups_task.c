// SPDX-License-Identifier: Apache-2.0
/*
 * groups_task.c - see groups_task.h.
 */
#include "preprocessor/curate/groups_task.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "preprocessor/curate/priority.h"
#include "preprocessor/curate/sight.h"
#include "preprocessor/curate/similar.h"

enum mr_code groups_children(struct curate_view *view, struct mr_span canonical,
                             struct bucket *out, struct mr_err *err)
{
    return bucket_load(view, CURATE_CHILDREN, mr_hash64(canonical, 0), out,
                       err);
}

static void queue_judge(struct groups *groups, struct mr_span priority)
{
    queue_push(&groups->queue, &(struct queue_task){ .kind = QUEUE_JUDGE,
                                                     .subject = priority });
}

enum mr_code groups_queue_similar(struct groups *groups,
                                  const struct curate_record *record,
                                  const struct bucket_list *list,
                                  struct mr_err *err)
{
    struct curate_record other;
    uint8_t rows;

    for (size_t i = 0; i < list->count; i++) {
        enum mr_code code = groups_record(
            groups->view, priority_id(list->items[i]), &other, err);

        if (code != MR_OK)
            return code;
        MR_ASSERT(other.has_content);
        if (similar(record, &other, groups->policy->rows_min, &rows))
            queue_judge(groups, list->items[i]);
    }
    return MR_OK;
}

/* Queues the task again, to go on behind `last`. */
static void go_on(struct groups *groups, const struct queue_task *task,
                  struct mr_span last)
{
    struct queue_task next = *task;

    next.cursor = view_past_key(last, groups->view->arena);
    queue_push(&groups->queue, &next);
}

static enum mr_code orphans(struct groups *groups,
                            const struct queue_task *task, size_t *looked,
                            struct mr_err *err)
{
    struct mr_range range = { .from = task->cursor };
    struct bucket_list list = { 0 };
    struct bucket children;
    enum mr_code code =
        groups_children(groups->view, task->subject, &children, err);

    *looked += 1;
    if (code == MR_OK)
        code = bucket_members(groups->view, &children, BUCKET_DUPLICATES, range,
                              GROUPS_SCAN_MAX, &list, err);
    if (code != MR_OK)
        return code;
    for (size_t i = 0; i < list.count; i++)
        queue_judge(groups, list.items[i]);
    *looked += list.count;
    if (list.count == GROUPS_SCAN_MAX)
        go_on(groups, task, list.items[list.count - 1]);
    return MR_OK;
}

/* True when the record is a canonical of that priority in that bucket. */
static bool is_canonical_in(const struct curate_record *record,
                            const struct queue_task *task,
                            struct mr_arena *arena)
{
    uint64_t names[BANDS_BUCKETS_MAX];
    size_t count;

    if (record->state != MR_STATE_LIVE ||
        !mr_span_equal(curate_record_priority(record, arena), task->subject))
        return false;
    count = bands_buckets(record, record->placed, names);
    for (size_t i = 0; i < count; i++) {
        if (names[i] == task->bucket)
            return true;
    }
    return false;
}

static enum mr_code neighbours(struct groups *groups,
                               const struct queue_task *task, size_t *looked,
                               struct mr_err *err)
{
    struct curate_view *view = groups->view;
    struct bucket_list list = { 0 };
    struct mr_range behind = { .from = task->cursor };
    struct curate_record record;
    struct bucket bucket;
    enum mr_code code =
        groups_record(view, priority_id(task->subject), &record, err);

    *looked += 1;
    if (code != MR_OK || !is_canonical_in(&record, task, view->arena))
        return code;
    if (behind.from.data == NULL)
        behind.from = view_past_key(task->subject, view->arena);
    code = bucket_load(view, CURATE_BUCKETS, task->bucket, &bucket, err);
    if (code == MR_OK)
        code = bucket_members(view, &bucket, task->side, behind,
                              GROUPS_SCAN_MAX, &list, err);
    if (code == MR_OK)
        code = groups_queue_similar(groups, &record, &list, err);
    if (code != MR_OK)
        return code;
    *looked += list.count;
    if (list.count == GROUPS_SCAN_MAX)
        go_on(groups, task, list.items[list.count - 1]);
    return MR_OK;
}

/* Finds out whether a judgement would end as it ended last time. */
static enum mr_code still_holds(struct groups *groups,
                                const struct curate_record *record, bool *holds,
                                size_t *looked, struct mr_err *err)
{
    struct sight sight;
    struct sight_match match;
    enum mr_code code;

    *holds = false;
    if (record->placed != groups->policy->placed)
        return MR_OK;
    code = sight_load(groups->policy, groups->view, record, record->placed,
                      &sight, err);
    if (code == MR_OK)
        code = sight_match(groups->policy, groups->view, record, &sight, &match,
                           looked, err);
    if (code != MR_OK)
        return code;
    if (record->state == MR_STATE_LIVE)
        *holds = match.canonical.data == NULL;
    else
        *holds = match.canonical.data != NULL &&
                 mr_span_equal(match.canonical, record->duplicate_of) &&
                 match.rows == record->rows;
    return MR_OK;
}

static enum mr_code judge_again(struct groups *groups,
                                struct curate_record *record,
                                struct mr_err *err)
{
    struct curate_record old = *record;
    enum mr_code code = groups_leave(groups, record, err);

    if (code == MR_OK)
        code = groups_enter(groups, record, err);
    if (code != MR_OK)
        return code;
    groups_keep(groups->view, record);
    if (old.state != record->state || old.rows != record->rows ||
        !mr_span_equal(old.duplicate_of, record->duplicate_of))
        groups->changed(groups->context, record);
    return MR_OK;
}

static enum mr_code judge(struct groups *groups, const struct queue_task *task,
                          size_t *looked, struct mr_err *err)
{
    struct curate_view *view = groups->view;
    struct curate_record record;
    bool holds;
    enum mr_code code =
        groups_record(view, priority_id(task->subject), &record, err);

    *looked += 1;
    if (code != MR_OK || !curate_record_takes_part(&record) ||
        !mr_span_equal(curate_record_priority(&record, view->arena),
                       task->subject))
        return code; /* gone, or judged anew when its priority changed */
    code = still_holds(groups, &record, &holds, looked, err);
    if (code != MR_OK || holds)
        return code;
    return judge_again(groups, &record, err);
}

struct all {
    struct mr_arena *arena;
    struct bucket_list list; /* priorities of those that take part */
    struct mr_span last;
    size_t count;
};

static enum mr_code take_record(void *context, struct mr_span key,
                                struct mr_span value, bool *stop,
                                struct mr_err *err)
{
    struct all *all = context;
    struct curate_record record;
    enum mr_code code = curate_record_parse(key, value, &record, err);

    if (code != MR_OK)
        return code;
    if (curate_record_takes_part(&record))
        bucket_list_add(&all->list, curate_record_priority(&record, all->arena),
                        all->arena);
    if (++all->count < GROUPS_SCAN_MAX)
        return MR_OK;
    all->last = mr_arena_copy(all->arena, key);
    *stop = true;
    return MR_OK;
}

static enum mr_code judge_all(struct groups *groups,
                              const struct queue_task *task, size_t *looked,
                              struct mr_err *err)
{
    struct all all = { .arena = groups->view->arena };
    struct mr_range range = { .from = task->cursor };
    enum mr_code code =
        view_scan(groups->view, CURATE_RECORDS, range, take_record, &all, err);

    if (code != MR_OK)
        return code;
    for (size_t i = 0; i < all.list.count; i++)
        queue_judge(groups, all.list.items[i]);
    *looked += all.count + 1;
    if (all.count == GROUPS_SCAN_MAX)
        go_on(groups, task, all.last);
    return MR_OK;
}

enum mr_code groups_task(struct groups *groups, const struct queue_task *task,
                         size_t *looked, struct mr_err *err)
{
    switch (task->kind) {
    case QUEUE_ORPHANS:
        return orphans(groups, task, looked, err);
    case QUEUE_NEIGHBOURS:
        return neighbours(groups, task, looked, err);
    case QUEUE_JUDGE:
        return judge(groups, task, looked, err);
    case QUEUE_ALL:
        return judge_all(groups, task, looked, err);
    }
    MR_UNREACHABLE();
}
