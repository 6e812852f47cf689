#pragma once

#include <array>
#include <map>
#include <shared_mutex>

#include "journal/log_store.hpp"

namespace logline::journal {

/// Rows in maps: for tests and for nodes that need not remember. Nothing survives the object.
class memory_store final : public log_store {
 public:
  using table = std::map<std::string, std::string, std::less<>>;

  std::unique_ptr<store_batch> make_batch() const override;
  outcome write(store_batch& batch, durability how) override;
  result<bool> get(family f, std::string_view key, std::string& value) const override;
  std::unique_ptr<store_cursor> walk(family f, access hint) const override;
  outcome acknowledge(core::gseq, const core::digest&) override { return core::done{}; }
  outcome has_room() override { return core::done{}; }
  outcome flush_derived() override { return core::done{}; }
  result<std::vector<frozen_table>> freeze(const std::string&, core::gseq, const core::digest&) override {
    return error{errc::stopped, "a log in memory has no files", {}};
  }
  outcome close() override { return core::done{}; }
  std::vector<std::pair<std::string, double>> figures() const override;

 private:
  class batch;
  class cursor;

  mutable std::shared_mutex mutex_;
  std::array<table, families.size()> families_;
};

}  // namespace logline::journal
