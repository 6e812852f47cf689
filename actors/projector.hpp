#pragma once

#include "actors/follower.hpp"
#include "actors/protocol.hpp"

namespace logline::actors {

/// Keeps the directory view in step with the log.
struct projector_state {
  static inline const char* name = "projector";

  follower_actor::pointer self = nullptr;
  journal::partition_log* log = nullptr;
  follower_bell bell;
  core::gseq next{1};

  void catch_up();
};

follower_actor::behavior_type projector(follower_actor::stateful_pointer<projector_state> self,
                                        journal::partition_log* log, tail* feed);

}  // namespace logline::actors
