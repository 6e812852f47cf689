#include "adapters/cli/json_diff.hpp"

#include <algorithm>
#include <map>

#include "adapters/cli/json_peek.hpp"

namespace logline::cli {

namespace {

std::string pointer(const std::string& path, std::string_view name) {
  std::string out = path + '/';
  for (const char c : name) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as documents are, which decoding bounds
void compare(const std::string& path, std::string_view before, std::string_view after,
             std::vector<json_difference>& out) {
  if (before == after) return;
  if (before.starts_with('{') && after.starts_with('{')) {
    std::map<std::string, std::pair<std::string, std::string>> members;
    for (auto& m : members_of(before))
      members[m.name].first = std::move(m.json);
    for (auto& m : members_of(after))
      members[m.name].second = std::move(m.json);
    for (const auto& [name, values] : members)
      compare(pointer(path, name), values.first, values.second, out);
    return;
  }
  if (before.starts_with('[') && after.starts_with('[')) {
    const auto old = elements_of(before);
    const auto now = elements_of(after);
    for (std::size_t i = 0; i < std::max(old.size(), now.size()); ++i)
      compare(pointer(path, std::to_string(i)), i < old.size() ? old[i] : std::string{},
              i < now.size() ? now[i] : std::string{}, out);
    return;
  }
  out.push_back({path, std::string{before}, std::string{after}});
}

}  // namespace

std::vector<json_difference> differences_of(std::string_view before, std::string_view after) {
  std::vector<json_difference> out;
  compare({}, before, after, out);
  return out;
}

}  // namespace logline::cli
