// SPDX-License-Identifier: Apache-2.0
/*
 * control.h - the message on `control`: a process, what it works, and that it
 * lives (key: its name); which generation answers; which checkpoint of a shard
 * is the newest; or where a generation begins.
 */
#ifndef COMMON_WIRE_CONTROL_H
#define COMMON_WIRE_CONTROL_H

#include "common/wire/types.h"

#define MR_MEMBER_PARTITIONS_MAX 1024u
#define MR_MEMBER_STAGES_MAX     64u

/* A stage's counts since the start of its process. */
struct mr_member_stage {
    struct mr_span name;
    uint64_t inputs;
    uint64_t outputs;
    uint64_t rejected;
    uint64_t failed;
    uint64_t retries;
    uint64_t lag;         /* records */
    int64_t oldest_ms;    /* append time of the oldest input in work, or 0 */
    struct mr_span error; /* absent: none */
};

struct mr_member {
    struct mr_span name;
    struct mr_span role;
    struct mr_span host;
    struct mr_span address; /* "http://host:port" */
    uint32_t number;        /* of `members` with its role, from 0 */
    uint32_t members;
    const uint32_t *partitions;
    size_t partition_count;
    uint64_t beat; /* rises with each message of one start */
    int64_t started_ms;
    bool leaving;
    uint32_t interval_ms; /* until the next message */
    uint32_t generation;  /* that it works at; 0: what the alias says */
    uint64_t keyword_lag; /* records before being found, of its own part */
    const struct mr_member_stage *stages;
    size_t stage_count;
};

/* Which generation answers. Key: MR_ALIAS_KEY. */
struct mr_alias {
    uint32_t generation;
    uint32_t previous; /* what answered before; 0: none */
    int64_t set_ms;
};

#define MR_ALIAS_KEY "alias"

/* The newest checkpoint of a shard (wire/checkpoint.h). Key: see
 * mr_checkpoint_key(). */
struct mr_checkpoint_note {
    uint32_t generation;
    uint32_t partition;
    struct mr_span model;
    struct mr_hash128 manifest; /* the blob that says what it holds */
    uint64_t documents_next;    /* the first offsets that are not in it */
    uint64_t vectors_next;
    int64_t taken_ms;
    uint64_t bytes;        /* of its files */
    struct mr_span member; /* who wrote it */
    bool broken;           /* somebody could not read it: write another */
};

/* "checkpoint/<generation>/<partition>/<model>", in the arena: no member's name
 * has a '/'. */
struct mr_span mr_checkpoint_key(const struct mr_checkpoint_note *note,
                                 struct mr_arena *arena);

/* Where a generation begins on `raw`. Key: MR_ORIGIN_KEY of its number. */
struct mr_origin {
    uint32_t generation;
    struct mr_span from; /* as it was asked for */
    const uint64_t *offsets;
    size_t offset_count; /* one a partition */
    bool partial;        /* one lies behind the log's beginning */
    int64_t since_ms;    /* all that was written since then is in it */
    int64_t set_ms;
};

#define MR_ORIGIN_KEY "origin.%u"

/* What a record of `control` is about; none of them: something that this
 * version does not know. */
struct mr_control {
    bool is_member;
    bool is_alias;
    bool is_checkpoint;
    bool is_origin;
    struct mr_member member;
    struct mr_alias alias;
    struct mr_checkpoint_note checkpoint;
    struct mr_origin origin;
};

MR_MUST_CHECK enum mr_code mr_control_encode(const struct mr_control *control,
                                             struct mr_arena *arena,
                                             struct mr_span *out,
                                             struct mr_err *err);
MR_MUST_CHECK enum mr_code mr_control_parse(struct mr_span bytes,
                                            struct mr_arena *arena,
                                            struct mr_control *out,
                                            struct mr_err *err);

#endif
