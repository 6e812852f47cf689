#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "domain/core/result.hpp"

namespace logline::core {

/// Microseconds since 1970-01-01T00:00:00Z (engine ENG-02). Shown as RFC 3339 with "Z".
struct timestamp {
  std::int64_t us = 0;
  friend constexpr auto operator<=>(const timestamp&, const timestamp&) = default;
};

/// A span of time in microseconds; JSON shows and reads seconds or milliseconds where a field says so, never this type.
struct duration_us {
  std::int64_t us = 0;
  friend constexpr auto operator<=>(const duration_us&, const duration_us&) = default;
};

constexpr duration_us seconds(std::int64_t s) { return {s * 1'000'000}; }
constexpr duration_us milliseconds(std::int64_t ms) { return {ms * 1'000}; }
constexpr duration_us minutes(std::int64_t m) { return seconds(m * 60); }
constexpr duration_us hours(std::int64_t h) { return minutes(h * 60); }
constexpr duration_us days(std::int64_t d) { return hours(d * 24); }
constexpr timestamp operator+(timestamp t, duration_us d) { return {t.us + d.us}; }
constexpr timestamp operator-(timestamp t, duration_us d) { return {t.us - d.us}; }
constexpr duration_us operator-(timestamp a, timestamp b) { return {a.us - b.us}; }

/// The years 0001 to 9999, all that RFC 3339 can write.
inline constexpr timestamp earliest{-62'135'596'800'000'000};
inline constexpr timestamp latest{253'402'300'799'999'999};
constexpr bool is_representable(timestamp t) { return t >= earliest && t <= latest; }

/// Later than every time; never shown.
inline constexpr timestamp never{std::numeric_limits<std::int64_t>::max()};

/// "2026-03-29T01:00:00.000000Z"; always six decimals, so texts sort as the times do. Years 0001 to 9999.
std::string to_rfc3339(timestamp t);

/// RFC 3339 §5.6 with offset or Z, 0 to 9 decimals (cut to microseconds); refuses impossible dates and leap second 60.
result<timestamp> parse_rfc3339(std::string_view text);

}  // namespace logline::core
