#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/work/task_queue.hpp"

namespace logline::work {

/// What becomes of a task whose attempt did not succeed.
struct aftermath {
  task_status status = task_status::pending;
  std::optional<core::timestamp> run_at;  ///< of the next attempt
  std::string reason;                     ///< of a cancellation
};

/// CANCELLED when somebody asked for it; a dead letter when there is no further attempt (TSK-09); CANCELLED when it
/// expired meanwhile (TSK-11); PENDING after a wait otherwise (TSK-05, TSK-07, TSK-08). Draws the jitter.
aftermath after_failure(const task_queue& queue, const lease& attempt, bool retryable,
                        std::optional<std::int64_t> retry_after_s, const core::context& ctx);

/// Adds the event that names the end of the task, when it has one, behind the event that closed the attempt.
void emit_end(core::decision& out, const task& t, const core::uuid& task_id, const aftermath& what,
              std::string_view error, core::timestamp now);

}  // namespace logline::work
