#include "adapters/ndjson/shard_index.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "domain/core/digest.hpp"
#include "journal/described_json.hpp"
#include "journal/little_endian.hpp"

namespace logline::ndjson {

constexpr auto describe(core::type_tag<shard_index>) {
  using core::field;
  using f = shard_index;
  constexpr std::size_t bits_max = std::size_t{64} << 20;
  return core::description<f>("index", "", field("logline_index", &f::format), field("shard", &f::shard),
                              field("words", &f::words), field("bits", &f::bits, {.size_max = bits_max}));
}

namespace {

constexpr std::uint64_t bits_per_word = 10;
constexpr unsigned probes = 7;

/// Kirsch and Mitzenmacher, "Less hashing, same performance": two hashes give all the probes.
template <class Visit>
void each_bit(std::string_view word, std::uint64_t bit_count, Visit visit) {
  const auto digest = core::sha256(word);
  const auto raw = digest.view();
  const auto first = journal::get_little_endian<std::uint64_t>(raw.data());
  const auto second = journal::get_little_endian<std::uint64_t>(raw.data() + 8);
  for (unsigned i = 0; i < probes; ++i)
    visit((first + i * second) % bit_count);
}

std::string tenant_word(std::string_view tenant) {
  return fmt::format("tenant {}", tenant);
}
std::string type_word(std::string_view type) {
  return fmt::format("type {}", type);
}
std::string entity_word(std::string_view tenant, std::string_view type, std::string_view key) {
  return fmt::format("entity {}/{}/{}", tenant, type, key);
}

}  // namespace

bool shard_index::may_contain(std::string_view word) const {
  if (bits.data.empty()) return false;
  bool all = true;
  each_bit(word, bits.data.size() * 8, [&](std::uint64_t bit) {
    all = all && (static_cast<unsigned char>(bits.data[bit / 8]) >> (bit % 8) & 1) != 0;
  });
  return all;
}

bool shard_index::may_match(const journal::record_filter& filter) const {
  if (!filter.tenant.empty() && !may_contain(tenant_word(filter.tenant))) return false;
  if (!filter.type.empty() && !may_contain(type_word(filter.type))) return false;
  const bool whole = !filter.tenant.empty() && !filter.type.empty() && !filter.key.empty();
  return !whole || may_contain(entity_word(filter.tenant, filter.type, filter.key));
}

void index_maker::add(std::string_view tenant, std::string_view type, std::string_view key) {
  auto entity = entity_word(tenant, type, key);
  if (entities_.contains(entity)) return;
  entities_.insert(std::move(entity));
  words_.insert(tenant_word(tenant));
  words_.insert(type_word(type));
}

shard_index index_maker::finish(std::string shard) const {
  shard_index out;
  out.shard = std::move(shard);
  out.words = words_.size() + entities_.size();
  out.bits.data.assign((out.words * bits_per_word + 7) / 8, '\0');
  const auto set = [&](std::string_view word) {
    each_bit(word, out.bits.data.size() * 8, [&](std::uint64_t bit) {
      auto& octet = out.bits.data[bit / 8];
      octet = static_cast<char>(static_cast<unsigned char>(octet) | 1U << (bit % 8));
    });
  };
  for (const auto& word : words_)
    set(word);
  for (const auto& word : entities_)
    set(word);
  return out;
}

std::string index_text(const shard_index& index) {
  return journal::to_json(index) + '\n';
}

journal::result<shard_index> parse_index(std::string_view text) {
  auto index = journal::from_json<shard_index>(text, "index");
  if (index && index->format != shard_index{}.format)
    return journal::error{journal::errc::unknown_format, "an index that this version does not know", {}};
  return index;
}

}  // namespace logline::ndjson
