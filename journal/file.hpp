#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "domain/core/digest.hpp"
#include "journal/errc.hpp"

struct evp_md_ctx_st;

namespace logline::journal {

/// store_failed with the file's name (never its directory), what was tried, and the system's reason.
error file_error(const std::filesystem::path& path, std::string_view action, int number);

/// An open file. By one thread at a time.
class file {
 public:
  file() = default;
  ~file();
  file(file&& other) noexcept;
  file& operator=(file&& other) noexcept;
  file(const file&) = delete;
  file& operator=(const file&) = delete;

  /// `flags` and `mode` as open(2) takes them; close-on-exec is added. Errors: not_found, store_failed.
  static result<file> open(const std::filesystem::path& path, int flags, unsigned mode = 0640);

  bool is_open() const { return fd_ >= 0; }
  int descriptor() const { return fd_; }
  /// Up to `size` bytes; 0 at the end. Errors: store_failed.
  result<std::size_t> read(char* to, std::size_t size);
  /// All of it. Errors: store_failed, with some of it perhaps written.
  outcome write(std::string_view bytes);
  outcome sync();
  /// Cuts the file to `size` bytes and goes on writing there.
  outcome truncate(std::uint64_t size);
  /// Errors: store_failed when no directory has the file any more, so that what is written would be lost.
  outcome still_linked() const;
  /// Errors: store_locked when another open file holds the lock.
  outcome lock();

 private:
  file(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}

  int fd_ = -1;
  std::filesystem::path path_;
};

/// Makes names in the directory durable.
outcome sync_directory(const std::filesystem::path& directory);
/// Renames within a directory, durably.
outcome rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);
/// Removes the name, durably; one that is not there is no error.
outcome remove_durably(const std::filesystem::path& path);
/// Puts the content under that name, whole or not at all: .tmp, fsync, rename, fsync of the directory.
outcome replace_durably(const std::filesystem::path& path, std::string_view content);
/// Makes the directory, and those above it, where they are missing.
outcome make_directory(const std::filesystem::path& directory);

/// SHA-256 over bytes that come in pieces; can be asked in between.
class running_digest {
 public:
  running_digest();
  ~running_digest();
  running_digest(running_digest&&) noexcept;
  running_digest& operator=(running_digest&&) noexcept;

  void add(std::string_view bytes);
  /// Over all that was added so far.
  core::digest value() const;

 private:
  struct context_free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, context_free> context_;
};

}  // namespace logline::journal
