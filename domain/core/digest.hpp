#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace logline::core {

/// A SHA-256 value.
struct digest {
  std::array<unsigned char, 32> octets{};

  std::string_view view() const { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }
  std::string hex() const;
  /// The first 32 bytes of `raw`; asserts that there are at least that many.
  static digest from(std::string_view raw);
  friend auto operator<=>(const digest&, const digest&) = default;
};

/// SHA-256 (FIPS 180-4) over the concatenation of the parts. Pure; safe from any thread.
digest sha256(std::initializer_list<std::string_view> parts);
inline digest sha256(std::string_view whole) { return sha256({whole}); }

/// HMAC-SHA-256 (RFC 2104). Pure; safe from any thread.
digest hmac_sha256(std::string_view key, std::string_view message);

}  // namespace logline::core
