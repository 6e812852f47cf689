#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "domain/core/digest.hpp"
#include "domain/core/ids.hpp"
#include "journal/errc.hpp"
#include "journal/rocks_environment.hpp"

namespace logline::journal {

/// How far results have left, noted beside the store after each commit and before its results. RocksDB takes the first
/// record of its WAL that does not fit for a torn tail and drops the rest without a word; a log that ends before its
/// witness has lost acknowledged records.
///
/// A small file with two slots, written in turn, so that one of them is whole whatever write was cut off. Not synced
/// per commit: it survives the death of the process always, that of the machine up to its last sync (each signed head).
struct witness {
  std::uint64_t serial = 0;  ///< of the write; the larger one counts
  core::gseq position;
  core::digest chain;
  bool closed = false;  ///< the store was closed in order: the other slot must be whole, too
};

inline constexpr std::string_view witness_file_name = "WITNESS";
inline constexpr std::size_t witness_slot_bytes = 64;
inline constexpr std::size_t witness_file_bytes = 2 * witness_slot_bytes;

std::string encode_witness_slot(const witness& w);
/// Nothing when the slot is not whole.
std::optional<witness> parse_witness_slot(std::string_view slot);

struct witness_reading {
  std::optional<witness> newest;
  bool exists = false;
  /// The slot that does not count is damaged, too: after a crash a write may have been cut off, after a close it may
  /// not.
  bool has_damaged_slot = false;
};
/// Errors: store_failed.
result<witness_reading> read_witness(const rocks_environment& environment, const std::string& directory);

/// The file, open for writing. By one thread at a time.
class witness_file {
 public:
  /// Replaces the file, or creates it, with `now` in both slots: atomically and durably. `environment` must outlive the
  /// object.
  static result<witness_file> open(const rocks_environment& environment, const std::string& directory,
                                   const witness& now);

  outcome note(core::gseq position, const core::digest& chain);
  outcome sync();
  /// Marks the end as an orderly one in both slots, again atomically and durably: a damaged slot beside one that says
  /// "closed" is never the trace of a write that was cut off.
  outcome close();
  const witness& last() const { return last_; }

 private:
  witness_file(const rocks_environment& environment, std::string directory,
               std::unique_ptr<rocksdb::FSRandomRWFile> file, const witness& last)
      : environment_(&environment), directory_(std::move(directory)), file_(std::move(file)), last_(last) {}

  const rocks_environment* environment_;
  std::string directory_;
  std::unique_ptr<rocksdb::FSRandomRWFile> file_;
  witness last_;
};

}  // namespace logline::journal
