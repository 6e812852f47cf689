#pragma once

#include <memory>
#include <vector>

#include "actors/alerts.hpp"
#include "actors/duty.hpp"
#include "actors/runtime.hpp"
#include "journal/partition_log.hpp"

namespace logline::cluster {

/// What the node's own watching works with; everything outlives the duties. `living` is made after them.
struct watched_parts {
  const std::unique_ptr<actors::runtime>& living;
  const journal::partition_log& log;
  actors::alerts& alerts;
};

/// Duties that look after what the node itself does: how far subscriptions and mirrors are behind (SUB-04, MIR-03), and
/// nightly whether entities are what their events say (REP-04): one in a hundred, on Sundays all.
void add_watching(std::vector<std::shared_ptr<const actors::duty>>& to, watched_parts parts);

}  // namespace logline::cluster
