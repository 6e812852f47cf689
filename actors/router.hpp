#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <unordered_map>

#include "actors/protocol.hpp"

namespace logline::actors {

/// Who is awake. Finds the host of an address, or spawns it; sends idle hosts to sleep without ever losing a message
/// between. Messages of one thread to one entity arrive in the order they were sent. Any thread.
///
/// It is no actor: a hop through a mailbox would be a third of what a small command costs (docs/decisions/0010).
class router {
 public:
  router(host_services services, router_limits limits, type_finder types, timekeeper_actor timekeeper,
         caf::actor_system& system);

  void deliver(const command_message& command);
  void show(const view_message& view);
  void wake(const core::address& entity);
  /// Asks those that nobody used lately to retire; over the resident limit, everybody.
  void sweep();
  /// No host waits for a change any longer: the node is stopping.
  void drain();
  /// Ends all hosts; what is sent from now on is answered UNAVAILABLE. Before the actor system goes.
  void stop();

  /// For a host that has handled `sent` messages and is at rest: true if there are no more on their way, and then none
  /// will come: it must quit. A message may have been routed since the host was asked; then the numbers differ.
  bool release(const core::address& entity, std::uint64_t sent);
  /// For a host that dies, so that the next message wakes the entity anew.
  void forget(const core::address& entity, caf::actor_id id);

 private:
  struct host {
    entity_actor actor;
    std::uint64_t sent = 0;  ///< messages that count for retirement
    core::timestamp last_used;
  };
  struct shard {
    std::mutex mutex;  // guards what follows
    std::unordered_map<core::address, host> hosts;
    bool stopped = false;
  };

  /// Sends under the shard's lock, so that nobody overtakes. False when the type does not exist.
  template <class... Message>
  bool send(const core::address& to, const Message&... message);
  shard& shard_of(const core::address& entity);
  host* find_or_wake(shard& in, const core::address& entity);

  const host_services services_;
  const router_limits limits_;
  const type_finder types_;
  const timekeeper_actor timekeeper_;
  caf::actor_system& system_;
  std::array<shard, 16> shards_;
  std::atomic<std::size_t> awake_{0};
  std::atomic<std::size_t> crowded_at_;  ///< so many hosts call for a sweep at once
  std::atomic<std::size_t> retired_since_trim_{0};
};

}  // namespace logline::actors
