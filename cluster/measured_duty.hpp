#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "actors/door.hpp"
#include "actors/duty.hpp"

namespace logline::cluster {

/// A duty with what metrics show of it.
struct measured_duty {
  std::shared_ptr<const actors::duty> work;
  std::function<std::vector<actors::door::figure>()> figures;
};

}  // namespace logline::cluster
