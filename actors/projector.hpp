#pragma once

#include "actors/follower.hpp"
#include "actors/protocol.hpp"
#include "actors/reactor.hpp"

namespace logline::actors {

/// Keeps the directory view in step with the log, a moment behind it (projector_limits): an entity that has written
/// often by then is one row, and commits seldom wait for the view's writes.
struct projector_state {
  static inline const char* name = "projector";

  follower_actor::pointer self = nullptr;
  follower_services services;
  follower_bell bell;
  core::gseq next{1};
  core::duration_us last_turn;

  void look_soon();
  void catch_up();
};

follower_actor::behavior_type projector(follower_actor::stateful_pointer<projector_state> self,
                                        follower_services services);

}  // namespace logline::actors
