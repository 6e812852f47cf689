#pragma once

#include <cstddef>

#include "domain/work/task_queue.hpp"

namespace logline::work {

/// Goes on with a retry_all, looking at no more than `budget` dead letters. Returns how many it took back.
std::size_t continue_retry_run(const task_queue& queue, const core::context& ctx, std::size_t budget,
                               core::decision& out);

}  // namespace logline::work
