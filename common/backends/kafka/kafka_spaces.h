// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_spaces.h - the local store, with the names of its spaces at hand.
 *
 * A changelog names spaces, a batch numbers them.
 *
 * Threads: any.
 * I/O:     that of the local store.
 */
#ifndef COMMON_BACKENDS_KAFKA_KAFKA_SPACES_H
#define COMMON_BACKENDS_KAFKA_KAFKA_SPACES_H

#include "common/ports/store.h"

struct kafka_spaces;

/* `local` is borrowed. */
struct kafka_spaces *kafka_spaces_new(struct mr_store *local);

/* NULL does nothing. */
void kafka_spaces_free(struct kafka_spaces *spaces);

struct mr_store *kafka_spaces_port(struct kafka_spaces *spaces);

/* The name of a space that was opened through the port; NULL for another. */
const char *kafka_spaces_name(struct kafka_spaces *spaces, mr_space_id id);

/* Adds to `batch` the emptying of each opened space whose name begins so. */
void kafka_spaces_wipe(struct kafka_spaces *spaces, const char *prefix,
                       struct mr_batch *batch);

#endif
