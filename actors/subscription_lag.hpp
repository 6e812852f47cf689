#pragma once

#include <cstdint>

#include "domain/core/address.hpp"
#include "domain/messaging/replies.hpp"

namespace logline::actors {

/// How far a subscription's consumers are behind (journal SUB-04).
struct subscription_lag {
  core::address subscription;
  messaging::subscription_status status;
  std::uint64_t events = 0;  ///< not acknowledged and not parked, taken from the log or not
  core::duration_us age;     ///< since the oldest of them was committed; zero where there is none
};

}  // namespace logline::actors
