#pragma once

#include <filesystem>

#include "cluster/config.hpp"
#include "cluster/node.hpp"

namespace logline::cluster {

/// Where the data directory was put back from a backup: takes over the generation it may go on as (BAK-12). Refuses a
/// copy that is for inspection only, and a marker that cannot be read.
core::result<core::done, start_failure> heed_restore(node_config& config);

}  // namespace logline::cluster
