#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "domain/core/time.hpp"

namespace logline::actors {

/// Commands taken and not answered: the bound that keeps memory flat (architecture §2). Any thread.
class in_flight_gauge {
 public:
  /// One command's place, given back when it is destroyed.
  class place {
   public:
    place() = default;
    explicit place(std::shared_ptr<in_flight_gauge> in) : in_(std::move(in)) {}
    place(place&& other) noexcept = default;
    place& operator=(place&& other) noexcept {
      give_back();
      in_ = std::move(other.in_);
      return *this;
    }
    ~place() { give_back(); }

   private:
    void give_back() {
      if (const auto from = std::exchange(in_, nullptr)) from->leave();
    }
    std::shared_ptr<in_flight_gauge> in_;
  };

  explicit in_flight_gauge(std::size_t max) : max_(max) {}

  /// False when all places are taken; a place that was entered must be given back by a `place`.
  bool enter() {
    if (count_.fetch_add(1, std::memory_order_relaxed) < max_) return true;
    leave();
    return false;
  }
  /// False when places were still taken after `wait`.
  bool wait_empty(core::duration_us wait) {
    std::unique_lock lock{mutex_};
    return empty_.wait_for(lock, std::chrono::microseconds{wait.us}, [this] { return count_.load() == 0; });
  }
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  void leave() {
    if (count_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    const std::lock_guard lock{mutex_};
    empty_.notify_all();
  }

  const std::size_t max_;
  std::atomic<std::size_t> count_{0};
  std::mutex mutex_;
  std::condition_variable empty_;
};

}  // namespace logline::actors
