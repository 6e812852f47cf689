#pragma once

#include <deque>
#include <functional>
#include <string>
#include <unordered_map>

#include "actors/protocol.hpp"

namespace logline::actors {

/// A part of the node that the supervisor keeps alive. State comes from the journal, so starting it anew is all the
/// repair there is.
struct supervised {
  std::string role;
  std::function<caf::actor(caf::local_actor* parent)> start;  ///< spawns monitored by the parent
};

struct restart_policy {
  std::size_t restarts_max = 10;                ///< within …
  core::duration_us window = core::minutes(1);  ///< … this span; then the node gives up
  core::duration_us backoff_first = core::milliseconds(100);
  core::duration_us backoff_max = core::seconds(10);
};

/// Restarts what dies, later each time; when something dies too often, or cannot be restarted, it says so and stops.
struct supervisor_state {
  static inline const char* name = "supervisor";

  struct child {
    supervised what;
    std::deque<core::timestamp> deaths;
    core::timestamp restart_at = core::never;
  };

  supervisor_actor::pointer self = nullptr;
  timekeeper_actor timekeeper;
  restart_policy policy;
  std::function<void(std::string)> report;   ///< a line for the log
  std::function<void(std::string)> give_up;  ///< the node must stop
  std::vector<child> children;
  std::unordered_map<caf::actor_addr, std::size_t> roles;

  void start(std::size_t index);
  void died(const caf::down_msg& down);
  void restart_due();
  void stop_all(const caf::error& reason);
};

supervisor_actor::behavior_type supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
                                           timekeeper_actor timekeeper, restart_policy policy,
                                           std::vector<supervised> children, std::function<void(std::string)> report,
                                           std::function<void(std::string)> give_up);

}  // namespace logline::actors
