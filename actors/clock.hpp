#pragma once

#include <atomic>
#include <functional>

#include "domain/core/time.hpp"

namespace logline::actors {

/// Wall time in microseconds from the operating system; the one place that reads it.
core::timestamp wall_clock();

/// Engine time: the wall clock, but never behind what was seen before (ENG-06). Any thread.
class engine_clock {
 public:
  /// `wall` is wall_clock or a simulated clock; `floor` is the time of the last record.
  engine_clock(std::function<core::timestamp()> wall, core::timestamp floor)
      : wall_(std::move(wall)), last_(floor.us) {}

  core::timestamp now() {
    const std::int64_t wall = wall_().us;
    std::int64_t seen = last_.load(std::memory_order_relaxed);
    while (wall > seen && !last_.compare_exchange_weak(seen, wall, std::memory_order_relaxed)) {
    }
    return core::timestamp{std::max(wall, seen)};
  }
  /// How far engine time runs ahead of the wall clock, in microseconds (metric).
  std::int64_t skew_us() const { return std::max<std::int64_t>(0, last_.load(std::memory_order_relaxed) - wall_().us); }

 private:
  std::function<core::timestamp()> wall_;
  std::atomic<std::int64_t> last_;
};

}  // namespace logline::actors
