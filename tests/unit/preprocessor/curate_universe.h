// SPDX-License-Identifier: Apache-2.0
/*
 * curate_universe.h - random small worlds of documents, and what ought to
 * become of them, for tests.
 *
 * A universe is a history of puts, updates, deletes, sweeps, patches of access
 * and failures over a few ids, made from a seed.  The model folds it in order
 * of versions and takes the first independent set by its definition, looking
 * at every pair; it shares only similar() and the names of buckets with what
 * is tested.
 */
#ifndef TESTS_UNIT_PREPROCESSOR_CURATE_UNIVERSE_H
#define TESTS_UNIT_PREPROCESSOR_CURATE_UNIVERSE_H

#include <check.h>
#include <stdlib.h>

#include "preprocessor/curate/bands.h"
#include "preprocessor/curate/policy.h"
#include "preprocessor/curate/record.h"
#include "preprocessor/curate/similar.h"

#define IDS_MAX 40u
#define OPS_MAX 160u

struct universe {
    uint64_t seed;
    uint64_t random;
    struct mr_arena *arena;
    struct curate_policy policy;
    size_t ids;
    size_t op_count;
    struct mr_signature ops[OPS_MAX]; /* version = place + 1 */
    bool shingles;                    /* else rows of two values */
};

/* ck_assert() writes a file each time, which is too slow for millions. */
static uint64_t current_seed;

static inline void must_at(bool ok, int line)
{
    if (!ok)
        ck_abort_msg("seed %llu: line %d does not hold; MILLRACE_SEED repeats",
                     (unsigned long long)current_seed, line);
}

#define must(ok) must_at(ok, __LINE__)

static inline uint64_t next(struct universe *u)
{
    u->random += 0x9E3779B97F4A7C15u;
    return mr_mix64(u->random);
}

static inline size_t below(struct universe *u, size_t bound)
{
    return (size_t)(next(u) % bound);
}

static inline struct mr_span id_of(struct universe *u, size_t nth)
{
    return mr_span_str(mr_arena_printf(u->arena, "doc-%zu", nth));
}

static inline size_t number_of(struct mr_span id)
{
    size_t number = 0;

    for (size_t i = 4; i < id.size; i++)
        number = 10 * number + (size_t)(id.data[i] - '0');
    return number;
}

/* The MinHash of a random set of few shingles. */
static inline void shingle_rows(struct universe *u, uint16_t *rows)
{
    uint64_t set = next(u) & next(u) & 0xFFFF;

    set |= (uint64_t)0xFFF << 16 * below(u, 2); /* one of two families */
    for (size_t i = 0; i < MR_MINHASH_ROWS; i++) {
        uint64_t least = UINT64_MAX;

        for (uint64_t s = 0; s < 48; s++) {
            uint64_t hash = mr_mix64(i * 64 + s + 1);

            if ((set >> s & 1) != 0 && hash < least)
                least = hash;
        }
        rows[i] = (uint16_t)least;
    }
}

/* One band that all have, so that they meet; the rest by coin. */
static inline void coin_rows(struct universe *u, uint16_t *rows)
{
    for (size_t i = 0; i < MR_MINHASH_ROWS; i++)
        rows[i] = i < BANDS_ROWS ? 7 : (uint16_t)below(u, 2);
}

static inline void random_put(struct universe *u, struct mr_signature *op)
{
    size_t earlier = below(u, OPS_MAX);

    op->kind = MR_KIND_PUT;
    op->source_rank = (uint32_t)below(u, 2);
    op->has_minhash = below(u, 10) != 0;
    if (earlier < op->version - 1 && u->ops[earlier].kind == MR_KIND_PUT) {
        op->text_hash = u->ops[earlier].text_hash; /* the same text again */
        op->has_minhash = u->ops[earlier].has_minhash;
        memcpy(op->minhash, u->ops[earlier].minhash, sizeof(op->minhash));
    } else {
        op->text_hash.low = next(u);
        if (u->shingles)
            shingle_rows(u, op->minhash);
        else
            coin_rows(u, op->minhash);
    }
    if (below(u, 12) == 0)
        op->reject_rule = mr_span_str("few_words");
}

static inline void random_op(struct universe *u, struct mr_signature *op)
{
    size_t kind = below(u, 10);

    op->id = id_of(u, below(u, u->ids));
    op->time_ms = (int64_t)below(u, 6) - 3;
    op->source = mr_span_str(below(u, 2) == 0 ? "site" : "api");
    op->access_hash = below(u, 8) == 0;
    if (kind < 6) {
        random_put(u, op);
    } else if (kind < 7) {
        op->kind = MR_KIND_PATCH;
        op->has_access = below(u, 2) == 0;
    } else if (kind < 9) {
        op->kind = MR_KIND_DELETE;
        if (below(u, 2) == 0) {
            op->sweep_source = mr_span_str("site");
            op->sweep_before = below(u, op->version + 1);
        }
    } else {
        op->kind = MR_KIND_FAILED;
        op->error = mr_span_str("broken");
    }
}

static inline void make(struct universe *u, uint64_t seed,
                        struct mr_arena *arena)
{
    static const size_t windows[] = { 1, 2, 3, 10, 256 };

    current_seed = seed;
    *u = (struct universe){ .seed = seed, .random = seed, .arena = arena };
    must(curate_policy_of(
             &(struct curate_config){ .duplicates = true,
                                      .similarity = below(u, 8) == 0 ? 1 : .8 },
             &u->policy, NULL) == MR_OK);
    u->policy.window = windows[below(u, 5)];
    u->shingles = below(u, 2) == 0;
    if (u->policy.rows_min != SIMILAR_ROWS_NEVER)
        u->policy.rows_min = u->shingles ? 70 + (unsigned)below(u, 45)
                                         : 66 + (unsigned)below(u, 14);
    u->ids = 2 + below(u, IDS_MAX - 2);
    u->op_count = 1 + below(u, OPS_MAX);
    for (size_t i = 0; i < u->op_count; i++) {
        u->ops[i].version = i + 1;
        random_op(u, &u->ops[i]);
    }
}

/* --- the model: written from the definition, sharing only similar() --- */

static inline void model_fold(const struct mr_signature *op,
                              struct curate_record *r)
{
    bool alive = r->state != 0 && r->state != MR_STATE_DELETED;

    if (op->kind == MR_KIND_DELETE && op->sweep_source.data != NULL &&
        !(alive && mr_span_equal(r->source, op->sweep_source) &&
          r->version < op->sweep_before))
        return;
    r->version = op->version;
    if (op->kind == MR_KIND_PUT) {
        if (!r->has_first_seen)
            r->first_seen_ms = op->time_ms;
        r->has_first_seen = true;
        r->state =
            op->reject_rule.data != NULL ? MR_STATE_REJECTED : MR_STATE_LIVE;
        r->content_version = op->version;
        r->has_content = true;
        r->source = op->source;
        r->source_rank = op->source_rank;
        r->access_hash = op->access_hash;
        r->text_hash = op->text_hash;
        r->has_minhash = op->has_minhash;
        memcpy(r->minhash, op->minhash, sizeof(r->minhash));
    } else if (op->kind == MR_KIND_PATCH) {
        if (r->state == 0)
            r->state = MR_STATE_DELETED;
        if (op->has_access)
            r->access_hash = op->access_hash;
    } else if (op->kind == MR_KIND_DELETE) {
        r->state = MR_STATE_DELETED;
        r->has_first_seen = false;
    } else {
        r->state = MR_STATE_FAILED;
        r->source = op->source;
    }
}

static inline int by_priority(const void *a, const void *b)
{
    const struct curate_record *x = *(struct curate_record *const *)a;
    const struct curate_record *y = *(struct curate_record *const *)b;
    uint64_t hash_x = mr_hash64(x->id, 0);
    uint64_t hash_y = mr_hash64(y->id, 0);

    if (x->source_rank != y->source_rank)
        return x->source_rank < y->source_rank ? -1 : 1;
    if (x->first_seen_ms != y->first_seen_ms)
        return x->first_seen_ms < y->first_seen_ms ? -1 : 1;
    return hash_x < hash_y ? -1 : 1;
}

static inline bool in_sight(struct universe *u, struct curate_record **all,
                            size_t of, size_t who)
{
    uint64_t mine[BANDS_BUCKETS_MAX];
    size_t count = bands_buckets(all[of], u->policy.placed, mine);

    for (size_t b = 0; b < count; b++) {
        size_t before = 0;
        bool there = false;

        for (size_t i = 0; i <= who; i++) {
            uint64_t names[BANDS_BUCKETS_MAX];
            size_t n = bands_buckets(all[i], u->policy.placed, names);

            there = false;
            for (size_t k = 0; k < n && all[i]->state == MR_STATE_LIVE; k++)
                there = there || names[k] == mine[b];
            before += there;
        }
        if (there && before <= u->policy.window)
            return true;
    }
    return false;
}

static inline void model_groups(struct universe *u,
                                struct curate_record *records)
{
    struct curate_record *all[IDS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < u->ids; i++) {
        if (records[i].state == MR_STATE_LIVE)
            all[count++] = &records[i];
    }
    qsort(all, count, sizeof(all[0]), by_priority);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i && all[i]->state == MR_STATE_LIVE; j++) {
            uint8_t rows;

            if (all[j]->state != MR_STATE_LIVE ||
                !similar(all[i], all[j], u->policy.rows_min, &rows) ||
                (u->policy.window < IDS_MAX && !in_sight(u, all, i, j)))
                continue;
            all[i]->state = MR_STATE_DUPLICATE;
            all[i]->duplicate_of = all[j]->id;
            all[i]->rows = rows;
        }
    }
}

static inline void model(struct universe *u, struct curate_record *records)
{
    for (size_t i = 0; i < u->ids; i++)
        records[i] = (struct curate_record){ .id = id_of(u, i) };
    for (size_t i = 0; i < u->op_count; i++) {
        size_t id = number_of(u->ops[i].id);

        model_fold(&u->ops[i], &records[id]);
    }
    model_groups(u, records);
}

#endif
