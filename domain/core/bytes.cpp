#include "domain/core/bytes.hpp"

#include <algorithm>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <simdjson.h>

namespace logline::core {

std::string to_hex(std::string_view raw) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(raw.size() * 2, '\0');
  auto at = out.begin();
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    *at++ = digits[byte >> 4];
    *at++ = digits[byte & 15];
  }
  return out;
}

static int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

result<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return invalid_input("hex text has an odd number of digits");
  std::string out;
  out.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = nibble(hex[i]);
    const int low = nibble(hex[i + 1]);
    if (high < 0 || low < 0) return invalid_input("not a hex digit");
    out.push_back(static_cast<char>(high << 4 | low));
  }
  return out;
}

std::string excerpt(std::string_view text, std::size_t size_max) {
  std::size_t end = std::min(text.size(), size_max);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  std::string out{text.substr(0, end)};
  const bool is_utf8 = simdjson::validate_utf8(out.data(), out.size());
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_utf8)) c = '?';
  }
  return out;
}

std::string to_base64(std::string_view raw) {
  std::string out((raw.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(raw.data()), static_cast<int>(raw.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

result<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return invalid_input("base64 text must be padded to a multiple of 4 characters");
  if (text.empty()) return std::string{};
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  // EVP_DecodeBlock tolerates surrounding white space; we do not.
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.substr(0, text.size() - padding).find_first_not_of(alphabet) != std::string_view::npos)
    return invalid_input("not a base64 character");
  std::string out(text.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (length < 0) return invalid_input("not base64");
  out.resize(static_cast<std::size_t>(length) - padding);
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace logline::core
