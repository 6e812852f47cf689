#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/core/digest.hpp"
#include "domain/core/ids.hpp"
#include "domain/core/time.hpp"
#include "journal/errc.hpp"
#include "journal/record.hpp"
#include "journal/zstd_codec.hpp"

namespace logline::journal {

// A frame is one value of the log: some consecutive records of one commit, framed, checksummed and compressed.
// docs/formats/journal.md §3 has the bytes; the fields below are in their order.

enum class compression : std::uint8_t { none = 0, zstd = 1 };

struct frame_header {
  core::partition_id partition;
  compression packing = compression::none;
  core::gseq first;
  std::uint32_t count = 0;
  std::uint32_t plain_bytes = 0;   ///< of the body, uncompressed
  std::uint32_t stored_bytes = 0;  ///< of the body, as stored
  core::gseq commit_first;         ///< of the commit this frame is part of
  core::gseq commit_last;
  core::timestamp first_at;
  core::timestamp last_at;
  core::digest chain_before;  ///< hash of record first − 1
  core::digest chain_after;   ///< hash of the frame's last record

  core::gseq last() const { return core::gseq{first.value + count - 1}; }
};

inline constexpr std::size_t frame_header_bytes = 136;
inline constexpr std::size_t record_prefix_bytes = 4;

/// JRN-05: a frame takes at most this much uncompressed, its header included, unless one record alone is larger.
inline constexpr std::size_t frame_bytes_max = 64 * 1024;
/// Nothing that claims to be larger uncompressed is a frame of ours.
inline constexpr std::size_t frame_plain_bytes_max = record_bytes_max + record_prefix_bytes;

/// Collects the body of one frame. By one thread.
class frame_builder {
 public:
  bool empty() const { return count_ == 0; }
  std::uint32_t count() const { return count_; }
  /// Whether a record of this size still goes into the frame.
  bool has_room(std::size_t record_bytes) const {
    return count_ == 0 || frame_header_bytes + body_.size() + record_prefix_bytes + record_bytes <= frame_bytes_max;
  }
  void add(std::string_view record);

  /// Replaces `out` by the whole frame and starts the next one. Of `header`, count, packing and sizes are filled in
  /// here. The body is compressed where that saves at least a sixteenth.
  void seal(frame_header header, zstd_codec& codec, int level, std::string& out);

 private:
  std::string body_;
  std::uint32_t count_ = 0;
};

struct frame_view {
  frame_header header;
  std::string_view body;  ///< uncompressed
};

/// Checks a value's checksum and header and uncompresses its body into `plain`, which must outlive the view (as must
/// the value, whose own bytes the view shows where nothing was compressed). Errors, in this order: short_read,
/// bad_magic, checksum_mismatch, unknown_format, bad_encoding.
result<frame_view> open_frame(std::string_view value, std::string& plain, zstd_codec& codec = zstd_codec::of_thread());

/// The header alone, checksum included, without uncompressing. Same errors.
result<frame_header> read_frame_header(std::string_view value);

/// Walks the records of a frame's body.
class frame_records {
 public:
  explicit frame_records(const frame_view& frame) : rest_(frame.body), left_(frame.header.count) {}

  /// Answers false after the last record. Errors: bad_encoding when lengths and count do not add up to the body.
  result<bool> next(std::string_view& record);

 private:
  std::string_view rest_;
  std::uint32_t left_;
};

}  // namespace logline::journal
