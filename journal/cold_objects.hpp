#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "journal/cold_log.hpp"
#include "journal/object_store.hpp"

namespace logline::journal {

/// Cold rows as objects cold/PARTITION/FIRST-LAST-SHA256.rows; the place is opened when it is needed first. What
/// is there is never replaced: another content has another name.
class cold_objects final : public cold_place {
 public:
  using opener = std::function<result<std::unique_ptr<object_store>>()>;
  cold_objects(std::string where, opener open) : where_(std::move(where)), open_(std::move(open)) {}

  outcome put(const cold_range& range, std::string_view packed) override;
  result<std::string> get(const cold_range& range) override;
  std::string where() const override { return where_; }

 private:
  result<object_store*> store();
  std::string name_of(const cold_range& range) const;

  const std::string where_;
  const opener open_;
  std::mutex mutex_;  // a store is one thread's at a time
  std::unique_ptr<object_store> store_;
};

}  // namespace logline::journal
