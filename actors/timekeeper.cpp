#include "actors/timekeeper.hpp"

#include <algorithm>
#include <chrono>

#include <caf/all.hpp>

#include "actors/harden.hpp"
#include "actors/ticking.hpp"

namespace logline::actors {

// While the wall clock is behind engine time a wake-up comes no nearer, however often one looks.
static constexpr std::int64_t tick_min_us = 1'000;

void timekeeper_state::start() {
  started = true;
  const auto now = ticking(self);
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
  fire_due();
  ask_for_tick();
}

void timekeeper_state::fire_due() {
  const auto now = ticking(self);
  while (auto entity = wakes.pop_due(clock->now()))
    duties.wake(*entity);
  while (auto who = callbacks.pop_due(now))
    if (auto alive = caf::actor_cast<caf::actor>(*who)) caf::anon_send(alive, atom::again_v);
  if (next_sweep <= now) {
    duties.sweep();
    next_sweep = now + limits.router.sweep;
  }
  if (next_checkpoint <= now) {
    duties.checkpoint();
    next_checkpoint = now + limits.checkpoint;
  }
}

void timekeeper_state::ask_for_tick() {
  if (!started) return;
  const auto now = ticking(self);
  auto next = std::min({callbacks.next(), next_sweep, next_checkpoint});
  if (wakes.next() != core::never) next = std::min(next, now + (wakes.next() - clock->now()));
  if (next.us + tick_min_us > asked_for.us) return;  // soon enough: the two clocks are not read at one instant
  asked_for = next;
  const std::int64_t delay = next.us - now.us;
  if (delay <= 0)
    self->send(self, atom::tick_v, ++generation);
  else
    self->delayed_send(self, std::chrono::microseconds{std::max(delay, tick_min_us)}, atom::tick_v, ++generation);
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
      [self](atom::start) { self->state.start(); },
      [self](atom::sweep) { self->state.duties.sweep(); },
      [self](atom::arm, const core::address& entity, std::int64_t when) { self->state.arm(entity, {when}); },
      [self](atom::call_back, const caf::strong_actor_ptr& who, std::int64_t when) {
        self->state.call_back(who, {when});
      },
      [self](atom::tick, std::uint64_t generation) { self->state.tick(generation); },
  };
}

}  // namespace logline::actors
