#pragma once

#include <chrono>

#include <caf/actor_clock.hpp>
#include <caf/local_actor.hpp>

#include "domain/core/time.hpp"

namespace logline::actors {

/// For intervals (retries, polls, restarts): time that passes whatever happens to the wall clock. Engine time stands
/// still while the wall clock is behind it (ENG-06), so only what entities wait for is measured in that. Simulated
/// where the actor system is; the origin means nothing.
inline core::timestamp ticking(caf::local_actor* self) {
  return {std::chrono::duration_cast<std::chrono::microseconds>(self->clock().now().time_since_epoch()).count()};
}

}  // namespace logline::actors
