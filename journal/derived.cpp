#include "journal/derived.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "journal/little_endian.hpp"

namespace logline::journal {

void put_dedupe_row(store_batch& batch, const core::address& entity, std::string_view idempotency_key,
                    core::timestamp at, core::gseq position) {
  batch.put(family::dedupe, dedupe_key(day_of(at), entity, idempotency_key), encode_position(position.value));
}

bool recent_days::add(std::uint32_t day) {
  const auto at = std::lower_bound(days_.begin(), days_.end(), day);
  if (at != days_.end() && *at == day) return false;
  days_.insert(at, day);
  if (days_.size() > dedupe_days) days_.erase(days_.begin());
  return true;
}

result<recent_days> read_dedupe_days(const log_store& store) {
  constexpr std::size_t row_key_bytes = 20;
  recent_days found;
  const auto rows = store.walk(family::dedupe, access::few);
  rows->seek_back(std::string(row_key_bytes + 1, '\xff'));
  for (std::uint32_t count = 0; rows->valid() && count < dedupe_days;) {
    if (rows->key().size() != row_key_bytes) {
      rows->previous();  // the family's cursor
      continue;
    }
    const auto day = get_big_endian<std::uint32_t>(rows->key());
    found.add(day);
    ++count;
    rows->seek_back(dedupe_day_key(day));
  }
  if (auto status = rows->status(); !status) return std::move(status).error();
  return found;
}

void erase_old_dedupe_rows(store_batch& batch, std::uint32_t oldest) {
  batch.erase_range(family::dedupe, dedupe_day_key(0), dedupe_day_key(oldest));
}

void put_wake_row(store_batch& batch, const core::address& entity, core::timestamp wake_at) {
  if (wake_at.us == 0) {
    batch.erase(family::wakes, entity_prefix(entity));
  } else {
    batch.put(family::wakes, entity_prefix(entity), encode_position(static_cast<std::uint64_t>(wake_at.us)));
  }
}

void put_tree_row(store_batch& batch, unsigned level, std::uint64_t index, const core::digest& node) {
  batch.put(family::tree, tree_key(level, index), node.view());
}

void put_cursor_row(store_batch& batch, family f, core::gseq position) {
  batch.put(f, cursor_key(), encode_position(position.value));
}

result<core::gseq> read_cursor_row(const log_store& store, family f) {
  std::string value;
  const auto found = store.get(f, cursor_key(), value);
  if (!found) return found.error();
  if (!*found) return core::gseq{};
  const auto position = parse_position(value);
  if (!position) return error{errc::index_mismatch, fmt::format("cursor of family {} is malformed", to_string(f)), {}};
  return core::gseq{*position};
}

}  // namespace logline::journal
