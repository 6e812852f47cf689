#pragma once

#include <memory>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include "journal/errc.hpp"

namespace logline::journal {

/// Where a store's files are: the operating system's, or a simulated disk's. Everything the journal puts beside
/// RocksDB's own files goes through the same file system. Only journal/ and test fixtures look inside; others pass the
/// pointer on.
struct rocks_environment {
  explicit rocks_environment(std::shared_ptr<rocksdb::FileSystem> file_system);

  std::shared_ptr<rocksdb::FileSystem> files;
  std::unique_ptr<rocksdb::Env> owned;
  rocksdb::Env* env;

  /// The operating system's.
  static std::shared_ptr<rocks_environment> standard();
};

/// Corruption and missing files → store_corrupt, anything else → store_failed. `doing` says what failed: "writing a
/// commit".
error to_error(const rocksdb::Status& status, std::string_view doing);

}  // namespace logline::journal
