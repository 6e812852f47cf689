#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "journal/append.hpp"
#include "journal/partition_log.hpp"

namespace logline::journal {

/// How much may wait at once; beyond it submit() refuses with errc::overloaded.
struct admission_limits {
  std::size_t records_max = 65'536;
  std::size_t bytes_max = std::size_t{64} << 20;
};

/// Group commit of one partition on threads of its own: what queued during the last sync becomes the next commit (no linger).
/// Two workers take turns, so that one frames the next commit while the other waits for the disk; commits and completions
/// stay in order.
///
/// Threads: submit() and barrier() from any thread; completions run on a worker, in submission order, and must be short.
/// Destruction stops intake, drains what was admitted, then joins.
class committer {
 public:
  /// Called exactly once per admitted request, after the outcome is durable or known to have failed.
  using completion = std::function<void(result<appended>)>;

  /// `log` must outlive the committer. `on_commit` is told the new durable head after each commit, before its completions run.
  committer(partition_log& log, admission_limits limits, std::function<void(core::gseq)> on_commit);
  ~committer();
  committer(const committer&) = delete;
  committer& operator=(const committer&) = delete;

  /// Queues the request. Refused with overloaded, too_large or stopped without calling `done`.
  outcome submit(append_request request, completion done);

  /// Calls `done` once everything submitted before is durable or failed; at once when nothing waits.
  void barrier(std::function<void()> done);

  /// Refuses new requests with errc::stopped from now on; what was admitted still completes.
  void close();

  struct load {
    std::size_t records = 0;
    std::size_t bytes = 0;
  };
  /// What is admitted and not yet completed.
  load waiting() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace logline::journal
