#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "journal/append.hpp"
#include "journal/commit_queue.hpp"
#include "journal/partition_log.hpp"

namespace logline::journal {

/// How much may wait at once; beyond it submit() refuses with errc::overloaded.
struct admission_limits {
  std::size_t records_max = 65'536;
  std::size_t bytes_max = std::size_t{64} << 20;
};

/// Group commit of one partition on threads of its own: what queued during the last sync becomes the next commit (no
/// linger). Two workers share the stages of commits, so that one frames the next while the other waits for the disk;
/// commits and completions stay in order.
///
/// Threads: submit() and barrier() from any thread; completions run on a worker, in submission order, and must be
/// short. Destruction stops intake, drains what was admitted, then joins.
class committer final : public commit_queue {
 public:
  /// `log` must outlive the committer. `on_commit` is told the new durable head after each commit, before its
  /// completions run.
  committer(partition_log& log, admission_limits limits, std::function<void(core::gseq)> on_commit);
  ~committer() override;
  committer(const committer&) = delete;
  committer& operator=(const committer&) = delete;

  outcome admit(load room) override;
  void submit_admitted(append_request request, load room, completion done) override;
  void barrier(std::function<void()> done) override;
  void close() override;
  load waiting() const override;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// The same without threads: nothing happens until step().
class stepped_committer final : public commit_queue {
 public:
  stepped_committer(partition_log& log, admission_limits limits, std::function<void(core::gseq)> on_commit);
  ~stepped_committer() override;

  /// Makes one commit of what waits and runs its completions; false when nothing waited.
  bool step();

  outcome admit(load room) override;
  void submit_admitted(append_request request, load room, completion done) override;
  void barrier(std::function<void()> done) override;
  void close() override;
  load waiting() const override;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace logline::journal
