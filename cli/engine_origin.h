// SPDX-License-Identifier: Apache-2.0
/*
 * engine_origin.h - a part of engine_parts.h: where generations begin on
 * `raw`, and which are partial for that.
 */
#ifndef CLI_ENGINE_ORIGIN_H
#define CLI_ENGINE_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_status.h"
#include "common/json/json.h"
#include "common/wire/control.h"

struct engine;

/* Where the place's generation begins, for all that work at it. */
MR_MUST_CHECK enum mr_code engine_open_origin(struct engine *engine,
                                              struct mr_err *err);

/* Where a partial one begins; false: it is whole, or nothing was heard. */
bool engine_find_origin(struct engine *engine, uint32_t generation,
                        struct mr_arena *arena, struct mr_origin *out);

/* "partial": of the one that answers; "generations": those known. */
void engine_render_origin(struct engine *engine, struct mr_json_out *out);
void engine_render_generations(struct engine *engine, struct mr_json_out *out);

#endif
