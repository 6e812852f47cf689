#pragma once

#include <cstdint>
#include <string_view>

#include "domain/core/result.hpp"
#include "domain/core/time.hpp"
#include "domain/work/task_queue.hpp"

/// What the rules of a queue say in the end, and its refusals.
namespace logline::work {

/// Nothing is left open: kind first, then queue, then the defaults.
struct effective_settings {
  std::int64_t max_attempts = max_attempts_default;
  std::int64_t lease_s = lease_s_default;
  backoff_policy backoff;
  std::int64_t jitter_percent = jitter_percent_default;
};
effective_settings settings_for(const task_queue& queue, std::string_view kind);

/// The length of a lease of this task that nobody else asked for.
core::duration_us lease_length(const task_queue& queue, const task& t);

/// Of the kind itself; the queue as a whole may be paused as well.
bool is_kind_paused(const task_queue& queue, std::string_view kind);

/// The latest time a task may be scheduled for (TSK-17).
core::timestamp schedule_horizon(core::timestamp now);

/// 404: no such task, or none that a queue still keeps in memory.
core::failure no_such_task(const core::uuid& id);
/// 409 LEASE_LOST.
core::failure lease_lost(const core::uuid& lease_id);
/// 429 QUEUE_FULL with the time after which to try again.
core::failure queue_full(const task_queue& queue);
/// 409 with the given code.
core::failure wrong_status(std::string_view code, std::string_view what, const core::uuid& id, task_status status);

}  // namespace logline::work
