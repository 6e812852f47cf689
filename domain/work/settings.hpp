#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "domain/core/described.hpp"

/// How a queue treats its tasks. Each value is taken from the first that says something: the task, its kind, the queue,
/// the default below (engine §2, KND-01, §13).
namespace logline::work {

inline constexpr std::int64_t lease_s_default = 60;      // TSK-05
inline constexpr std::int64_t lease_s_max = 12 * 3'600;  // TSK-05
inline constexpr std::int64_t max_attempts_default = 5;
inline constexpr std::int64_t max_attempts_limit = 50;
inline constexpr std::int64_t jitter_percent_default = 10;  // TSK-07
inline constexpr std::int64_t jitter_percent_max = 50;
inline constexpr std::int64_t pending_max_default = 1'000'000;  // TSK-17
inline constexpr std::int64_t delay_s_max = 366 * 86'400;       // TSK-17: nothing is scheduled further ahead

/// How the wait before the next attempt grows with the number n of failed ones (TSK-07, TSK-08).
enum class backoff_shape : std::uint8_t {
  quadratic,    ///< n² units
  exponential,  ///< base^n units
  fixed,        ///< one unit
  none,         ///< at once
};
constexpr auto describe_enum(core::type_tag<backoff_shape>) {
  return std::array{core::enumerator<backoff_shape>{backoff_shape::quadratic, "quadratic"},
                    core::enumerator<backoff_shape>{backoff_shape::exponential, "exponential"},
                    core::enumerator<backoff_shape>{backoff_shape::fixed, "fixed"},
                    core::enumerator<backoff_shape>{backoff_shape::none, "none"}};
}

struct backoff_policy {
  backoff_shape shape = backoff_shape::quadratic;
  std::int64_t base = 2;
  std::int64_t unit_s = 60;
  std::int64_t max_s = 86'400;
  friend bool operator==(const backoff_policy&, const backoff_policy&) = default;
};
constexpr auto describe(core::type_tag<backoff_policy>) {
  using core::field;
  return core::description<backoff_policy>(
      "backoff", "How long to wait after a failed attempt.",
      field("shape", &backoff_policy::shape, {.doc = "how the wait grows with the failed attempts", .optional = true}),
      field("base", &backoff_policy::base, {.doc = "of the exponential shape", .optional = true, .min = 1, .max = 10}),
      field("unit_s", &backoff_policy::unit_s,
            {.doc = "the wait is counted in units this long", .optional = true, .unit = "s", .min = 1, .max = 86'400}),
      field("max_s", &backoff_policy::max_s,
            {.doc = "no wait is longer", .optional = true, .unit = "s", .min = 1, .max = delay_s_max}));
}

/// What may be said for a queue or for one of its kinds; what is left out is decided one level up.
struct settings {
  std::optional<std::int64_t> max_attempts;
  std::optional<std::int64_t> lease_s;
  std::optional<backoff_policy> backoff;
  std::optional<std::int64_t> jitter_percent;
  friend bool operator==(const settings&, const settings&) = default;
};
constexpr auto describe(core::type_tag<settings>) {
  using core::field;
  return core::description<settings>(
      "settings", "How tasks are treated.",
      field("max_attempts", &settings::max_attempts,
            {.doc = "attempts of a task that does not say", .min = 1, .max = max_attempts_limit}),
      field("lease_s", &settings::lease_s, {.doc = "length of a lease", .unit = "s", .min = 1, .max = lease_s_max}),
      field("backoff", &settings::backoff, {.doc = "the wait after a failed attempt"}),
      field("jitter_percent", &settings::jitter_percent,
            {.doc = "waits vary by this much, up and down", .unit = "%", .min = 0, .max = jitter_percent_max}));
}

}  // namespace logline::work
