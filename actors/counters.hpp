#pragma once

#include <atomic>
#include <cstdint>

namespace logline::actors {

/// What the actor layer counts; exact, relaxed, read by metrics only.
struct counters {
  using count = std::atomic<std::uint64_t>;
  count commands{0};         ///< decided
  count rejections{0};       ///< decided against
  count replayed{0};         ///< answered from an earlier request with the same key
  count events{0};           ///< made durable
  count unseal_failures{0};  ///< records shown sealed because a field could not be opened
  count personal_fields{0};  ///< fields sealed before they were journaled
  count hosts_loaded{0};
  count hosts_failed{0};
  count hosts_retired{0};
  std::atomic<std::int64_t> hosts_awake{0};
  count records_folded{0};  ///< to wake entities
  count snapshots_written{0};
  count snapshot_failures{0};
  count wakes_fired{0};
  count wakes_stuck{0};                       ///< wake-ups that changed nothing although one was due
  std::atomic<std::int64_t> wake_late_ms{0};  ///< of the newest wake-up
  count overloaded{0};                        ///< refused at the door
  count reactions{0};                         ///< commands that reactors sent and that took effect
  count reactions_retried{0};
  count reactions_refused{0};  ///< went to the dead letters
  count reactors_stopped{0};
  count tasks_completed{0};  ///< by the in-process worker
  count tasks_failed{0};
};

}  // namespace logline::actors
