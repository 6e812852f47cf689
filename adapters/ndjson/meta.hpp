#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/ndjson/line_key.hpp"
#include "domain/core/digest.hpp"
#include "domain/core/time.hpp"
#include "journal/errc.hpp"
#include "journal/keys.hpp"

namespace logline::ndjson {

inline constexpr std::uint16_t format_version = 1;

/// Versions of the event types, by name of the type.
using schema_map = std::map<std::string, std::uint64_t>;

/// First line of a shard.
struct shard_header {
  std::uint16_t format = format_version;
  std::string name;  ///< of the file when sealed, so that no shard can stand in for another
  std::string site;
  std::uint16_t partition = 0;
  std::uint64_t first_gseq = 1;
  core::digest previous;        ///< chain hash before first_gseq
  core::digest previous_shard;  ///< SHA-256 of the whole shard before, uncompressed; zeros for the first
  std::string filter;           ///< which records are there; only "all" is known
  std::string key_id;
};

/// Second line of a shard (NDJ-06).
struct schema_line {
  std::uint64_t number = 1;  ///< goes up by one with every change
  core::timestamp at;        ///< commit time of the shard's first record
  schema_map types;
};

/// Last line of a sealed shard.
struct shard_trailer {
  std::uint16_t format = format_version;
  std::uint64_t last_gseq = 0;
  std::uint64_t lines = 0;  ///< events
  core::digest hash;        ///< chain hash after last_gseq
  core::digest sha256;      ///< of all bytes before this line
};

/// The file `<shard>.manifest`: what a sealed shard is, for those who hold no line key.
struct shard_manifest {
  std::uint16_t format = format_version;
  std::string shard;
  std::string site;
  std::uint16_t partition = 0;
  std::uint64_t first_gseq = 0;
  std::uint64_t last_gseq = 0;
  std::uint64_t lines = 0;
  core::digest previous;
  core::digest hash;
  core::digest previous_shard;
  std::uint64_t bytes = 0;  ///< of the whole plain file, trailer included
  core::digest sha256;
  std::optional<core::digest> packed_sha256;  ///< of the .zst file, once there is one
  std::uint64_t schema_number = 1;
  schema_map types;
  std::string key_id;
  std::optional<std::string> site_key;  ///< name of the key of ed25519_b64
  friend bool operator==(const shard_manifest&, const shard_manifest&) = default;
};

/// Appends one signed line.
void append_meta_line(const shard_header& header, const line_key& key, std::string& out);
void append_meta_line(const schema_line& schema, const line_key& key, std::string& out);
void append_meta_line(const shard_trailer& trailer, const line_key& key, std::string& out);

enum class line_kind { event, header, schema, trailer, unknown_meta };
/// By the first member's name: those that begin with _ never count as events (NDJ-06).
line_kind kind_of(std::string_view body);

/// Read a line's body. Errors: bad_encoding; unknown_format for a later version or a filter.
journal::result<shard_header> parse_header(std::string_view body);
journal::result<schema_line> parse_schema(std::string_view body);
journal::result<shard_trailer> parse_trailer(std::string_view body);

/// The manifest's only line: signed by the line key, and by the site's where there is one.
std::string manifest_text(const shard_manifest& manifest, const line_key& key,
                          const std::optional<journal::site_key>& site);
/// Checks both signatures. Where `vouched_by` is given the site's must be there. Errors: bad_encoding, key_missing
/// (unknown key_id), bad_signature, unknown_format.
journal::result<shard_manifest> parse_manifest(std::string_view text, const std::vector<line_key>& keys,
                                               const std::optional<journal::site_public_key>& vouched_by);

}  // namespace logline::ndjson
