// SPDX-License-Identifier: Apache-2.0
/*
 * filter.h - whether a document meets the conditions of a filter.
 *
 * A condition holds when one of the key's values meets it; NOT_IN when none
 * does.  Numbers compare as numbers and texts as bytes; values of different
 * kinds never meet.
 *
 * Threads: any.  I/O: none.
 */
#ifndef INDEXER_SHARD_FILTER_H
#define INDEXER_SHARD_FILTER_H

#include "indexer/indexer.h"
#include "indexer/shard/table.h"

bool filter_meets(const struct index_filter *filter,
                  const struct table_doc *doc);

#endif
