#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/core/ids.hpp"
#include "domain/core/result.hpp"

namespace logline::journal {

/// One code per kind of damage or refusal; never one "I/O error" for all.
enum class errc : std::uint8_t {
  short_read,           ///< bytes end before the structure does
  bad_magic,            ///< not one of our frames
  checksum_mismatch,    ///< CRC does not fit the bytes
  bad_encoding,         ///< CRC fits, but the structure does not parse
  unknown_format,       ///< written by a newer version
  position_gap,         ///< a gseq is missing or comes twice
  sequence_gap,         ///< an entity's eseq is missing or comes twice
  chain_broken,         ///< the hash chain does not continue
  checkpoint_mismatch,  ///< a signed head does not fit the log
  bad_signature,        ///< a checkpoint's signature does not verify
  incomplete_commit,    ///< some frames of a commit are missing
  acknowledged_lost,    ///< the log ends before what was acknowledged
  index_mismatch,       ///< an index disagrees with the log
  store_corrupt,        ///< RocksDB reports corruption, or a file of it fails its checksum
  store_failed,         ///< RocksDB or the operating system failed a write, sync or read
  store_locked,         ///< another process has the directory open
  stopped,              ///< the partition stopped after an earlier failure, or is shutting down
  conflict,             ///< expected eseq is not the actual one
  too_large,            ///< a record or batch is over JRN-12's limits
  overloaded,           ///< admission bound reached; try again
  disk_full,            ///< below the disk floor: read-only
  not_found,
  archived,     ///< the records are in the archive, which cannot be read now; the message names it
  key_missing,  ///< site key absent or unreadable
};

std::string_view to_string(errc code);

/// What went wrong and where. `position` is the first gseq concerned, 0 where none is known.
struct error {
  errc code = errc::store_failed;
  std::string message;
  core::gseq position;

  /// "checksum_mismatch at gseq 17: frame CRC …"
  std::string text() const;
};

template <class T>
using result = core::result<T, error>;
using outcome = result<core::done>;

/// The refusal a caller sees: conflict → CONFLICT, overloaded → OVERLOADED with Retry-After, disk_full → READ_ONLY,
/// too_large → PAYLOAD_TOO_LARGE, damage → JOURNAL_CORRUPT, the rest → UNAVAILABLE.
core::failure to_failure(const error& e);

}  // namespace logline::journal
