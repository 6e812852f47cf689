#pragma once

#include <memory>

#include "journal/partition_log.hpp"
#include "journal/settings.hpp"

namespace logline::journal {

/// A log that lives as long as the object: for tests, and for nodes that need not remember.
std::unique_ptr<partition_log> make_memory_log(log_settings settings);

}  // namespace logline::journal
