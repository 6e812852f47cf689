#include "journal/layout.hpp"

#include "domain/core/digest.hpp"
#include "domain/core/invariant.hpp"
#include "journal/little_endian.hpp"

namespace logline::journal {

namespace {

constexpr std::int64_t day_us = core::days(1).us;

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

std::optional<std::uint64_t> take_varint(std::string_view& from) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !from.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(family f) {
  switch (f) {
    case family::log:
      return "log";
    case family::entity:
      return "entity";
    case family::meta:
      return "meta";
    case family::checkpoints:
      return "checkpoints";
    case family::cursors:
      return "cursors";
    case family::dedupe:
      return "dedupe";
    case family::wakes:
      return "wakes";
    case family::tree:
      return "tree";
    case family::snapshots:
      return "snapshots";
    case family::views:
      return "views";
  }
  LL_INVARIANT(false, "no family has the value {}", static_cast<int>(f));
}

std::string log_key(core::partition_id partition, core::gseq first) {
  std::string key;
  append_big_endian(key, partition.value);
  append_big_endian(key, first.value);
  return key;
}

std::optional<core::gseq> parse_log_key(core::partition_id partition, std::string_view key) {
  if (key.size() != 10 || get_big_endian<std::uint16_t>(key) != partition.value) return std::nullopt;
  return core::gseq{get_big_endian<std::uint64_t>(key.substr(2))};
}

void append_entity_prefix(std::string_view tenant, std::string_view type, std::string_view key, std::string& out) {
  for (const auto part : {tenant, type, key}) {
    out += part;
    out += '\0';
  }
}

std::string entity_prefix(const core::address& entity) {
  std::string out;
  out.reserve(entity.tenant.size() + entity.type.size() + entity.key.size() + 11);
  append_entity_prefix(entity.tenant, entity.type, entity.key, out);
  return out;
}

std::optional<core::address> parse_entity_prefix(std::string_view key) {
  core::address out;
  for (std::string* part : {&out.tenant, &out.type, &out.key}) {
    const std::size_t end = key.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    *part = key.substr(0, end);
    key.remove_prefix(end + 1);
  }
  return out;
}

std::string entity_key(std::string_view prefix, core::gseq frame_first) {
  std::string key;
  key.reserve(prefix.size() + 8);
  key = prefix;
  append_big_endian(key, frame_first.value);
  return key;
}

std::string encode_entity_row(const entity_row& row) {
  std::string out;
  append_entity_row(row, out);
  return out;
}

void append_entity_row(const entity_row& row, std::string& out) {
  append_varint(out, row.first.value);
  append_varint(out, row.positions.size());
  std::uint32_t expected = 0;
  for (const auto position : row.positions) {
    append_varint(out, position - expected);
    expected = position + 1;
  }
}

std::optional<entity_row> parse_entity_row(std::string_view value) {
  const auto first = take_varint(value);
  const auto count = take_varint(value);
  if (!first || *first == 0 || !count || *count == 0 || *count > value.size()) return std::nullopt;
  entity_row row{core::eseq{*first}, {}};
  row.positions.reserve(*count);
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto gap = take_varint(value);
    if (!gap || *gap > UINT32_MAX - expected) return std::nullopt;
    row.positions.push_back(static_cast<std::uint32_t>(expected + *gap));
    expected += *gap + 1;
  }
  if (!value.empty()) return std::nullopt;
  return row;
}

std::uint32_t day_of(core::timestamp t) {
  return t.us < 0 ? 0 : static_cast<std::uint32_t>(t.us / day_us);
}

std::string dedupe_day_key(std::uint32_t day) {
  std::string key;
  append_big_endian(key, day);
  return key;
}

std::string dedupe_key(std::uint32_t day, const core::address& entity, std::string_view idempotency_key) {
  std::string key = dedupe_day_key(day);
  const core::digest hash = core::sha256({entity_prefix(entity), idempotency_key});
  key += hash.view().substr(0, 16);
  return key;
}

std::string tree_key(unsigned level, std::uint64_t index) {
  std::string key;
  append_big_endian(key, static_cast<std::uint8_t>(level));
  append_big_endian(key, index);
  return key;
}

// Addresses start with a letter or digit; rows of days and of levels are longer or shorter than this.
std::string_view cursor_key() {
  return {"\0cursor", 7};
}

std::string view_begin(std::string_view view) {
  std::string key{view};
  key += '\0';
  return key;
}

std::string view_end(std::string_view view) {
  std::string key{view};
  key += '\1';
  return key;
}

std::string view_row_key(std::string_view view, std::string_view key) {
  std::string out = view_begin(view);
  out += 'r';
  out += key;
  return out;
}

std::string view_cursor_key(std::string_view view) {
  return view_begin(view) + 'c';
}

std::string encode_position(std::uint64_t position) {
  std::string value(8, '\0');
  put_little_endian(value.data(), position);
  return value;
}

std::optional<std::uint64_t> parse_position(std::string_view value) {
  if (value.size() != 8) return std::nullopt;
  return get_little_endian<std::uint64_t>(value.data());
}

}  // namespace logline::journal
