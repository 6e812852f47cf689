#include "actors/duty.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <caf/all.hpp>

#include "actors/harden.hpp"
#include "actors/ticking.hpp"

namespace logline::actors {

// Due times are of the calendar, waiting is of ticking time: a clock that is set meanwhile is noticed within this.
static constexpr core::duration_us longest_wait = core::minutes(1);

void duty_state::look() {
  const auto now = services.clock->now();
  if (now >= due && !wanted.stop_requested()) {
    if (auto done = what->run(wanted); !done)
      report(fmt::format("{}: {} {}", what->name, done.error().code, done.error().message));
    due = what->when.next_after(services.clock->now());
  }
  const auto wait = std::min(longest_wait, due - services.clock->now());
  self->send(services.timekeeper, atom::call_back_v, caf::actor_cast<caf::strong_actor_ptr>(self),
             (ticking(self) + std::max(wait, core::duration_us{})).us);
}

follower_actor::behavior_type duty_runner(follower_actor::stateful_pointer<duty_state> self, follower_services services,
                                          std::shared_ptr<const duty> what, std::stop_token wanted,
                                          std::function<void(std::string)> report) {
  harden(self);
  auto& state = self->state;
  state.self = self;
  state.alive = caf::actor_cast<follower_actor>(self);
  state.due = what->when.next_after(services.clock->now());
  state.services = std::move(services);
  state.what = std::move(what);
  state.wanted = std::move(wanted);
  state.report = std::move(report);
  self->send(self, atom::again_v);
  return {
      [](atom::grown) {},
      [](atom::resume) {},
      [](atom::answered) {},
      [self](atom::again) { self->state.look(); },
  };
}

}  // namespace logline::actors
