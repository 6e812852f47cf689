#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "domain/core/ids.hpp"
#include "domain/core/result.hpp"
#include "domain/core/time.hpp"

namespace logline::actors {

/// A projection that is being built anew.
struct rebuild_status {
  core::gseq position;  ///< built up to here …
  core::gseq head;      ///< … of this
  double records_per_s = 0;
  double seconds_left = 0;
};

/// How a projection stands.
struct projection_status {
  std::string name;
  core::gseq cursor;
  std::uint64_t lag_events = 0;
  std::optional<rebuild_status> rebuild;
};

/// Where rebuilds are asked for and their progress is read; any thread.
class projection_desk {
 public:
  /// CONFLICT while one is asked for or under way.
  core::outcome ask() {
    const std::lock_guard lock{mutex_};
    if (is_wanted_ || progress_) return core::conflict("the projection is being rebuilt");
    is_wanted_ = true;
    if (ring_) ring_();
    return core::done{};
  }
  std::optional<rebuild_status> progress() const {
    const std::lock_guard lock{mutex_};
    if (is_wanted_ && !progress_) return rebuild_status{};
    return progress_;
  }

  // -- the projector's side

  /// `ring` is called, under a lock, when a rebuild is asked for, until leave() with the number that this answers. One
  /// that an earlier projector left unfinished is asked for again.
  std::uint64_t attend(std::function<void()> ring) {
    const std::lock_guard lock{mutex_};
    ring_ = std::move(ring);
    if (progress_) is_wanted_ = true;
    progress_.reset();
    if (is_wanted_) ring_();
    return ++attendants_;
  }
  void leave(std::uint64_t attendant) {
    const std::lock_guard lock{mutex_};
    if (attendant == attendants_) ring_ = nullptr;
  }
  bool take_order() {
    const std::lock_guard lock{mutex_};
    if (!std::exchange(is_wanted_, false)) return false;
    progress_ = rebuild_status{};
    return true;
  }
  /// `spent` since it began.
  void advance(core::gseq position, core::gseq head, core::duration_us spent) {
    const std::lock_guard lock{mutex_};
    const double seconds = static_cast<double>(spent.us) / 1e6;
    const double rate = seconds > 0 ? static_cast<double>(position.value) / seconds : 0;
    const double left = rate > 0 ? static_cast<double>(head.value - position.value) / rate : 0;
    progress_ = rebuild_status{position, head, rate, left};
  }
  void finish() {
    const std::lock_guard lock{mutex_};
    progress_.reset();
  }

 private:
  mutable std::mutex mutex_;
  bool is_wanted_ = false;
  std::optional<rebuild_status> progress_;
  std::function<void()> ring_;
  std::uint64_t attendants_ = 0;
};

}  // namespace logline::actors
