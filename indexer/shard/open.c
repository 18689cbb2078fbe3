// SPDX-License-Identifier: Apache-2.0
/*
 * open.c - the life of a shard: from a folder to a snapshot, and back.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "indexer/shard/shard.h"

#define SEAL_PASSAGES  4096u
#define MERGE_FAN_IN   4u
#define EXACT_PASSAGES 50000u
#define BM25_K1        1.5
#define BM25_B         .75
#define ENDS_EVERY_US  1000000

struct index_config index_config_default(void)
{
    return (struct index_config){
        .seal_passages = SEAL_PASSAGES,
        .merge_fan_in = MERGE_FAN_IN,
        .exact_passages_max = EXACT_PASSAGES,
        .k1 = BM25_K1,
        .b = BM25_B,
        .build_threads = 1,
    };
}

/* Says which of the two differs, for people. */
static enum mr_code other(const struct shard *shard, const char *what,
                          const char *has, const char *want, struct mr_err *err)
{
    return mr_fail(err, MR_E_CONFIG,
                   "index: %s was made with %s %s, now it is %s; delete that "
                   "folder to build it anew from the log",
                   shard->folder_name, what, has, want);
}

static enum mr_code check_manifest(const struct shard *shard,
                                   const struct manifest *manifest,
                                   struct mr_arena *arena, struct mr_err *err)
{
    const struct mr_place *place = shard->spec.place;
    const struct {
        const char *what;
        const char *has;
        const char *want;
    } facts[] = {
        { "model", mr_arena_str(arena, manifest->model), place->model },
        { "analyser", mr_arena_str(arena, manifest->analyser),
          analyzer_fingerprint() },
        { "collection", mr_arena_str(arena, manifest->collection),
          place->collection },
        { "partitions", mr_arena_printf(arena, "%u", manifest->partitions),
          mr_arena_printf(arena, "%u", place->partitions) },
        { "partition", mr_arena_printf(arena, "%u", manifest->partition),
          mr_arena_printf(arena, "%u", shard->spec.partition) },
        { "generation", mr_arena_printf(arena, "%u", manifest->generation),
          mr_arena_printf(arena, "%u", place->generation) },
        { "epoch", mr_arena_printf(arena, "%u", manifest->epoch),
          mr_arena_printf(arena, "%u", place->epoch) },
        { "dimension", mr_arena_printf(arena, "%u", manifest->dimension),
          mr_arena_printf(arena, "%u", shard->spec.dimension) },
    };

    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        if (strcmp(facts[i].has, facts[i].want) != 0)
            return other(shard, facts[i].what, facts[i].has, facts[i].want,
                         err);
    }
    return MR_OK;
}

/* The ends of the shard's two partitions. */
static enum mr_code ends_of(const struct shard *shard,
                            uint64_t ends[MANIFEST_SIDES], struct mr_err *err)
{
    static const enum mr_topic topics[MANIFEST_SIDES] = { MR_TOPIC_DOCUMENTS,
                                                          MR_TOPIC_VECTORS };
    const struct mr_place *place = shard->spec.place;
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < MANIFEST_SIDES; i++) {
        uint64_t begin;

        code = mr_bus_bounds(place->bus, place->topics[topics[i]],
                             shard->spec.partition, &begin, &ends[i], err);
    }
    return code;
}

static enum mr_code check_log(const struct shard *shard,
                              const struct manifest *manifest,
                              const uint64_t ends[MANIFEST_SIDES],
                              struct mr_err *err)
{
    static const char *const names[MANIFEST_SIDES] = { "documents", "vectors" };

    for (size_t i = 0; i < MANIFEST_SIDES; i++) {
        if (manifest->sides[i].next > ends[i])
            return mr_fail(err, MR_E_CONFIG,
                           "index: %s has read %s up to offset %llu, but the "
                           "log ends at %llu: they do not belong together; "
                           "delete that folder to build it anew",
                           shard->folder_name, names[i],
                           (unsigned long long)manifest->sides[i].next,
                           (unsigned long long)ends[i]);
    }
    return MR_OK;
}

static bool is_named(void *context, const char *name)
{
    const struct manifest *manifest = context;

    if (strcmp(name, MANIFEST_NAME) == 0)
        return true;
    for (size_t i = 0; i < MANIFEST_SIDES; i++) {
        for (uint32_t k = 0; k < manifest->sides[i].count; k++) {
            if (mr_span_equal(manifest->sides[i].segments[k].name,
                              mr_span_str(name)))
                return true;
        }
    }
    return false;
}

static enum mr_code restore_sides(struct shard *shard, struct mr_span bytes,
                                  const uint64_t ends[MANIFEST_SIDES],
                                  struct mr_arena *arena,
                                  struct manifest *manifest, struct mr_err *err)
{
    enum mr_code code = manifest_parse(bytes, arena, manifest, err);

    if (code == MR_OK)
        code = check_log(shard, manifest, ends, err);
    for (size_t i = 0; code == MR_OK && i < MANIFEST_SIDES; i++)
        code = side_restore(shard->sides[i], &manifest->sides[i], err);
    return code;
}

/* After a power cut the records, which are synced only at a seal, may still
 * know what the log has lost, and have lost what stood there before: the shard
 * is built anew.  The manifest goes first: with it and without records, what
 * it says to be read would never be read again. */
static enum mr_code begin_anew(struct shard *shard, struct mr_err *err)
{
    enum mr_code code =
        shard_folder_remove_synced(shard->folder, MANIFEST_NAME, err);

    mr_log(shard->spec.telemetry, MR_EV_NOTE, "index",
           "%s knows more than the log: it is built anew", shard->folder_name);
    if (code == MR_OK)
        code = records_clear(&shard->records, err);
    table_clear(shard->table);
    shard->records_next = 0;
    return code;
}

/* A folder of another model, say a backup put back in the wrong place, is
 * refused before anything in it is held against this log. */
static enum mr_code check_owner(struct shard *shard, struct mr_arena *arena,
                                struct mr_err *err)
{
    struct manifest manifest = { 0 };
    struct mr_span bytes;
    enum mr_code code =
        shard_folder_map(shard->folder, MANIFEST_NAME, &bytes, err);

    if (code != MR_OK || bytes.data == NULL)
        return code;
    code = manifest_parse(bytes, arena, &manifest, err);
    if (code == MR_OK)
        code = check_manifest(shard, &manifest, arena, err);
    shard_folder_unmap(bytes);
    return code;
}

/* Table, segments and offsets as the folder says; an empty one is new. */
static enum mr_code restore_all(struct shard *shard, struct mr_arena *arena,
                                struct mr_err *err)
{
    struct manifest manifest = { 0 };
    uint64_t ends[MANIFEST_SIDES];
    struct mr_span bytes;
    bool ahead = false;
    enum mr_code code = check_owner(shard, arena, err);

    if (code == MR_OK)
        code = ends_of(shard, ends, err);
    if (code == MR_OK)
        code = records_fill(&shard->records, shard->table, ends[SIDE_KEYWORD],
                            ends[SIDE_DENSE], &ahead, err);
    if (code == MR_OK)
        code = records_applied(&shard->records, &shard->records_next, err);
    if (code == MR_OK && (ahead || shard->records_next > ends[SIDE_KEYWORD]))
        code = begin_anew(shard, err);
    if (code == MR_OK)
        code = shard_folder_map(shard->folder, MANIFEST_NAME, &bytes, err);
    if (code != MR_OK || bytes.data == NULL)
        return code;
    code = restore_sides(shard, bytes, ends, arena, &manifest, err);
    if (code == MR_OK)
        code = shard_folder_sweep(shard->folder, is_named, &manifest, err);
    if (code == MR_OK)
        shard_note_sealed(shard, &manifest);
    shard_folder_unmap(bytes);
    return code;
}

static enum mr_code restore(struct shard *shard, struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_err why = { 0 };
    enum mr_code code = restore_all(shard, arena, &why);

    mr_arena_free(arena);
    if (code == MR_E_DAMAGED)
        return mr_fail(err, code,
                       "%.700s (in %.350s; delete that folder to build it "
                       "anew from the log)",
                       why.text, shard->folder_name);
    return code == MR_OK ? MR_OK : mr_fail(err, code, "%s", why.text);
}

static enum mr_code open_reader(struct shard *shard, struct mr_err *err)
{
    const struct mr_place *place = shard->spec.place;
    const struct mr_position positions[MANIFEST_SIDES] = {
        { .topic = place->topics[MR_TOPIC_DOCUMENTS],
          .partition = shard->spec.partition,
          .next = side_next(shard->sides[SIDE_KEYWORD]) },
        { .topic = place->topics[MR_TOPIC_VECTORS],
          .partition = shard->spec.partition,
          .next = side_next(shard->sides[SIDE_DENSE]) },
    };
    const struct mr_reader_spec spec = { .partitions = positions,
                                         .count = MANIFEST_SIDES };

    return mr_bus_reader(place->bus, &spec, &shard->reader, err);
}

static void make_sides(struct shard *shard)
{
    const struct index_config *config = &shard->spec.config;
    struct side_spec spec = {
        .kind = IMAGE_KEYWORD,
        .folder = shard->folder,
        .table = shard->table,
        .dimension = shard->spec.dimension,
        .seal_units = config->seal_passages,
        .fan_in = config->merge_fan_in,
        .exact_max = config->exact_passages_max,
        .threaded = config->build_threads > 0,
        .ending = &shard->ending,
        .telemetry = shard->spec.telemetry,
    };

    shard->sides[SIDE_KEYWORD] = side_new(&spec);
    spec.kind = IMAGE_DENSE;
    shard->sides[SIDE_DENSE] = side_new(&spec);
}

static struct shard *allocate(const struct shard_spec *spec)
{
    struct shard *shard = mr_calloc(1, sizeof(*shard));
    pthread_condattr_t attributes;

    shard->spec = *spec;
    shard->folder_name = mr_strdup(spec->folder);
    shard->language = mr_strdup(spec->language == NULL ? "en" : spec->language);
    shard->table = table_new();
    shard->analyzer = analyzer_new();
    shard->arena = mr_arena_new();
    shard->scratch = mr_arena_new();
    shard->batch = mr_batch_new();
    (void)pthread_mutex_init(&shard->files_lock, NULL);
    (void)pthread_rwlock_init(&shard->table_lock, NULL);
    (void)pthread_mutex_init(&shard->publish_lock, NULL);
    (void)pthread_mutex_init(&shard->wait_lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&shard->applied, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return shard;
}

enum mr_code shard_open(const struct shard_spec *spec, struct shard **out,
                        struct mr_err *err)
{
    struct shard *shard = allocate(spec);
    enum mr_code code;

    *out = NULL;
    MR_ASSERT(spec->partition < spec->place->partitions);
    code = shard_folder_open(spec->folder, &shard->folder, err);
    if (code == MR_OK) {
        make_sides(shard);
        code = records_init(&shard->records, spec->records, err);
    }
    if (code == MR_OK)
        code = restore(shard, err);
    if (code == MR_OK)
        code = open_reader(shard, err);
    if (code != MR_OK) {
        shard_close(shard);
        return code;
    }
    shard_publish(shard);
    shard_note_ends(shard);
    *out = shard;
    return MR_OK;
}

void shard_close(struct shard *shard)
{
    if (shard == NULL)
        return;
    if (shard->reader != NULL)
        shard_stop(shard);
    atomic_store(&shard->ending, true);
    mr_bus_close_reader(shard->reader);
    shard_release(shard->current);
    for (size_t i = 0; i < MANIFEST_SIDES; i++)
        side_free(shard->sides[i]);
    shard_folder_close(shard->folder);
    table_free(shard->table);
    analyzer_free(shard->analyzer);
    mr_arena_free(shard->scratch);
    mr_arena_free(shard->arena);
    mr_batch_free(shard->batch);
    (void)pthread_cond_destroy(&shard->applied);
    (void)pthread_mutex_destroy(&shard->wait_lock);
    (void)pthread_mutex_destroy(&shard->publish_lock);
    (void)pthread_rwlock_destroy(&shard->table_lock);
    (void)pthread_mutex_destroy(&shard->files_lock);
    mr_free(shard->language);
    mr_free(shard->folder_name);
    mr_free(shard);
}

/* Whoever asks for the status must not wait for other machines: the writer
 * does, see shard_note_ends(). */
static uint64_t lag_of(const struct shard *shard, enum mr_topic topic,
                       size_t side)
{
    const struct mr_place *place = shard->spec.place;
    uint64_t next = atomic_load(&shard->published[side]);
    uint64_t end = atomic_load(&shard->ends[side]);
    uint64_t begin;

    if (!place->bus->remote &&
        mr_bus_bounds(place->bus, place->topics[topic], shard->spec.partition,
                      &begin, &end, NULL) != MR_OK)
        return 0;
    return end > next ? end - next : 0;
}

void shard_note_ends(struct shard *shard)
{
    const struct mr_place *place = shard->spec.place;
    uint64_t ends[MANIFEST_SIDES];
    int64_t now_us;

    if (!place->bus->remote)
        return;
    now_us = mr_clock_mono_us(place->clock);
    if (shard->ends_at_us != 0 && now_us - shard->ends_at_us < ENDS_EVERY_US)
        return;
    shard->ends_at_us = now_us;
    if (ends_of(shard, ends, NULL) != MR_OK)
        return;
    for (size_t i = 0; i < MANIFEST_SIDES; i++)
        atomic_store(&shard->ends[i], ends[i]);
}

static void count_segments(struct shard_snapshot *snapshot,
                           struct shard_status *out)
{
    out->recall = 1;
    out->keyword_segments = snapshot->counts[SIDE_KEYWORD];
    out->dense_segments = snapshot->counts[SIDE_DENSE];
    for (size_t side = 0; side < MANIFEST_SIDES; side++) {
        for (size_t i = 0; i < snapshot->counts[side]; i++) {
            const struct view *view = &snapshot->views[side][i];
            uint64_t found = view->segment->units - view->marks->hidden_units;

            out->bytes += view->segment->sealed ? view->segment->image.size : 0;
            if (side == SIDE_KEYWORD) {
                out->passages += found;
                continue;
            }
            out->passages_dense += found;
            if (vector_recall(view->segment->dense) < out->recall)
                out->recall = vector_recall(view->segment->dense);
        }
    }
}

void shard_status(struct shard *shard, struct shard_status *out)
{
    struct shard_snapshot *snapshot = shard_acquire(shard);
    struct table_counts counts;

    *out = (struct shard_status){ 0 };
    count_segments(snapshot, out);
    shard_release(snapshot);
    (void)pthread_rwlock_rdlock(&shard->table_lock);
    counts = table_counts(shard->table);
    (void)pthread_rwlock_unlock(&shard->table_lock);
    out->live = counts.by_state[MR_STATE_LIVE];
    out->rejected = counts.by_state[MR_STATE_REJECTED];
    out->duplicate = counts.by_state[MR_STATE_DUPLICATE];
    out->deleted = counts.by_state[MR_STATE_DELETED];
    out->failed = counts.by_state[MR_STATE_FAILED];
    out->documents_dense = counts.dense;
    out->keyword_lag = lag_of(shard, MR_TOPIC_DOCUMENTS, SIDE_KEYWORD);
    out->dense_lag = lag_of(shard, MR_TOPIC_VECTORS, SIDE_DENSE);
}
