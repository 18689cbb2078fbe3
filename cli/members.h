// SPDX-License-Identifier: Apache-2.0
/*
 * members.h - who works on a cluster: each process tells of itself on
 * `control`, every MEMBERS_BEAT_MS, and hears of the others.
 *
 * A member lives while its messages come, by this process' own clock: one that
 * is silent for MEMBERS_SILENT_MS is told as away, and forgotten after
 * MEMBERS_KEPT_MS.  Of what was told before the start only the alias, the
 * checkpoints and the origins of generations count: whoever lives is heard
 * within one beat.
 *
 * Memory:  what was last heard of each member.
 * Threads: one of its own; all functions from any.
 * I/O:     the bus.
 */
#ifndef CLI_MEMBERS_H
#define CLI_MEMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/runtime/place.h"
#include "common/runtime/telemetry.h"
#include "common/wire/control.h"

#define MEMBERS_BEAT_MS   1000
#define MEMBERS_SILENT_MS 8000
#define MEMBERS_KEPT_MS   600000
#define MEMBERS_MAX       1024u

struct members;

struct members_spec {
    const char *name;               /* of this process */
    const struct mr_place *place;   /* borrowed, as all below */
    struct mr_telemetry *telemetry; /* NULL for none */
    /* Fills what is told of this process, but for its name; called before
     * each beat. */
    void (*describe)(void *context, struct mr_arena *arena,
                     struct mr_member *self);
    /* Somebody came, went, or works elsewhere now, or another generation
     * answers; on the members' thread.  NULL: not wanted. */
    void (*changed)(void *context, struct members *members);
    /* The newest checkpoint of a shard, told before the start or since; the
     * note is borrowed for the call.  NULL: not wanted. */
    void (*checkpoint)(void *context, const struct mr_checkpoint_note *note);
    void *context;
};

/* Listens and tells from now on. */
MR_MUST_CHECK enum mr_code members_open(const struct members_spec *spec,
                                        struct members **out,
                                        struct mr_err *err);

/* Tells that it leaves, as far as the bus takes it at once.  NULL does
 * nothing. */
void members_close(struct members *members);

/* What was heard; the member is borrowed for the call. */
struct members_heard {
    const struct mr_member *member;
    int64_t silent_ms;
    bool away; /* silent for too long */
    bool self;
};

/* The newest alias heard; generation 0: none was ever set. */
struct mr_alias members_alias(struct members *members);

/* Where a generation begins, into the arena; false: nothing was heard of it,
 * so at the log's beginning. */
bool members_origin(struct members *members, uint32_t generation,
                    struct mr_arena *arena, struct mr_origin *out);

/* Tells all, this process too, that another generation answers from now on. */
MR_MUST_CHECK enum mr_code members_set_alias(struct members *members,
                                             uint32_t generation,
                                             struct mr_err *err);

typedef void members_visit(void *context, const struct members_heard *heard);

/* Visits all that are known and have not left, by name. */
void members_each(struct members *members, members_visit *visit, void *context);

#endif
