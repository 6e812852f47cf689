#include "journal/derived_check.hpp"

#include <utility>

#include <fmt/format.h>

#include "journal/derived.hpp"
#include "journal/little_endian.hpp"
#include "journal/log_reader.hpp"

namespace logline::journal {

namespace {

constexpr std::size_t dedupe_key_bytes = 4 + 16;
constexpr std::size_t tree_key_bytes = 1 + 8;

core::address address_of(const record_view& r) {
  return {std::string{r.tenant}, std::string{r.type}, std::string{r.key}};
}

std::string dedupe_key_of(const record_view& r) {
  return dedupe_key(day_of(r.at), address_of(r), r.idempotency_key);
}

}  // namespace

derived_check::derived_check(const log_store& store, core::partition_id partition, bool is_whole, verify_report& report)
    : store_(store),
      partition_(partition),
      is_whole_(is_whole),
      report_(report),
      dedupe_cursor_(read_cursor(family::dedupe)),
      wakes_cursor_(read_cursor(family::wakes)),
      tree_cursor_(read_cursor(family::tree)) {}

core::gseq derived_check::read_cursor(family f) {
  const auto cursor = read_cursor_row(store_, f);
  if (cursor) return *cursor;
  add(cursor.error().code, {}, f, cursor.error().message);
  return {};
}

void derived_check::on_record(const record_view& r) {
  if (!is_whole_) return;
  if (r.has_idempotency && r.position <= dedupe_cursor_) {
    const std::uint32_t day = day_of(r.at);
    commands_[day].add(dedupe_key_of(r), encode_position(r.position.value));
    // Days do not decrease, so older ones are complete, and the store may have dropped them.
    commands_.erase(commands_.begin(), commands_.lower_bound(day < dedupe_days ? 0 : day - dedupe_days + 1));
  }
  if (!r.wake_at || r.position > wakes_cursor_) return;
  std::string prefix;
  append_entity_prefix(r.tenant, r.type, r.key, prefix);
  if (r.wake_at->us == 0) {
    wakes_.erase(prefix);
  } else {
    wakes_.insert_or_assign(std::move(prefix), *r.wake_at);
  }
}

void derived_check::on_node(unsigned level, std::uint64_t index, const core::digest& node) {
  const core::gseq last{(index + 1) << level};
  if (level < tree_level_min || last > tree_cursor_) return;
  std::string value;
  const auto found = store_.get(family::tree, tree_key(level, index), value);
  if (!found) return add(found.error().code, last, family::tree, found.error().message);
  if (!*found) return add(errc::index_mismatch, last, family::tree, fmt::format("node {}/{} is missing", level, index));
  if (value != node.view())
    add(errc::index_mismatch, last, family::tree, fmt::format("node {}/{} is not that of the records", level, index));
}

void derived_check::finish(const log_mark& mark) {
  if (!is_whole_) return;
  for (const auto& [f, cursor] : {std::pair{family::dedupe, dedupe_cursor_}, std::pair{family::wakes, wakes_cursor_},
                                  std::pair{family::tree, tree_cursor_}})
    if (cursor > mark.position)
      add(errc::index_mismatch, {}, f,
          fmt::format("is said to be at gseq {}, beyond the log's end {}", cursor.value, mark.position.value));
  check_wakes();
  check_dedupe(day_of(mark.at));
  check_tree_count();
  check_positions(family::cursors, mark.position);
}

void derived_check::check_wakes() {
  const auto rows = store_.walk(family::wakes, access::many);
  auto expected = wakes_.cbegin();
  const auto missing_before = [&](std::string_view key) {
    for (; expected != wakes_.cend() && (key.empty() || expected->first < key); ++expected)
      add(errc::index_mismatch, {}, family::wakes, "an armed wake-up is missing");
  };
  for (rows->seek({}); rows->valid(); rows->next()) {
    if (rows->key() == cursor_key()) continue;
    missing_before(rows->key());
    if (expected == wakes_.cend() || expected->first != rows->key()) {
      add(errc::index_mismatch, {}, family::wakes, "a wake-up that nobody armed");
      continue;
    }
    if (rows->value() != encode_position(static_cast<std::uint64_t>(expected->second.us)))
      add(errc::index_mismatch, {}, family::wakes, "a wake-up at another time than the records say");
    ++expected;
  }
  if (auto status = rows->status(); !status) return add(status.error().code, {}, family::wakes, status.error().message);
  missing_before({});
}

// Rows of days that the store may have dropped are not compared: nobody reads them.
void derived_check::check_dedupe(std::uint32_t today) {
  const std::uint32_t first_day = today < dedupe_days ? 0 : today - dedupe_days + 1;
  commands_.erase(commands_.begin(), commands_.lower_bound(first_day));
  std::map<std::uint32_t, row_set_sum> stored;
  const auto rows = store_.walk(family::dedupe, access::many);
  for (rows->seek({}); rows->valid(); rows->next()) {
    if (rows->key() == cursor_key()) continue;
    if (rows->key().size() != dedupe_key_bytes || !parse_position(rows->value())) {
      add(errc::index_mismatch, {}, family::dedupe, "a malformed row");
      continue;
    }
    const auto day = get_big_endian<std::uint32_t>(rows->key());
    if (day >= first_day) stored[day].add(rows->key(), rows->value());
  }
  if (auto status = rows->status(); !status)
    return add(status.error().code, {}, family::dedupe, status.error().message);
  if (stored != commands_) find_dedupe_damage(first_day);
}

// The sums also differ where one key was used twice in a day, which leaves one row only: each row decides for itself.
void derived_check::find_dedupe_damage(std::uint32_t first_day) {
  const auto read = walk_records(store_, partition_, core::gseq{1}, dedupe_cursor_, [&](const record_view& r) {
    if (r.has_idempotency) check_dedupe_record(r, first_day);
    return true;
  });
  if (!read) add(read.error().code, read.error().position, family::log, read.error().message);
  const auto rows = store_.walk(family::dedupe, access::many);
  for (rows->seek(dedupe_day_key(first_day)); rows->valid() && !report_.has_more_findings; rows->next()) {
    const auto position = parse_position(rows->value());
    if (rows->key() == cursor_key() || !position) continue;
    bool fits = false;
    if (*position > 0 && *position <= dedupe_cursor_.value) {
      const auto visited =
          walk_records(store_, partition_, core::gseq{*position}, core::gseq{*position}, [&](const record_view& r) {
            fits = r.has_idempotency && dedupe_key_of(r) == rows->key();
            return false;
          });
      fits = fits && visited;
    }
    if (!fits)
      add(errc::index_mismatch, {}, family::dedupe,
          fmt::format("a row points to gseq {}, which is no such command", *position));
  }
}

void derived_check::check_dedupe_record(const record_view& r, std::uint32_t first_day) {
  if (day_of(r.at) < first_day) return;
  std::string value;
  const auto found = store_.get(family::dedupe, dedupe_key_of(r), value);
  if (!found) return add(found.error().code, r.position, family::dedupe, found.error().message);
  const auto position = *found ? parse_position(value) : std::nullopt;
  if (!position || *position < r.position.value)
    add(errc::index_mismatch, r.position, family::dedupe,
        "the command of this record cannot be found by its idempotency key");
}

void derived_check::check_tree_count() {
  std::uint64_t demanded = 0;
  for (unsigned level = tree_level_min; level < 64; ++level)
    demanded += tree_cursor_.value >> level;
  std::uint64_t stored = 0;
  const auto rows = store_.walk(family::tree, access::many);
  for (rows->seek({}); rows->valid(); rows->next()) {
    if (rows->key() == cursor_key()) continue;
    ++stored;
    if (rows->key().size() != tree_key_bytes || rows->value().size() != sizeof(core::digest::octets))
      add(errc::index_mismatch, {}, family::tree, "a malformed row");
  }
  if (auto status = rows->status(); !status) return add(status.error().code, {}, family::tree, status.error().message);
  if (stored > demanded)
    add(errc::index_mismatch, {}, family::tree, fmt::format("{} nodes where the records make {}", stored, demanded));
}

void derived_check::check_positions(family f, core::gseq head) {
  const auto rows = store_.walk(f, access::many);
  for (rows->seek({}); rows->valid(); rows->next()) {
    const auto position = parse_position(rows->value());
    if (!position) {
      add(errc::index_mismatch, {}, f, "a malformed row");
    } else if (*position > head.value) {
      add(errc::index_mismatch, {}, f,
          fmt::format("a reader is said to be at gseq {}, beyond the log's end {}", *position, head.value));
    }
  }
  if (auto status = rows->status(); !status) add(status.error().code, {}, f, status.error().message);
}

void derived_check::add(errc code, core::gseq position, family f, std::string message) {
  report_.add({code, position, std::string{to_string(f)}, std::move(message)});
}

}  // namespace logline::journal
