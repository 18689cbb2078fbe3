// SPDX-License-Identifier: Apache-2.0
/*
 * bench_folder.h - a benchmark's folder goes when it ends.
 */
#ifndef TESTS_BENCH_BENCH_FOLDER_H
#define TESTS_BENCH_BENCH_FOLDER_H

#include <ftw.h>
#include <stdio.h>

static inline int bench_folder_entry(const char *path,
                                     const struct stat *status, int flag,
                                     struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

/* With all that lies in it. */
static inline void bench_folder_remove(const char *folder)
{
    (void)nftw(folder, bench_folder_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
