// SPDX-License-Identifier: Apache-2.0
/*
 * replicas.h - shards on other machines: for each partition a set of replicas,
 * of which a call asks one.  The second public header of the retriever.
 *
 * All calls of the process go through one thread with one HTTP client, which
 * keeps its connections.  A call goes to the healthy replica with the fewest
 * calls under way; to another one, when the first has failed, or is silent for
 * longer than most calls take.  A replica that failed is left alone for a
 * while, and asked for its state until it answers again; one that is far
 * behind the others is used only when they are away.
 *
 *   replicas_open()
 *   replicas_set()      who is where; again whenever that changes
 *   replicas_peer()     to the retriever, one for each partition
 *   replicas_close()    after the retriever is freed
 *
 * Memory:  peers live as long as the replicas.
 * Threads: any.
 * I/O:     the network.
 */
#ifndef RETRIEVER_REPLICAS_H
#define RETRIEVER_REPLICAS_H

#include "common/base/mr_status.h"
#include "common/ports/clock.h"
#include "common/runtime/telemetry.h"
#include "indexer/peer.h"

struct replicas;

struct replicas_spec {
    uint32_t partitions;
    struct mr_clock *clock;         /* borrowed */
    struct mr_telemetry *telemetry; /* borrowed; NULL for none */
    const char *api_key; /* sent to all of them; NULL for none; copied */
    const char *ca_file; /* PEM, trusted instead of the system's; NULL */
};

struct replica {
    const char *address; /* "http://host:port", "https://host:port" */
    const char *name;    /* for people; NULL: the address */
};

/* No partition has a replica yet: their shards are away. */
MR_MUST_CHECK enum mr_code replicas_open(const struct replicas_spec *spec,
                                         struct replicas **out,
                                         struct mr_err *err);

/*
 * The replicas of a partition from now on.  Those that were there before keep
 * what is known of them; calls that are under way end as they do.  The list is
 * copied.  MR_E_INVALID: an address is none, or there are more than
 * PEER_REPLICAS_MAX; then nothing changes.
 */
MR_MUST_CHECK enum mr_code replicas_set(struct replicas *replicas,
                                        uint32_t partition,
                                        const struct replica *list,
                                        size_t count, struct mr_err *err);

/* Lives as long as the replicas. */
struct index_peer *replicas_peer(struct replicas *replicas, uint32_t partition);

/* No call may be under way.  NULL does nothing. */
void replicas_close(struct replicas *replicas);

#endif
