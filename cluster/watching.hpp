#pragma once

#include <memory>
#include <vector>

#include "actors/duty.hpp"
#include "actors/runtime.hpp"

namespace logline::cluster {

/// Duties that look after what the node itself does: how far subscriptions are behind. They use `living`, which is made
/// after them, whenever they run.
void add_watching(std::vector<std::shared_ptr<const actors::duty>>& to, const std::unique_ptr<actors::runtime>& living);

}  // namespace logline::cluster
