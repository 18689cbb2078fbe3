// SPDX-License-Identifier: Apache-2.0
/*
 * telemetry_family.c - see telemetry_family.h.
 */
#include "common/runtime/telemetry_family.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "common/runtime/telemetry.h"

#define INDEX_SLOTS     ((size_t)2 * MR_LABELS_MAX)
#define LABEL_BYTES_MAX 128u
#define OTHER           "other"

static_assert((INDEX_SLOTS & (INDEX_SLOTS - 1)) == 0, "masked, not divided");
static_assert(MR_LABELS_MAX < UINT16_MAX, "positions are u16");

static const double bounds[] = MR_HISTOGRAM_BOUNDS;

static_assert(sizeof(bounds) / sizeof(bounds[0]) == MR_HISTOGRAM_BUCKETS,
              "buckets are the bounds");

void mr_family_init(struct mr_family *family, enum mr_family_kind kind,
                    const char *name, const char *labels, const char *help)
{
    *family = (struct mr_family){
        .name = name,
        .labels = labels,
        .help = help,
        .kind = kind,
    };
    if (name != NULL && labels == NULL && kind != MR_FAMILY_GAUGE)
        (void)mr_family_series(family, NULL, NULL);
}

void mr_family_deinit(struct mr_family *family)
{
    for (size_t i = 0; i < family->count; i++) {
        mr_free(family->series[i].a);
        mr_free(family->series[i].b);
        mr_free(family->series[i].buckets);
    }
    mr_free(family->series);
    mr_free(family->index);
}

static bool same(const char *have, const char *want)
{
    if (have == NULL || want == NULL)
        return have == want;
    return strncmp(have, want, LABEL_BYTES_MAX) == 0;
}

static struct mr_span label_span(const char *label)
{
    return mr_span(label, label == NULL ? 0 : strnlen(label, LABEL_BYTES_MAX));
}

static char *label_copy(const char *label)
{
    return label == NULL ? NULL : strndup(label, LABEL_BYTES_MAX);
}

/* The place in the index where these labels are or belong. */
static size_t find(const struct mr_family *family, const char *a, const char *b)
{
    uint64_t hash =
        mr_hash64(label_span(b), mr_hash64(label_span(a), 0) + (b != NULL));
    size_t slot = (size_t)hash & (INDEX_SLOTS - 1);

    while (family->index[slot] != 0) {
        const struct mr_series *series =
            &family->series[family->index[slot] - 1];

        if (same(series->a, a) && same(series->b, b))
            break;
        slot = (slot + 1) & (INDEX_SLOTS - 1);
    }
    return slot;
}

static struct mr_series *add(struct mr_family *family, size_t slot,
                             const char *a, const char *b)
{
    struct mr_series *series;

    MR_ASSERT(family->count < MR_LABELS_MAX);
    family->series = mr_realloc_array(family->series, family->count + 1,
                                      sizeof(*family->series));
    series = &family->series[family->count++];
    *series = (struct mr_series){ .a = label_copy(a), .b = label_copy(b) };
    if (family->kind == MR_FAMILY_HISTOGRAM)
        series->buckets = mr_calloc(MR_HISTOGRAM_BUCKETS, sizeof(uint64_t));
    family->index[slot] = (uint16_t)family->count;
    return series;
}

struct mr_series *mr_family_series(struct mr_family *family, const char *a,
                                   const char *b)
{
    size_t slot;

    if (family->index == NULL)
        family->index = mr_calloc(INDEX_SLOTS, sizeof(*family->index));
    slot = find(family, a, b);
    if (family->index[slot] != 0)
        return &family->series[family->index[slot] - 1];
    if (family->count >= MR_LABELS_MAX - 1) {
        a = a == NULL ? NULL : OTHER;
        b = b == NULL ? NULL : OTHER;
        slot = find(family, a, b);
        if (family->index[slot] != 0)
            return &family->series[family->index[slot] - 1];
        if (family->count == MR_LABELS_MAX) /* of another number of labels */
            return &family->series[family->count - 1];
    }
    return add(family, slot, a, b);
}

void mr_series_observe(struct mr_series *series, double value)
{
    size_t bucket = 0;

    MR_ASSERT(series->buckets != NULL);
    while (bucket < MR_HISTOGRAM_BUCKETS && value > bounds[bucket])
        bucket++;
    if (bucket < MR_HISTOGRAM_BUCKETS)
        series->buckets[bucket]++;
    series->value += value;
    series->count++;
}

static void put_number(struct mr_buf *out, double number)
{
    char text[40];

    if (isnan(number)) {
        mr_buf_str(out, "NaN");
        return;
    }
    if (isinf(number)) {
        mr_buf_str(out, number > 0 ? "+Inf" : "-Inf");
        return;
    }
    for (int digits = 6; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    mr_buf_str(out, text);
}

static void put_escaped(struct mr_buf *out, const char *value)
{
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '\n')
            mr_buf_str(out, "\\n");
        else if (*at == '"' || *at == '\\')
            mr_buf_printf(out, "\\%c", *at);
        else
            mr_buf_byte(out, (uint8_t)*at);
    }
}

/* The names come from the family's "a,b", in their order. */
static void put_label(const struct mr_family *family, size_t nth,
                      const char *value, char *lead, struct mr_buf *out)
{
    const char *name = family->labels;
    size_t size;

    if (value == NULL || name == NULL)
        return;
    if (nth == 1) {
        const char *comma = strchr(name, ',');

        if (comma == NULL)
            return;
        name = comma + 1;
    }
    size = strcspn(name, ",");
    mr_buf_byte(out, (uint8_t)*lead);
    mr_buf_append(out, name, size);
    mr_buf_str(out, "=\"");
    put_escaped(out, value);
    mr_buf_byte(out, '"');
    *lead = ',';
}

static void put_series(const struct mr_family *family,
                       const struct mr_series *series, const char *suffix,
                       const double *bound, struct mr_buf *out)
{
    char lead = '{';

    mr_buf_printf(out, "%s%s", family->name, suffix);
    put_label(family, 0, series->a, &lead, out);
    put_label(family, 1, series->b, &lead, out);
    if (bound != NULL) {
        mr_buf_printf(out, "%cle=\"", lead);
        put_number(out, *bound);
        mr_buf_byte(out, '"');
        lead = ',';
    }
    mr_buf_str(out, lead == ',' ? "} " : " ");
}

static void expose_histogram(const struct mr_family *family,
                             const struct mr_series *series, struct mr_buf *out)
{
    const double last = INFINITY;
    uint64_t below = 0;

    for (size_t i = 0; i < MR_HISTOGRAM_BUCKETS; i++) {
        below += series->buckets[i];
        put_series(family, series, "_bucket", &bounds[i], out);
        mr_buf_printf(out, "%" PRIu64 "\n", below);
    }
    put_series(family, series, "_bucket", &last, out);
    mr_buf_printf(out, "%" PRIu64 "\n", series->count);
    put_series(family, series, "_sum", NULL, out);
    put_number(out, series->value);
    mr_buf_byte(out, '\n');
    put_series(family, series, "_count", NULL, out);
    mr_buf_printf(out, "%" PRIu64 "\n", series->count);
}

void mr_family_expose(const struct mr_family *family, struct mr_buf *out)
{
    static const char *const kinds[] = {
        [MR_FAMILY_COUNTER] = "counter",
        [MR_FAMILY_GAUGE] = "gauge",
        [MR_FAMILY_HISTOGRAM] = "histogram",
    };

    if (family->name == NULL || family->count == 0)
        return;
    mr_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", family->name,
                  family->help, family->name, kinds[family->kind]);
    for (size_t i = 0; i < family->count; i++) {
        const struct mr_series *series = &family->series[i];

        if (family->kind == MR_FAMILY_HISTOGRAM) {
            expose_histogram(family, series, out);
            continue;
        }
        put_series(family, series, "", NULL, out);
        put_number(out, series->value);
        mr_buf_byte(out, '\n');
    }
}
