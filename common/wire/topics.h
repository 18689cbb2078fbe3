// SPDX-License-Identifier: Apache-2.0
/*
 * topics.h - the topics of proto/topics.def, and their names on the bus.
 */
#ifndef COMMON_WIRE_TOPICS_H
#define COMMON_WIRE_TOPICS_H

#include "common/base/mr_status.h"
#include "common/ports/bus.h"

enum mr_topic {
#define MR_TOPIC(symbol, name, scope, message, key, writers, readers, cleanup, \
                 retention_ms)                                                 \
    MR_TOPIC_##symbol,
#include "proto/topics.def"
#undef MR_TOPIC
    MR_TOPIC_COUNT
};

/* Where topics belong, as their names say: <collection>.<generation>. */
struct mr_topic_scope {
    const char *collection;
    uint32_t generation;
    const char *model; /* fingerprint, for `vectors` */
    uint32_t partitions;
};

/* "raw", "clean", ...; static. */
const char *mr_topic_short_name(enum mr_topic topic);

/*
 * The name and rules of `topic` under `scope`.  `spec->name` lies in `name`,
 * MR_TOPIC_NAME_MAX + 1 bytes of the caller.  MR_E_CONFIG: the collection's
 * name is not [a-z0-9_-]{1,64}.
 */
MR_MUST_CHECK enum mr_code mr_topic_spec_of(enum mr_topic topic,
                                            const struct mr_topic_scope *scope,
                                            char *name,
                                            struct mr_topic_spec *spec,
                                            struct mr_err *err);

#endif
