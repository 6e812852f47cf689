#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "domain/core/time.hpp"
#include "journal/mirror_target.hpp"

namespace logline::actors {

/// How a mirror is doing, read by metrics from any thread.
struct mirror_progress {
  std::atomic<std::uint64_t> position{0};  ///< mirrored and durable there
  std::atomic<std::int64_t> behind_us{0};  ///< age of the oldest record not mirrored, when last looked at
  std::atomic<std::uint64_t> failures{0};  ///< attempts that failed, the target's errors
  std::atomic<bool> diverged{false};       ///< stopped for good: see mirroring_state
};

/// One copy of the log that the node keeps up to date.
struct mirror_part {
  std::string name;
  std::shared_ptr<journal::mirror_target> target;
  std::shared_ptr<mirror_progress> progress = std::make_shared<mirror_progress>();
  std::optional<core::duration_us> linger = {};  ///< instead of mirror_limits::linger
  /// Told how far the mirror is, each time that changes; on the mirror's thread. May be empty.
  std::function<void(core::gseq)> advanced = {};
};

}  // namespace logline::actors
