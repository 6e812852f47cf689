// Reading records back: by position, by entity, by time, by idempotency key.
#include <algorithm>

#include <fmt/format.h>

#include "journal/derived.hpp"
#include "journal/little_endian.hpp"
#include "journal/log_reader.hpp"
#include "journal/stored_log.hpp"

namespace logline::journal {

namespace {

error index_error(const core::address& entity, core::gseq position, std::string_view what) {
  return {errc::index_mismatch, fmt::format("entity row of {}: {}", entity.text(), what), position};
}

/// Walks one entity's rows, which sort by the position of the frame they are about.
class entity_rows {
 public:
  entity_rows(const log_store& store, const core::address& entity)
      : entity_(entity), prefix_(entity_prefix(entity)), rows_(store.walk(family::entity, access::few)) {}

  /// To the last row about a frame that begins at or before `frame_first`; answers false when there is none.
  result<bool> seek_back(core::gseq frame_first) {
    rows_->seek_back(entity_key(prefix_, frame_first));
    return load();
  }
  result<bool> seek_first() {
    rows_->seek(prefix_);
    return load();
  }
  result<bool> next() {
    rows_->next();
    return load();
  }
  core::gseq frame_first() const { return frame_first_; }
  const entity_row& row() const { return row_; }

 private:
  result<bool> load() {
    if (!rows_->valid()) {
      auto status = rows_->status();
      if (!status) return std::move(status).error();
      return false;
    }
    if (!rows_->key().starts_with(prefix_)) return false;
    auto row = parse_entity_row(rows_->value());
    if (!row || rows_->key().size() != prefix_.size() + 8) return index_error(entity_, {}, "malformed");
    row_ = std::move(*row);
    frame_first_.value = get_big_endian<std::uint64_t>(rows_->key().substr(prefix_.size()));
    return true;
  }

  const core::address& entity_;
  const std::string prefix_;
  std::unique_ptr<store_cursor> rows_;
  core::gseq frame_first_;
  entity_row row_;
};

/// To the row that holds eseq `from`. Rows hold ascending eseqs, so halving the span of positions finds it.
result<bool> seek_sequence(entity_rows& rows, core::eseq from, core::gseq last) {
  auto found = rows.seek_back(last);
  if (!found || !*found || rows.row().first <= from) return found;
  std::uint64_t before = 0;  // a row at or before this position, if there is one, begins at or before `from`
  std::uint64_t after = rows.frame_first().value;
  while (after - before > 1) {
    const std::uint64_t middle = before + (after - before) / 2;
    found = rows.seek_back(core::gseq{middle});
    if (!found) return found;
    if (*found && rows.row().first > from) {
      after = rows.frame_first().value;
    } else {
      before = middle;
    }
  }
  found = rows.seek_back(core::gseq{before});
  return !found || *found ? found : rows.seek_first();
}

/// Visits the entity's records of one frame from eseq `from` on; answers false when the visitor stopped.
result<bool> visit_row(const core::address& entity, const entity_row& row, const frame_view& frame, core::eseq from,
                       core::record& record, const record_visitor& visit) {
  std::size_t at = 0;
  outcome sound = core::done{};
  const auto take = [&](const record_view& view) {
    const auto place = static_cast<std::uint32_t>(view.position.value - frame.header.first.value);
    if (at == row.positions.size() || place != row.positions[at]) return true;
    const core::eseq sequence{row.first.value + at++};
    if (!view.belongs_to(entity) || view.sequence != sequence) {
      sound = index_error(entity, view.position, "points at a record that is not the one it names");
      return false;
    }
    if (sequence < from) return true;
    sound = copy_record(view, record);
    return sound && visit(record);
  };
  auto went_on = walk_frame_records(frame, core::gseq{frame.header.first.value + row.positions.front()}, take);
  if (!sound) return std::move(sound).error();
  if (went_on && *went_on && at != row.positions.size())
    return index_error(entity, frame.header.first, "points behind the end of the frame");
  return went_on;
}

}  // namespace

result<core::gseq> stored_log::scan(core::gseq from, const view_visitor& visit) const {
  LL_INVARIANT(from.value > 0, "reading from gseq 0 of partition {}", settings_.partition.value);
  return walk_records(*store_, settings_.partition, from, durable(), visit);
}

outcome stored_log::read_entity(const core::address& entity, core::eseq from, const record_visitor& visit) const {
  LL_INVARIANT(from.value > 0, "reading {} from eseq 0", entity.text());
  const core::gseq last = durable();
  entity_rows rows{*store_, entity};
  std::string value;
  std::string plain;
  core::record record;
  core::eseq expected;  // 0: the first row says where it begins
  auto found = seek_sequence(rows, from, last);
  for (; found && *found && rows.frame_first() <= last; found = rows.next()) {
    const entity_row& row = rows.row();
    if (expected.value != 0 && row.first != expected)
      return error{errc::sequence_gap,
                   fmt::format("{} goes on at eseq {}, not {}", entity.text(), row.first.value, expected.value),
                   rows.frame_first()};
    expected.value = row.first.value + row.positions.size();
    const auto stored = store_->get(family::log, log_key(settings_.partition, rows.frame_first()), value);
    if (!stored) return stored.error();
    if (!*stored) return index_error(entity, rows.frame_first(), "points at a frame that is not there");
    const auto frame = open_frame(value, plain);
    if (!frame) return error{frame.error().code, frame.error().message, rows.frame_first()};
    const auto went_on = visit_row(entity, row, *frame, from, record, visit);
    if (!went_on) return went_on.error();
    if (!*went_on) return core::done{};
  }
  if (!found) return std::move(found).error();
  return core::done{};
}

result<core::eseq> stored_log::last_sequence(const core::address& entity) const {
  const auto entry = find_last_record(*store_, entity, durable());
  if (!entry) return entry.error();
  return entry->last;
}

result<std::optional<core::gseq>> stored_log::find_command(const core::address& entity, std::string_view key) const {
  if (auto ready = up_to_date(family::dedupe); !ready) return std::move(ready).error();
  const recent_days days = keyed_days();
  std::string value;
  for (auto day = days.days().rbegin(); day != days.days().rend(); ++day) {
    const auto found = store_->get(family::dedupe, dedupe_key(*day, entity, key), value);
    if (!found) return found.error();
    if (!*found) continue;
    const auto position = parse_position(value);
    if (!position) return error{errc::index_mismatch, "malformed dedupe row", {}};
    return std::optional{core::gseq{*position}};
  }
  return std::optional<core::gseq>{};
}

result<core::gseq> stored_log::position_at(core::timestamp t) const {
  const log_state end = durable_state();
  if (end.position.value == 0 || end.at <= t) return end.position;
  // Frames are sorted by time as well, and all records of a frame have the same one: halve until two frames are left.
  std::uint64_t before = 0;  // every frame that begins at or before this position is not later than t
  std::uint64_t after = core::next(end.position).value;
  core::gseq answer;
  while (after - before > 1) {
    const std::uint64_t middle = before + (after - before) / 2;
    const auto header = find_frame_header(*store_, settings_.partition, core::gseq{middle});
    if (!header) return header.error();
    if (header->last_at <= t) {
      answer = header->last();
      before = std::max(middle, answer.value);
    } else {
      after = header->first.value;
    }
  }
  return answer;
}

}  // namespace logline::journal
