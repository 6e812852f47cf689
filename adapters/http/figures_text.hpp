#pragma once

#include <string>
#include <vector>

#include "actors/door.hpp"

namespace logline::http {

/// Prometheus text exposition 0.0.4: HELP and TYPE once per family, series of one family together.
std::string figures_text(const std::vector<actors::door::figure>& figures);

}  // namespace logline::http
