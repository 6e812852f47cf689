#pragma once

#include <deque>
#include <memory>

#include "actors/protocol.hpp"
#include "actors/router.hpp"

namespace logline::actors {

/// The actor around a hosted_entity: waits for the barrier, keeps messages until the fold is done, and dies when a
/// commit fails.
struct entity_host_state {
  static inline const char* name = "entity_host";

  entity_actor::pointer self = nullptr;
  host_services services;
  router* switchboard = nullptr;
  caf::actor_id id = 0;
  timekeeper_actor timekeeper;
  core::address address;
  std::unique_ptr<hosted_entity> entity;
  bool open = false;
  std::uint64_t handled = 0;
  core::timestamp deadline = core::never;
  std::deque<command_message> waiting_commands;
  std::deque<view_message> waiting_views;

  ~entity_host_state();
  void start(const core::entity_type& type);
  void finish_opening();
  void deliver(const command_message& command);
  void show(const view_message& view);
  void attend();
  void wake();
  void again();
  void drain();
  void retire(std::uint64_t sent);
  void watch_deadline();
};

entity_actor::behavior_type entity_host(entity_actor::stateful_pointer<entity_host_state> self, host_services services,
                                        const core::entity_type* type, core::address address, router* switchboard,
                                        timekeeper_actor timekeeper);

}  // namespace logline::actors
