#include "journal/aead.hpp"

#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "domain/core/invariant.hpp"

namespace logline::journal {

namespace {

constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;

struct cipher_free {
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text, std::size_t at) {
  return reinterpret_cast<unsigned char*>(text.data() + at);
}

// Looked up once: finding an algorithm costs OpenSSL 3 more than sealing a small field.
const EVP_CIPHER* aes_256_gcm() {
  static const std::unique_ptr<EVP_CIPHER, cipher_free> cipher{EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
  return cipher.get();
}

/// A context that forgets its key when it goes out of scope, though the thread keeps it.
class cipher_use {
 public:
  cipher_use() : context_(of_thread()) {}
  ~cipher_use() { EVP_CIPHER_CTX_reset(context_); }
  cipher_use(const cipher_use&) = delete;
  cipher_use& operator=(const cipher_use&) = delete;
  EVP_CIPHER_CTX* get() const { return context_; }

 private:
  static EVP_CIPHER_CTX* of_thread() {
    thread_local const std::unique_ptr<EVP_CIPHER_CTX, cipher_free> context{EVP_CIPHER_CTX_new()};
    return context.get();
  }
  EVP_CIPHER_CTX* context_;
};

}  // namespace

void seal_box(std::string_view key, std::string_view associated, std::string_view plain, std::string& out) {
  LL_INVARIANT(key.size() == 32 && plain.size() <= std::size_t{1} << 30, "{} bytes to seal with a key of {}",
               plain.size(), key.size());
  const std::size_t begin = out.size();
  out.resize(begin + nonce_size + plain.size() + tag_size);
  const cipher_use use;
  unsigned char unused[EVP_MAX_BLOCK_LENGTH];  // GCM has no last block
  int length = 0;
  const bool ok =
      RAND_bytes(octets(out, begin), nonce_size) == 1 &&
      EVP_EncryptInit_ex(use.get(), aes_256_gcm(), nullptr, octets(key), octets(out, begin)) == 1 &&
      EVP_EncryptUpdate(use.get(), nullptr, &length, octets(associated), static_cast<int>(associated.size())) == 1 &&
      EVP_EncryptUpdate(use.get(), octets(out, begin + nonce_size), &length, octets(plain),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(use.get(), unused, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(use.get(), EVP_CTRL_GCM_GET_TAG, tag_size, octets(out, out.size() - tag_size)) == 1;
  LL_INVARIANT(ok, "AES-256-GCM or the random generator failed inside OpenSSL, {} bytes to seal", plain.size());
}

outcome open_box(std::string_view key, std::string_view associated, std::string_view box, std::string& plain) {
  plain.clear();
  if (box.size() < box_overhead) return error{errc::bad_encoding, "a box that is too short", {}};
  const std::string_view text = box.substr(nonce_size, box.size() - box_overhead);
  std::string tag{box.substr(box.size() - tag_size)};
  plain.resize(text.size());
  const cipher_use use;
  unsigned char unused[EVP_MAX_BLOCK_LENGTH];
  int length = 0;
  const bool ok =
      key.size() == 32 && EVP_DecryptInit_ex(use.get(), aes_256_gcm(), nullptr, octets(key), octets(box)) == 1 &&
      EVP_DecryptUpdate(use.get(), nullptr, &length, octets(associated), static_cast<int>(associated.size())) == 1 &&
      EVP_DecryptUpdate(use.get(), octets(plain, 0), &length, octets(text), static_cast<int>(text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(use.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(use.get(), unused, &length) == 1;
  if (ok) return core::done{};
  OPENSSL_cleanse(plain.data(), plain.size());
  plain.clear();
  return error{errc::bad_signature, "a box that this key does not open, or that was altered or moved", {}};
}

}  // namespace logline::journal
