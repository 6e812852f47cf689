#include "domain/core/digest.hpp"

#include <cstring>
#include <memory>

#include <openssl/evp.h>
#include <openssl/hmac.h>

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

digest hmac_sha256(std::string_view key, std::string_view message) {
  digest out;
  unsigned length = 0;
  const auto* done =
      HMAC(sha256_algorithm(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), out.octets.data(), &length);
  LL_INVARIANT(done != nullptr && length == 32, "HMAC failed inside OpenSSL, length {}", length);
  return out;
}

}  // namespace logline::core
