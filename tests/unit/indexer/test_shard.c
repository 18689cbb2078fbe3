// SPDX-License-Identifier: Apache-2.0
/*
 * test_shard.c - a shard against a model of it, over random histories.
 *
 * A history is puts, tombstones, documents that come back and vectors that
 * come late, on `documents` and `vectors` of an in-memory bus.  After it the
 * shard must find what a naive index over the live documents finds, with the
 * same bits of score; and two shards that read the same history, one of them
 * closed and opened again in between, must have written the same files.
 *
 * A failure prints its seed: MILLRACE_SEED=n runs that one alone.
 *
 * size: one model, and all that is held against it.
 */
#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/backends/memory/mr_memory.h"
#include "common/base/mr_mem.h"
#include "common/wire/vectors.h"
#include "indexer/indexer.h"

#define IDS       24u
#define WORDS     12u
#define DIMENSION 8u
#define PASSAGES  3u
#define HISTORY   160u
#define SEEDS     25

/* What the model knows of one document. */
struct known {
    bool live;
    uint64_t content;
    uint32_t passages;
    char texts[PASSAGES][64];
    bool dense; /* the last vectors are live, and of content `dense_of` */
    uint64_t dense_of;
    float vectors[PASSAGES][DIMENSION];
};

struct world {
    uint64_t random;
    struct mr_memory *log;
    struct mr_memory *records;
    struct mr_place place;
    struct shard *shard;
    uint32_t batch_records; /* of a step; 0: as many as usual */
    char folder[200];
    uint64_t version;
    struct known known[IDS];
    struct mr_arena *arena;
};

static uint64_t next_random(struct world *world)
{
    world->random += 0x9E3779B97F4A7C15u;
    return mr_mix64(world->random);
}

static uint32_t below(struct world *world, uint32_t limit)
{
    return (uint32_t)(next_random(world) % limit);
}

static enum mr_code try_shard(struct world *world, struct mr_err *err)
{
    struct shard_spec spec = {
        .place = &world->place,
        .folder = world->folder,
        .records = mr_memory_store(world->records),
        .dimension = DIMENSION,
        .language = "en",
        .config = index_config_default(),
    };

    spec.config.seal_passages = 8;
    spec.config.merge_fan_in = 2;
    spec.config.build_threads = 0;
    spec.batch_records = world->batch_records;
    return shard_open(&spec, &world->shard, err);
}

static void open_shard(struct world *world)
{
    struct mr_err err = { 0 };

    ck_assert_msg(try_shard(world, &err) == MR_OK, "%s", err.text);
}

static void make_folder(char folder[200])
{
    const char *where = getenv("TMPDIR");

    (void)snprintf(folder, 200, "%.150s/millrace-shard-XXXXXX",
                   where == NULL ? "/tmp" : where);
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void world_init(struct world *world, uint64_t seed)
{
    struct mr_place_spec spec;

    *world = (struct world){ .random = seed, .arena = mr_arena_new() };
    world->log = mr_memory_new(NULL);
    world->records = mr_memory_new(NULL);
    spec = (struct mr_place_spec){
        .bus = mr_memory_bus(world->log),
        .store = mr_memory_store(world->log),
        .blob = mr_memory_blob(world->log),
        .collection = "main",
        .generation = 1,
        .model = "testmodel",
        .partitions = 1,
    };
    ck_assert_int_eq(mr_place_init(&world->place, &spec, NULL), MR_OK);
    make_folder(world->folder);
    open_shard(world);
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    while ((entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    (void)closedir(dir);
    (void)rmdir(folder);
}

static void world_deinit(struct world *world)
{
    shard_close(world->shard);
    mr_memory_free(world->records);
    mr_memory_free(world->log);
    mr_arena_free(world->arena);
    remove_folder(world->folder);
}

static void id_of(uint32_t nth, char out[16])
{
    (void)snprintf(out, 16, "doc-%u", nth);
}

static void append(struct world *world, enum mr_topic topic, const char *id,
                   struct mr_span value, uint64_t version)
{
    struct mr_record record = {
        .topic = world->place.topics[topic],
        .key = mr_span_str(id),
        .value = value,
        .version = version,
    };

    ck_assert_int_eq(mr_bus_append(mr_memory_bus(world->log), &record, 1, NULL),
                     MR_OK);
}

/* The record that makes the document what the model says. */
static void send_document(struct world *world, uint32_t nth)
{
    const struct known *known = &world->known[nth];
    struct mr_passage passages[PASSAGES] = { 0 };
    struct mr_document document = {
        .version = ++world->version,
        .content_version = known->content,
        .state = known->live ? MR_STATE_LIVE : MR_STATE_DELETED,
        .lane = MR_LANE_PUSH,
        .time_ms = 1,
        .language = mr_span_str("en"),
    };
    struct mr_err err = { 0 };
    struct mr_span value;
    char text[PASSAGES * 64] = "";
    char id[16];

    id_of(nth, id);
    document.id = mr_span_str(id);
    for (uint32_t i = 0; known->live && i < known->passages; i++) {
        passages[i].start = (uint32_t)strlen(text);
        strcat(text, known->texts[i]);
        passages[i].end = (uint32_t)strlen(text);
        passages[i].id.low = i + 1;
    }
    if (known->live) {
        document.text.bytes = mr_span_str(text);
        document.passages.items = passages;
        document.passages.count = known->passages;
    }
    ck_assert_msg(mr_document_encode(&document, world->arena, &value, &err) ==
                      MR_OK,
                  "%s", err.text);
    append(world, MR_TOPIC_DOCUMENTS, id, value, document.version);
}

static void put(struct world *world, uint32_t nth)
{
    struct known *known = &world->known[nth];

    known->live = true;
    known->content = world->version + 1;
    known->passages = 1 + below(world, PASSAGES);
    for (uint32_t i = 0; i < known->passages; i++) {
        uint32_t words = 1 + below(world, 6);

        known->texts[i][0] = '\0';
        for (uint32_t k = 0; k < words; k++) {
            char word[16];

            (void)snprintf(word, sizeof(word), "w%u ", below(world, WORDS));
            strcat(known->texts[i], word);
        }
    }
    send_document(world, nth);
}

/* The vectors of the present content, a vector a passage. */
static void send_vectors(struct world *world, uint32_t nth)
{
    struct known *known = &world->known[nth];
    uint32_t ordinals[PASSAGES] = { 0, 1, 2 };
    struct mr_vectors vectors = {
        .version = world->version,
        .content_version = known->content,
        .state = known->live ? MR_STATE_LIVE : MR_STATE_DELETED,
        .dimension = DIMENSION,
    };
    struct mr_err err = { 0 };
    struct mr_span value;
    char id[16];

    id_of(nth, id);
    vectors.id = mr_span_str(id);
    known->dense = known->live;
    known->dense_of = known->content;
    for (uint32_t i = 0; known->live && i < known->passages; i++) {
        float sum = 0;

        for (uint32_t k = 0; k < DIMENSION; k++) {
            /* The same content has the same vectors whenever they are sent. */
            known->vectors[i][k] =
                (float)(mr_mix64(known->content * 64 + i * 8 + k) % 1000) - 500;
            sum += known->vectors[i][k] * known->vectors[i][k];
        }
        for (uint32_t k = 0; k < DIMENSION; k++)
            known->vectors[i][k] /= sqrtf(sum);
    }
    if (known->live) {
        vectors.passages = ordinals;
        vectors.count = known->passages;
        vectors.floats.bytes = mr_span(
            known->vectors, known->passages * DIMENSION * sizeof(float));
    }
    ck_assert_msg(mr_vectors_encode(&vectors, world->arena, &value, &err) ==
                      MR_OK,
                  "%s", err.text);
    append(world, MR_TOPIC_VECTORS, id, value, vectors.version);
}

/* One thing happens to one document. */
static void happen(struct world *world)
{
    uint32_t nth = below(world, IDS);

    switch (below(world, 6)) {
    case 0:
    case 1:
        put(world, nth);
        break;
    case 2:
        world->known[nth].live = false;
        send_document(world, nth);
        break;
    case 3: /* comes back as it was, as after a duplicate's end */
        world->known[nth].live = world->known[nth].passages > 0;
        send_document(world, nth);
        break;
    default:
        if (world->known[nth].content > 0)
            send_vectors(world, nth);
    }
}

static void catch_up(struct world *world)
{
    struct mr_err err = { 0 };
    bool worked = true;

    while (worked)
        ck_assert_msg(shard_step(world->shard, 0, &worked, &err) == MR_OK, "%s",
                      err.text);
}

/* How often a word stands in a text, and how many words there are. */
static uint32_t count_in(const char *text, const char *word, uint32_t *length)
{
    char copy[64];
    char *rest = copy;
    const char *found;
    uint32_t count = 0;

    strcpy(copy, text);
    *length = 0;
    while ((found = strtok_r(rest, " ", &rest)) != NULL) {
        ++*length;
        count += strcmp(found, word) == 0;
    }
    return count;
}

struct naive {
    uint32_t nth;
    uint32_t passage;
    double score;
};

static int compare_naive(const void *a, const void *b)
{
    const struct naive *left = a;
    const struct naive *right = b;
    char left_id[16];
    char right_id[16];
    int order;

    if (left->score != right->score)
        return left->score < right->score ? 1 : -1;
    id_of(left->nth, left_id);
    id_of(right->nth, right_id);
    order = strcmp(left_id, right_id);
    if (order != 0)
        return order;
    return left->passage < right->passage ? -1 : 1;
}

/* BM25 over the live passages, in the order that keyword.h gives. */
static size_t naive_keyword(const struct world *world, const char *const *words,
                            size_t word_count, struct naive *out)
{
    double frequency[8] = { 0 };
    double passages = 0;
    double total = 0;
    double average;
    size_t count = 0;
    uint32_t length;

    for (uint32_t nth = 0; nth < IDS; nth++) {
        const struct known *known = &world->known[nth];

        for (uint32_t i = 0; known->live && i < known->passages; i++) {
            for (size_t k = 0; k < word_count; k++)
                frequency[k] +=
                    count_in(known->texts[i], words[k], &length) > 0;
            total += length;
            passages++;
        }
    }
    average = total / passages;
    for (uint32_t nth = 0; nth < IDS; nth++) {
        const struct known *known = &world->known[nth];

        for (uint32_t i = 0; known->live && i < known->passages; i++) {
            double score = 0;

            for (size_t k = 0; k < word_count; k++) {
                double tf = count_in(known->texts[i], words[k], &length);
                double idf = log(1 + (passages - frequency[k] + .5) /
                                         (frequency[k] + .5));

                /* In the order of keyword_score.h, to the last bit. */
                if (tf > 0)
                    score +=
                        idf * tf /
                        (tf + (1.5 * (1 - .75) + 1.5 * .75 / average * length));
            }
            if (score > 0)
                out[count++] = (struct naive){ nth, i, score };
        }
    }
    qsort(out, count, sizeof(*out), compare_naive);
    return count;
}

static void check_hits(const struct world *world, const char *what,
                       const struct shard_hit *hits, size_t count,
                       const struct naive *want, size_t want_count,
                       double tolerance)
{
    (void)world;
    ck_assert_msg(count == want_count, "%s: %zu hits, want %zu", what, count,
                  want_count);
    for (size_t i = 0; i < count; i++) {
        char id[16];

        id_of(want[i].nth, id);
        ck_assert_msg(fabs(hits[i].score - want[i].score) <= tolerance,
                      "%s: hit %zu scores %.17g, want %.17g", what, i,
                      hits[i].score, want[i].score);
        if (tolerance == 0)
            ck_assert_msg(mr_span_equal(hits[i].document, mr_span_str(id)) &&
                              hits[i].passage == want[i].passage,
                          "%s: hit %zu is %.*s/%u, want %s/%u", what, i,
                          MR_SPAN_ARG(hits[i].document), hits[i].passage, id,
                          want[i].passage);
    }
}

static void check_keyword(struct world *world)
{
    static const char *const languages[] = { "en" };
    const char *words[3] = { "w1", "w7", "w4" };
    struct naive want[IDS * PASSAGES];
    size_t want_count = naive_keyword(world, words, 3, want);
    struct index_query *query =
        index_query_new(mr_span_str("w1 w7 w4"), languages, 1);
    struct shard_snapshot *snapshot = shard_acquire(world->shard);
    struct shard_search search = { .top_k = 500 };
    struct index_stats stats = { 0 };
    struct shard_hit *hits;
    size_t count;

    shard_add_stats(snapshot, query, &stats);
    ck_assert_int_eq(shard_search_keyword(snapshot, query, &stats, &search,
                                          world->arena, &hits, &count, NULL),
                     MR_OK);
    check_hits(world, "keyword", hits, count, want, want_count, 0);
    search.top_k = 5;
    search.per_document = 1;
    ck_assert_int_eq(shard_search_keyword(snapshot, query, &stats, &search,
                                          world->arena, &hits, &count, NULL),
                     MR_OK);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            ck_assert(!mr_span_equal(hits[i].document, hits[k].document));
    }
    shard_release(snapshot);
    index_query_free(query);
}

static void check_dense(struct world *world)
{
    struct shard_snapshot *snapshot = shard_acquire(world->shard);
    struct shard_search search = { .top_k = 500 };
    struct naive want[IDS * PASSAGES];
    float vector[DIMENSION] = { 1 };
    struct shard_hit *hits;
    size_t want_count = 0;
    size_t count;

    for (uint32_t nth = 0; nth < IDS; nth++) {
        const struct known *known = &world->known[nth];

        for (uint32_t i = 0;
             known->live && known->dense && known->dense_of == known->content &&
             i < known->passages;
             i++)
            want[want_count++] =
                (struct naive){ nth, i, (double)known->vectors[i][0] };
    }
    qsort(want, want_count, sizeof(*want), compare_naive);
    ck_assert_int_eq(shard_search_dense(snapshot, vector, &search, world->arena,
                                        &hits, &count, NULL),
                     MR_OK);
    check_hits(world, "dense", hits, count, want, want_count, 1e-6);
    shard_release(snapshot);
}

static void check_records(struct world *world)
{
    struct shard_status status;
    uint64_t live = 0;

    for (uint32_t nth = 0; nth < IDS; nth++) {
        const struct known *known = &world->known[nth];
        struct shard_record record;
        char id[16];

        id_of(nth, id);
        ck_assert_int_eq(shard_get(world->shard, mr_span_str(id), world->arena,
                                   &record, NULL),
                         MR_OK);
        live += known->live;
        if (!record.found)
            continue;
        ck_assert_int_eq(record.document.state == MR_STATE_LIVE, known->live);
        ck_assert_int_eq(record.dense, known->live && known->dense &&
                                           known->dense_of == known->content);
    }
    shard_status(world->shard, &status);
    ck_assert_uint_eq(status.live, live);
    ck_assert_uint_eq(status.keyword_lag, 0);
}

static void check_all(struct world *world)
{
    check_keyword(world);
    check_dense(world);
    check_records(world);
}

static uint64_t seed_of(int nth)
{
    const char *given = getenv("MILLRACE_SEED");
    uint64_t seed =
        given != NULL ? strtoull(given, NULL, 10) : (uint64_t)nth + 1;

    (void)printf("MILLRACE_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

START_TEST(a_shard_finds_what_a_naive_index_finds)
{
    struct world world;

    world_init(&world, seed_of(_i));
    for (uint32_t i = 0; i < HISTORY; i++) {
        happen(&world);
        if (below(&world, 9) == 0) {
            catch_up(&world);
            check_all(&world);
        }
        mr_arena_reset(world.arena);
    }
    catch_up(&world);
    check_all(&world);
    world_deinit(&world);
}
END_TEST

START_TEST(a_shard_that_was_closed_or_killed_goes_on_where_it_was)
{
    struct world world;

    world_init(&world, seed_of(_i));
    for (uint32_t i = 0; i < HISTORY; i++) {
        happen(&world);
        if (below(&world, 7) == 0)
            catch_up(&world);
        if (below(&world, 15) == 0) {
            shard_close(world.shard);
            if (below(&world, 2) == 0) /* a power cut: only synced records */
                mr_memory_crash(world.records, 0);
            open_shard(&world);
            catch_up(&world);
            check_all(&world);
        }
        mr_arena_reset(world.arena);
    }
    catch_up(&world);
    check_all(&world);
    world_deinit(&world);
}
END_TEST

START_TEST(a_null_forgets_its_own_half_of_a_document_only)
{
    struct shard_record record;
    struct world world;

    world_init(&world, 1);
    put(&world, 0);
    send_vectors(&world, 0);
    catch_up(&world);
    /* The vectors of the next content are read before the null. */
    world.known[0].content = ++world.version;
    send_vectors(&world, 0);
    catch_up(&world);
    append(&world, MR_TOPIC_DOCUMENTS, "doc-0", (struct mr_span){ 0 },
           world.version - 1);
    catch_up(&world);
    ck_assert_int_eq(shard_get(world.shard, mr_span_str("doc-0"), world.arena,
                               &record, NULL),
                     MR_OK);
    ck_assert(!record.found);
    world.version--;
    send_document(&world, 0);
    catch_up(&world);
    check_all(&world);
    ck_assert_int_eq(shard_get(world.shard, mr_span_str("doc-0"), world.arena,
                               &record, NULL),
                     MR_OK);
    ck_assert(record.found && record.dense);
    world_deinit(&world);
}
END_TEST

START_TEST(a_forgotten_document_does_not_come_back_while_the_log_is_read_again)
{
    struct shard_record record;
    struct world world;
    bool worked = true;

    world_init(&world, 1);
    put(&world, 0);
    world.known[0].live = false;
    send_document(&world, 0);
    append(&world, MR_TOPIC_DOCUMENTS, "doc-0", (struct mr_span){ 0 },
           world.version);
    catch_up(&world);
    shard_close(world.shard);
    world.batch_records = 1;
    open_shard(&world);
    while (worked) {
        ck_assert_int_eq(shard_step(world.shard, 0, &worked, NULL), MR_OK);
        ck_assert_int_eq(shard_get(world.shard, mr_span_str("doc-0"),
                                   world.arena, &record, NULL),
                         MR_OK);
        ck_assert(!record.found);
        check_keyword(&world);
    }
    world_deinit(&world);
}
END_TEST

/* The same place on a log that has lost its end. */
static void lose_log(struct world *world)
{
    mr_memory_free(world->log);
    world->log = mr_memory_new(NULL);
    ck_assert_int_eq(mr_place_init(&world->place,
                                   &(struct mr_place_spec){
                                       .bus = mr_memory_bus(world->log),
                                       .store = mr_memory_store(world->log),
                                       .blob = mr_memory_blob(world->log),
                                       .collection = "main",
                                       .generation = 1,
                                       .model = "testmodel",
                                       .partitions = 1,
                                   },
                                   NULL),
                     MR_OK);
    memset(world->known, 0, sizeof(world->known));
    for (uint32_t i = 0; i < HISTORY / 4; i++)
        happen(world);
}

START_TEST(a_shard_that_knows_more_than_the_log_is_built_anew)
{
    struct world world;
    struct mr_err err = { 0 };
    enum mr_code code;

    world_init(&world, seed_of(_i));
    for (uint32_t i = 0; i < HISTORY; i++)
        happen(&world);
    catch_up(&world);
    shard_close(world.shard);
    lose_log(&world);
    /* It dies at each call of its start once, and starts again. */
    for (uint64_t nth = 1;; nth++) {
        mr_memory_die(world.records, nth, true);
        code = try_shard(&world, &err);
        if (code != MR_E_CANCELLED)
            break;
        mr_memory_crash(world.records, 0);
    }
    mr_memory_die(world.records, 0, false);
    ck_assert_msg(code == MR_OK, "%s", err.text);
    catch_up(&world);
    check_all(&world);
    world_deinit(&world);
}
END_TEST

/* The bytes of a file, freed by the caller. */
static struct mr_span read_file(const char *folder, const char *name)
{
    char path[400];
    FILE *file;
    long size;
    uint8_t *bytes;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (file == NULL)
        return (struct mr_span){ 0 };
    (void)fseek(file, 0, SEEK_END);
    size = ftell(file);
    (void)fseek(file, 0, SEEK_SET);
    bytes = mr_malloc((size_t)size);
    ck_assert_uint_eq(fread(bytes, 1, (size_t)size, file), (size_t)size);
    (void)fclose(file);
    return mr_span(bytes, (size_t)size);
}

static size_t compare_folders(const char *left, const char *right)
{
    DIR *dir = opendir(left);
    const struct dirent *entry;
    size_t count = 0;

    while ((entry = readdir(dir)) != NULL) {
        struct mr_span a;
        struct mr_span b;

        if (strstr(entry->d_name, ".seg") == NULL)
            continue;
        a = read_file(left, entry->d_name);
        b = read_file(right, entry->d_name);
        ck_assert_msg(mr_span_equal(a, b), "%s differs: %zu and %zu bytes",
                      entry->d_name, a.size, b.size);
        mr_free((void *)(uintptr_t)a.data);
        mr_free((void *)(uintptr_t)b.data);
        count++;
    }
    (void)closedir(dir);
    return count;
}

START_TEST(files_are_equal_however_the_records_were_read)
{
    struct world world;
    struct world again;
    size_t files;

    world_init(&world, seed_of(_i));
    for (uint32_t i = 0; i < HISTORY; i++) {
        happen(&world);
        if (below(&world, 5) == 0)
            catch_up(&world);
        if (below(&world, 20) == 0) {
            shard_close(world.shard);
            open_shard(&world);
        }
        mr_arena_reset(world.arena);
    }
    catch_up(&world);
    /* The same log, read in one go by a shard with an empty folder. */
    again = world;
    again.records = mr_memory_new(NULL);
    make_folder(again.folder);
    open_shard(&again);
    catch_up(&again);
    check_all(&again);
    files = compare_folders(world.folder, again.folder);
    ck_assert_uint_gt(files, 0);
    ck_assert_uint_eq(files, compare_folders(again.folder, world.folder));
    shard_close(again.shard);
    mr_memory_free(again.records);
    remove_folder(again.folder);
    world_deinit(&world);
}
END_TEST

START_TEST(a_damaged_file_is_named_and_nothing_is_believed)
{
    struct mr_err err = { 0 };
    struct world world;
    struct shard_spec spec;
    struct mr_span manifest;
    char path[300];
    FILE *file;

    world_init(&world, 7);
    for (uint32_t i = 0; i < HISTORY; i++)
        happen(&world);
    catch_up(&world);
    shard_close(world.shard);
    world.shard = NULL;
    manifest = read_file(world.folder, "manifest");
    ck_assert_uint_gt(manifest.size, 100);
    (void)snprintf(path, sizeof(path), "%s/manifest", world.folder);
    file = fopen(path, "wb");
    (void)fwrite(manifest.data, 1, manifest.size - 1, file);
    (void)fclose(file);
    spec = (struct shard_spec){ .place = &world.place,
                                .folder = world.folder,
                                .records = mr_memory_store(world.records),
                                .dimension = DIMENSION,
                                .config = index_config_default() };
    ck_assert_int_eq(shard_open(&spec, &world.shard, &err), MR_E_DAMAGED);
    ck_assert_msg(strstr(err.text, world.folder) != NULL &&
                      strstr(err.text, "delete that folder") != NULL,
                  "%s", err.text);
    file = fopen(path, "wb");
    (void)fwrite(manifest.data, 1, manifest.size, file);
    (void)fclose(file);
    spec.dimension = DIMENSION + 1;
    ck_assert_int_eq(shard_open(&spec, &world.shard, &err), MR_E_CONFIG);
    ck_assert_msg(strstr(err.text, "dimension 8, now it is 9") != NULL, "%s",
                  err.text);
    mr_free((void *)(uintptr_t)manifest.data);
    world_deinit(&world);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("shard");
    Suite *suite = suite_create("shard");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_shard_finds_what_a_naive_index_finds, 0,
                        SEEDS);
    tcase_add_loop_test(tcase,
                        a_shard_that_was_closed_or_killed_goes_on_where_it_was,
                        0, SEEDS);
    tcase_add_loop_test(tcase, files_are_equal_however_the_records_were_read, 0,
                        SEEDS);
    tcase_add_test(
        tcase,
        a_forgotten_document_does_not_come_back_while_the_log_is_read_again);
    tcase_add_test(tcase, a_null_forgets_its_own_half_of_a_document_only);
    tcase_add_loop_test(
        tcase, a_shard_that_knows_more_than_the_log_is_built_anew, 0, SEEDS);
    tcase_add_test(tcase, a_damaged_file_is_named_and_nothing_is_believed);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
