#pragma once

#include <string>

#include "adapters/cli/commands.hpp"

namespace logline::cli {

/// Has the running node do a job ("backup", "probe", "prune"), waits for it, and prints what came of it. A job that
/// fails is exit code 4 for a probe, else 1.
void order_job(const std::string& job, const std::string& label, invocation& run);

}  // namespace logline::cli
