// SPDX-License-Identifier: Apache-2.0
/*
 * engine_models.c - each model has an index of its own; what is said when
 * another one takes over.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "cli/engine_parts.h"

void engine_tell_models(struct engine *engine, const char *index)
{
    const struct mr_place *place = &engine->place;
    char *prefix = mr_arena_printf(engine->arena, "%s.%u.", place->collection,
                                   place->generation);
    size_t size = strlen(prefix);
    DIR *folder = opendir(index);
    const struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (strncmp(entry->d_name, prefix, size) != 0 ||
            strncmp(entry->d_name + size, place->model, strlen(place->model)) ==
                0)
            continue;
        mr_log(engine->telemetry, MR_EV_NOTE, "index",
               "the model is now %s (%s): everything is indexed and embedded "
               "again; %s/%s, of another model, is kept and may be deleted",
               engine->identity.name, place->model, index, entry->d_name);
    }
    if (folder != NULL)
        (void)closedir(folder);
}
