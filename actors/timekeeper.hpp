#pragma once

#include <caf/actor_addr.hpp>

#include "actors/protocol.hpp"
#include "actors/timer_queue.hpp"

namespace logline::actors {

/// What the timekeeper has others do; each is called on its actor.
struct periodic_duties {
  std::function<void()> checkpoint;                ///< every node_limits::checkpoint
  std::function<void()> sweep;                     ///< every router_limits::sweep, and when asked to
  std::function<void(const core::address&)> wake;  ///< the entity's time has come
};

/// Time as the node knows it: one queue of wake-ups, one outstanding delayed message.
struct timekeeper_state {
  static inline const char* name = "timekeeper";

  timekeeper_actor::pointer self = nullptr;
  engine_clock* clock = nullptr;
  node_limits limits;
  periodic_duties duties;
  bool started = false;

  timer_queue<core::address> wakes;  ///< in engine time; everything else here is ticking()
  timer_queue<caf::actor_addr> callbacks;
  core::timestamp next_sweep;
  core::timestamp next_checkpoint;
  core::timestamp asked_for = core::never;  ///< when the newest delayed message is due
  std::uint64_t generation = 0;             ///< delayed messages cannot be cancelled: older ones are ignored

  void arm(const core::address& entity, core::timestamp when);
  void call_back(const caf::strong_actor_ptr& who, core::timestamp when);
  void tick(std::uint64_t generation_of_tick);
  void start();

 private:
  void fire_due();
  void ask_for_tick();
};

timekeeper_actor::behavior_type timekeeper(timekeeper_actor::stateful_pointer<timekeeper_state> self,
                                           engine_clock* clock, node_limits limits, periodic_duties duties);

}  // namespace logline::actors
