// SPDX-License-Identifier: Apache-2.0
/*
 * rules.c - see rules.h and indexer/checkpoint.h.
 */
#include "indexer/checkpoint/rules.h"

#include <inttypes.h>

#define STAGGER_SHARE 4

bool checkpoint_is_due(const struct mr_checkpoint_note *newest,
                       const struct shard_sealed *sealed,
                       const struct checkpoint_pace *pace)
{
    int64_t wait_ms = pace->every_ms;
    int64_t age_ms;

    if (sealed->documents_next == 0 && sealed->vectors_next == 0)
        return false;
    if (newest == NULL || newest->broken)
        return true;
    if (sealed->documents_next < newest->documents_next ||
        sealed->vectors_next < newest->vectors_next)
        return false;
    age_ms = pace->now_ms - newest->taken_ms;
    if (sealed->documents_next == newest->documents_next &&
        sealed->vectors_next == newest->vectors_next)
        return age_ms >= pace->age_max_ms / 2;
    wait_ms += (int64_t)(pace->stagger %
                         ((uint64_t)pace->every_ms / STAGGER_SHARE + 1));
    return age_ms >= wait_ms;
}

static enum mr_code other(const char *what, struct mr_span has,
                          const char *want, struct mr_err *err)
{
    return mr_fail(err, MR_E_CONFIG, "it is of the %s %.*s, not %s", what,
                   MR_SPAN_ARG(has), want);
}

static enum mr_code other_number(const char *what, uint32_t has, uint32_t want,
                                 struct mr_err *err)
{
    return mr_fail(err, MR_E_CONFIG, "it is of %s %u, not %u", what, has, want);
}

static enum mr_code check_owner(const struct mr_checkpoint *checkpoint,
                                const struct checkpoint_spec *spec,
                                const char *analyser, struct mr_err *err)
{
    const struct mr_place *place = spec->place;

    if (!mr_span_equal(checkpoint->index, mr_span_str(spec->index)))
        return other("index", checkpoint->index, spec->index, err);
    if (!mr_span_equal(checkpoint->model, mr_span_str(place->model)))
        return other("model", checkpoint->model, place->model, err);
    if (!mr_span_equal(checkpoint->analyser, mr_span_str(analyser)))
        return other("analyser", checkpoint->analyser, analyser, err);
    if (checkpoint->generation != place->generation)
        return other_number("generation", checkpoint->generation,
                            place->generation, err);
    if (checkpoint->partition != spec->partition)
        return other_number("partition", checkpoint->partition, spec->partition,
                            err);
    if (checkpoint->partitions != place->partitions)
        return other_number("partitions", checkpoint->partitions,
                            place->partitions, err);
    if (checkpoint->epoch != place->epoch)
        return other_number("epoch", checkpoint->epoch, place->epoch, err);
    return MR_OK;
}

static enum mr_code check_log(const struct mr_checkpoint *checkpoint,
                              const struct checkpoint_log *log,
                              struct mr_err *err)
{
    static const char *const names[] = { "documents", "vectors" };
    const uint64_t next[] = { checkpoint->documents_next,
                              checkpoint->vectors_next };

    for (size_t i = 0; i < 2; i++) {
        if (next[i] < log->begin[i] || next[i] > log->end[i])
            return mr_fail(err, MR_E_LOST,
                           "it goes on at offset %" PRIu64 " of %s, but the "
                           "log holds %" PRIu64 " to %" PRIu64,
                           next[i], names[i], log->begin[i], log->end[i]);
    }
    return MR_OK;
}

enum mr_code checkpoint_check(const struct mr_checkpoint *checkpoint,
                              const struct checkpoint_spec *spec,
                              const char *analyser,
                              const struct checkpoint_log *log, int64_t now_ms,
                              struct mr_err *err)
{
    int64_t age_ms = now_ms - checkpoint->taken_ms;
    enum mr_code code = check_owner(checkpoint, spec, analyser, err);

    if (code == MR_OK && age_ms > spec->age_max_ms)
        return mr_fail(err, MR_E_CONFIG,
                       "it is %" PRId64 " s old, and deletions since then are "
                       "sure to be in the log for %" PRId64 " s only",
                       age_ms / 1000, spec->age_max_ms / 1000);
    return code == MR_OK ? check_log(checkpoint, log, err) : code;
}
