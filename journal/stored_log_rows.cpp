// Rows beside the log: snapshots, wake-ups, views, cursors of reactors.
#include <cstring>

#include <fmt/format.h>

#include "journal/derived.hpp"
#include "journal/little_endian.hpp"
#include "journal/stored_log.hpp"

namespace logline::journal {

namespace {

constexpr std::uint8_t snapshot_format = 1;
constexpr std::size_t snapshot_header_bytes = 1 + 8 + 8 + 4 + 32;

std::string encode_snapshot(const snapshot& s) {
  std::string out(snapshot_header_bytes, '\0');
  put_little_endian(out.data(), snapshot_format);
  put_little_endian(out.data() + 1, s.sequence.value);
  put_little_endian(out.data() + 9, s.position.value);
  put_little_endian(out.data() + 17, s.fold_version);
  std::memcpy(out.data() + 21, s.state_hash.octets.data(), s.state_hash.octets.size());
  return out += s.state;
}

/// Nothing when malformed: a snapshot is a cache, so a bad one is as good as none (JRN-10).
std::optional<snapshot> parse_snapshot(std::string_view value) {
  if (value.size() < snapshot_header_bytes || get_little_endian<std::uint8_t>(value.data()) != snapshot_format)
    return std::nullopt;
  return snapshot{core::eseq{get_little_endian<std::uint64_t>(value.data() + 1)},
                  core::gseq{get_little_endian<std::uint64_t>(value.data() + 9)},
                  get_little_endian<std::uint32_t>(value.data() + 17), core::digest::from(value.substr(21, 32)),
                  std::string{value.substr(snapshot_header_bytes)}};
}

result<core::gseq> read_position(const log_store& store, family f, std::string_view key) {
  std::string value;
  const auto found = store.get(f, key, value);
  if (!found) return found.error();
  if (!*found) return core::gseq{};
  const auto position = parse_position(value);
  if (!position) return error{errc::index_mismatch, fmt::format("malformed position in family {}", to_string(f)), {}};
  return core::gseq{*position};
}

}  // namespace

// Before it is readable a log brings its derived families up to date, unless it may not write.
outcome stored_log::up_to_date(family f) const {
  if (!read_only_) return core::done{};
  const auto position = read_cursor_row(*store_, f);
  if (!position) return position.error();
  if (*position >= durable()) return core::done{};
  return error{errc::index_mismatch,
               fmt::format("family {} is at gseq {}; it catches up when the log is opened for writing", to_string(f),
                           position->value),
               *position};
}

result<std::optional<snapshot>> stored_log::find_snapshot(const core::address& entity) const {
  std::string value;
  const auto found = store_->get(family::snapshots, entity_prefix(entity), value);
  if (!found) return found.error();
  return *found ? parse_snapshot(value) : std::nullopt;
}

outcome stored_log::put_snapshot(const core::address& entity, const snapshot& s) {
  LL_INVARIANT(s.position <= durable(), "snapshot of {} at gseq {}, durable are {}", entity.text(), s.position.value,
               durable().value);
  const auto batch = store_->make_batch();
  batch->put(family::snapshots, entity_prefix(entity), encode_snapshot(s));
  return write_aside(*batch, durability::derived);
}

outcome stored_log::each_wake(const std::function<void(const core::address&, core::timestamp)>& visit) const {
  if (auto ready = up_to_date(family::wakes); !ready) return ready;
  const auto rows = store_->walk(family::wakes, access::many);
  for (rows->seek({}); rows->valid(); rows->next()) {
    if (rows->key() == cursor_key()) continue;
    const auto entity = parse_entity_prefix(rows->key());
    const auto at = parse_position(rows->value());
    if (!entity || !at) return error{errc::index_mismatch, "malformed wake row", {}};
    visit(*entity, core::timestamp{static_cast<std::int64_t>(*at)});
  }
  return rows->status();
}

outcome stored_log::put_view(std::string_view view, core::gseq cursor, std::span<const view_row> rows) {
  LL_INVARIANT(cursor <= durable(), "view {} at gseq {}, durable are {}", view, cursor.value, durable().value);
  const auto batch = store_->make_batch();
  for (const auto& row : rows) {
    if (row.value) {
      batch->put(family::views, view_row_key(view, row.key), *row.value);
    } else {
      batch->erase(family::views, view_row_key(view, row.key));
    }
  }
  batch->put(family::views, view_cursor_key(view), encode_position(cursor.value));
  return write_aside(*batch, durability::derived);
}

result<core::gseq> stored_log::view_cursor(std::string_view view) const {
  return read_position(*store_, family::views, view_cursor_key(view));
}

outcome stored_log::drop_view(std::string_view view) {
  const auto batch = store_->make_batch();
  batch->erase_range(family::views, view_begin(view), view_end(view));
  return write_aside(*batch, durability::derived);
}

result<std::optional<std::string>> stored_log::view_get(std::string_view view, std::string_view key) const {
  std::string value;
  const auto found = store_->get(family::views, view_row_key(view, key), value);
  if (!found) return found.error();
  return *found ? std::optional{std::move(value)} : std::nullopt;
}

outcome stored_log::view_scan(std::string_view view, std::string_view prefix, std::string_view after,
                              const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const auto rows = store_->walk(family::views, access::few);
  const std::string begin = view_row_key(view, prefix);
  const std::string behind = view_row_key(view, after);
  const std::size_t name_bytes = view_row_key(view, {}).size();
  rows->seek(std::max(begin, behind));
  if (rows->valid() && !after.empty() && rows->key() == behind) rows->next();
  for (; rows->valid() && rows->key().starts_with(begin); rows->next())
    if (!visit(rows->key().substr(name_bytes), rows->value())) break;
  return rows->status();
}

outcome stored_log::put_cursor(std::string_view reader, core::gseq position) {
  const auto batch = store_->make_batch();
  batch->put(family::cursors, reader, encode_position(position.value));
  return write_aside(*batch, durability::logged);
}

result<core::gseq> stored_log::cursor(std::string_view reader) const {
  return read_position(*store_, family::cursors, reader);
}

}  // namespace logline::journal
