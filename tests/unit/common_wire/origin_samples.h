// SPDX-License-Identifier: Apache-2.0
/*
 * origin_samples.h - where a generation begins.  A part of samples.h.
 */
#ifndef TESTS_UNIT_COMMON_WIRE_ORIGIN_SAMPLES_H
#define TESTS_UNIT_COMMON_WIRE_ORIGIN_SAMPLES_H

#include "common/wire/control.h"

static inline struct mr_control sample_control_origin(void)
{
    static const uint64_t offsets[] = { 120, 0, 98 };

    return (struct mr_control){
        .is_origin = true,
        .origin = { .generation = 2,
                    .from = mr_span_str("0:120,2:98"),
                    .offsets = offsets,
                    .offset_count = 3,
                    .partial = true,
                    .since_ms = 1700000000005,
                    .set_ms = 1700000000007 },
    };
}

#endif
