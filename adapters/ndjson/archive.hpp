#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/ndjson/line_key.hpp"
#include "adapters/ndjson/mirror.hpp"
#include "journal/keys.hpp"
#include "journal/object_store.hpp"
#include "journal/record_archive.hpp"
#include "journal/signing.hpp"

namespace logline::ndjson {

/// Of the archive's own keys and places.
struct archive_options {
  std::string site;
  core::partition_id partition;
  std::filesystem::path scratch;    ///< a directory that may be written, and is emptied
  bool remove_scratch = false;      ///< with the object
  std::vector<line_key> keys;       ///< lines may be signed by
  journal::key_history believed;    ///< units may be signed by
  std::optional<line_key> current;  ///< signs new shards; with site_key: without it add() refuses
  std::optional<journal::site_key> site_key;
  schema_map types;  ///< of new shards
  std::uint64_t shard_bytes = 50'000'000;
  int zstd_level = 9;  ///< written once, read seldom
};

/// Units of sealed NDJSON shards, each with an index, under archive/SITE/PARTITION/FIRST-LAST/
/// (docs/formats/archive.md). unit.json.sig is written last: a unit without it is none.
class archive final : public journal::record_archive {
 public:
  archive(archive_options settings, std::unique_ptr<journal::object_store> place)
      : settings_(std::move(settings)), place_(std::move(place)) {}
  ~archive() override;
  archive(const archive&) = delete;
  archive& operator=(const archive&) = delete;

  journal::result<std::vector<journal::archive_unit>> units() override;
  journal::result<journal::archive_unit> add(const journal::partition_log& log, core::gseq last, core::timestamp now,
                                             const std::function<bool()>& stop) override;
  journal::outcome check(const journal::archive_unit& unit) override;
  journal::result<std::uint64_t> fetch(core::gseq from, core::gseq to, const std::filesystem::path& directory) override;
  journal::result<reading> read(const journal::record_filter& filter,
                                core::function_ref<bool(const core::record&)> visit) override;

 private:
  journal::result<journal::archive_unit> load_unit(const std::string& folder);
  journal::result<copy_begin> end_of(const std::vector<journal::archive_unit>& all) const;
  journal::outcome clear_scratch() const;
  journal::result<journal::mirror_position> write_shards(const journal::partition_log& log, const copy_begin& from,
                                                         core::gseq last, const std::function<bool()>& stop) const;
  journal::result<journal::archive_unit> describe_scratch(const copy_begin& from, core::timestamp now) const;
  journal::outcome store_unit(const journal::archive_unit& unit, const std::function<bool()>& stop);
  journal::outcome fetch_shard(const std::string& folder, const journal::archived_shard& shard,
                               const std::filesystem::path& directory, bool with_manifest);
  journal::result<bool> rules_out(const std::string& folder, const journal::archived_shard& shard,
                                  const journal::record_filter& filter);
  std::string base() const;
  std::string folder_of(const journal::archive_unit& unit) const;

  const archive_options settings_;
  const std::unique_ptr<journal::object_store> place_;
};

}  // namespace logline::ndjson
