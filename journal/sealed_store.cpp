#include "journal/sealed_store.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "domain/core/bytes.hpp"
#include "domain/core/invariant.hpp"
#include "journal/file.hpp"
#include "journal/key_file.hpp"

namespace logline::journal {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view magic = "LLSEAL1\n";
constexpr std::size_t id_bytes = 16;  // hex
constexpr std::size_t salt_bytes = 32;
constexpr std::size_t header_bytes = 8 + id_bytes + salt_bytes;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t piece_bytes = std::size_t{1} << 20;
constexpr std::size_t sealed_piece_bytes = piece_bytes + tag_bytes;

using sink = std::function<outcome(std::string_view bytes)>;

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

error unreadable(std::string_view name, std::string_view why) {
  return {errc::bad_signature, fmt::format("{}: {}", name, why), {}};
}

/// Each object has a key of its own, so that a piece's number is nonce enough: it never comes twice under one key. The
/// name goes into the key: an object under another name does not open.
core::digest object_key(const sealing_key& key, std::string_view salt, std::string_view name) {
  std::string message{"logline sealed object\0", 22};
  message += salt;
  message += name;
  return core::hmac_sha256(key.raw(), message);
}

/// The last piece says so in its nonce: one that was cut off between two pieces does not open.
std::array<unsigned char, 12> nonce_of(std::uint64_t number, bool last) {
  std::array<unsigned char, 12> out{};
  out[0] = last ? 1 : 0;
  for (std::size_t i = 0; i < 8; ++i)
    out[11 - i] = static_cast<unsigned char>(number >> (8 * i));
  return out;
}

/// Cuts what it is given into pieces of a size, and knows which is the last: the one that was not followed by more.
class piecewise {
 public:
  using taker = std::function<outcome(std::string_view piece, std::uint64_t number, bool last)>;
  piecewise(std::size_t size, taker take) : size_(size), take_(std::move(take)) {}

  outcome add(std::string_view bytes) {
    while (!bytes.empty()) {
      if (waiting_.size() == size_)
        if (auto taken = hand_over(false); !taken) return taken;
      const auto some = bytes.substr(0, size_ - waiting_.size());
      waiting_ += some;
      bytes.remove_prefix(some.size());
    }
    return core::done{};
  }
  outcome finish() { return hand_over(true); }

 private:
  outcome hand_over(bool last) {
    auto taken = take_(waiting_, number_++, last);
    waiting_.clear();
    return taken;
  }

  const std::size_t size_;
  taker take_;
  std::string waiting_;
  std::uint64_t number_ = 0;
};

class sealer {
 public:
  sealer(const sealing_key& key, std::string_view name, sink to)
      : to_(std::move(to)),
        pieces_(piece_bytes, [this](auto piece, auto number, bool last) { return seal(piece, number, last); }) {
    std::string salt(salt_bytes, '\0');
    const int ok = RAND_bytes(octets(salt), salt_bytes);
    LL_INVARIANT(ok == 1, "the operating system gives no random bytes: {}", ok);
    key_ = object_key(key, salt, name);
    header_ = std::string{magic} + key.id() + salt;
  }
  ~sealer() { OPENSSL_cleanse(key_.octets.data(), key_.octets.size()); }
  sealer(const sealer&) = delete;
  sealer& operator=(const sealer&) = delete;

  outcome begin() { return to_(header_); }
  outcome add(std::string_view bytes) { return pieces_.add(bytes); }
  outcome finish() { return pieces_.finish(); }

 private:
  outcome seal(std::string_view piece, std::uint64_t number, bool last) {
    const cipher_ptr context{EVP_CIPHER_CTX_new()};
    const auto nonce = nonce_of(number, last);
    std::string out(piece.size() + tag_bytes, '\0');
    unsigned char unused[EVP_MAX_BLOCK_LENGTH];  // GCM has no last block
    int length = 0;
    const bool ok =
        EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key_.octets.data(), nonce.data()) == 1 &&
        EVP_EncryptUpdate(context.get(), octets(out), &length, octets(piece), static_cast<int>(piece.size())) == 1 &&
        EVP_EncryptFinal_ex(context.get(), unused, &length) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, octets(out, piece.size())) == 1;
    LL_INVARIANT(ok, "AES-256-GCM failed inside OpenSSL, {} bytes to seal", piece.size());
    return to_(out);
  }

  sink to_;
  core::digest key_;
  std::string header_;
  piecewise pieces_;
};

class opener {
 public:
  opener(const sealing_key& key, std::string_view name, sink to)
      : sealing_(key),
        name_(name),
        to_(std::move(to)),
        pieces_(sealed_piece_bytes, [this](auto piece, auto number, bool last) { return open(piece, number, last); }) {}
  ~opener() { OPENSSL_cleanse(key_.octets.data(), key_.octets.size()); }
  opener(const opener&) = delete;
  opener& operator=(const opener&) = delete;

  outcome add(std::string_view bytes) {
    if (header_.size() < header_bytes) {
      const auto some = bytes.substr(0, header_bytes - header_.size());
      header_ += some;
      bytes.remove_prefix(some.size());
      if (header_.size() < header_bytes) return core::done{};
      if (!header_.starts_with(magic)) return unreadable(name_, "not sealed by us, or damaged");
      if (header_.substr(magic.size(), id_bytes) != sealing_.id())
        return error{errc::key_missing,
                     fmt::format("{}: sealed under key {}, not {}", name_,
                                 core::excerpt(header_.substr(magic.size(), id_bytes)), sealing_.id()),
                     {}};
      key_ = object_key(sealing_, header_.substr(magic.size() + id_bytes), name_);
    }
    return pieces_.add(bytes);
  }
  outcome finish() {
    if (header_.size() < header_bytes) return unreadable(name_, "its header is cut");
    return pieces_.finish();
  }

 private:
  outcome open(std::string_view piece, std::uint64_t number, bool last) {
    if (piece.size() < tag_bytes) return unreadable(name_, "it is cut");
    const cipher_ptr context{EVP_CIPHER_CTX_new()};
    const auto nonce = nonce_of(number, last);
    const auto text = piece.substr(0, piece.size() - tag_bytes);
    std::string tag{piece.substr(text.size())};
    std::string out(text.size(), '\0');
    unsigned char unused[EVP_MAX_BLOCK_LENGTH];
    int length = 0;
    const bool ok =
        EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key_.octets.data(), nonce.data()) == 1 &&
        EVP_DecryptUpdate(context.get(), octets(out), &length, octets(text), static_cast<int>(text.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(context.get(), unused, &length) == 1;
    if (!ok) return unreadable(name_, "it was changed, cut or renamed");
    return to_(out);
  }

  const sealing_key& sealing_;
  const std::string name_;
  sink to_;
  std::string header_;
  core::digest key_;
  piecewise pieces_;
};

/// Hands a file over piece by piece.
outcome pour(const fs::path& from, const sink& to) {
  auto opened = file::open(from, O_RDONLY);
  if (!opened) return std::move(opened).error();
  std::string chunk(piece_bytes, '\0');
  for (;;) {
    const auto got = opened->read(chunk.data(), chunk.size());
    if (!got) return got.error();
    if (*got == 0) return core::done{};
    if (auto taken = to({chunk.data(), *got}); !taken) return taken;
  }
}

/// A file of this name that goes when this does.
struct passing_file {
  fs::path path;
  explicit passing_file(const fs::path& folder) {
    std::string random(16, '\0');
    const int ok = RAND_bytes(octets(random), 16);
    LL_INVARIANT(ok == 1, "the operating system gives no random bytes: {}", ok);
    path = folder / ("logline-sealed-" + core::to_hex(random));
  }
  ~passing_file() {
    std::error_code ignored;  // it holds nothing that is not sealed, under a name nobody looks for
    fs::remove(path, ignored);
  }
  passing_file(const passing_file&) = delete;
  passing_file& operator=(const passing_file&) = delete;
};

constexpr unsigned private_mode = 0600;

}  // namespace

sealing_key::sealing_key(sealing_key&& other) noexcept : raw_(other.raw_) {
  OPENSSL_cleanse(other.raw_.data(), other.raw_.size());
}

sealing_key::~sealing_key() {
  OPENSSL_cleanse(raw_.data(), raw_.size());
}

result<sealing_key> sealing_key::from_raw(std::string_view raw) {
  if (raw.size() != 32) return error{errc::bad_encoding, "a sealing key has 32 bytes", {}};
  sealing_key out;
  std::memcpy(out.raw_.data(), raw.data(), out.raw_.size());
  return out;
}

result<sealing_key> sealing_key::load(const fs::path& from) {
  auto text = read_key_file(from.parent_path().empty() ? "." : from.parent_path(), from.filename().string(),
                            key_access::private_);
  if (!text) return error{errc::key_missing, text.error().message, {}};
  const std::string_view line{*text};
  auto raw = line.size() == 65 && line.back() == '\n' ? core::from_hex(line.substr(0, 64))
                                                      : core::result<std::string>{core::invalid_input("")};
  wipe(*text);
  if (!raw)
    return error{errc::key_missing,
                 fmt::format("{} must be 64 hex digits and a line end, as openssl rand -hex 32 writes them",
                             from.filename().string()),
                 {}};
  auto key = from_raw(*raw);
  wipe(*raw);
  return key;
}

std::string sealing_key::id() const {
  return core::sha256({std::string_view{"logline sealing key"}, raw()}).hex().substr(0, id_bytes);
}

bool is_sealed(std::string_view bytes) {
  return bytes.starts_with(magic);
}

outcome sealed_store::put(std::string_view name, std::string_view bytes) {
  std::string out;
  sealer seal{key_, name, [&](std::string_view sealed) -> outcome {
                out += sealed;
                return core::done{};
              }};
  for (auto step : {seal.begin(), seal.add(bytes), seal.finish()})
    if (!step) return step;
  return inner_->put(name, out);
}

outcome sealed_store::put_file(std::string_view name, const fs::path& source, const core::digest& sha256) {
  const passing_file sealed{scratch_};
  running_digest plain;
  running_digest packed;
  {
    auto made = file::open(sealed.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, private_mode);
    if (!made) return error{errc::store_failed, made.error().message, {}};
    sealer seal{key_, name, [&](std::string_view bytes) {
                  packed.add(bytes);
                  return made->write(bytes);
                }};
    if (auto begun = seal.begin(); !begun) return begun;
    auto poured = pour(source, [&](std::string_view bytes) {
      plain.add(bytes);
      return seal.add(bytes);
    });
    if (!poured) return poured;
    if (auto finished = seal.finish(); !finished) return finished;
  }
  if (plain.value() != sha256)
    return error{errc::checksum_mismatch,
                 fmt::format("{}: expected sha256 {}, found {}", name, sha256.hex(), plain.value().hex()),
                 {}};
  return inner_->put_file(name, sealed.path, packed.value());
}

result<std::string> sealed_store::get(std::string_view name, std::size_t bytes_max) {
  const std::size_t pieces = bytes_max / piece_bytes + 1;
  auto sealed = inner_->get(name, header_bytes + bytes_max + pieces * tag_bytes);
  if (!sealed) return sealed;
  std::string out;
  opener open{key_, name, [&](std::string_view bytes) -> outcome {
                out += bytes;
                return core::done{};
              }};
  for (auto step : {open.add(*sealed), open.finish()})
    if (!step) return std::move(step).error();
  if (out.size() > bytes_max)
    return error{errc::too_large, fmt::format("{} has more than {} bytes", name, bytes_max), {}};
  return out;
}

result<core::digest> sealed_store::get_file(std::string_view name, const fs::path& to) {
  const passing_file sealed{scratch_};
  if (auto got = inner_->get_file(name, sealed.path); !got) return got;
  running_digest plain;
  const auto written = [&]() -> outcome {
    auto made = file::open(to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    if (!made) return error{errc::store_failed, made.error().message, {}};
    opener open{key_, name, [&](std::string_view bytes) {
                  plain.add(bytes);
                  return made->write(bytes);
                }};
    if (auto poured = pour(sealed.path, [&](std::string_view bytes) { return open.add(bytes); }); !poured)
      return poured;
    if (auto finished = open.finish(); !finished) return finished;
    return made->sync();
  }();
  if (written) return plain.value();
  if (auto removed = remove_durably(to); !removed) return std::move(removed).error();
  return written.error();
}

result<std::vector<object_info>> sealed_store::list(std::string_view prefix) {
  auto out = inner_->list(prefix);
  if (!out) return out;
  for (auto& each : *out) {
    const std::uint64_t sealed = each.bytes - std::min<std::uint64_t>(each.bytes, header_bytes);
    const std::uint64_t pieces = (sealed + sealed_piece_bytes - 1) / sealed_piece_bytes;
    each.bytes = sealed - std::min(sealed, pieces * tag_bytes);
  }
  return out;
}

}  // namespace logline::journal
