#pragma once

#include <memory>
#include <optional>
#include <string>

#include "actors/follower.hpp"
#include "actors/projection_desk.hpp"
#include "actors/protocol.hpp"
#include "actors/reactor.hpp"

namespace logline::actors {

/// Keeps the directory view in step with the log, a moment behind it (projector_limits): an entity that has written
/// often by then is one row, and commits seldom wait for the view's writes. Builds it anew when asked, beside the one
/// that readers see, which it goes on to keep up; when the new one is as far, readers see that (REP-02).
struct projector_state {
  static inline const char* name = "projector";

  /// The view that is being built.
  struct building {
    std::string view;
    core::gseq next{1};
    core::timestamp began;  ///< ticking
  };

  follower_actor::pointer self = nullptr;
  follower_services services;
  std::shared_ptr<projection_desk> desk;
  std::uint64_t place_at_desk = 0;
  follower_bell bell;
  std::string view;  ///< that readers see
  core::gseq next{1};
  core::duration_us last_turn;
  std::optional<building> anew;

  ~projector_state();
  journal::outcome start();
  void look_soon();
  void catch_up();
  void rebuild();

 private:
  bool keep_up();
  bool build_on();
  void stop(const journal::error& why);
};

follower_actor::behavior_type projector(follower_actor::stateful_pointer<projector_state> self,
                                        follower_services services, std::shared_ptr<projection_desk> desk);

}  // namespace logline::actors
