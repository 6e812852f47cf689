#pragma once

#include <cstdint>

#include "domain/core/time.hpp"
#include "domain/work/settings.hpp"

namespace logline::work {

/// The wait after the n-th failed attempt, n ≥ 1, before jitter (TSK-07, TSK-08); at most the policy's max_s.
core::duration_us backoff_delay(const backoff_policy& policy, std::int64_t failed_attempts);

/// The delay, moved by up to ± percent of itself as `draw` says. The same draw, the same delay.
core::duration_us with_jitter(core::duration_us delay, std::int64_t percent, std::uint64_t draw);

}  // namespace logline::work
