#pragma once

#include <vector>

#include "tests/unit/rules/source_tree.hpp"

namespace logline::rules {

/// Where the file's includes break the rules of docs/architecture.md: folders look downwards only, third parties stay
/// in their one folder, domain/ is pure.
std::vector<finding> check_layering(const source_file& file);

}  // namespace logline::rules
