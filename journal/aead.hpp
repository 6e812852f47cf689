#pragma once

#include <string>
#include <string_view>

#include "journal/errc.hpp"

namespace logline::journal {

/// AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. A box is nonce (12) ‖ ciphertext ‖ tag (16).
inline constexpr std::size_t box_overhead = 12 + 16;

/// Appends the box to `out`. `key` has 32 bytes. One key is good for 2^31 boxes (GDP-04). Any thread.
void seal_box(std::string_view key, std::string_view associated, std::string_view plain, std::string& out);

/// Replaces `plain`. Errors: bad_signature for another key, other associated data, or one changed bit; bad_encoding for
/// a box too short to be one. The error never quotes anything.
outcome open_box(std::string_view key, std::string_view associated, std::string_view box, std::string& plain);

}  // namespace logline::journal
