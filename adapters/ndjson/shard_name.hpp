#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/time.hpp"
#include "journal/errc.hpp"

namespace logline::ndjson {

/// audit-YYYY-MM-DD-N.ndjson (NDJ-02).
struct shard_name {
  std::string day;  ///< "2026-03-29", UTC
  std::uint64_t number = 0;
  friend auto operator<=>(const shard_name&, const shard_name&) = default;

  std::string text() const;
};

/// Nothing when it is none, or has anything behind it.
std::optional<shard_name> parse_shard_name(std::string_view text);

/// The UTC day of that time. Times before year 1 or after year 9999 count as the nearest day there is.
std::string utc_day(core::timestamp at);

/// A shard and the files there are of it.
struct shard_files {
  shard_name name;
  bool open = false;      ///< .ndjson.part
  bool plain = false;     ///< .ndjson
  bool packed = false;    ///< .ndjson.zst
  bool manifest = false;  ///< .ndjson.manifest
  friend bool operator==(const shard_files&, const shard_files&) = default;
};

struct directory_listing {
  std::vector<shard_files> shards;      ///< in order
  std::vector<std::string> unfinished;  ///< names of .tmp files
};

/// Errors: not_found, store_failed. Names that are not of a mirror are passed over.
journal::result<directory_listing> list_shards(const std::filesystem::path& directory);

/// The name of the sealed plain file, whatever form of the shard the path names.
std::string sealed_name(const std::filesystem::path& path);

}  // namespace logline::ndjson
