#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "journal/errc.hpp"

namespace logline::journal {

/// zstd with contexts that are made once and reused: making one costs more than compressing a small frame. By one
/// thread at a time.
class zstd_codec {
 public:
  zstd_codec();
  ~zstd_codec();
  zstd_codec(const zstd_codec&) = delete;
  zstd_codec& operator=(const zstd_codec&) = delete;

  /// Appends the compressed form to `out`. Answers false and leaves `out` as it was where that would take more than
  /// `bytes_max`.
  bool compress(std::string_view plain, int level, std::size_t bytes_max, std::string& out);

  /// Replaces `out`. Errors: bad_encoding, also when the result is not exactly `size` bytes. Never allocates more than
  /// `size`: the caller bounds it.
  outcome decompress(std::string_view packed, std::size_t size, std::string& out);

  /// One per thread, for readers.
  static zstd_codec& of_thread();

 private:
  struct contexts;
  std::unique_ptr<contexts> contexts_;
};

}  // namespace logline::journal
