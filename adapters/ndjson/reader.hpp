#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "adapters/ndjson/line_key.hpp"
#include "adapters/ndjson/shard_name.hpp"
#include "adapters/ndjson/shard_scan.hpp"
#include "domain/core/function_ref.hpp"
#include "journal/keys.hpp"
#include "journal/record_line.hpp"

namespace logline::ndjson {

/// Where an event stands.
struct line_place {
  std::string file;        ///< name in the directory
  std::uint64_t line = 0;  ///< from 1, header and schema line counted
};

/// What a walk has seen.
struct walk_summary {
  std::uint64_t shards = 0;
  std::uint64_t lines = 0;  ///< events
  core::gseq first;         ///< 0: none
  core::gseq last;
  core::digest head;                   ///< chain hash after `last`
  std::uint64_t unfinished_bytes = 0;  ///< in the open shard, behind its last line end: cut on the next opening
};

/// Reads a mirror's directory, whoever wrote it and whether or not somebody writes there now. Checks every signature,
/// the chain over lines and shards, trailers, digests and manifests before it hands a record on. Memory: a buffer and
/// one line. By one thread.
class reader {
 public:
  /// `keys`: all that lines may be signed with. With `vouched_by` manifests must be signed by that key too.
  reader(std::filesystem::path directory, std::vector<line_key> keys,
         std::optional<journal::site_public_key> vouched_by = std::nullopt)
      : directory_(std::move(directory)), keys_(std::move(keys)), vouched_by_(std::move(vouched_by)) {}

  using visitor = core::function_ref<bool(const journal::parsed_line&, const line_place&)>;
  /// Hands over every record in order until `visit` answers false. The first record may be later than gseq 1 where old
  /// shards were taken away; its chain is then believed from there. Errors name file and line, and carry the gseq that
  /// should have been there: position_gap, chain_broken, bad_signature, bad_encoding, checksum_mismatch, short_read,
  /// key_missing, unknown_format; not_found, store_failed.
  journal::outcome read(visitor visit);

  /// Of the last read(), as far as it got.
  const walk_summary& summary() const { return summary_; }

 private:
  journal::result<shard_scan> scan(const shard_files& files, visitor visit, std::string& file);
  journal::outcome accept(const shard_header& header);
  journal::outcome read_shard(const shard_files& files, visitor visit, bool& stopped);
  journal::outcome check_end(const shard_files& files, const std::string& file, const shard_scan& found);
  journal::outcome check_manifest(const std::string& file, const shard_scan& found);

  std::filesystem::path directory_;
  std::vector<line_key> keys_;
  std::optional<journal::site_public_key> vouched_by_;
  walk_summary summary_;
  std::optional<shard_end> before_;
  std::optional<std::string> unsealed_;                         ///< the shard that nothing may follow
  std::optional<std::pair<std::string, std::uint16_t>> owner_;  ///< site and partition, the same in all shards
};

inline constexpr std::uint64_t range_records = 10'000;

/// The records n·10 000+1 to (n+1)·10 000, as far as they are there.
struct range_digest {
  core::gseq first;
  core::gseq last;
  core::digest digest;  ///< chain hash after `last`: fixed by the bytes of all records up to there
  friend bool operator==(const range_digest&, const range_digest&) = default;
};

struct verify_report {
  walk_summary summary;
  std::vector<range_digest> ranges;
  std::optional<journal::error> damage;  ///< the first; nothing behind it was looked at
};

/// Reads everything and compares nothing with the journal: whoever has it compares `ranges` (MIR-05). What no copy can
/// tell by itself is that lines are missing at its end.
verify_report verify(const std::filesystem::path& directory, const std::vector<line_key>& keys,
                     const std::optional<journal::site_public_key>& vouched_by = std::nullopt);

}  // namespace logline::ndjson
