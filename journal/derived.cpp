#include "journal/derived.hpp"

#include <fmt/format.h>

namespace logline::journal {

void put_dedupe_row(store_batch& batch, const core::address& entity, std::string_view idempotency_key,
                    core::timestamp at, core::gseq position) {
  batch.put(family::dedupe, dedupe_key(day_of(at), entity, idempotency_key), encode_position(position.value));
}

void erase_old_dedupe_rows(store_batch& batch, std::uint32_t day) {
  if (day < dedupe_days) return;
  batch.erase_range(family::dedupe, dedupe_day_key(0), dedupe_day_key(day - dedupe_days + 1));
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
