// SPDX-License-Identifier: Apache-2.0
/*
 * foreign_stage.h - somebody else's topic to `raw`, as a stage.
 *
 * The worker commits puts and deletes together with the positions in the
 * topic: each record has its effect once.  State, so that forgetting a source
 * can take its documents along:
 *
 *   space "ids"    id -> nothing: sent and not deleted
 *   space "count"  "documents" -> how many these are: varint
 *
 * A record that says no document goes to `dead` from here, with its bytes, and
 * the others of its batch go on.  A delete touches only what this source sent;
 * one of an id that it did not is left out.
 *
 * Memory:  that of a step, and what is told of it.
 * Threads: the worker's.  I/O: none; state is read.
 */
#ifndef INGESTOR_FOREIGN_IO_FOREIGN_STAGE_H
#define INGESTOR_FOREIGN_IO_FOREIGN_STAGE_H

#include "common/runtime/place.h"
#include "common/runtime/stage.h"
#include "ingestor/foreign/map.h"

/* Failures of one step that are told with their words; more are counted. */
#define FOREIGN_TOLD_MAX 20u

/* What one step did; it counts once it is committed. */
struct foreign_tally {
    bool made; /* there was a step */
    uint64_t read;
    uint64_t sent;
    uint64_t deleted;
    uint64_t unchanged; /* deletes of what was not sent */
    uint64_t failed;
    uint64_t documents; /* sent and not deleted, after the step */
    struct foreign_failure {
        uint32_t partition;
        uint64_t offset;
        char text[MR_ERR_TEXT_MAX];
    } told[FOREIGN_TOLD_MAX];
    size_t told_count;
};

struct foreign_stage_spec {
    const struct mr_place *place; /* borrowed, as all below */
    const struct source_config *config;
    const struct mr_stage_foreign *topic;
    const struct foreign_map *map;     /* NULL: to forget */
    const struct proto_schema *schema; /* NULL: none is wanted */
    /* To forget: the records that come are left alone, ids are worked off. */
    bool forget;
    bool forget_documents; /* they are deleted, too */
};

struct foreign_stage;

struct foreign_stage *foreign_stage_new(const struct foreign_stage_spec *spec);

struct mr_stage *foreign_stage_port(struct foreign_stage *stage);

/* Of the last step, since the last call that emptied it. */
struct foreign_tally *foreign_stage_tally(struct foreign_stage *stage);

/* To forget: whether all ids are worked off. */
bool foreign_stage_is_done(const struct foreign_stage *stage);

#endif
