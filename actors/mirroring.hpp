#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actors/follower.hpp"
#include "actors/mirror_part.hpp"
#include "actors/reactor.hpp"

namespace logline::actors {

/// Follows the log into a mirror (MIR-01, MIR-02): no command waits for it, nothing queues for it in memory. Where the
/// target fails it tries again, later each time. Where the copy is not one of this log, or ahead of it, it stops and
/// says so (MIR-04): what to do then is for the operator to say. Runs on a thread of its own, since targets block.
struct mirroring_state {
  static inline const char* name = "mirror";

  follower_actor::pointer self = nullptr;
  follower_services services;
  mirror_part part;
  std::function<void(std::string)> report;
  follower_bell bell;
  bool is_open = false;
  std::uint32_t attempts = 0;  ///< that failed in a row
  journal::mirror_position at;
  std::optional<core::timestamp> failing_since;  ///< the target was last open
  bool is_late = false;                          ///< MIRROR_LAG was raised

  std::string bytes;  ///< of the batch, one record after the other
  std::vector<std::size_t> ends;
  std::vector<journal::record_view> views;

  void look_soon();
  void catch_up();
  void finish();

 private:
  bool open();
  /// Takes a batch from the log; false on damage there.
  bool read_batch();
  bool write_batch();
  void stands_at(const journal::mirror_position& position);
  /// Later again, or never.
  void failed(const journal::error& why);
  void try_later(const journal::error& why);
  void note_lag();
  void tell_lag(core::duration_us lag);
  void look_after(core::duration_us delay);
  void stop_diverged(const std::string& why);
};

follower_actor::behavior_type mirroring(follower_actor::stateful_pointer<mirroring_state> self,
                                        follower_services services, mirror_part part,
                                        std::function<void(std::string)> report);

}  // namespace logline::actors
