#pragma once

#include <unordered_map>

#include "actors/protocol.hpp"

namespace logline::actors {

/// Who is awake. Finds the host of an address, or spawns it; sends idle hosts to sleep without ever losing a message
/// between.
struct router_state {
  static inline const char* name = "router";

  struct host {
    entity_actor actor;
    std::uint64_t sent = 0;  ///< messages that count for retirement
    core::timestamp last_used;
  };

  router_actor::pointer self = nullptr;
  host_services services;
  router_limits limits;
  type_finder types;
  timekeeper_actor timekeeper;
  std::unordered_map<core::address, host> hosts;
  std::unordered_map<caf::actor_addr, core::address> addresses;
  std::size_t crowded_at = 0;  ///< so many hosts call for a sweep at once
  std::size_t retired_since_trim = 0;

  void deliver(const command_message& command);
  void show(const view_message& view);
  void wake(const core::address& entity);
  void sweep();
  void retired(const core::address& entity, std::uint64_t sent);
  void forget(const caf::actor_addr& gone);

 private:
  /// Null when the type does not exist.
  host* find_or_wake(const core::address& entity);
};

router_actor::behavior_type router(router_actor::stateful_pointer<router_state> self, host_services services,
                                   router_limits limits, type_finder types, timekeeper_actor timekeeper);

}  // namespace logline::actors
