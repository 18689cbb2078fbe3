// SPDX-License-Identifier: Apache-2.0
/*
 * watch.h - which files of a folder changed, by inotify.
 *
 * Changes are collected until nothing came for WATCH_QUIET_MS, or for
 * WATCH_WAIT_MS in all, so that a file is read once it is written, and still
 * within a second.  A file counts as changed when it is closed after writing,
 * moved, linked or removed.  What cannot be told one by one (too much at once,
 * the root moved away) is told as `everything`.
 *
 * Memory:  a path a folder, and WATCH_PATHS_MAX changed paths.
 * Threads: one at a time.
 * I/O:     inotify.
 */
#ifndef INGESTOR_FILES_IO_WATCH_H
#define INGESTOR_FILES_IO_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_status.h"

#define WATCH_QUIET_MS  150
#define WATCH_WAIT_MS   600
#define WATCH_PATHS_MAX 4096u

struct watch;

/* `root` is a folder's real path; `only` the one file in it that counts, or
 * NULL.  MR_E_UNAVAILABLE: no inotify. */
MR_MUST_CHECK enum mr_code watch_open(const char *root, const char *only,
                                      struct watch **out, struct mr_err *err);

/* NULL does nothing. */
void watch_close(struct watch *watch);

/* To be polled for input. */
int watch_fd(const struct watch *watch);

/* Watches a folder below the root ("" for itself) but not those in it.  One
 * that is watched already is no failure.  MR_E_LIMIT: the system allows no
 * more; the words name the setting. */
MR_MUST_CHECK enum mr_code watch_add(struct watch *watch, const char *path,
                                     struct mr_err *err);

/* Takes in what has happened, without waiting. */
void watch_read(struct watch *watch, int64_t now_ms);

/* How long until the changes should be taken; 0: now, -1: there are none. */
int watch_due_ms(const struct watch *watch, int64_t now_ms);

/* The next changed path, relative to the root, which the caller frees
 * (mr_free()); NULL when there is none left. */
char *watch_take(struct watch *watch);

/* Whether all must be looked at instead; asking resets it. */
bool watch_take_everything(struct watch *watch);

#endif
