// SPDX-License-Identifier: Apache-2.0
/*
 * telemetry_family.h - one metric with all its series.  Private to runtime.
 *
 * A series is one combination of labels.  The first MR_LABELS_MAX - 1 that are
 * seen have their own; all others share the one labelled "other".
 *
 * Memory:  grows with the series seen, up to the limit.
 * Threads: one at a time; telemetry.c locks.
 * I/O:     none.
 */
#ifndef COMMON_RUNTIME_TELEMETRY_FAMILY_H
#define COMMON_RUNTIME_TELEMETRY_FAMILY_H

#include <stdint.h>

#include "common/base/mr_buf.h"

enum mr_family_kind {
    MR_FAMILY_COUNTER,
    MR_FAMILY_GAUGE,
    MR_FAMILY_HISTOGRAM,
};

/* Upper bounds in seconds, from a lookup in memory to a whole crawl step. */
#define MR_HISTOGRAM_BOUNDS                                                   \
    {                                                                         \
        .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, \
            30, 60                                                            \
    }
#define MR_HISTOGRAM_BUCKETS 16u

struct mr_series {
    char *a; /* values of the labels; NULL: has none */
    char *b;
    double value; /* of a counter or gauge; the sum of a histogram */
    uint64_t count;
    uint64_t *buckets; /* not cumulative; of a histogram */
};

struct mr_family {
    const char *name; /* static, as the next three; NULL: not exposed */
    const char *labels;
    const char *help;
    enum mr_family_kind kind;
    struct mr_series *series;
    size_t count;
    uint16_t *index; /* open addressing: 1 + position in series, or 0 */
};

/* A family without labels has its one series from the start. */
void mr_family_init(struct mr_family *family, enum mr_family_kind kind,
                    const char *name, const char *labels, const char *help);
void mr_family_deinit(struct mr_family *family);

/* The series of these labels, made if new; valid until the next call. */
struct mr_series *mr_family_series(struct mr_family *family, const char *a,
                                   const char *b);

/* Sorts `value` into the buckets of a histogram. */
void mr_series_observe(struct mr_series *series, double value);

/* Prometheus text format 0.0.4; nothing when no series was seen. */
void mr_family_expose(const struct mr_family *family, struct mr_buf *out);

#endif
