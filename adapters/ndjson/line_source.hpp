#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/ndjson/file.hpp"

namespace logline::ndjson {

/// A record of 1 MiB whose text is all control characters takes six times that, and a little for the other members.
inline constexpr std::size_t line_bytes_max = std::size_t{8} << 20;

enum class packing { none, zstd };

/// The lines of a file. Holds a buffer and one line, never more. By one thread.
class line_source {
 public:
  /// Errors: not_found, store_failed.
  static journal::result<line_source> open(const std::filesystem::path& path, packing how);

  /// The next line without its end, good until the next call; false at the end of the file. Errors: store_failed;
  /// bad_encoding for a line over line_bytes_max or bytes that are no zstd; short_read for a zstd file that is cut.
  journal::result<bool> next(std::string_view& line);

  /// At the end of the file: how many bytes follow the last line end.
  std::size_t unfinished_bytes() const { return buffer_.size() - begin_; }
  /// At the end of the file: SHA-256 of its bytes as they are on the disk.
  core::digest stored_digest() const { return stored_.value(); }

 private:
  struct unpacking;
  struct unpacking_free {
    void operator()(unpacking* u) const;
  };

  explicit line_source(file f) : file_(std::move(f)) {}
  journal::result<bool> refill();
  journal::outcome unpack(std::string_view packed);

  file file_;
  std::unique_ptr<unpacking, unpacking_free> unpacking_;
  running_digest stored_;
  std::string chunk_;
  std::string buffer_;
  std::size_t begin_ = 0;     ///< of what was not handed out yet
  std::size_t searched_ = 0;  ///< no line end before this place
};

}  // namespace logline::ndjson
