#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "bench/support/measure.hpp"
#include "bench/support/payloads.hpp"

namespace logline::bench {

/// The floor: what disk and kernel allow. Everybody's payload that is in flight goes into one write, then one fdatasync
/// answers them all; the file grows. Records a second.
measurement append_raw(const std::filesystem::path& directory, const payloads& from, std::size_t in_flight,
                       double seconds);

/// A table of events in SQLite: WAL, synchronous=FULL, one writer, everybody in flight in one transaction.
class sqlite_log {
 public:
  explicit sqlite_log(const std::filesystem::path& directory);
  ~sqlite_log();

  measurement append(const payloads& from, std::size_t in_flight, double seconds);
  /// Adds rows without waiting for the disk.
  void fill(const payloads& from, std::size_t rows);
  /// Visits all rows in order, a pointer to each payload. Records a second.
  measurement scan();

 private:
  struct database;
  std::unique_ptr<database> db_;
};

}  // namespace logline::bench
