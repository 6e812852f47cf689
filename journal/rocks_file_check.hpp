#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "journal/rocks_store.hpp"
#include "journal/tail_check.hpp"

namespace logline::journal {

struct file_check {
  std::uint64_t table_bytes_max = 0;   ///< how much of the table files to read
  std::uint64_t table_bytes_left = 0;  ///< out: what was not read
  std::vector<std::string> cut;        ///< out: what RocksDB will drop, where the files end in a torn write
};

/// Accounts for the files of a store that lies still: RocksDB's own logs to their last byte, its small files, table
/// files by their checksums. Adds to `findings`. `closed`: the store was closed in order, so nothing in it may be torn.
/// Errors: store_failed (the directory cannot be read).
outcome check_files(const rocks_store& store, const rocks_environment& environment, const std::string& directory,
                    bool closed, file_check& check, tail_findings& findings);

/// Notes the digests of the OPTIONS files, which RocksDB writes but never checks, for check_files of the next open.
outcome note_option_files(rocks_store& store, const rocks_environment& environment, const std::string& directory);

/// Files beside RocksDB's own.
std::vector<std::string> own_file_names();

}  // namespace logline::journal
