#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "adapters/ndjson/file.hpp"
#include "adapters/ndjson/meta.hpp"
#include "adapters/ndjson/shard_name.hpp"
#include "adapters/ndjson/shard_scan.hpp"

namespace logline::ndjson {

/// The shard that lines are appended to: a .part file. By one thread.
class open_shard {
 public:
  /// Makes the file, durably by name; header and schema line wait for the first sync. Errors: store_failed, also when
  /// the file is there already.
  static journal::result<open_shard> create(const std::filesystem::path& directory, const shard_name& name,
                                            const shard_header& header, const schema_line& schema, const line_key& key);
  /// Goes on behind the sound lines of a file that was scanned, and cuts off what follows them. Errors: store_failed.
  static journal::result<open_shard> resume(const std::filesystem::path& directory, const shard_name& name,
                                            shard_scan scan, const line_key& key);

  /// What was appended so far, on the disk or not yet.
  const shard_scan& content() const { return content_; }
  const shard_name& name() const { return name_; }
  const line_key& key() const { return key_; }

  /// Whether the shard stays within that size with this line and its trailer.
  bool has_room(std::size_t line_bytes, std::uint64_t shard_bytes) const;

  /// An event's signed line; its record has this position and chain hash. Errors: store_failed.
  journal::outcome add(std::string_view line, std::uint64_t position, const core::digest& chain);
  /// Durable when it returns. Errors: store_failed.
  journal::outcome sync();
  /// Adds the trailer where there is none, syncs, and gives the file its final name (NDJ-04). Errors: store_failed.
  journal::outcome seal();

 private:
  open_shard(const std::filesystem::path& directory, const shard_name& name, const line_key& key);
  journal::outcome put(std::string_view lines);
  journal::outcome flush();

  std::filesystem::path sealed_;
  shard_name name_;
  line_key key_;
  file file_;
  shard_scan content_;
  std::string waiting_;
};

}  // namespace logline::ndjson
