// SPDX-License-Identifier: Apache-2.0
/*
 * list.h - the sources that were given, in the store: name -> configuration.
 *
 * Memory:  nothing stays.  Threads: any.  I/O: the store.
 */
#ifndef INGESTOR_IO_LIST_H
#define INGESTOR_IO_LIST_H

#include "common/json/json.h"
#include "common/runtime/place.h"
#include "ingestor/ingestor.h"

/* May call ports.  Another code than MR_OK ends the loading with it. */
typedef enum mr_code list_visit(void *context, const char *name,
                                const struct mr_json *config,
                                struct mr_err *err);

/* Visits all in the order of names.  MR_E_DAMAGED: an entry is no JSON. */
MR_MUST_CHECK enum mr_code list_load(const struct mr_place *place,
                                     mr_space_id space, list_visit *visit,
                                     void *context, struct mr_err *err);

/* Synced, as is the following. */
MR_MUST_CHECK enum mr_code list_save(const struct mr_place *place,
                                     mr_space_id space,
                                     const struct source_config *config,
                                     struct mr_err *err);
MR_MUST_CHECK enum mr_code list_remove(const struct mr_place *place,
                                       mr_space_id space, const char *name,
                                       struct mr_err *err);

#endif
