#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "domain/core/ids.hpp"

namespace logline::actors {

/// The one way out: tells followers that the durable head moved. Followers read the log themselves, at their own pace,
/// so a slow one costs neither memory nor anybody's time. Any thread.
class tail {
 public:
  /// One follower's bell: rung at most once until it is answered.
  class bell {
   public:
    explicit bell(std::function<void()> ring) : ring_(std::move(ring)) {}
    void ring() {
      if (!rung_.exchange(true, std::memory_order_acq_rel)) ring_();
    }
    /// The follower is about to look at the log.
    void answer() { rung_.store(false, std::memory_order_release); }

   private:
    std::function<void()> ring_;
    std::atomic<bool> rung_{false};
  };

  /// Who follows must look at the log once by itself afterwards: commits before this call rang for others only.
  void follow(std::shared_ptr<bell> follower) {
    const std::lock_guard lock{mutex_};
    followers_.push_back(std::move(follower));
  }
  void leave(const std::shared_ptr<bell>& follower) {
    const std::lock_guard lock{mutex_};
    std::erase(followers_, follower);
  }
  /// Called on a committer thread after each commit.
  void grown() {
    const std::lock_guard lock{mutex_};
    for (const auto& follower : followers_)
      follower->ring();
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<bell>> followers_;
};

}  // namespace logline::actors
