#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/digest.hpp"
#include "journal/errc.hpp"

namespace logline::journal {

/// A stored object, as list() names it.
struct object_info {
  std::string name;
  std::uint64_t bytes = 0;  ///< as stored
  friend bool operator==(const object_info&, const object_info&) = default;
};

inline constexpr std::size_t object_name_bytes_max = 512;

/// Whether `name` is one: segments of a-z A-Z 0-9 . _ - joined by '/', none of them empty, "." or "..", none ending in
/// ".tmp", at most object_name_bytes_max bytes.
bool is_object_name(std::string_view name);

/// Named, whole objects somewhere else: a directory, or a store that speaks S3 (BAK-03, ARC). What is stored under a
/// name is replaced, never changed in part. Contract, kept by every implementation (tests/contract/journal/
/// object_store_contract.hpp):
///
///  - when put() answers success the object is durable and whole; after any failure or crash the name holds what it
///    held before, or the new object whole;
///  - list() shows what put() stored before, and is sorted by name.
///
/// Errors: not_found (no such object); bad_encoding (no object name); too_large; checksum_mismatch (the bytes are not
/// those of the digest); store_failed for everything else, which may pass: the caller tries again later. Messages name
/// the object, never a secret. By one thread at a time; several objects may be open on one place.
class object_store {
 public:
  virtual ~object_store() = default;

  /// Stores the bytes under that name, replacing what was there.
  virtual outcome put(std::string_view name, std::string_view bytes) = 0;

  /// Stores a file's bytes, of any size, without holding them in memory. `sha256` is the digest of those bytes: a file
  /// that has others is refused with checksum_mismatch and not stored.
  virtual outcome put_file(std::string_view name, const std::filesystem::path& file, const core::digest& sha256) = 0;

  /// The object's bytes. Errors: not_found; too_large when it has more than `bytes_max`.
  virtual result<std::string> get(std::string_view name, std::size_t bytes_max) = 0;

  /// Writes the object into a new file (an existing one is replaced) and syncs it; answers the digest of what was
  /// written, for the caller to compare. On an error no file is left.
  virtual result<core::digest> get_file(std::string_view name, const std::filesystem::path& to) = 0;

  /// All objects whose names begin with `prefix`, sorted by name (as bytes).
  virtual result<std::vector<object_info>> list(std::string_view prefix) = 0;

  /// Removes the object, durably; one that is not there is no error.
  virtual outcome remove(std::string_view name) = 0;

  /// Where this is, for logs and reports: "directory /srv/backups", "s3 bucket/prefix". No secret.
  virtual std::string where() const = 0;
};

}  // namespace logline::journal
