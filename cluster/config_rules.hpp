#pragma once

#include <charconv>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "cluster/config.hpp"

namespace logline::cluster {

/// How one key is read: from an integer, a number, a truth value or a text; answers what is wrong, or nothing.
struct rule {
  std::string_view name;
  std::string_view doc;
  std::function<std::string(node_config&, const toml::node&)> set;
};

inline rule integer_at(std::string_view name, std::string_view doc, std::int64_t min, std::int64_t max,
                       std::function<void(node_config&, std::int64_t)> set) {
  return {name, doc, [=](node_config& config, const toml::node& value) -> std::string {
            const auto n = value.value_exact<std::int64_t>();
            if (!n || *n < min || *n > max) return fmt::format("must be an integer from {} to {}", min, max);
            set(config, *n);
            return {};
          }};
}

inline rule text(std::string_view name, std::string_view doc,
                 std::function<std::string(node_config&, const std::string&)> set) {
  return {name, doc, [set = std::move(set)](node_config& config, const toml::node& value) -> std::string {
            const auto t = value.value_exact<std::string>();
            return t ? set(config, *t) : "must be text";
          }};
}

/// "02:15"
inline std::string set_time(clock_time& to, const std::string& text) {
  unsigned hour = 0;
  unsigned minute = 0;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, hour);
  if (text.size() != 5 || text[2] != ':' || first.ptr != text.data() + 2) return "must be HH:MM, in UTC";
  const auto second = std::from_chars(text.data() + 3, end, minute);
  if (second.ptr != end || hour > 23 || minute > 59) return "must be HH:MM, in UTC";
  to = {static_cast<int>(hour), static_cast<int>(minute)};
  return {};
}

/// The keys of pg.*; see postgres.hpp.
std::vector<rule> postgres_rules();
/// Of what is kept elsewhere: ndjson.upload_*, archive.*.
std::vector<rule> offsite_rules();
/// Of backup.*.
std::vector<rule> backup_rules();
/// The keys of privacy.*.
std::vector<rule> privacy_rules();

}  // namespace logline::cluster
