// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_quiet.cc - see rocksdb_quiet.h.
 */
#include "common/backends/rocksdb/rocksdb_quiet.h"

#include <memory>

#include <rocksdb/env.h>

/* As db/c.cc has it, in all versions so far: a shared pointer and no more. */
struct rocksdb_logger_t {
    std::shared_ptr<rocksdb::Logger> rep;
};

namespace
{

class QuietLogger : public rocksdb::Logger
{
  public:
    QuietLogger() : Logger(rocksdb::InfoLogLevel::HEADER_LEVEL)
    {
    }
    using rocksdb::Logger::Logv;
    void Logv(const char *, va_list) override
    {
    }
    void LogHeader(const char *, va_list) override
    {
    }
};

} // namespace

void rocks_set_quiet(rocksdb_options_t *options)
{
    rocksdb_logger_t logger = { std::make_shared<QuietLogger>() };

    rocksdb_options_set_info_log(options, &logger);
}
