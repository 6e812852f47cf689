#include "journal/catch_up.hpp"

#include <algorithm>
#include <array>

#include "journal/derived.hpp"
#include "journal/log_reader.hpp"
#include "journal/tree_reader.hpp"

namespace logline::journal {

namespace {

// Rows of this many records go into one write: little memory, few writes.
constexpr std::uint64_t records_per_write = 8'192;

std::size_t index_of(family f) {
  return static_cast<std::size_t>(std::find(derived_families.begin(), derived_families.end(), f) -
                                  derived_families.begin());
}

class catching_up {
 public:
  catching_up(log_store& store, core::partition_id partition, const log_state& end)
      : store_(store), partition_(partition), end_(end), rows_(store.make_batch()) {
    keep_node_ = [this](unsigned level, std::uint64_t index, const core::digest& node) {
      if (level >= tree_level_min) put_tree_row(*rows_, level, index, node);
    };
  }

  result<catch_up_report> run() {
    if (auto read = read_cursors(); !read) return std::move(read).error();
    auto days = read_dedupe_days(store_);
    if (!days) return std::move(days).error();
    report_.keyed_days = std::move(*days);
    const core::gseq behind = *std::min_element(cursors_.begin(), cursors_.end());
    if (behind >= end_.position) return std::move(report_);
    report_.from = core::next(behind);
    tree_reader nodes{store_, partition_, end_.position};
    auto tree = compact_range::load(cursor(family::tree).value, nodes.source());
    if (!tree) return std::move(tree).error();
    tree_ = std::move(*tree);
    outcome written = core::done{};
    const auto read = walk_records(store_, partition_, report_.from, end_.position, [&](const record_view& r) {
      take(r);
      if (++report_.records % records_per_write == 0) written = write(r.position);
      return written.has_value();
    });
    if (!written) return std::move(written).error();
    if (!read) return read.error();
    if (written = write(end_.position); !written) return std::move(written).error();
    return std::move(report_);
  }

 private:
  core::gseq cursor(family f) const { return cursors_[index_of(f)]; }

  outcome read_cursors() {
    for (const auto f : derived_families) {
      auto position = read_cursor_row(store_, f);
      if (!position) return std::move(position).error();
      cursors_[index_of(f)] = *position;
      if (*position <= end_.position) continue;
      // Rows of records that the log does not have: nothing in the family can be relied on.
      rows_->erase_range(f, {}, std::string(64, '\xff'));
      put_cursor_row(*rows_, f, {});
      if (auto erased = store_.write(*rows_, durability::derived); !erased) return erased;
      rows_->clear();
      cursors_[index_of(f)] = {};
      report_.restarted.push_back(f);
    }
    return core::done{};
  }

  void take(const record_view& r) {
    if (r.position > cursor(family::tree)) tree_.append(leaf_hash(r.bytes), keep_node_);
    const bool keyed = r.has_idempotency && r.position > cursor(family::dedupe);
    const bool waking = r.wake_at && r.position > cursor(family::wakes);
    if (!keyed && !waking) return;
    const core::address entity{std::string{r.tenant}, std::string{r.type}, std::string{r.key}};
    if (keyed && report_.keyed_days.add(day_of(r.at))) erase_old_dedupe_rows(*rows_, report_.keyed_days.oldest());
    if (keyed) put_dedupe_row(*rows_, entity, r.idempotency_key, r.at, r.position);
    if (waking) put_wake_row(*rows_, entity, *r.wake_at);
  }

  outcome write(core::gseq position) {
    for (const auto f : derived_families)
      if (position > cursor(f)) put_cursor_row(*rows_, f, position);
    auto written = store_.write(*rows_, durability::derived);
    rows_->clear();
    return written;
  }

  log_store& store_;
  const core::partition_id partition_;
  const log_state& end_;
  std::unique_ptr<store_batch> rows_;
  node_sink keep_node_;
  std::array<core::gseq, derived_families.size()> cursors_{};
  compact_range tree_;
  catch_up_report report_;
};

}  // namespace

result<catch_up_report> catch_up(log_store& store, core::partition_id partition, const log_state& end) {
  return catching_up{store, partition, end}.run();
}

}  // namespace logline::journal
