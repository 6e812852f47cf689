#include "domain/work/backoff.hpp"

#include <algorithm>

#include "domain/core/invariant.hpp"

namespace logline::work {

namespace {

// base^n, or `ceiling` when that is less: no overflow, whatever the base.
std::int64_t bounded_power(std::int64_t base, std::int64_t n, std::int64_t ceiling) {
  std::int64_t power = 1;
  for (std::int64_t i = 0; i < n && power < ceiling; ++i)
    power = power > ceiling / base ? ceiling : power * base;
  return std::min(power, ceiling);
}

std::int64_t units_of(const backoff_policy& policy, std::int64_t n) {
  switch (policy.shape) {
    case backoff_shape::quadratic:
      return n * n;
    case backoff_shape::exponential:
      return bounded_power(policy.base, n, policy.max_s);
    case backoff_shape::fixed:
      return 1;
    case backoff_shape::none:
      return 0;
  }
  LL_INVARIANT(false, "backoff shape {} is not known", static_cast<int>(policy.shape));
}

}  // namespace

core::duration_us backoff_delay(const backoff_policy& policy, std::int64_t failed_attempts) {
  LL_INVARIANT(failed_attempts >= 1 && failed_attempts <= max_attempts_limit, "a wait after {} failed attempts",
               failed_attempts);
  return core::seconds(std::min(units_of(policy, failed_attempts) * policy.unit_s, policy.max_s));
}

core::duration_us with_jitter(core::duration_us delay, std::int64_t percent, std::uint64_t draw) {
  const std::int64_t span = delay.us / 100 * percent;
  const auto choices = static_cast<std::uint64_t>(2 * span + 1);
  return {delay.us - span + static_cast<std::int64_t>(draw % choices)};
}

}  // namespace logline::work
