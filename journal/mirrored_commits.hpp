#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include "journal/commit_queue.hpp"
#include "journal/committer.hpp"

namespace logline::journal {

/// Durability `mirrored` (cluster CLU-11): a request completes only when its records are on this disk and in a mirror
/// as well. While the mirror is away what was admitted waits, and admission closes when the bound is reached: nothing
/// is acknowledged that a second machine does not have.
///
/// Threads: as commit_queue; mirrored() from any. Completions run one at a time, in submission order.
class mirrored_commits final : public commit_queue {
 public:
  /// `local` must be drained, or gone, before this goes: its completions come here. `mirrored`: what the mirror holds
  /// already. `limits` bound what waits for either copy.
  mirrored_commits(commit_queue& local, admission_limits limits, core::gseq mirrored)
      : local_(local), limits_(limits), mirrored_(mirrored) {}
  /// What still waits for the mirror is told errc::stopped: whether the mirror has it is not known.
  ~mirrored_commits() override;
  mirrored_commits(const mirrored_commits&) = delete;
  mirrored_commits& operator=(const mirrored_commits&) = delete;

  /// The mirror holds everything up to here, durably.
  void mirrored(core::gseq up_to);
  /// Waits until it holds that much; false when `longest` passes first.
  bool wait_mirrored(core::gseq position, std::chrono::milliseconds longest) const;

  outcome admit(load room) override;
  void submit_admitted(append_request request, load room, completion done) override;
  void barrier(std::function<void()> done) override;
  void close() override { local_.close(); }
  load waiting() const override;

 private:
  struct held {
    core::gseq position;  ///< 0: waits only for those before it
    load room;
    std::function<void(bool mirrored)> tell;
  };
  void hold(held one);
  void let_out(std::unique_lock<std::mutex>& lock);

  commit_queue& local_;
  const admission_limits limits_;
  mutable std::condition_variable moved_;
  mutable std::mutex mutex_;  // guards what follows
  core::gseq mirrored_;
  std::deque<held> held_;
  load held_load_;
  bool letting_out_ = false;
};

}  // namespace logline::journal
