#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/ndjson/line_key.hpp"
#include "adapters/ndjson/meta.hpp"
#include "adapters/ndjson/open_shard.hpp"
#include "adapters/ndjson/sealed_shard.hpp"
#include "adapters/ndjson/shard_name.hpp"
#include "domain/core/time.hpp"
#include "journal/keys.hpp"
#include "journal/mirror_target.hpp"

namespace logline::ndjson {

/// What goes before a directory's first shard (NDJ-11).
struct copy_begin {
  journal::mirror_position at;     ///< its first record follows this one
  core::digest shard;              ///< SHA-256 of the shard before, where that is known
  std::optional<shard_name> name;  ///< of that one: names go on behind it
};

struct options {
  std::filesystem::path directory;  ///< one mirror of one partition and nothing else; made where it is missing
  std::string site;
  core::partition_id partition;
  std::uint64_t shard_bytes = 50'000'000;     ///< NDJ-03; only a single line may be larger
  line_key key;                               ///< signs new shards
  std::vector<line_key> older_keys;           ///< signed what is there already (overlap)
  std::optional<journal::site_key> site_key;  ///< signs manifests
  int zstd_level = 0;                         ///< 1 to 19; 0: sealed shards stay plain
  schema_map types;                           ///< event types and their versions, for the schema line
  std::function<core::timestamp()> clock;     ///< tells rest() the day
  copy_begin begin;                           ///< of an empty directory
};

/// What open() put right after a crash.
struct recovery {
  std::string file;                   ///< the shard that was cut, or empty
  std::uint64_t cut_bytes = 0;        ///< taken off its end
  std::uint64_t finished = 0;         ///< shards whose sealing was completed
  std::uint64_t removed = 0;          ///< leftovers of files never finished
  std::optional<journal::error> why;  ///< what was wrong with the first line that was cut, unless it just had no end
};

/// The mirror's files (journal NDJ-01 to NDJ-08): docs/formats/ndjson.md. Holds a lock on the directory from open()
/// until destruction. Nothing is compared with other shards than the last sealed one: see verify() for that.
class mirror final : public journal::mirror_target {
 public:
  explicit mirror(options settings);

  /// Further errors: store_locked; store_corrupt for files that no crash leaves; key_missing, bad_signature,
  /// unknown_format for files of an unknown key or version; chain_broken, position_gap where the last shards do not
  /// follow one another or are another log's. Nothing is changed then that a later open() could need.
  journal::result<journal::mirror_position> open() override;

  /// A failure may leave the first records of the batch durable: open() says how far. Further errors: position_gap and
  /// chain_broken when the records do not follow the position or do not lead to `after` (MIR-04); nothing is written.
  journal::outcome append(std::span<const journal::record_view> records,
                          const journal::mirror_position& after) override;

  /// Seals the open shard when its day is over, and compresses one shard that was left plain. Errors as append().
  journal::outcome rest() override;

  /// Of the last open().
  const recovery& recovered() const { return recovered_; }

 private:
  journal::outcome open_files();
  journal::outcome lock_directory();
  journal::outcome adopt_sealed(const shard_files& files);
  journal::outcome adopt_part(const shard_files& files);
  journal::outcome check_owner(const std::string& site, std::uint16_t partition) const;
  journal::outcome check_chain(std::span<const journal::record_view> records, const journal::mirror_position& after);
  journal::outcome append_one(const journal::record_view& record, const core::digest& hash);
  journal::outcome begin_shard(const journal::record_view& first);
  journal::outcome seal();
  journal::outcome failed(journal::outcome what);
  std::filesystem::path path_of(const shard_name& name) const { return settings_.directory / name.text(); }

  options settings_;
  shard_keys keys_;
  file lock_;
  bool ready_ = false;
  journal::mirror_position at_;
  shard_end sealed_;  ///< of the last sealed shard
  bool has_sealed_ = false;
  std::optional<shard_name> last_name_;  ///< of the newest shard, open or sealed
  std::uint64_t schema_number_ = 0;      ///< of the newest shard
  schema_map schema_types_;
  std::optional<open_shard> open_;
  std::vector<shard_name> plain_;  ///< sealed shards to compress
  std::vector<core::digest> hashes_;
  std::string line_;
  recovery recovered_;
};

}  // namespace logline::ndjson
