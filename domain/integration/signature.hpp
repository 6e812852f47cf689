#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/core/described.hpp"

namespace logline::integration {

/// How a provider proves that a delivery is its own (CON-07). The first form knows one way.
enum class verifier : std::uint8_t {
  hmac_sha256,  ///< a header holds the HMAC-SHA-256 of the raw body, in hex
};
constexpr auto describe_enum(core::type_tag<verifier>) {
  return std::array{core::enumerator<verifier>{verifier::hmac_sha256, "hmac_sha256"}};
}

/// Whether `given` is `prefix` followed by the hex HMAC-SHA-256 of the body under the secret. Over the raw bytes as
/// received, in constant time (CON-06).
bool is_signed_by(std::string_view secret, std::string_view body, std::string_view given, std::string_view prefix);

}  // namespace logline::integration
