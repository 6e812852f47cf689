#pragma once

#include "domain/core/secret_box.hpp"
#include "journal/keys.hpp"

namespace logline::journal {

/// AES-256-GCM (NIST SP 800-38D) under the node's key. A box is
///   0x01 ‖ key id (4) ‖ nonce (12, random) ‖ ciphertext ‖ tag (16)
/// with the first five bytes as associated data. Random 96-bit nonces are good for 2^32 boxes a key.
class node_secret_box final : public core::secret_box {
 public:
  explicit node_secret_box(node_key key) : key_(std::move(key)) {}

  core::sealed_secret seal(std::string_view plaintext) const override;
  core::result<std::string> open(const core::sealed_secret& sealed) const override;

 private:
  node_key key_;
};

}  // namespace logline::journal
