#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "journal/object_store.hpp"

namespace logline::journal {

/// 32 secret bytes that seal what leaves the site (BAK-07). Kept apart from the data directory, whose loss it must
/// survive. Wiped on destruction.
class sealing_key {
 public:
  /// A file (0600, in a directory of 0700) of 64 hex digits and a line end. Errors: key_missing.
  static result<sealing_key> load(const std::filesystem::path& file);
  /// `raw` is 32 bytes. Errors: bad_encoding.
  static result<sealing_key> from_raw(std::string_view raw);

  sealing_key(sealing_key&& other) noexcept;
  sealing_key& operator=(sealing_key&&) = delete;
  ~sealing_key();

  std::string_view raw() const { return {reinterpret_cast<const char*>(raw_.data()), raw_.size()}; }
  /// First 8 bytes of SHA-256("logline sealing key" ‖ raw), as hex: stands in every object sealed with it.
  std::string id() const;

 private:
  sealing_key() = default;
  std::array<unsigned char, 32> raw_{};
};

/// Whether these are the bytes of a sealed object, read without its key.
bool is_sealed(std::string_view bytes);

/// Encrypts everything that it stores elsewhere with AES-256-GCM, in pieces of 1 MiB, each bound to its place and to
/// the object's name; digests are of the content as its owner knows it (docs/formats/backup.md §5). Names stay
/// readable. bad_signature: an object that was changed, cut, renamed or sealed under another key.
class sealed_store final : public object_store {
 public:
  /// `scratch`: an existing directory for files on their way; what lies there is sealed already, or is the caller's.
  sealed_store(std::unique_ptr<object_store> inner, sealing_key key, std::filesystem::path scratch)
      : inner_(std::move(inner)), key_(std::move(key)), scratch_(std::move(scratch)) {}

  outcome put(std::string_view name, std::string_view bytes) override;
  outcome put_file(std::string_view name, const std::filesystem::path& file, const core::digest& sha256) override;
  result<std::string> get(std::string_view name, std::size_t bytes_max) override;
  result<core::digest> get_file(std::string_view name, const std::filesystem::path& to) override;
  /// Sizes are those of the content.
  result<std::vector<object_info>> list(std::string_view prefix) override;
  outcome remove(std::string_view name) override { return inner_->remove(name); }
  std::string where() const override { return inner_->where() + ", sealed"; }

 private:
  std::unique_ptr<object_store> inner_;
  sealing_key key_;
  std::filesystem::path scratch_;
};

}  // namespace logline::journal
