#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "domain/core/result.hpp"

namespace logline::core {

struct uuid {
  std::array<unsigned char, 16> octets{};

  std::string_view view() const { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }
  /// Canonical lower-case text, 36 characters.
  std::string text() const;
  bool is_nil() const { return *this == uuid{}; }
  static uuid from(std::string_view sixteen_bytes);
  friend auto operator<=>(const uuid&, const uuid&) = default;
};

/// Canonical text only: 8-4-4-4-12 hex digits.
result<uuid> parse_uuid(std::string_view text);

/// UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, the rest from the two draws (the 12 bits rand_a from `draw_a`).
uuid make_uuid7(std::int64_t unix_ms, std::uint64_t draw_a, std::uint64_t draw_b);

/// UUIDv5 (RFC 9562 §5.5): the same name in the same name space gives the same id, on every node and after every crash.
uuid make_uuid5(const uuid& name_space, std::string_view name);

}  // namespace logline::core

template <>
struct std::hash<logline::core::uuid> {
  std::size_t operator()(const logline::core::uuid& id) const noexcept {
    return std::hash<std::string_view>{}(id.view());
  }
};
