#include "actors/timekeeper.hpp"

#include <algorithm>
#include <chrono>

#include <caf/all.hpp>

#include "actors/harden.hpp"

namespace logline::actors {

void timekeeper_state::start(const caf::strong_actor_ptr& router_handle) {
  router = caf::actor_cast<router_actor>(router_handle);
  const auto now = clock->now();
  next_sweep = now + limits.router.sweep;
  next_checkpoint = now + limits.checkpoint;
  ask_for_tick();
}

void timekeeper_state::arm(const core::address& entity, core::timestamp when) {
  wakes.arm(entity, when);
  ask_for_tick();
}

void timekeeper_state::call_back(const caf::strong_actor_ptr& who, core::timestamp when) {
  callbacks.arm(caf::actor_cast<caf::actor_addr>(who), when);
  ask_for_tick();
}

void timekeeper_state::tick(std::uint64_t generation_of_tick) {
  if (generation_of_tick != generation) return;
  asked_for = core::never;
  fire_due(clock->now());
  ask_for_tick();
}

void timekeeper_state::fire_due(core::timestamp now) {
  while (auto entity = wakes.pop_due(now))
    self->send(router, atom::wake_v, *entity);
  while (auto who = callbacks.pop_due(now))
    if (auto alive = caf::actor_cast<caf::actor>(*who)) caf::anon_send(alive, atom::again_v);
  if (next_sweep <= now) {
    self->send(router, atom::sweep_v);
    next_sweep = now + limits.router.sweep;
  }
  if (next_checkpoint <= now) {
    duties.checkpoint();
    next_checkpoint = now + limits.checkpoint;
  }
}

void timekeeper_state::ask_for_tick() {
  if (!router) return;
  const auto next = std::min({wakes.next(), callbacks.next(), next_sweep, next_checkpoint});
  if (next >= asked_for) return;
  asked_for = next;
  const std::int64_t delay = next.us - clock->now().us;
  if (delay <= 0)
    self->send(self, atom::tick_v, ++generation);
  else
    self->delayed_send(self, std::chrono::microseconds{delay}, atom::tick_v, ++generation);
}

timekeeper_actor::behavior_type timekeeper(timekeeper_actor::stateful_pointer<timekeeper_state> self,
                                           engine_clock* clock, node_limits limits, periodic_duties duties) {
  harden(self);
  auto& state = self->state;
  state.self = self;
  state.clock = clock;
  state.limits = limits;
  state.duties = std::move(duties);
  return {
      [self](atom::start, const caf::strong_actor_ptr& router) { self->state.start(router); },
      [self](atom::arm, const core::address& entity, std::int64_t when) { self->state.arm(entity, {when}); },
      [self](atom::call_back, const caf::strong_actor_ptr& who, std::int64_t when) {
        self->state.call_back(who, {when});
      },
      [self](atom::tick, std::uint64_t generation) { self->state.tick(generation); },
  };
}

}  // namespace logline::actors
