// SPDX-License-Identifier: Apache-2.0
/*
 * routes.h - what the handlers ask of the ingestor besides ingestor.h.
 */
#ifndef INGESTOR_API_ROUTES_H
#define INGESTOR_API_ROUTES_H

#include "ingestor/ingestor.h"

/* One source's status as an object; false, and nothing, when there is none. */
bool ingestor_render(struct ingestor *ingestor, const char *name,
                     struct mr_json_out *out);

/* The collection whose sources these are. */
const char *ingestor_collection(const struct ingestor *ingestor);

/* The bytes_max of a source that does not say. */
size_t ingestor_body_bytes_max(const struct ingestor *ingestor);

#endif
