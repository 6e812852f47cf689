#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "bench/support/measure.hpp"

namespace logline::bench {

/// Keeps a number of operations under way from the calling thread: whenever one ends, the next begins.
class closed_loop {
 public:
  explicit closed_loop(std::size_t in_flight) : begun_(in_flight) {}

  /// `issue(slot)` starts an operation, whose end is told by ended(slot). Issues for `seconds`, then waits for what is
  /// under way. Operations a second, of those that ended in time; the latency is that from issue to ended.
  template <class Issue>
  measurement run(double seconds, Issue issue) {
    measurement out;
    const double cpu_before = cpu_seconds();
    const auto begin = clock::now();
    const auto end = begin + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
    std::size_t in_time = 0;
    std::size_t done = 0;
    std::size_t under_way = begun_.size();
    for (std::size_t slot = 0; slot < begun_.size(); ++slot) {
      begun_[slot] = clock::now();
      issue(slot);
    }
    std::vector<finished> all;
    while (under_way > 0) {
      take(all);
      for (const auto& one : all) {
        out.latency.add(std::chrono::duration<double>(one.at - begun_[one.slot]).count() * 1e6);
        ++done;
        if (one.at <= end) ++in_time;
        const auto now = clock::now();
        if (now >= end) {
          --under_way;
          continue;
        }
        begun_[one.slot] = now;
        issue(one.slot);
      }
      all.clear();
    }
    out.cpu_us = (cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(done);
    out.value = static_cast<double>(in_time) / std::chrono::duration<double>(end - begin).count();
    return out;
  }

  /// The same until `count` operations have ended, without measuring.
  template <class Issue>
  void run_count(std::size_t count, Issue issue) {
    std::size_t issued = 0;
    for (; issued < std::min(count, begun_.size()); ++issued)
      issue(issued);
    std::vector<finished> all;
    for (std::size_t done = 0; done < count;) {
      take(all);
      for (const auto& one : all) {
        ++done;
        if (issued == count) continue;
        ++issued;
        issue(one.slot);
      }
      all.clear();
    }
  }

  /// From any thread.
  void ended(std::size_t slot) {
    const finished one{slot, clock::now()};
    bool wake = false;
    {
      const std::lock_guard lock{mutex_};
      finished_.push_back(one);
      wake = std::exchange(waiting_, false);
    }
    if (wake) some_finished_.notify_one();
  }

 private:
  struct finished {
    std::size_t slot;
    clock::time_point at;
  };

  void take(std::vector<finished>& out) {
    std::unique_lock lock{mutex_};
    while (finished_.empty()) {
      waiting_ = true;
      some_finished_.wait(lock);
    }
    std::swap(out, finished_);
  }

  std::vector<clock::time_point> begun_;  ///< by slot; the calling thread's
  std::mutex mutex_;                      // guards what follows
  std::condition_variable some_finished_;
  std::vector<finished> finished_;
  bool waiting_ = false;
};

}  // namespace logline::bench
