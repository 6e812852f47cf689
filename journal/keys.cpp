#include "journal/keys.hpp"

#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "domain/core/bytes.hpp"
#include "domain/core/digest.hpp"
#include "journal/key_file.hpp"

namespace logline::journal {

namespace {

std::string key_file(std::string_view name) {
  return std::string{name} + ".key";
}
std::string pub_file(std::string_view name) {
  return std::string{name} + ".pub";
}

constexpr std::string_view node_key_file = "node.key";

// RFC 8410: the DER around an Ed25519 seed (PKCS#8) and public key (SubjectPublicKeyInfo) never varies.
constexpr std::string_view private_der{"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 16};
constexpr std::string_view public_der{"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12};
constexpr std::string_view node_key_title = "logline node key 1\n";

struct pkey_free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using pkey_ptr = std::unique_ptr<EVP_PKEY, pkey_free>;

struct md_context_free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Secret text that leaves no copy behind.
struct secret_text {
  std::string text;
  explicit secret_text(std::string t) : text(std::move(t)) {}
  ~secret_text() { wipe(text); }
  secret_text(const secret_text&) = delete;
  secret_text& operator=(const secret_text&) = delete;
};

std::string pem_text(std::string_view label, std::string_view der) {
  const secret_text base64{core::to_base64(der)};
  std::string out;
  out.reserve(base64.text.size() + 2 * label.size() + 64);  // growing would leave copies of a secret behind
  for (const std::string_view part :
       {std::string_view{"-----BEGIN "}, label, std::string_view{"-----\n"}, std::string_view{base64.text},
        std::string_view{"\n-----END "}, label, std::string_view{"-----\n"}})
    out += part;
  return out;
}

/// The 32 bytes after `prefix` in a PEM text that is exactly what pem_text() makes of them.
std::optional<std::string> pem_content(std::string_view label, std::string_view prefix, std::string_view text) {
  const std::string head = fmt::format("-----BEGIN {}-----\n", label);
  const std::size_t line = (prefix.size() + 32 + 2) / 3 * 4;
  if (!text.starts_with(head) || text.size() < head.size() + line) return std::nullopt;
  auto decoded = core::from_base64(text.substr(head.size(), line));
  if (!decoded) return std::nullopt;
  secret_text der{std::move(*decoded)};
  secret_text again{pem_text(label, der.text)};
  if (!der.text.starts_with(prefix) || again.text != text) return std::nullopt;
  return der.text.substr(prefix.size());
}

error damaged(std::string_view name) {
  return {
      errc::key_missing, fmt::format("keys/{} is damaged or not a key of ours; restore it from its backup", name), {}};
}

error missing(std::string_view name) {
  return {errc::key_missing, fmt::format("keys/{} is missing; restore it from its backup", name), {}};
}

result<std::string> read_existing(const std::filesystem::path& keys_dir, std::string_view name, key_access access) {
  auto text = read_key_file(keys_dir, name, access);
  if (!text && text.error().code == errc::not_found) return missing(name);
  return text;
}

result<std::string> random_32() {
  std::string raw(32, '\0');
  if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(raw.data()), 32) != 1)
    return error{errc::store_failed, "no random bytes for a new key", {}};
  return raw;
}

outcome write_new(const std::filesystem::path& keys_dir, std::string_view name, std::string text, key_access access) {
  const secret_text content{std::move(text)};
  auto made = create_key_file(keys_dir, name, content.text, access);
  // Somebody else was quicker: theirs counts.
  if (!made && made.error().code == errc::conflict) return core::done{};
  return made;
}

/// The key in <name>.key, whatever <name>.pub says.
result<site_key> read_site_key(const std::filesystem::path& keys_dir, std::string_view name) {
  auto content = read_existing(keys_dir, key_file(name), key_access::private_);
  if (!content) return std::move(content).error();
  const secret_text text{std::move(*content)};
  auto seed = pem_content("PRIVATE KEY", private_der, text.text);
  if (!seed) return damaged(key_file(name));
  const secret_text raw{std::move(*seed)};
  auto key = site_key::from_seed(raw.text);
  if (!key) return damaged(key_file(name));
  return key;
}

bool exists(const std::filesystem::path& keys_dir, std::string_view name) {
  std::error_code ignored_means_absent;
  return std::filesystem::exists(keys_dir / name, ignored_means_absent);
}

}  // namespace

struct site_key::secret {
  pkey_ptr key;
};

result<site_public_key> site_public_key::from_raw(std::string_view raw) {
  if (raw.size() != 32)
    return error{errc::bad_encoding, fmt::format("an Ed25519 key has 32 bytes, not {}", raw.size()), {}};
  const pkey_ptr key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(raw), raw.size())};
  if (!key) return error{errc::bad_encoding, "not an Ed25519 public key", {}};
  site_public_key out;
  std::memcpy(out.raw_.data(), raw.data(), out.raw_.size());
  return out;
}

result<site_public_key> site_public_key::load(const std::filesystem::path& keys_dir, std::string_view name) {
  auto text = read_existing(keys_dir, pub_file(name), key_access::public_);
  if (!text) return std::move(text).error();
  const auto raw = pem_content("PUBLIC KEY", public_der, *text);
  auto key = raw ? from_raw(*raw) : damaged(pub_file(name));
  if (!key) return damaged(pub_file(name));
  return key;
}

std::string site_public_key::id() const {
  return core::sha256(raw()).hex().substr(0, 16);
}

std::string site_public_key::pem() const {
  return pem_text("PUBLIC KEY", std::string{public_der} + std::string{raw()});
}

bool site_public_key::verify(std::string_view message, std::string_view signature) const {
  const pkey_ptr key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw_.data(), raw_.size())};
  const std::unique_ptr<EVP_MD_CTX, md_context_free> context{EVP_MD_CTX_new()};
  return key && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(message), message.size()) == 1;
}

result<site_key> site_key::from_seed(std::string_view seed) {
  if (seed.size() != 32)
    return error{errc::bad_encoding, fmt::format("an Ed25519 seed has 32 bytes, not {}", seed.size()), {}};
  pkey_ptr key{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets(seed), seed.size())};
  std::string raw(32, '\0');
  std::size_t size = raw.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(raw.data()), &size) != 1)
    return error{errc::bad_encoding, "not an Ed25519 seed", {}};
  auto pub = site_public_key::from_raw(raw);
  if (!pub) return std::move(pub).error();
  return site_key{std::make_shared<const secret>(secret{std::move(key)}), *pub};
}

result<site_key> site_key::load(const std::filesystem::path& keys_dir, std::string_view name) {
  auto key = read_site_key(keys_dir, name);
  if (!key) return key;
  auto pub = site_public_key::load(keys_dir, name);
  if (!pub) return std::move(pub).error();
  if (*pub != key->public_key())
    return error{
        errc::key_missing,
        fmt::format("keys/{0}.key and keys/{0}.pub do not belong together; restore both from their backup", name),
        {}};
  return key;
}

result<site_key> site_key::load_or_create(const std::filesystem::path& keys_dir, std::string_view name) {
  if (!exists(keys_dir, key_file(name))) {
    // The public half alone means that a key existed and signed: a new one would disown the log.
    if (exists(keys_dir, pub_file(name))) return missing(key_file(name));
    auto seed = random_32();
    if (!seed) return std::move(seed).error();
    const secret_text raw{std::move(*seed)};
    const secret_text der{std::string{private_der} + raw.text};
    auto made = write_new(keys_dir, key_file(name), pem_text("PRIVATE KEY", der.text), key_access::private_);
    if (!made) return std::move(made).error();
  }
  if (!exists(keys_dir, pub_file(name))) {
    const auto key = read_site_key(keys_dir, name);
    if (!key) return key;
    auto made = write_new(keys_dir, pub_file(name), key->public_key().pem(), key_access::public_);
    if (!made) return std::move(made).error();
  }
  return load(keys_dir, name);
}

std::string site_key::sign(std::string_view message) const {
  const std::unique_ptr<EVP_MD_CTX, md_context_free> context{EVP_MD_CTX_new()};
  std::string signature(64, '\0');
  std::size_t size = signature.size();
  const bool ok = EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, secret_->key.get()) == 1 &&
                  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                 octets(message), message.size()) == 1;
  LL_INVARIANT(ok && size == 64, "Ed25519 failed inside OpenSSL, signature of {} bytes", size);
  return signature;
}

namespace {

// The check half lets a flipped bit be told from another key.
std::string node_key_text(std::string_view raw) {
  const secret_text hex{core::to_hex(raw)};
  const std::string check = core::sha256({node_key_title, raw}).hex().substr(0, 16);
  std::string out;
  out.reserve(node_key_title.size() + hex.text.size() + check.size() + 2);
  for (const std::string_view part : {node_key_title, std::string_view{hex.text}, std::string_view{"\n"},
                                      std::string_view{check}, std::string_view{"\n"}})
    out += part;
  return out;
}

}  // namespace

node_key::node_key(node_key&& other) noexcept : raw_(other.raw_) {
  OPENSSL_cleanse(other.raw_.data(), other.raw_.size());
}

node_key& node_key::operator=(node_key&& other) noexcept {
  if (this == &other) return *this;
  raw_ = other.raw_;
  OPENSSL_cleanse(other.raw_.data(), other.raw_.size());
  return *this;
}

node_key::~node_key() {
  OPENSSL_cleanse(raw_.data(), raw_.size());
}

result<node_key> node_key::from_raw(std::string_view raw) {
  if (raw.size() != 32)
    return error{errc::bad_encoding, fmt::format("a node key has 32 bytes, not {}", raw.size()), {}};
  node_key out;
  std::memcpy(out.raw_.data(), raw.data(), out.raw_.size());
  return out;
}

result<node_key> node_key::load(const std::filesystem::path& keys_dir) {
  auto content = read_existing(keys_dir, node_key_file, key_access::private_);
  if (!content) return std::move(content).error();
  const secret_text text{std::move(*content)};
  if (text.text.size() < node_key_title.size() + 64) return damaged(node_key_file);
  auto decoded = core::from_hex(std::string_view{text.text}.substr(node_key_title.size(), 64));
  if (!decoded) return damaged(node_key_file);
  const secret_text raw{std::move(*decoded)};
  const secret_text again{node_key_text(raw.text)};
  if (again.text != text.text) return damaged(node_key_file);
  return from_raw(raw.text);
}

result<node_key> node_key::load_or_create(const std::filesystem::path& keys_dir) {
  if (!exists(keys_dir, node_key_file)) {
    auto fresh = random_32();
    if (!fresh) return std::move(fresh).error();
    const secret_text raw{std::move(*fresh)};
    if (auto made = write_new(keys_dir, node_key_file, node_key_text(raw.text), key_access::private_); !made)
      return std::move(made).error();
  }
  return load(keys_dir);
}

std::string node_key::id() const {
  return std::string{core::sha256({std::string_view{"logline node key"}, raw()}).view().substr(0, 4)};
}

}  // namespace logline::journal
