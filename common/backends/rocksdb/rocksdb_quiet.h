// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_quiet.h - RocksDB without a log of its own.
 *
 * It would write that log on a full disk as well, and where it is built with
 * its assertions, as Debian's is, the second failed line aborts the process.
 * What matters comes back as the failure of a call.
 *
 * A shim in C++: the C API of 7.8 takes a logger and has no way to make one.
 */
#ifndef COMMON_BACKENDS_ROCKSDB_ROCKSDB_QUIET_H
#define COMMON_BACKENDS_ROCKSDB_ROCKSDB_QUIET_H

#include <rocksdb/c.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nothing is logged by a database opened with these options. */
void rocks_set_quiet(rocksdb_options_t *options);

#ifdef __cplusplus
}
#endif

#endif
