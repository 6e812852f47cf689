#include "journal/secret_box.hpp"

#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "domain/core/invariant.hpp"

namespace logline::journal {

namespace {

constexpr char format_version = '\x01';
constexpr std::size_t header_size = 1 + 4;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;

struct cipher_free {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using cipher_ptr = std::unique_ptr<EVP_CIPHER_CTX, cipher_free>;

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text, std::size_t at = 0) {
  return reinterpret_cast<unsigned char*>(text.data() + at);
}

}  // namespace

core::sealed_secret node_secret_box::seal(std::string_view plaintext) const {
  LL_INVARIANT(plaintext.size() <= 16u << 20, "a secret of {} bytes", plaintext.size());
  std::string box = format_version + key_.id();
  box.resize(header_size + nonce_size + plaintext.size() + tag_size);
  const cipher_ptr context{EVP_CIPHER_CTX_new()};
  unsigned char unused[EVP_MAX_BLOCK_LENGTH];  // GCM has no last block
  int length = 0;
  const bool ok =
      RAND_bytes(octets(box, header_size), nonce_size) == 1 &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, octets(key_.raw()), octets(box, header_size)) ==
          1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &length, octets(box), header_size) == 1 &&
      EVP_EncryptUpdate(context.get(), octets(box, header_size + nonce_size), &length, octets(plaintext),
                        static_cast<int>(plaintext.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), unused, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_size, octets(box, box.size() - tag_size)) == 1;
  LL_INVARIANT(ok, "AES-256-GCM or the random generator failed inside OpenSSL, {} bytes to seal", plaintext.size());
  return {std::move(box)};
}

core::result<std::string> node_secret_box::open(const core::sealed_secret& sealed) const {
  const auto unreadable = [](const char* why) {
    return core::failure{core::failure_kind::internal, "SECRET_UNREADABLE", why};
  };
  const std::string_view box = sealed.box;
  if (box.size() < header_size + nonce_size + tag_size || box.front() != format_version)
    return unreadable("a stored secret is damaged or of a newer version");
  if (box.substr(1, 4) != key_.id()) return unreadable("a stored secret was sealed under another node key");
  const std::string_view nonce = box.substr(header_size, nonce_size);
  const std::string_view text = box.substr(header_size + nonce_size, box.size() - header_size - nonce_size - tag_size);
  std::string tag{box.substr(box.size() - tag_size)};
  std::string plaintext(text.size(), '\0');
  const cipher_ptr context{EVP_CIPHER_CTX_new()};
  unsigned char unused[EVP_MAX_BLOCK_LENGTH];
  int length = 0;
  const bool ok =
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, octets(key_.raw()), octets(nonce)) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &length, octets(box), header_size) == 1 &&
      EVP_DecryptUpdate(context.get(), octets(plaintext), &length, octets(text), static_cast<int>(text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), unused, &length) == 1;
  if (!ok) {
    OPENSSL_cleanse(plaintext.data(), plaintext.size());
    return unreadable("a stored secret is damaged");
  }
  return plaintext;
}

}  // namespace logline::journal
