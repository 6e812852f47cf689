#include "domain/core/time.hpp"

#include <chrono>

#include <fmt/format.h>

namespace logline::core {

std::string to_rfc3339(timestamp t) {
  using namespace std::chrono;
  const sys_time<microseconds> point{microseconds{t.us}};
  const auto day = floor<std::chrono::days>(point);
  const year_month_day date{day};
  const hh_mm_ss clock{point - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

namespace {

// Reads exactly `digits` decimal digits and moves the text on; -1 when they are not there.
int take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

// Up to nine decimals, cut to microseconds; -1 when malformed.
std::int64_t take_fraction(std::string_view& text) {
  if (!take(text, '.')) return 0;
  std::int64_t us = 0;
  std::size_t digits = 0;
  for (; digits < 9 && !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits, text.remove_prefix(1))
    if (digits < 6) us = us * 10 + (text.front() - '0');
  if (digits == 0) return -1;
  for (std::size_t i = digits; i < 6; ++i) us *= 10;
  return us;
}

}  // namespace

result<timestamp> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto wrong = [] { return invalid_input("not an RFC 3339 time: expected 2026-01-31T23:59:59Z"); };
  const int y = take_number(text, 4);
  if (y < 1 || !take(text, '-')) return wrong();
  const int mo = take_number(text, 2);
  if (mo < 1 || !take(text, '-')) return wrong();
  const int d = take_number(text, 2);
  if (d < 1 || !(take(text, 'T') || take(text, 't'))) return wrong();
  const int h = take_number(text, 2);
  if (h < 0 || h > 23 || !take(text, ':')) return wrong();
  const int mi = take_number(text, 2);
  if (mi < 0 || mi > 59 || !take(text, ':')) return wrong();
  const int s = take_number(text, 2);
  if (s < 0 || s > 59) return wrong();
  const std::int64_t us = take_fraction(text);
  if (us < 0) return wrong();
  std::int64_t offset_min = 0;
  if (!(take(text, 'Z') || take(text, 'z'))) {
    const bool east = take(text, '+');
    if (!east && !take(text, '-')) return wrong();
    const int oh = take_number(text, 2);
    if (oh < 0 || oh > 23 || !take(text, ':')) return wrong();
    const int om = take_number(text, 2);
    if (om < 0 || om > 59) return wrong();
    offset_min = (oh * 60 + om) * (east ? 1 : -1);
  }
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!text.empty() || !date.ok()) return wrong();
  const auto point = sys_days{date} + std::chrono::hours{h} + std::chrono::minutes{mi - offset_min} +
                     std::chrono::seconds{s} + microseconds{us};
  const timestamp t{duration_cast<microseconds>(point.time_since_epoch()).count()};
  if (!is_representable(t)) return wrong();
  return t;
}

}  // namespace logline::core
