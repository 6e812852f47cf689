#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "domain/core/digest.hpp"
#include "domain/core/function_ref.hpp"
#include "domain/core/time.hpp"
#include "journal/export.hpp"
#include "journal/partition_log.hpp"
#include "journal/record_line.hpp"

namespace logline::journal {

/// A sealed shard as an archive keeps it.
struct archived_shard {
  std::string name;  ///< of its plain file
  core::gseq first_gseq;
  core::gseq last_gseq;
  core::timestamp first_at;  ///< commit times
  core::timestamp last_at;
  std::uint64_t entities = 0;
  std::uint64_t bytes = 0;  ///< compressed
  core::digest sha256;      ///< plain
  core::digest zst_sha256;
  core::digest manifest_sha256;
  core::digest index_sha256;
  friend bool operator==(const archived_shard&, const archived_shard&) = default;
};

/// A range of a log as an archive keeps it: written once, signed by the site (ARC-01).
struct archive_unit {
  std::uint16_t format = 1;
  std::string site;
  std::uint16_t partition = 0;
  core::gseq first_gseq;
  core::gseq last_gseq;
  core::digest prev;   ///< chain hash before first_gseq
  core::digest hash;   ///< chain hash after last_gseq
  core::timestamp at;  ///< when it was made
  std::vector<archived_shard> shards;
  friend bool operator==(const archive_unit&, const archive_unit&) = default;
};

std::uint64_t bytes_of(const archive_unit& unit);

/// The past of one partition's log in an object store, as units without gaps from gseq 1 on. By one thread.
class record_archive {
 public:
  virtual ~record_archive() = default;

  /// All units, in order; their signatures are checked, and that each goes on where the one before ended. Errors:
  /// bad_signature, key_missing, position_gap, chain_broken, bad_encoding, unknown_format; the store's.
  virtual result<std::vector<archive_unit>> units() = 0;

  /// Makes the next unit of the log's records up to `last`, at most a million, and stores it: when it answers success
  /// the place has given out every byte of it again (RET-02). What is there is never replaced (ARC-03). Errors: those
  /// of units(); position_gap when there is nothing up to `last` left to do; stopped when `stop` said so; those of the
  /// log and of files.
  virtual result<archive_unit> add(const partition_log& log, core::gseq last, core::timestamp now,
                                   const std::function<bool()>& stop) = 0;

  /// Fetches the unit and recomputes everything: digests, signatures of lines, chain, index (ARC-05). Errors: what is
  /// wrong, with the shard's name; the store's.
  virtual outcome check(const archive_unit& unit) = 0;

  /// Puts the shards that hold records `from` to `to` into a directory as an NDJSON copy of its own, each proven;
  /// answers how many. Errors: not_found (none holds such records), the above.
  virtual result<std::uint64_t> fetch(core::gseq from, core::gseq to, const std::filesystem::path& directory) = 0;

  struct reading {
    std::uint64_t shards = 0;   ///< in the archive
    std::uint64_t fetched = 0;  ///< of these, because index and range could not rule them out
    std::uint64_t records = 0;  ///< handed over
  };
  /// Visits the records that the filter lets through, in order, until the visitor answers false. Fetches only shards
  /// that may hold such records: by range, time, and what their index says of tenant, type and entity (ARC-04).
  virtual result<reading> read(const record_filter& filter, core::function_ref<bool(const core::record&)> visit) = 0;
};

}  // namespace logline::journal
