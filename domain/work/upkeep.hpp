#pragma once

#include <optional>

#include "domain/work/task_queue.hpp"

/// What time does to a queue: leases run out, tasks expire, finished ones are forgotten, a retry_all goes on (TSK-05,
/// TSK-11, TSK-15).
namespace logline::work {

/// When there is something to do; a time in the past means at once.
std::optional<core::timestamp> next_upkeep(const task_queue& queue);

}  // namespace logline::work
