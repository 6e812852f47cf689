#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "domain/core/result.hpp"

namespace logline::core {

/// Where an entity lives: tenant / type / key, e.g. "acme/task_queue/email".
///
/// tenant and type: [a-z0-9_.-]{1,64}, starting with a letter or digit. key: 1 to 128 characters out of
/// [A-Za-z0-9_.:@~+-] and '/', no empty or dot-only segment. The platform's own entities live in tenant "system".
struct address {
  std::string tenant;
  std::string type;
  std::string key;

  std::string text() const { return tenant + '/' + type + '/' + key; }
  friend auto operator<=>(const address&, const address&) = default;
};

/// Checks the parts; the failure names the part and the rule it breaks (code INVALID_INPUT).
result<address> make_address(std::string_view tenant, std::string_view type, std::string_view key);

/// "tenant/type/key"; the key may hold further slashes.
result<address> parse_address(std::string_view text);

/// [a-z0-9_.-]{1,64}, starting with a letter or digit: names of tenants, types, streams, kinds.
bool is_name(std::string_view text);

}  // namespace logline::core

template <>
struct std::hash<logline::core::address> {
  std::size_t operator()(const logline::core::address& a) const noexcept {
    const std::hash<std::string> of;
    return of(a.key) ^ (of(a.type) * 0x9e3779b97f4a7c15ull) ^ (of(a.tenant) * 0xc2b2ae3d27d4eb4full);
  }
};
