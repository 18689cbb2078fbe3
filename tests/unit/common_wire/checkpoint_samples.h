// SPDX-License-Identifier: Apache-2.0
/*
 * checkpoint_samples.h - what is told of a checkpoint, and what one holds.  A
 * part of samples.h.
 */
#ifndef TESTS_UNIT_COMMON_WIRE_CHECKPOINT_SAMPLES_H
#define TESTS_UNIT_COMMON_WIRE_CHECKPOINT_SAMPLES_H

#include "common/wire/checkpoint.h"
#include "common/wire/control.h"

static inline struct mr_hash128 checkpoint_hash(uint64_t nth)
{
    return (struct mr_hash128){ .low = 0x1122334455667788u + nth,
                                .high = 0x99AABBCCDDEEFF00u + nth };
}

static inline struct mr_control sample_control_checkpoint(void)
{
    return (struct mr_control){
        .is_checkpoint = true,
        .checkpoint = { .generation = 2,
                        .partition = 7,
                        .model = mr_span_str("ab12cd34"),
                        .manifest = checkpoint_hash(8),
                        .documents_next = 1ull << 41,
                        .vectors_next = 12,
                        .taken_ms = 1700000000008,
                        .bytes = 1ull << 42,
                        .member = mr_span_str("indexer-0a"),
                        .broken = true },
    };
}

/* Two hashes as a list of pieces has them. */
#define SAMPLE_PIECES "0123456789abcdefFEDCBA9876543210"

static inline struct mr_checkpoint sample_checkpoint(void)
{
    static struct mr_checkpoint_file files[3];

    files[0] =
        (struct mr_checkpoint_file){ .name = mr_span_str("dense-0-9-L0.seg"),
                                     .size = 1001,
                                     .digest = checkpoint_hash(9),
                                     .pieces = mr_span_str(SAMPLE_PIECES) };
    files[1] = (struct mr_checkpoint_file){ .name = mr_span_str("manifest"),
                                            .digest = checkpoint_hash(10) };
    files[2] = (struct mr_checkpoint_file){
        .name = mr_span_str("records/CURRENT"),
        .size = 1000,
        .digest = checkpoint_hash(11),
        .pieces = mr_span(SAMPLE_PIECES, 16),
    };
    return (struct mr_checkpoint){
        .index = mr_span_str("main.2.ab12cd34.uuid"),
        .model = mr_span_str("ab12cd34"),
        .analyser = mr_span_str("an1"),
        .member = mr_span_str("indexer-0a"),
        .generation = 2,
        .partition = 7,
        .partitions = 8,
        .epoch = 1,
        .documents_next = 1ull << 41,
        .vectors_next = 12,
        .taken_ms = 1700000000008,
        .has_previous = true,
        .previous = checkpoint_hash(12),
        .piece_bytes = 1000,
        .files = files,
        .file_count = 3,
    };
}

#endif
