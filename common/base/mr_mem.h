// SPDX-License-Identifier: Apache-2.0
/*
 * mr_mem.h - memory that is there or ends the process.
 *
 * Every size that comes from outside is checked against a limit before it
 * gets here, so a failure means that the machine is out of memory; then the
 * process ends with a line on standard error and is restarted from the log.
 *
 * Threads: any.
 */
#ifndef COMMON_BASE_MR_MEM_H
#define COMMON_BASE_MR_MEM_H

#include <stddef.h>

/* Never NULL, also for size 0.  Freed by mr_free(). */
void *mr_malloc(size_t size) __attribute__((malloc, returns_nonnull));

/* `count` zeroed members of `size`; the product is checked. */
void *mr_calloc(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));

/* realloc() to `count` members of `size`; `old` may be NULL. */
void *mr_realloc_array(void *old, size_t count, size_t size)
    __attribute__((returns_nonnull));

/* A copy of `size` bytes. */
void *mr_memdup(const void *bytes, size_t size)
    __attribute__((malloc, returns_nonnull));

/* A copy of a C string. */
char *mr_strdup(const char *text) __attribute__((malloc, returns_nonnull));

/* free(); NULL does nothing. */
void mr_free(void *memory);

#endif
