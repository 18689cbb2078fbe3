// SPDX-License-Identifier: Apache-2.0
/*
 * snapshot.c - what readers see: taken, given back, replaced.
 */
#include "common/base/mr_mem.h"
#include "indexer/shard/shard.h"

struct shard_snapshot *shard_acquire(struct shard *shard)
{
    struct shard_snapshot *snapshot;

    (void)pthread_mutex_lock(&shard->publish_lock);
    snapshot = shard->current;
    atomic_fetch_add(&snapshot->refs, 1);
    (void)pthread_mutex_unlock(&shard->publish_lock);
    return snapshot;
}

void shard_release(struct shard_snapshot *snapshot)
{
    if (snapshot == NULL || atomic_fetch_sub(&snapshot->refs, 1) != 1)
        return;
    for (size_t i = 0; i < MANIFEST_SIDES; i++) {
        for (size_t k = 0; k < snapshot->counts[i]; k++) {
            marks_unref(snapshot->views[i][k].marks);
            segment_unref(snapshot->views[i][k].segment);
        }
        mr_free(snapshot->views[i]);
    }
    mr_free(snapshot);
}

uint64_t shard_snapshot_version(const struct shard_snapshot *snapshot)
{
    return snapshot->version;
}

static void copy_views(struct shard_snapshot *snapshot, size_t side,
                       const struct view *views, size_t count)
{
    snapshot->views[side] = mr_calloc(count, sizeof(*views));
    snapshot->counts[side] = count;
    for (size_t i = 0; i < count; i++) {
        snapshot->views[side][i].segment = segment_ref(views[i].segment);
        snapshot->views[side][i].marks = marks_ref(views[i].marks);
    }
}

void shard_publish(struct shard *shard)
{
    struct shard_snapshot *snapshot = mr_calloc(1, sizeof(*snapshot));
    struct shard_snapshot *old = shard->current;

    atomic_init(&snapshot->refs, 1);
    snapshot->shard = shard;
    snapshot->version = old == NULL ? 1 : old->version + 1;
    for (size_t i = 0; i < MANIFEST_SIDES; i++) {
        size_t count;
        const struct view *views = side_views(shard->sides[i], &count);

        copy_views(snapshot, i, views, count);
    }
    snapshot->language_count =
        table_languages(shard->table, snapshot->languages, TABLE_LANGUAGES_MAX);
    (void)pthread_mutex_lock(&shard->publish_lock);
    shard->current = snapshot;
    (void)pthread_mutex_unlock(&shard->publish_lock);
    shard_release(old);
    (void)pthread_mutex_lock(&shard->wait_lock);
    for (size_t i = 0; i < MANIFEST_SIDES; i++)
        atomic_store(&shard->published[i], side_next(shard->sides[i]));
    (void)pthread_cond_broadcast(&shard->applied);
    (void)pthread_mutex_unlock(&shard->wait_lock);
}

size_t shard_languages(const struct shard_snapshot *snapshot, const char **out,
                       size_t room)
{
    size_t count =
        snapshot->language_count < room ? snapshot->language_count : room;

    for (size_t i = 0; i < count; i++)
        out[i] = snapshot->languages[i];
    return count;
}
