#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "actors/alerts.hpp"
#include "actors/clock.hpp"
#include "actors/door.hpp"
#include "actors/replay.hpp"
#include "actors/subscription_reader.hpp"

namespace logline::actors {

/// Counts what every open subscription has before it. Remembers how far it counted, so that measuring costs what was
/// committed since the last time, once for all subscriptions; the first time after a start, what lies behind the
/// cursors. Safe from any thread, one measurement at a time; may block on the disk.
class subscription_meter {
 public:
  static constexpr std::size_t labels_max = 100;  ///< subscriptions with a metric of their own, in address order
  static constexpr std::uint64_t alert_events = 10'000;
  static constexpr core::duration_us alert_age = core::seconds(60);

  subscription_meter(const journal::partition_log& log, type_finder types, engine_clock& clock)
      : log_(log), types_(std::move(types)), clock_(clock) {}

  core::result<std::vector<subscription_lag>> measure();
  /// Measures, and raises or clears SUB_LAG.
  core::outcome watch(alerts& to);
  /// Of the last measurement.
  std::vector<door::figure> figures() const;

 private:
  struct count {
    std::uint64_t revision = 0;
    core::gseq to;             ///< counted up to here
    std::uint64_t events = 0;  ///< found since the count began …
    std::uint64_t taken = 0;   ///< … when the subscription had taken so many
    core::gseq first;          ///< the first event behind the cursor, where it is known
    bool is_open = false;
  };
  struct measured {
    subscription_lag lag;
    std::uint64_t revision = 0;
    std::uint64_t taken = 0;
    core::gseq cursor;
  };

  core::result<std::vector<measured>> open_ones();
  core::outcome count_on(const std::vector<measured>& all);
  core::outcome settle(measured& one);

  const journal::partition_log& log_;
  const type_finder types_;
  engine_clock& clock_;
  std::mutex measuring_;
  std::map<core::address, count> counts_;  ///< guarded by measuring_
  mutable std::mutex latest_guard_;
  std::vector<subscription_lag> latest_;
};

}  // namespace logline::actors
