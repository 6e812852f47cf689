#include "journal/memory_store.hpp"

#include <mutex>
#include <optional>

namespace logline::journal {

class memory_store::batch final : public store_batch {
 public:
  struct step {
    family where;
    std::string key;
    std::optional<std::string> value;  ///< nothing: erase
    std::optional<std::string> end;    ///< of a range to erase
  };

  void put(family f, std::string_view key, std::string_view value) override {
    steps_.push_back({f, std::string{key}, std::string{value}, std::nullopt});
  }
  void erase(family f, std::string_view key) override {
    steps_.push_back({f, std::string{key}, std::nullopt, std::nullopt});
  }
  void erase_range(family f, std::string_view begin, std::string_view end) override {
    steps_.push_back({f, std::string{begin}, std::nullopt, std::string{end}});
  }
  bool empty() const override { return steps_.empty(); }
  void clear() override { steps_.clear(); }
  const std::vector<step>& steps() const { return steps_; }

 private:
  std::vector<step> steps_;
};

/// Holds a copy of the row it is at, so that writers may go on meanwhile.
class memory_store::cursor final : public store_cursor {
 public:
  cursor(const memory_store& store, family f) : store_(store), rows_(store.families_[static_cast<std::size_t>(f)]) {}

  void seek(std::string_view key) override {
    const std::shared_lock lock{store_.mutex_};
    take(rows_.lower_bound(key));
  }
  void seek_back(std::string_view key) override {
    const std::shared_lock lock{store_.mutex_};
    take_before(rows_.upper_bound(key));
  }
  void next() override {
    const std::shared_lock lock{store_.mutex_};
    take(rows_.upper_bound(key_));
  }
  void previous() override {
    const std::shared_lock lock{store_.mutex_};
    take_before(rows_.lower_bound(key_));
  }
  bool valid() const override { return valid_; }
  std::string_view key() const override { return key_; }
  std::string_view value() const override { return value_; }
  outcome status() const override { return core::done{}; }

 private:
  void take(table::const_iterator row) {
    valid_ = row != rows_.end();
    if (!valid_) return;
    key_ = row->first;
    value_ = row->second;
  }
  void take_before(table::const_iterator row) {
    valid_ = row != rows_.begin();
    if (valid_) take(std::prev(row));
  }

  const memory_store& store_;
  const table& rows_;
  bool valid_ = false;
  std::string key_;
  std::string value_;
};

std::unique_ptr<store_batch> memory_store::make_batch() const {
  return std::make_unique<batch>();
}

outcome memory_store::write(store_batch& given, durability) {
  const std::unique_lock lock{mutex_};
  for (const auto& step : static_cast<const batch&>(given).steps()) {
    table& rows = families_[static_cast<std::size_t>(step.where)];
    if (step.value) {
      rows.insert_or_assign(step.key, *step.value);
    } else if (step.end) {
      rows.erase(rows.lower_bound(step.key), rows.lower_bound(*step.end));
    } else {
      rows.erase(step.key);
    }
  }
  return core::done{};
}

result<bool> memory_store::get(family f, std::string_view key, std::string& value) const {
  const std::shared_lock lock{mutex_};
  const table& rows = families_[static_cast<std::size_t>(f)];
  const auto row = rows.find(key);
  if (row == rows.end()) return false;
  value = row->second;
  return true;
}

std::unique_ptr<store_cursor> memory_store::walk(family f, access) const {
  return std::make_unique<cursor>(*this, f);
}

std::vector<std::pair<std::string, double>> memory_store::figures() const {
  const std::shared_lock lock{mutex_};
  double bytes = 0;
  for (const auto& rows : families_)
    for (const auto& [key, value] : rows)
      bytes += static_cast<double>(key.size() + value.size());
  return {{"journal_bytes", bytes}};
}

}  // namespace logline::journal
