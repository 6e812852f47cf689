#include "journal/entity_index_check.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "journal/little_endian.hpp"

namespace logline::journal {

namespace {

constexpr std::size_t position_bytes = 8;

struct stored_row {
  std::string_view prefix;
  core::gseq frame_first;
  entity_row content;
};

/// Nothing when malformed.
std::optional<stored_row> parse_row(std::string_view key, std::string_view value) {
  if (key.size() < position_bytes) return std::nullopt;
  const std::string_view prefix = key.substr(0, key.size() - position_bytes);
  const auto address = parse_entity_prefix(prefix);
  auto content = parse_entity_row(value);
  if (!address || entity_prefix(*address) != prefix || !content) return std::nullopt;
  return stored_row{prefix, core::gseq{get_big_endian<std::uint64_t>(key.substr(prefix.size()))}, std::move(*content)};
}

core::gseq first_record(core::gseq frame_first, const entity_row& row) {
  return core::gseq{frame_first.value + row.positions.front()};
}

core::eseq last_of(const entity_row& row) {
  return core::eseq{row.first.value + row.positions.size() - 1};
}

/// Tells, in a pass over a log that is known to be sound, which rows it demands.
class demand_visitor final : public log_pass_visitor {
 public:
  using row_function = std::function<void(const frame_index::row&, core::gseq frame_first)>;
  explicit demand_visitor(row_function each) : each_(std::move(each)) {}

  void on_damage(const error&) override {}
  void on_record(const record_view&, const log_mark&) override {}
  void on_node(unsigned, std::uint64_t, const core::digest&) override {}
  void on_frame(const frame_header&, const frame_index& index) override {
    for (std::size_t i = 0; i < index.row_count(); ++i)
      each_(index.row_at(i), index.frame_first());
  }
  bool on_progress(core::gseq, std::uint64_t) override { return true; }

 private:
  row_function each_;
};

}  // namespace

entity_index_check::entity_index_check(const log_store& store, core::partition_id partition, core::gseq end,
                                       bool is_whole, verify_report& report)
    : store_(store), partition_(partition), end_(end), is_whole_(is_whole), report_(report) {}

void entity_index_check::on_frame(const frame_index& index) {
  for (std::size_t i = 0; i < index.row_count(); ++i) {
    const auto& row = index.row_at(i);
    if (is_whole_) {
      demanded_.add(entity_key(row.prefix, index.frame_first()), encode_entity_row(row.content));
      continue;
    }
    if (!readable_) return;
    if (const auto wrong = look_up(row, index.frame_first())) {
      add(wrong->code, wrong->position, wrong->message);
      readable_ = wrong->code == errc::index_mismatch;
    }
    check_continuity(row, index.frame_first());
  }
}

std::optional<error> entity_index_check::look_up(const frame_index::row& row, core::gseq frame_first) const {
  const core::gseq position = first_record(frame_first, row.content);
  std::string value;
  const auto found = store_.get(family::entity, entity_key(row.prefix, frame_first), value);
  if (!found) return error{found.error().code, found.error().message, position};
  if (!*found) return error{errc::index_mismatch, "the entity index has no row for this record", position};
  if (value != encode_entity_row(row.content))
    return error{errc::index_mismatch, "the entity index says something else of this record", position};
  return std::nullopt;
}

void entity_index_check::check_continuity(const frame_index::row& row, core::gseq frame_first) {
  const auto known = continuing_.find(row.prefix);
  const core::eseq before = known != continuing_.end() ? known->second : last_before(row.prefix, frame_first);
  if (row.content.first != core::next(before))
    add(errc::sequence_gap, first_record(frame_first, row.content),
        fmt::format("eseq {} follows {} of the same entity", row.content.first.value, before.value));
  continuing_.insert_or_assign(row.prefix, last_of(row.content));
}

core::eseq entity_index_check::last_before(std::string_view prefix, core::gseq frame_first) {
  const auto rows = store_.walk(family::entity, access::few);
  rows->seek_back(entity_key(prefix, core::gseq{frame_first.value - 1}));
  if (!rows->valid() || !rows->key().starts_with(prefix)) return {};
  const auto row = parse_row(rows->key(), rows->value());
  if (row) return last_of(row->content);
  add(errc::index_mismatch, {}, "a malformed row before this part of the log");
  return {};
}

void entity_index_check::finish() {
  if (!is_whole_) return;
  // What cannot be read cannot be compared.
  if (!sum_stored_rows()) return;
  if (stored_ == demanded_) {
    for (auto& gap : gaps_)
      report_.add(std::move(gap));
    return;
  }
  const std::size_t before = report_.findings.size();
  find_missing_rows();
  find_surplus_rows();
  if (report_.findings.size() == before && !report_.has_more_findings)
    add(errc::index_mismatch, {}, "changed while it was compared with the log");
}

bool entity_index_check::sum_stored_rows() {
  const auto rows = store_.walk(family::entity, access::many);
  std::string entity;
  core::eseq last;
  for (rows->seek({}); rows->valid(); rows->next()) {
    const auto row = parse_row(rows->key(), rows->value());
    if (row && row->frame_first > end_) continue;
    stored_.add(rows->key(), rows->value());
    if (!row) continue;
    if (row->prefix != entity) {
      entity = row->prefix;
      last = {};
      ++report_.entities;
    }
    if (row->content.first != core::next(last) && gaps_.size() < verify_report::findings_max)
      gaps_.push_back({errc::sequence_gap, first_record(row->frame_first, row->content), "log",
                       fmt::format("eseq {} follows {} of the same entity", row->content.first.value, last.value)});
    last = last_of(row->content);
  }
  const auto status = rows->status();
  if (!status) add(status.error().code, {}, status.error().message);
  return status.has_value();
}

void entity_index_check::find_missing_rows() {
  demand_visitor visitor{[this](const frame_index::row& row, core::gseq frame_first) {
    if (const auto wrong = look_up(row, frame_first)) add(wrong->code, wrong->position, wrong->message);
  }};
  log_pass{store_, partition_, {}, end_, visitor}.run();
}

void entity_index_check::find_surplus_rows() {
  const auto rows = store_.walk(family::entity, access::many);
  for (rows->seek({}); rows->valid() && !report_.has_more_findings; rows->next()) {
    const auto row = parse_row(rows->key(), rows->value());
    if (!row) {
      add(errc::index_mismatch, {},
          fmt::format("a malformed row of {} and {} bytes", rows->key().size(), rows->value().size()));
    } else if (row->frame_first <= end_ && !is_demanded(rows->key(), rows->value())) {
      add(errc::index_mismatch, first_record(row->frame_first, row->content), "a row without such records in the log");
    }
  }
}

// A row that is there but says something else was named when it was looked up from the log's side.
bool entity_index_check::is_demanded(std::string_view key, std::string_view value) const {
  const auto row = parse_row(key, value);
  std::string stored;
  std::string plain;
  const auto found = store_.get(family::log, log_key(partition_, row->frame_first), stored);
  if (!found || !*found) return false;
  const auto frame = open_frame(stored, plain);
  if (!frame) return true;
  frame_records records{*frame};
  std::string_view bytes;
  for (std::uint32_t place = 0;; ++place) {
    const auto more = records.next(bytes);
    if (!more || !*more) return false;
    record_view r;
    if (!read_record(bytes, r)) return true;
    if (place != row->content.positions.front()) continue;
    std::string prefix;
    append_entity_prefix(r.tenant, r.type, r.key, prefix);
    return prefix == row->prefix;
  }
}

void entity_index_check::add(errc code, core::gseq position, std::string message) {
  report_.add({code, position, "entity", std::move(message)});
}

}  // namespace logline::journal
