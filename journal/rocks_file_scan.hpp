#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/digest.hpp"
#include "journal/errc.hpp"

namespace rocksdb {
class Env;
}

namespace logline::journal {

// RocksDB stops reading its write-ahead log and its manifest at the first record that does not fit and calls the rest a
// torn tail; it never looks at padding, and never checks CURRENT, IDENTITY and OPTIONS-* at all. This reads those files
// to their last byte by their format (RocksDB 7.8, db/log_format.h), so that damage that RocksDB would take for an end
// is named. Table files (*.sst) are RocksDB's to check: each has a whole-file checksum in the manifest
// (DB::VerifyFileChecksums).

/// Bytes of a store file that do not account for themselves.
struct file_damage {
  std::string file;          ///< name within the store directory
  std::uint64_t offset = 0;  ///< first byte not accounted for
  /// short_read: the file ends inside a record, as a torn write leaves it; checksum_mismatch; bad_encoding;
  /// store_failed: the operating system cannot read it.
  errc code = errc::bad_encoding;
  std::string message;

  /// "000012.log at byte 4711: checksum_mismatch: …"
  std::string text() const;
};

/// Given each whole record of a log-format file, in order.
using log_record_sink = std::function<void(std::string_view record)>;

/// Reads one file of RocksDB's log format to its end; the first damage, or nothing when every byte is accounted for.
/// `records` may be empty.
std::optional<file_damage> scan_log_file(rocksdb::Env& env, const std::string& directory, const std::string& file,
                                         const log_record_sink& records);

/// What a store directory consists of, and what in it is damaged.
struct store_files {
  std::vector<std::string> write_ahead_logs;  ///< in the order in which they were written
  std::vector<std::string> tables;
  std::vector<std::string> strangers;           ///< names neither RocksDB nor the caller knows
  std::map<std::string, core::digest> options;  ///< SHA-256 of each OPTIONS file
  std::string manifest;                         ///< the one CURRENT names; empty when it names none
  std::string database_id;                      ///< as the manifest has it
  std::uint64_t bytes = 0;                      ///< of all files
  std::vector<file_damage> damages;             ///< of CURRENT, IDENTITY, LOCK, manifests and write-ahead logs
};

/// Scans everything in the directory but tables. `own_names` are files that the caller checks itself. Reads only; the
/// store must not be open for writing meanwhile. Errors: store_failed when the directory cannot be listed.
result<store_files> scan_store(rocksdb::Env& env, const std::string& directory,
                               const std::vector<std::string>& own_names);

}  // namespace logline::journal
