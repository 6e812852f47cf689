#pragma once

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

/// The keys of pg.*; see postgres.hpp.
std::vector<rule> postgres_rules();
/// Of what is kept elsewhere: ndjson.upload_*, archive.*.
std::vector<rule> offsite_rules();
/// Of backup.*.
std::vector<rule> backup_rules();
/// The keys of privacy.*.
std::vector<rule> privacy_rules();

}  // namespace logline::cluster
