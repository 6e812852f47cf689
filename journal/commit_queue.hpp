#pragma once

#include <cstddef>
#include <functional>

#include "journal/append.hpp"

namespace logline::journal {

/// The way into a partition's log: bounded admission, then group commit. Implementations: `committer` (threads) and
/// `stepped_committer` (the caller decides when the next commit happens; for simulation).
class commit_queue {
 public:
  /// Called exactly once per submitted request, after its outcome is durable or known to have failed; in submission
  /// order.
  using completion = std::function<void(result<appended>)>;

  struct load {
    std::size_t records = 0;
    std::size_t bytes = 0;
  };

  virtual ~commit_queue() = default;

  /// Reserves room for a request that follows. Refused with overloaded, stopped, disk_full or too_large (JRN-12); then
  /// nothing is reserved. Two steps, because a host must know that there is room before it changes its state.
  virtual outcome admit(load room) = 0;

  /// Queues a request for which `room` was admitted. Never refused: a partition that stopped meanwhile is told to
  /// `done`.
  virtual void submit_admitted(append_request request, load room, completion done) = 0;

  /// Both steps in one.
  outcome submit(append_request request, completion done) {
    const load room{request.events.size(), request.weight()};
    if (auto admitted = admit(room); !admitted) return admitted;
    submit_admitted(std::move(request), room, std::move(done));
    return core::done{};
  }

  /// Calls `done` once everything submitted before is durable or failed; at once when nothing waits.
  virtual void barrier(std::function<void()> done) = 0;

  /// Refuses new requests with errc::stopped from now on; what was admitted still completes.
  virtual void close() = 0;

  /// What is admitted and not yet completed.
  virtual load waiting() const = 0;
};

}  // namespace logline::journal
