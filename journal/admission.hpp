#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

#include "journal/commit_queue.hpp"
#include "journal/committer.hpp"
#include "journal/partition_log.hpp"

namespace logline::journal {

/// Counts what was admitted against the bounds. Safe from any thread.
class admission {
 public:
  admission(partition_log& log, admission_limits limits) : log_(log), limits_(limits) {}

  /// Reserves room. Errors: too_large (no commit could hold it), stopped, disk_full, overloaded.
  outcome admit(commit_queue::load room);
  void release(commit_queue::load room);
  void close() { closed_.store(true, std::memory_order_relaxed); }
  commit_queue::load waiting() const;

 private:
  partition_log& log_;
  const admission_limits limits_;
  std::atomic<bool> closed_{false};
  std::atomic<std::size_t> records_{0};
  std::atomic<std::size_t> bytes_{0};
};

/// Counts submissions and completions, and calls back when a count is reached. Safe from any thread.
class barriers {
 public:
  void submitted() { submitted_.fetch_add(1, std::memory_order_relaxed); }
  /// One more is complete; runs the barriers that wait for no more than that. By one thread at a time.
  void completed();
  /// Runs barriers that came in while completed() looked elsewhere. By the same thread, after a row of completed().
  void settle();
  /// Calls `done` at once or from completed() or settle().
  void add(std::function<void()> done);

 private:
  struct waiting {
    std::uint64_t target;
    std::function<void()> done;
  };

  std::atomic<std::uint64_t> submitted_{0};
  std::atomic<std::uint64_t> completed_{0};
  std::atomic<std::uint64_t> first_target_{UINT64_MAX};
  std::mutex mutex_;  // guards waiting_
  std::deque<waiting> waiting_;
};

}  // namespace logline::journal
