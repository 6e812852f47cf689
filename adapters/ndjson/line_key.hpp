#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "journal/errc.hpp"

namespace logline::ndjson {

/// What signs lines (NDJ-07): 32 secret bytes, wiped with the last use, and the name that headers carry.
struct line_key {
  std::string id;
  std::string secret;

  /// Names the key by the first 16 hex digits of SHA-256("logline ndjson line key" ‖ secret). Errors: bad_encoding when
  /// it does not have 32 bytes.
  static journal::result<line_key> from_raw(std::string_view secret);

  line_key() = default;
  line_key(const line_key&) = default;
  line_key(line_key&&) = default;
  line_key& operator=(const line_key&) = default;
  line_key& operator=(line_key&&) = default;
  ~line_key();
};

/// The key of that name, or null.
const line_key* find_key(const std::vector<line_key>& keys, std::string_view id);

/// Turns the JSON object that begins at `begin` in `out` into a signed line: adds the member sig_b64 (HMAC-SHA-256,
/// RFC 2104, over the object as it was) and the line end.
void sign_line(const line_key& key, std::string& out, std::size_t begin);
inline constexpr std::size_t signature_bytes = 59;  ///< what sign_line adds, line end included

/// A line without its end, taken apart.
struct signed_line {
  std::string body;       ///< the object without sig_b64: what was signed
  std::string signature;  ///< 32 bytes
};
/// Splits the member off, without checking it. Reuses the buffers of `out`. Errors: bad_encoding.
journal::outcome split_line(std::string_view line, signed_line& out);

bool is_signed_by(const line_key& key, const signed_line& line);

}  // namespace logline::ndjson
