#include "domain/core/uuid.hpp"

#include <cstring>

#include <openssl/evp.h>

#include "domain/core/bytes.hpp"

namespace logline::core {

std::string uuid::text() const {
  const std::string hex = to_hex(view());
  return hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4) + '-' + hex.substr(16, 4) + '-' +
         hex.substr(20);
}

uuid uuid::from(std::string_view sixteen_bytes) {
  LL_INVARIANT(sixteen_bytes.size() == 16, "a UUID has 16 bytes, got {}", sixteen_bytes.size());
  uuid out;
  std::memcpy(out.octets.data(), sixteen_bytes.data(), 16);
  return out;
}

result<uuid> parse_uuid(std::string_view text) {
  const auto wrong = [] { return invalid_input("not a UUID: expected 8-4-4-4-12 hex digits"); };
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return wrong();
  std::string hex;
  hex.reserve(32);
  for (const char c : text)
    if (c != '-') hex.push_back(c);
  auto raw = from_hex(hex);
  if (!raw || raw->size() != 16) return wrong();
  return uuid::from(*raw);
}

static void set_version(uuid& id, unsigned version) {
  id.octets[6] = static_cast<unsigned char>((id.octets[6] & 0x0f) | (version << 4));
  id.octets[8] = static_cast<unsigned char>((id.octets[8] & 0x3f) | 0x80);
}

uuid make_uuid7(std::int64_t unix_ms, std::uint64_t draw_a, std::uint64_t draw_b) {
  uuid id;
  for (int i = 0; i < 6; ++i)
    id.octets[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(unix_ms) >> (40 - 8 * i));
  id.octets[6] = static_cast<unsigned char>(draw_a >> 8);
  id.octets[7] = static_cast<unsigned char>(draw_a);
  for (int i = 0; i < 8; ++i)
    id.octets[8 + i] = static_cast<unsigned char>(draw_b >> (56 - 8 * i));
  set_version(id, 7);
  return id;
}

uuid make_uuid5(const uuid& name_space, std::string_view name) {
  std::string input{name_space.view()};
  input += name;
  unsigned char sha1[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  const int ok = EVP_Digest(input.data(), input.size(), sha1, &length, EVP_sha1(), nullptr);
  LL_INVARIANT(ok == 1 && length == 20, "SHA-1 failed inside OpenSSL, length {}", length);
  uuid id;
  std::memcpy(id.octets.data(), sha1, 16);
  set_version(id, 5);
  return id;
}

}  // namespace logline::core
