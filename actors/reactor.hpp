#pragma once

#include <deque>
#include <map>
#include <memory>

#include "actors/alerts.hpp"
#include "actors/courier.hpp"
#include "actors/follower.hpp"

namespace logline::actors {

/// What a follower is given by the node.
struct follower_services {
  journal::partition_log* log = nullptr;
  tail* feed = nullptr;
  door* entrance = nullptr;
  engine_clock* clock = nullptr;
  counters* count = nullptr;
  type_finder types;
  timekeeper_actor timekeeper;
  std::function<std::uint64_t()> entropy;
  node_limits limits;
  actors::alerts* alerts = nullptr;
  journal::sealer* privacy = nullptr;  ///< for reactors that read personal fields
};

/// Runs one reactor: reads the log behind its durable cursor, sends the commands that events lead to, and moves the
/// cursor past an event only when each of its commands has a final answer. Commands carry keys derived from reactor,
/// position and index, so repeating what a crash forgot has no second effect. A command that is refused for good goes
/// to the dead letters of its tenant.
struct reactor_state {
  static inline const char* name = "reactor";

  /// An event whose commands are not all answered.
  struct reaction {
    core::gseq position;
    std::size_t unanswered = 0;
  };

  follower_actor::pointer self = nullptr;
  follower_services services;
  const core::reactor_type* type = nullptr;
  follower_bell bell;
  std::unique_ptr<courier> messenger;
  core::gseq next{1};                           ///< to read
  core::gseq saved;                             ///< cursor as stored
  bool acted = false;                           ///< sent something since then
  std::deque<reaction> open;                    ///< in order of position
  std::map<std::uint64_t, core::gseq> errands;  ///< token → position of the event
  std::uint64_t tokens = 0;

  void catch_up();
  void collect();

 private:
  core::outcome react(const journal::record_view& view);
  void send(core::gseq position, errand order);
  void bury(core::gseq position, const courier::delivered& refused);
  void answered(core::gseq position);
  void save_cursor();
  void stop(std::string why);
};

follower_actor::behavior_type reactor(follower_actor::stateful_pointer<reactor_state> self, follower_services services,
                                      const core::reactor_type* type);

}  // namespace logline::actors
