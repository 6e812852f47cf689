#pragma once

#include <string>
#include <string_view>

#include "domain/core/bytes.hpp"
#include "domain/core/result.hpp"

namespace logline::core {

/// Seals and opens secrets under a key that the domain never sees. The node's box is journal/secret_box.hpp.
class secret_box {
 public:
  virtual ~secret_box() = default;
  /// Never fails for any plaintext up to 64 KiB; two seals of one text differ.
  virtual sealed_secret seal(std::string_view plaintext) const = 0;
  /// The plaintext, or INTERNAL when the box was made under another key or was altered. The error never quotes the box.
  virtual result<std::string> open(const sealed_secret& sealed) const = 0;
};

}  // namespace logline::core
