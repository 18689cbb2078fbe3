// SPDX-License-Identifier: Apache-2.0
/*
 * telemetry.h - logs and metrics, from one table (telemetry.def).
 *
 * Each thing worth a line in the log is an event of the table with its level
 * and, mostly, a counter: logging it counts it.  Metrics that are no events
 * (gauges, histograms, counters by label) are in the same table.  Log lines
 * are JSON, or a form for people when standard error is a terminal.
 *
 * A log line: {"time":"2026-01-31T12:00:00.123Z","level":"info",
 *              "event":"worker_started","stage":"clean","message":"..."}
 *
 * Memory:  a metric holds one number for each combination of labels that was
 *          seen, at most MR_LABELS_MAX; more are added to the label "other".
 * Threads: any.
 * I/O:     one write() a line.
 */
#ifndef COMMON_RUNTIME_TELEMETRY_H
#define COMMON_RUNTIME_TELEMETRY_H

#include "common/base/mr_buf.h"
#include "common/base/mr_status.h"
#include "common/ports/clock.h"

#define MR_LABELS_MAX 512u

enum mr_level {
    MR_LEVEL_DEBUG,
    MR_LEVEL_INFO,
    MR_LEVEL_WARN,
    MR_LEVEL_ERROR,
};

/* Rows of telemetry.def:
 *   MR_EVENT(SYMBOL, "name", LEVEL, "counter_total" or NULL, "help")
 *   MR_METRIC(SYMBOL, "millrace_name_unit", COUNTER|GAUGE|HISTOGRAM,
 *             "label1,label2" or NULL, "help")                            */
enum mr_log_event {
#define MR_EVENT(symbol, name, level, counter, help) MR_EV_##symbol,
#define MR_METRIC(symbol, name, kind, labels, help)
#include "common/runtime/telemetry.def"
#undef MR_EVENT
#undef MR_METRIC
    MR_EV_COUNT
};

enum mr_metric {
#define MR_EVENT(symbol, name, level, counter, help)
#define MR_METRIC(symbol, name, kind, labels, help) MR_M_##symbol,
#include "common/runtime/telemetry.def"
#undef MR_EVENT
#undef MR_METRIC
    MR_M_COUNT
};

struct mr_telemetry;

struct mr_telemetry_spec {
    struct mr_clock *clock; /* borrowed */
    int fd;                 /* where lines go; -1: nowhere */
    bool human;             /* the form for people */
    enum mr_level level;    /* lines below it are only counted */
};

/* Freed by mr_telemetry_free(). */
struct mr_telemetry *mr_telemetry_new(const struct mr_telemetry_spec *spec);
/* NULL does nothing. */
void mr_telemetry_free(struct mr_telemetry *telemetry);

/* A line of the event, with `part` (a stage, a source, or NULL) and a message
 * for people that holds the facts.  A NULL telemetry does nothing, here and
 * below.  Never hand it a secret. */
void mr_log(struct mr_telemetry *telemetry, enum mr_log_event event,
            const char *part, const char *fmt, ...) MR_PRINTF(4, 5);

/* Adds to a counter, sets a gauge, or observes seconds in a histogram; `a` and
 * `b` are the values of its labels, NULL for those that it has not. */
void mr_count(struct mr_telemetry *telemetry, enum mr_metric metric,
              const char *a, const char *b, double add);
void mr_gauge(struct mr_telemetry *telemetry, enum mr_metric metric,
              const char *a, const char *b, double value);
/* Moves a gauge by `add`: for a sum over several that each know their part. */
void mr_gauge_add(struct mr_telemetry *telemetry, enum mr_metric metric,
                  const char *a, const char *b, double add);
void mr_observe(struct mr_telemetry *telemetry, enum mr_metric metric,
                const char *a, const char *b, double seconds);

/* Prometheus text format 0.0.4 of everything. */
void mr_telemetry_expose(struct mr_telemetry *telemetry, struct mr_buf *out);

#endif
