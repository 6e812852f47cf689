#include "domain/core/schedule.hpp"

#include <chrono>

#include "domain/core/invariant.hpp"

namespace logline::core {

namespace {

using day_point = std::chrono::sys_days;

duration_us in_day(int hour, int minute) {
  LL_INVARIANT(hour >= 0 && hour < 24 && minute >= 0 && minute < 60, "no time of day: {}:{}", hour, minute);
  return {hours(hour).us + minutes(minute).us};
}

day_point day_of(timestamp t) {
  return std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::microseconds>{std::chrono::microseconds{t.us}});
}

timestamp at(day_point day, duration_us in_day) {
  return timestamp{std::chrono::duration_cast<std::chrono::microseconds>(day.time_since_epoch()).count()} + in_day;
}

/// The first day from `t`'s on that fits and whose due time is after `t`.
template <class Fits>
timestamp first_day(timestamp t, duration_us in_day, const Fits& fits) {
  auto day = day_of(t);
  while (!fits(day) || at(day, in_day) <= t)
    day += std::chrono::days{1};
  return at(day, in_day);
}

}  // namespace

schedule schedule::every(duration_us interval) {
  LL_INVARIANT(interval >= seconds(1), "an interval of {} us", interval.us);
  return schedule{rule{interval}};
}

schedule schedule::daily(int hour, int minute) {
  return schedule{daily_at{core::in_day(hour, minute)}};
}

schedule schedule::weekly(int weekday, int hour, int minute) {
  LL_INVARIANT(weekday >= 0 && weekday < 7, "no weekday: {}", weekday);
  return schedule{weekly_at{weekday, core::in_day(hour, minute)}};
}

schedule schedule::monthly(int day, int hour, int minute) {
  LL_INVARIANT(day >= 1 && day <= 31, "no day of a month: {}", day);
  return schedule{monthly_at{day, core::in_day(hour, minute)}};
}

timestamp schedule::next_after(timestamp t) const {
  using namespace std::chrono;
  if (const auto* interval = std::get_if<duration_us>(&rule_)) return t + *interval;
  if (const auto* d = std::get_if<daily_at>(&rule_)) return first_day(t, d->in_day, [](day_point) { return true; });
  if (const auto* w = std::get_if<weekly_at>(&rule_))
    return first_day(t, w->in_day,
                     [w](day_point day) { return weekday{day}.c_encoding() == static_cast<unsigned>(w->weekday); });
  const auto& m = std::get<monthly_at>(rule_);
  return first_day(t, m.in_day, [&m](day_point day) {
    return static_cast<unsigned>(year_month_day{day}.day()) == static_cast<unsigned>(m.day);
  });
}

}  // namespace logline::core
