#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "actors/follower.hpp"
#include "actors/reactor.hpp"
#include "domain/core/result.hpp"
#include "domain/core/schedule.hpp"

namespace logline::actors {

/// Work the node does by the calendar, off the command path: backups, probes, verification.
struct duty {
  std::string name;
  core::schedule when;
  /// On a thread of its own, one run at a time. A run that takes long asks `wanted.stop_requested()` now and then: the
  /// node waits for it when it stops. A failure is reported as a line of the log; alerts are the duty's own matter.
  std::function<core::outcome(const std::stop_token& wanted)> run;
};

/// Runs one duty when it is due. What fell due while the node was down is not made up for.
struct duty_state {
  static inline const char* name = "duty";

  follower_actor::pointer self = nullptr;
  follower_actor alive;  ///< itself: who waits for the calendar only is known to nobody else; goes with the state
  follower_services services;
  std::shared_ptr<const duty> what;
  std::stop_token wanted;
  std::function<void(std::string)> report;
  core::timestamp due;

  void look();
};

follower_actor::behavior_type duty_runner(follower_actor::stateful_pointer<duty_state> self, follower_services services,
                                          std::shared_ptr<const duty> what, std::stop_token wanted,
                                          std::function<void(std::string)> report);

}  // namespace logline::actors
