#pragma once

#include <string>
#include <string_view>

#include "domain/core/bytes.hpp"
#include "domain/core/result.hpp"

namespace logline::core {

/// Keeps secrets (a connector's signing key, a password for outbound calls) so that they can be stored: only the node that
/// sealed one can open it. The domain sees this interface; the key is behind it. Implementations are safe from any thread.
class secret_box {
 public:
  virtual ~secret_box() = default;

  /// Sealing the same text twice gives different boxes.
  virtual sealed_secret seal(std::string_view plaintext) const = 0;

  /// The text that was sealed. A box of another key, a damaged or a foreign one is an `internal` failure with code
  /// SECRET_UNREADABLE that says nothing about the content.
  virtual result<std::string> open(const sealed_secret& sealed) const = 0;
};

}  // namespace logline::core
