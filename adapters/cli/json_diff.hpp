#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace logline::cli {

struct json_difference {
  std::string path;    ///< JSON pointer (RFC 6901)
  std::string before;  ///< JSON; empty: not there
  std::string after;
};

/// Where two JSON values differ: members by name, elements by index, anything else as a whole.
std::vector<json_difference> differences_of(std::string_view before, std::string_view after);

}  // namespace logline::cli
