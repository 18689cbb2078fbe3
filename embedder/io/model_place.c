// SPDX-License-Identifier: Apache-2.0
/*
 * model_place.c - see model_place.h.
 */
#include "embedder/io/model_place.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BESIDE "/../share/millrace/minilm"

/* In the build tree; set by the build when there is a model. */
#ifndef MILLRACE_MODEL_DIR_DEFAULT
#define MILLRACE_MODEL_DIR_DEFAULT "minilm"
#endif

void model_place(char *out, size_t size)
{
    char self[MODEL_PLACE_MAX - sizeof(BESIDE)];
    char path[MODEL_PLACE_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    (void)snprintf(out, size, "%s", MILLRACE_MODEL_DIR_DEFAULT);
    if (length <= 0)
        return;
    self[length] = '\0';
    slash = strrchr(self, '/');
    if (slash == NULL)
        return;
    *slash = '\0';
    (void)snprintf(path, sizeof(path), "%s%s", self, BESIDE);
    if (access(path, R_OK | X_OK) == 0)
        (void)snprintf(out, size, "%s", path);
}
