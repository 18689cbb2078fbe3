// SPDX-License-Identifier: Apache-2.0
/*
 * mr_mem.c - see mr_mem.h.
 */
#include "common/base/mr_mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(size_t size)
{
    (void)fprintf(stderr, "millrace: out of memory, %zu bytes wanted\n", size);
    abort();
}

void *mr_malloc(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);

    if (memory == NULL)
        out_of_memory(size);
    return memory;
}

void *mr_calloc(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

    if (memory == NULL)
        out_of_memory(count * size);
    return memory;
}

void *mr_realloc_array(void *old, size_t count, size_t size)
{
    void *memory =
        reallocarray(old, count > 0 ? count : 1, size > 0 ? size : 1);

    if (memory == NULL)
        out_of_memory(count * size);
    return memory;
}

void *mr_memdup(const void *bytes, size_t size)
{
    void *copy = mr_malloc(size);

    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

char *mr_strdup(const char *text)
{
    return mr_memdup(text, strlen(text) + 1);
}

void mr_free(void *memory)
{
    free(memory);
}
