#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "domain/core/result.hpp"

namespace logline::core {

/// Raw bytes as received; JSON shows them as standard base64 with padding (RFC 4648 §4), msgpack as bin.
struct bytes {
  std::string data;
  friend bool operator==(const bytes&, const bytes&) = default;
};

/// A free-form value (what JSON calls any value), kept as one canonical msgpack value so that storing it costs no
/// re-encoding. The default is an empty object.
struct document {
  std::string msgpack = std::string(1, '\x80');
  friend bool operator==(const document&, const document&) = default;
};

/// A secret as it is stored: sealed under the node's key, never in clear (see secret_box.hpp). Doors never return it.
struct sealed_secret {
  std::string box;
  friend bool operator==(const sealed_secret&, const sealed_secret&) = default;
};

std::string to_hex(std::string_view raw);
/// Lower or upper case; refuses odd length and foreign characters.
result<std::string> from_hex(std::string_view hex);

/// At most `size_max` bytes of foreign text for a message: cut between characters, anything but printable UTF-8
/// replaced by '?'.
std::string excerpt(std::string_view text, std::size_t size_max = 64);

std::string to_base64(std::string_view raw);
/// Standard alphabet with padding; refuses anything else.
result<std::string> from_base64(std::string_view text);

/// Compares without leaking, through time, where the first difference is.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace logline::core
