// SPDX-License-Identifier: Apache-2.0
/*
 * place.h - where a process works: its backends, and the topics by name.
 *
 * A place is made once by whoever names the backends (cli, tests, the
 * simulation) and handed to everything that reads or writes the bus.
 *
 * Memory:  borrows the backends, copies the names.
 * Threads: read by any after mr_place_init().
 * I/O:     mr_place_init() creates or checks the topics.
 */
#ifndef COMMON_RUNTIME_PLACE_H
#define COMMON_RUNTIME_PLACE_H

#include "common/base/mr_status.h"
#include "common/ports/blob.h"
#include "common/ports/bus.h"
#include "common/ports/clock.h"
#include "common/ports/store.h"
#include "common/wire/topics.h"

#define MR_COLLECTION_NAME_MAX  64u
#define MR_FINGERPRINT_NAME_MAX 32u

struct mr_place {
    struct mr_bus *bus;
    struct mr_store *store;
    struct mr_blob *blob;
    struct mr_clock *clock;
    char collection[MR_COLLECTION_NAME_MAX + 1];
    uint32_t generation;
    char model[MR_FINGERPRINT_NAME_MAX + 1]; /* of `vectors` */
    uint32_t partitions;
    uint16_t epoch; /* of `raw`: versions are made with it */
    mr_topic_id topics[MR_TOPIC_COUNT];
    /* Where the generation begins on `raw`, by partition, set and owned by
     * whoever made the place; NULL: at the log's beginning. See origin.h. */
    const uint64_t *raw_from;
};

struct mr_place_spec {
    struct mr_bus *bus;
    struct mr_store *store;
    struct mr_blob *blob;
    struct mr_clock *clock;
    const char *collection; /* "main" */
    uint32_t generation;    /* from 1 */
    const char *model;      /* fingerprint */
    uint32_t partitions;
};

/*
 * Creates or checks every topic of topics.def and fills `place`.
 * MR_E_CONFIG: what is there has another shape (the message says which topic,
 * what it has and what was asked for).
 */
MR_MUST_CHECK enum mr_code mr_place_init(struct mr_place *place,
                                         const struct mr_place_spec *spec,
                                         struct mr_err *err);

/* The partition of a document id. */
uint32_t mr_place_partition(const struct mr_place *place, struct mr_span id);

/* The version that a record of `raw` stands for. */
uint64_t mr_place_version(const struct mr_place *place, uint64_t raw_offset);

#endif
