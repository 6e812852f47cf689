#pragma once

#include <compare>
#include <cstdint>

#include "domain/core/time.hpp"

namespace logline::core {

/// A reading of a hybrid logical clock (Kulkarni et al. 2014): physical microseconds, and a counter that orders
/// readings of one microsecond.
struct hybrid_time {
  timestamp physical;
  std::uint32_t logical = 0;
  friend constexpr auto operator<=>(const hybrid_time&, const hybrid_time&) = default;
};

/// A clock that never goes back, whatever the wall clock does, and that is never behind what it has heard from others.
/// Pure: it is handed the wall time. Not thread-safe.
class hybrid_clock {
 public:
  explicit hybrid_clock(hybrid_time start = {}) : last_(start) {}

  /// A local or send event at this wall time: strictly later than every reading before.
  hybrid_time tick(timestamp wall);
  /// A receive event: strictly later than every local reading and than what was heard.
  hybrid_time hear(hybrid_time remote, timestamp wall);
  hybrid_time last() const { return last_; }
  /// How far the clock runs ahead of the wall, in microseconds; 0 when it does not (ENG-06's skew metric).
  std::int64_t ahead_us(timestamp wall) const;

 private:
  hybrid_time last_;
};

}  // namespace logline::core
