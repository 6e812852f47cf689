#include "domain/integration/signature.hpp"

#include "domain/core/bytes.hpp"
#include "domain/core/digest.hpp"

namespace logline::integration {

bool is_signed_by(std::string_view secret, std::string_view body, std::string_view given, std::string_view prefix) {
  if (!given.starts_with(prefix)) return false;
  const auto claimed = core::from_hex(given.substr(prefix.size()));
  return claimed && core::equal_in_constant_time(*claimed, core::hmac_sha256(secret, body).view());
}

}  // namespace logline::integration
