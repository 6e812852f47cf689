#include "domain/core/digest.hpp"

#include <cstring>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "domain/core/bytes.hpp"
#include "domain/core/invariant.hpp"

namespace logline::core {

namespace {

struct context_free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// A fetched algorithm and a reused context make short digests twice as fast as EVP_Digest.
const EVP_MD* sha256_algorithm() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  LL_INVARIANT(algorithm != nullptr, "OpenSSL offers no SHA256");
  return algorithm;
}

EVP_MD_CTX* thread_context() {
  thread_local const std::unique_ptr<EVP_MD_CTX, context_free> context{EVP_MD_CTX_new()};
  return context.get();
}

}  // namespace

std::string digest::hex() const {
  return to_hex(view());
}

digest digest::from(std::string_view raw) {
  LL_INVARIANT(raw.size() >= 32, "a digest has 32 bytes, got {}", raw.size());
  digest out;
  std::memcpy(out.octets.data(), raw.data(), out.octets.size());
  return out;
}

digest sha256(std::initializer_list<std::string_view> parts) {
  EVP_MD_CTX* const context = thread_context();
  int ok = EVP_DigestInit_ex2(context, sha256_algorithm(), nullptr);
  for (const auto part : parts)
    ok &= EVP_DigestUpdate(context, part.data(), part.size());
  digest out;
  unsigned length = 0;
  ok &= EVP_DigestFinal_ex(context, out.octets.data(), &length);
  LL_INVARIANT(ok == 1 && length == 32, "SHA-256 failed inside OpenSSL, length {}", length);
  return out;
}

// RFC 2104 by hand: OpenSSL 3's HMAC() fetches and allocates each time, which costs as much as hashing a line.
digest hmac_sha256(std::string_view key, std::string_view message) {
  constexpr std::size_t block_bytes = 64;
  digest short_key;
  if (key.size() > block_bytes) {
    short_key = sha256(key);
    key = short_key.view();
  }
  std::array<char, block_bytes> inner{};
  std::array<char, block_bytes> outer{};
  for (std::size_t i = 0; i < block_bytes; ++i) {
    const char c = i < key.size() ? key[i] : '\0';
    inner[i] = static_cast<char>(c ^ 0x36);
    outer[i] = static_cast<char>(c ^ 0x5c);
  }
  const auto first = sha256({std::string_view{inner.data(), inner.size()}, message});
  const auto out = sha256({std::string_view{outer.data(), outer.size()}, first.view()});
  OPENSSL_cleanse(inner.data(), inner.size());
  OPENSSL_cleanse(outer.data(), outer.size());
  OPENSSL_cleanse(short_key.octets.data(), short_key.octets.size());
  return out;
}

}  // namespace logline::core
