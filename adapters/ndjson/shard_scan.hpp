#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "adapters/ndjson/file.hpp"
#include "adapters/ndjson/line_key.hpp"
#include "adapters/ndjson/meta.hpp"
#include "domain/core/function_ref.hpp"
#include "journal/record_line.hpp"

namespace logline::ndjson {

/// Where a shard ends, and so where the next must begin.
struct shard_end {
  std::uint64_t position = 0;
  core::digest chain;
  core::digest sha256;  ///< of the whole plain shard
};

/// What stands in a shard's file as far as it is sound.
struct shard_scan {
  std::optional<shard_header> header;
  std::optional<schema_line> schema;
  std::uint64_t position = 0;  ///< of the last sound event; before any, that before first_gseq
  core::digest chain;
  std::uint64_t events = 0;
  std::uint64_t lines = 0;  ///< sound ones, of any kind
  std::uint64_t bytes = 0;  ///< of the sound lines
  running_digest digest;    ///< over these bytes
  bool has_trailer = false;
  bool stopped = false;                  ///< the visitor wanted no more
  std::uint64_t unfinished_bytes = 0;    ///< behind the last line end of the file
  core::digest stored_sha256;            ///< of the file's bytes as stored, when read to its end
  std::optional<journal::error> damage;  ///< of the first line that is not sound; its gseq where there should be one

  shard_end end() const { return {position, chain, digest.value()}; }
};

/// Says whether a shard with that header may follow; asked before any event is handed over.
using header_check = core::function_ref<journal::outcome(const shard_header&)>;
using line_visitor = core::function_ref<bool(const journal::parsed_line&, std::uint64_t line)>;

/// Reads a shard to its end or first damage: signatures, order of lines, chain, trailer, and that it is the shard its
/// name says. `visit` gets each event whose line was checked, with the line's number from 1, and says whether to go on.
/// Errors: not_found and store_failed; what is wrong with the content is in `damage`.
journal::result<shard_scan> scan_shard(const std::filesystem::path& path, const std::vector<line_key>& keys,
                                       header_check accept, line_visitor visit);
/// The same for a shard that stands for itself, whose events nobody wants.
journal::result<shard_scan> scan_shard(const std::filesystem::path& path, const std::vector<line_key>& keys);

/// Whether the shard follows that end without a gap. Errors: position_gap, chain_broken.
journal::outcome follows(const shard_header& header, const shard_end& before);

/// "file line n: …" before the message.
journal::error placed(journal::error what, const std::filesystem::path& path, std::uint64_t line);

}  // namespace logline::ndjson
