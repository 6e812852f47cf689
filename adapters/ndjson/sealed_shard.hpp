#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "adapters/ndjson/line_key.hpp"
#include "adapters/ndjson/meta.hpp"
#include "adapters/ndjson/shard_scan.hpp"
#include "journal/keys.hpp"

namespace logline::ndjson {

/// Who signs and who is believed.
struct shard_keys {
  line_key current;
  std::vector<line_key> all;  ///< current among them
  std::optional<journal::site_key> site;
};

/// X.ndjson → X.ndjson.manifest, X.ndjson.zst, X.ndjson.part.
std::filesystem::path manifest_path(const std::filesystem::path& sealed);
std::filesystem::path packed_path(const std::filesystem::path& sealed);
std::filesystem::path part_path(const std::filesystem::path& sealed);

/// The manifest of a shard that was read to its trailer.
shard_manifest manifest_of(const shard_scan& scan);

/// Errors: store_failed.
journal::outcome write_manifest(const std::filesystem::path& sealed, const shard_manifest& manifest,
                                const shard_keys& keys);
/// Checks signatures and that it is of this shard. Errors: not_found where there is none, those of parse_manifest,
/// bad_encoding.
journal::result<shard_manifest> read_manifest(const std::filesystem::path& sealed, const std::vector<line_key>& keys,
                                              const std::optional<journal::site_public_key>& vouched_by);

/// Puts X.ndjson.zst in the place of X.ndjson (NDJ-08): the copy is read back before the manifest names it, and only
/// then the plain file goes. Errors: store_failed; checksum_mismatch when the plain file is not what the manifest says.
journal::outcome pack_shard(const std::filesystem::path& sealed, shard_manifest manifest, const shard_keys& keys,
                            int level);

}  // namespace logline::ndjson
