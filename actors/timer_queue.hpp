#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "domain/core/time.hpp"

namespace logline::actors {

/// At most one pending time per key; sans-I/O: it is told the time and says who is due. O(log n) each; about 120 bytes
/// a timer.
template <class Key>
class timer_queue {
 public:
  /// Replaces any earlier time of the key; core::never removes it.
  void arm(const Key& key, core::timestamp when) {
    const auto known = when_.find(key);
    if (known != when_.end()) {
      due_.erase({known->second, &known->first});
      if (when == core::never) {
        when_.erase(known);
        return;
      }
      known->second = when;
      due_.insert({when, &known->first});
      return;
    }
    if (when == core::never) return;
    const auto added = when_.emplace(key, when).first;
    due_.insert({when, &added->first});
  }

  /// Removes and answers the earliest key whose time is not after `now`.
  std::optional<Key> pop_due(core::timestamp now) {
    if (due_.empty() || due_.begin()->first > now) return std::nullopt;
    const Key key = *due_.begin()->second;
    due_.erase(due_.begin());
    when_.erase(key);
    return key;
  }

  /// core::never when nothing is armed.
  core::timestamp next() const { return due_.empty() ? core::never : due_.begin()->first; }
  std::size_t size() const { return when_.size(); }

 private:
  std::unordered_map<Key, core::timestamp> when_;  // node-based: pointers to keys stay valid
  std::set<std::pair<core::timestamp, const Key*>> due_;
};

}  // namespace logline::actors
