#include "journal/cold_log.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "journal/layout.hpp"
#include "journal/little_endian.hpp"

namespace logline::journal {

namespace {

constexpr std::size_t key_bytes = 10;  // of a log key
constexpr std::size_t digest_bytes = 32;
constexpr std::string_view row_prefix = "cold/";
constexpr std::size_t recent_max = 2;

auto before(std::string_view key) {
  return [key](const auto& row) { return row.first < key; };
}

}  // namespace

std::string pack_rows(const cold_rows& rows) {
  std::string out;
  for (const auto& [key, value] : rows) {
    LL_INVARIANT(key.size() == key_bytes, "a log key of {} bytes", key.size());
    out += key;
    char size[4];
    put_little_endian(size, static_cast<std::uint32_t>(value.size()));
    out.append(size, sizeof size);
    out += value;
  }
  return out;
}

result<cold_rows> unpack_rows(std::string_view packed) {
  cold_rows rows;
  while (!packed.empty()) {
    if (packed.size() < key_bytes + 4) return error{errc::bad_encoding, "cold rows end before a row does", {}};
    const auto size = get_little_endian<std::uint32_t>(packed.data() + key_bytes);
    if (packed.size() - key_bytes - 4 < size) return error{errc::bad_encoding, "cold rows end before a row does", {}};
    rows.emplace_back(packed.substr(0, key_bytes), packed.substr(key_bytes + 4, size));
    packed.remove_prefix(key_bytes + 4 + size);
  }
  return rows;
}

outcome log_store::cool(const cold_range& range, const cold_rows&) {
  return error{errc::stopped, "this store keeps all its rows", range.first};
}

std::string cold_row_prefix() {
  return std::string{row_prefix};
}

std::string cold_row_key(const cold_range& range) {
  return std::string{row_prefix} + log_key(range.partition, range.first);
}

std::string encode_cold_range(const cold_range& range) {
  return encode_position(range.last.value) + std::string{range.sha256.view()};
}

result<cold_range> parse_cold_range(std::string_view key, std::string_view value) {
  const error malformed{errc::index_mismatch, "a malformed row of a cold range", {}};
  if (!key.starts_with(row_prefix) || key.size() != row_prefix.size() + key_bytes) return malformed;
  if (value.size() != 8 + digest_bytes) return malformed;
  key.remove_prefix(row_prefix.size());
  cold_range range;
  range.partition.value = get_big_endian<std::uint16_t>(key);
  range.first.value = get_big_endian<std::uint64_t>(key.substr(2));
  range.last.value = parse_position(value.substr(0, 8)).value_or(0);
  range.sha256 = core::digest::from(value.substr(8));
  if (range.last < range.first) return malformed;
  return range;
}

cold_log::range_list cold_log::ranges() const {
  const std::lock_guard lock{mutex_};
  return ranges_;
}

void cold_log::add(const cold_range& range) {
  const std::lock_guard lock{mutex_};
  LL_INVARIANT(range.first == core::next(floor_of(ranges_)), "a cold range from gseq {} behind {}", range.first.value,
               floor_of(ranges_).value);
  auto more = *ranges_;
  more.push_back(range);
  ranges_ = std::make_shared<const std::vector<cold_range>>(std::move(more));
}

result<std::shared_ptr<const cold_rows>> cold_log::rows_of(const cold_range& range) {
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [first, rows] : recent_)
      if (first == range.first) return rows;
  }
  const auto missing = [&](std::string_view why) {
    return error{errc::archived,
                 fmt::format("records {} to {} are in the archive{}{}: {}", range.first.value, range.last.value,
                             place_ ? " at " : "", place_ ? place_->where() : "", why),
                 range.first};
  };
  if (!place_) return missing("say where that is (archive.url, --archive)");
  const auto packed = place_->get(range);
  if (!packed) return missing(packed.error().message);
  if (core::sha256(*packed) != range.sha256) return missing("it gives out other bytes than were put there");
  auto unpacked = unpack_rows(*packed);
  if (!unpacked || unpacked->empty()) return missing("it gives out what are no rows");
  auto rows = std::make_shared<const cold_rows>(std::move(*unpacked));
  const std::lock_guard lock{mutex_};
  recent_.emplace_back(range.first, rows);
  if (recent_.size() > recent_max) recent_.pop_front();
  return rows;
}

namespace {

class joined_cursor final : public store_cursor {
 public:
  joined_cursor(cold_log& cold, cold_log::range_list ranges, std::unique_ptr<store_cursor> hot)
      : cold_(cold), ranges_(std::move(ranges)), hot_(std::move(hot)) {
    const auto& last = ranges_->back();
    hot_begin_ = log_key(last.partition, core::next(last.last));
  }

  void seek(std::string_view key) override {
    restart();
    if (key >= hot_begin_) return to_hot(key);
    // The first range whose last position is not before the key has it, or the row behind it.
    for (range_ = 0; range_ < ranges_->size(); ++range_) {
      const auto& range = (*ranges_)[range_];
      if (log_key(range.partition, core::next(range.last)) <= key) continue;
      if (!load()) return;
      row_ = static_cast<std::size_t>(std::find_if_not(rows_->begin(), rows_->end(), before(key)) - rows_->begin());
      if (row_ < rows_->size()) return;
    }
    to_hot(hot_begin_);
  }

  void seek_back(std::string_view key) override {
    restart();
    if (key >= hot_begin_) {
      rows_.reset();
      hot_->seek_back(key);
      if (hot_->valid() ? hot_->key() >= hot_begin_ : !hot_->status()) return;
    }
    for (range_ = ranges_->size(); range_-- > 0;) {
      if (log_key((*ranges_)[range_].partition, (*ranges_)[range_].first) > key) continue;
      if (!load()) return;
      const auto behind = std::find_if(rows_->begin(), rows_->end(), [&](const auto& row) { return row.first > key; });
      row_ = static_cast<std::size_t>(behind - rows_->begin());
      if (row_-- > 0) return;
    }
    ended_ = true;
  }

  void next() override {
    if (!rows_) return hot_->next();
    if (++row_ < rows_->size()) return;
    if (++range_ == ranges_->size()) return to_hot(hot_begin_);
    row_ = 0;
    load();
  }

  void previous() override {
    if (!rows_) {
      hot_->previous();
      if (hot_->valid() ? hot_->key() >= hot_begin_ : !hot_->status()) return;
      range_ = ranges_->size() - 1;
      if (load()) row_ = rows_->size() - 1;
      return;
    }
    if (row_-- > 0) return;
    if (range_-- == 0) {
      ended_ = true;
      return;
    }
    if (load()) row_ = rows_->size() - 1;
  }

  bool valid() const override { return !failure_ && !ended_ && (rows_ != nullptr || hot_->valid()); }
  std::string_view key() const override { return rows_ ? std::string_view{(*rows_)[row_].first} : hot_->key(); }
  std::string_view value() const override { return rows_ ? std::string_view{(*rows_)[row_].second} : hot_->value(); }
  outcome status() const override { return failure_ ? outcome{*failure_} : hot_->status(); }

 private:
  void restart() {
    failure_.reset();
    ended_ = false;
    row_ = 0;
  }
  void to_hot(std::string_view key) {
    rows_.reset();
    hot_->seek(key);
  }
  bool load() {
    auto rows = cold_.rows_of((*ranges_)[range_]);
    if (!rows) {
      failure_ = std::move(rows).error();
      return false;
    }
    rows_ = std::move(*rows);
    return true;
  }

  cold_log& cold_;
  const cold_log::range_list ranges_;
  const std::unique_ptr<store_cursor> hot_;
  std::string hot_begin_;
  std::shared_ptr<const cold_rows> rows_;  ///< null: at a hot row
  std::size_t range_ = 0;
  std::size_t row_ = 0;
  bool ended_ = false;
  std::optional<error> failure_;
};

}  // namespace

std::unique_ptr<store_cursor> walk_cold_and_hot(cold_log& cold, cold_log::range_list ranges,
                                                std::unique_ptr<store_cursor> hot) {
  if (ranges->empty()) return hot;
  return std::make_unique<joined_cursor>(cold, std::move(ranges), std::move(hot));
}

result<bool> find_cold_row(cold_log& cold, const cold_log::range_list& ranges, std::string_view key,
                           std::string& value) {
  for (const auto& range : *ranges) {
    if (key < log_key(range.partition, range.first) || key >= log_key(range.partition, core::next(range.last)))
      continue;
    const auto rows = cold.rows_of(range);
    if (!rows) return rows.error();
    const auto found = std::find_if_not((*rows)->begin(), (*rows)->end(), before(key));
    if (found == (*rows)->end() || found->first != key) return false;
    value = found->second;
    return true;
  }
  return false;
}

}  // namespace logline::journal
