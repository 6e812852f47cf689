#pragma once

#include <variant>

#include "domain/core/time.hpp"

namespace logline::core {

/// When recurring work is due; calendar times are UTC.
class schedule {
 public:
  static schedule every(duration_us interval);  ///< ≥ 1 s
  static schedule daily(int hour, int minute);
  static schedule weekly(int weekday, int hour, int minute);  ///< weekday: 0 = Sunday
  static schedule monthly(int day, int hour, int minute);     ///< a month too short for the day is left out

  /// The first due time after `t`: an interval counts from `t`.
  timestamp next_after(timestamp t) const;

 private:
  struct daily_at {
    duration_us in_day;
  };
  struct weekly_at {
    int weekday;
    duration_us in_day;
  };
  struct monthly_at {
    int day;
    duration_us in_day;
  };
  using rule = std::variant<duration_us, daily_at, weekly_at, monthly_at>;
  explicit schedule(rule r) : rule_(r) {}

  rule rule_;
};

}  // namespace logline::core
