#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "journal/errc.hpp"

namespace logline::journal {

// Keys live in DATA/keys (directory 0700): site.key (Ed25519, PKCS#8 PEM, 0600), site.pub (SubjectPublicKeyInfo PEM,
// 0644) and node.key (0600). Files are created atomically (temporary name, fsync, rename, fsync of the directory) and
// never replaced. A key file that others can read, that is not byte for byte what we write, or that does not fit its
// partner is refused with errc::key_missing; no message ever holds a byte of a key. Paths in messages are relative to
// DATA.

/// Who may vouch for this site's log: the public half of its Ed25519 key (RFC 8032). A value; safe from any thread.
class site_public_key {
 public:
  /// `raw` is 32 bytes; anything else, or an encoding OpenSSL refuses, is errc::bad_encoding.
  static result<site_public_key> from_raw(std::string_view raw);
  /// Reads keys_dir/<name>.pub. Errors: key_missing.
  static result<site_public_key> load(const std::filesystem::path& keys_dir, std::string_view name = "site");

  std::string_view raw() const { return {reinterpret_cast<const char*>(raw_.data()), raw_.size()}; }
  /// First 16 hex digits of SHA-256(raw): names the key in logs and reports.
  std::string id() const;
  std::string pem() const;
  bool verify(std::string_view message, std::string_view signature) const;
  friend bool operator==(const site_public_key&, const site_public_key&) = default;

 private:
  std::array<unsigned char, 32> raw_{};
};

/// The site's signing key. Copies share one key in memory, which is wiped with the last of them. Safe from any thread.
class site_key {
 public:
  /// Reads <name>.key and checks it against <name>.pub. Errors: key_missing.
  static result<site_key> load(const std::filesystem::path& keys_dir, std::string_view name = "site");
  /// Like load, but makes directory and key where there is no <name>.key yet, and <name>.pub where only that is
  /// missing.
  static result<site_key> load_or_create(const std::filesystem::path& keys_dir, std::string_view name = "site");
  /// The key of a 32-byte RFC 8032 seed, e.g. from escrow. Errors: bad_encoding.
  static result<site_key> from_seed(std::string_view seed);

  const site_public_key& public_key() const { return public_; }
  /// 64 bytes, deterministic (RFC 8032).
  std::string sign(std::string_view message) const;

 private:
  struct secret;
  site_key(std::shared_ptr<const secret> key, site_public_key pub) : secret_(std::move(key)), public_(pub) {}

  std::shared_ptr<const secret> secret_;
  site_public_key public_;
};

/// 32 secret bytes for AES-256, wiped on destruction.
class node_key {
 public:
  /// Reads keys_dir/node.key. Errors: key_missing.
  static result<node_key> load(const std::filesystem::path& keys_dir);
  static result<node_key> load_or_create(const std::filesystem::path& keys_dir);
  /// `raw` is 32 bytes. Errors: bad_encoding.
  static result<node_key> from_raw(std::string_view raw);

  node_key(node_key&& other) noexcept;
  node_key& operator=(node_key&& other) noexcept;
  node_key(const node_key&) = delete;
  node_key& operator=(const node_key&) = delete;
  ~node_key();

  std::string_view raw() const { return {reinterpret_cast<const char*>(raw_.data()), raw_.size()}; }
  /// First 4 bytes of SHA-256("logline node key" ‖ raw): stands in every box sealed with it.
  std::string id() const;

 private:
  node_key() = default;
  std::array<unsigned char, 32> raw_{};
};

}  // namespace logline::journal
