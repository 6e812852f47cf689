#pragma once

#include "cluster/config.hpp"

namespace logline::cluster {

/// Where the data directory was made by `logline replay --into node:DIR` (journal REP-01), the node runs muted,
/// whatever it is told: no mirrors, no uploads, no worker. The runtime does the rest.
void heed_replay(node_config& config);

}  // namespace logline::cluster
