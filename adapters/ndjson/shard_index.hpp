#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "domain/core/bytes.hpp"
#include "domain/core/time.hpp"
#include "journal/errc.hpp"
#include "journal/export.hpp"

namespace logline::ndjson {

/// What an archived shard holds, small enough to be asked before the shard is fetched (ARC-04;
/// docs/formats/archive.md). A Bloom filter: 10 bits and 7 probes for each word, so that about one in a hundred that
/// is not there seems to be.
struct shard_index {
  std::uint16_t format = 1;
  std::string shard;
  std::uint64_t words = 0;
  core::bytes bits;

  /// Whether the shard may hold records of that entity, type and tenant, as far as the filter names them.
  bool may_match(const journal::record_filter& filter) const;
  bool may_contain(std::string_view word) const;
};

/// Gathers a shard's words: its tenants, types and entities.
class index_maker {
 public:
  void add(std::string_view tenant, std::string_view type, std::string_view key);
  std::uint64_t entities() const { return entities_.size(); }
  shard_index finish(std::string shard) const;

 private:
  std::set<std::string, std::less<>> words_;
  std::set<std::string, std::less<>> entities_;
};

std::string index_text(const shard_index& index);
/// Errors: bad_encoding, unknown_format.
journal::result<shard_index> parse_index(std::string_view text);

}  // namespace logline::ndjson
