#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/result.hpp"

namespace logline::http {

struct parameter {
  std::string name;
  std::string value;
};

/// A request target taken apart and decoded, once.
struct target {
  std::vector<std::string> segments;  ///< "/v2/log/" has three, the last of them empty
  std::vector<parameter> query;       ///< no name comes twice

  const std::string* find(std::string_view name) const;
  /// INVALID_INPUT naming the first parameter that is none of these (API-1).
  core::outcome only(std::initializer_list<std::string_view> known) const;
};

/// Decodes "/path?query". INVALID_INPUT for bad escapes, encoded slashes, backslashes and control characters, "." and
/// ".." segments, fragments, a parameter without a name or that comes twice, more than 64 parameters. A "+" in the
/// query is a space.
core::result<target> parse_target(std::string_view raw);

/// Digits only, no sign, no space.
std::optional<std::uint64_t> parse_count(std::string_view text);

/// The parameter as a number within bounds, or `otherwise` where it is absent.
core::result<std::uint64_t> count_parameter(const target& from, std::string_view name, std::uint64_t least,
                                            std::uint64_t most, std::uint64_t otherwise);

}  // namespace logline::http
