#include "journal/frame.hpp"

#include <cstring>

#include <fmt/format.h>

#include "journal/crc32c.hpp"
#include "journal/little_endian.hpp"

namespace logline::journal {

namespace {

constexpr std::string_view magic = "LLF1";
constexpr std::uint16_t format_version = 1;

// Offsets of the header's fields. Magic and checksum keep their place and coverage in every later format.
constexpr std::size_t at_checksum = 4;
constexpr std::size_t at_format = 8;
constexpr std::size_t at_partition = 10;
constexpr std::size_t at_packing = 12;
constexpr std::size_t at_first = 16;
constexpr std::size_t at_count = 24;
constexpr std::size_t at_plain_bytes = 28;
constexpr std::size_t at_stored_bytes = 32;
constexpr std::size_t at_commit_first = 40;
constexpr std::size_t at_commit_last = 48;
constexpr std::size_t at_first_time = 56;
constexpr std::size_t at_last_time = 64;
constexpr std::size_t at_chain_before = 72;
constexpr std::size_t at_chain_after = 104;
static_assert(at_chain_after + sizeof(core::digest::octets) == frame_header_bytes);

// Below this there is nothing to gain, only a zstd header to pay.
constexpr std::size_t compress_bytes_min = 1024;

std::uint32_t checksum_of(std::string_view value) {
  return crc32c(value.substr(at_format), crc32c(value.substr(0, at_checksum)));
}

void put_header(const frame_header& h, char* at) {
  std::memset(at, 0, frame_header_bytes);
  std::memcpy(at, magic.data(), magic.size());
  put_little_endian(at + at_format, format_version);
  put_little_endian(at + at_partition, h.partition.value);
  put_little_endian(at + at_packing, static_cast<std::uint8_t>(h.packing));
  put_little_endian(at + at_first, h.first.value);
  put_little_endian(at + at_count, h.count);
  put_little_endian(at + at_plain_bytes, h.plain_bytes);
  put_little_endian(at + at_stored_bytes, h.stored_bytes);
  put_little_endian(at + at_commit_first, h.commit_first.value);
  put_little_endian(at + at_commit_last, h.commit_last.value);
  put_little_endian(at + at_first_time, h.first_at.us);
  put_little_endian(at + at_last_time, h.last_at.us);
  std::memcpy(at + at_chain_before, h.chain_before.octets.data(), h.chain_before.octets.size());
  std::memcpy(at + at_chain_after, h.chain_after.octets.data(), h.chain_after.octets.size());
}

frame_header get_header(const char* at) {
  frame_header h;
  h.partition.value = get_little_endian<std::uint16_t>(at + at_partition);
  h.packing = static_cast<compression>(get_little_endian<std::uint8_t>(at + at_packing));
  h.first.value = get_little_endian<std::uint64_t>(at + at_first);
  h.count = get_little_endian<std::uint32_t>(at + at_count);
  h.plain_bytes = get_little_endian<std::uint32_t>(at + at_plain_bytes);
  h.stored_bytes = get_little_endian<std::uint32_t>(at + at_stored_bytes);
  h.commit_first.value = get_little_endian<std::uint64_t>(at + at_commit_first);
  h.commit_last.value = get_little_endian<std::uint64_t>(at + at_commit_last);
  h.first_at.us = get_little_endian<std::int64_t>(at + at_first_time);
  h.last_at.us = get_little_endian<std::int64_t>(at + at_last_time);
  h.chain_before = core::digest::from({at + at_chain_before, 32});
  h.chain_after = core::digest::from({at + at_chain_after, 32});
  return h;
}

bool makes_sense(const frame_header& h, std::size_t stored) {
  return h.count > 0 && h.first.value > 0 && h.commit_first <= h.first && h.last() <= h.commit_last &&
         h.first_at <= h.last_at && h.stored_bytes == stored && h.plain_bytes <= frame_plain_bytes_max &&
         (h.packing == compression::none ? h.plain_bytes == stored : h.packing == compression::zstd);
}

}  // namespace

void frame_builder::add(std::string_view record) {
  char prefix[record_prefix_bytes];
  put_little_endian(prefix, static_cast<std::uint32_t>(record.size()));
  body_.append(prefix, sizeof prefix);
  body_.append(record);
  ++count_;
}

void frame_builder::seal(frame_header header, zstd_codec& codec, int level, std::string& out) {
  LL_INVARIANT(count_ > 0, "a frame of no records at gseq {}", header.first.value);
  header.count = count_;
  header.plain_bytes = static_cast<std::uint32_t>(body_.size());
  out.resize(frame_header_bytes);
  const bool packed =
      body_.size() >= compress_bytes_min && codec.compress(body_, level, body_.size() - body_.size() / 16, out);
  if (!packed) out.append(body_);
  header.packing = packed ? compression::zstd : compression::none;
  header.stored_bytes = static_cast<std::uint32_t>(out.size() - frame_header_bytes);
  put_header(header, out.data());
  put_little_endian(out.data() + at_checksum, checksum_of(out));
  body_.clear();
  count_ = 0;
}

result<frame_header> read_frame_header(std::string_view value) {
  if (value.size() < frame_header_bytes)
    return error{errc::short_read,
                 fmt::format("frame of {} bytes, its header alone has {}", value.size(), frame_header_bytes),
                 {}};
  if (!value.starts_with(magic)) return error{errc::bad_magic, "frame does not start with LLF1", {}};
  frame_header h = get_header(value.data());
  const std::size_t stored = value.size() - frame_header_bytes;
  if (stored < h.stored_bytes)
    return error{errc::short_read, fmt::format("frame body of {} bytes, {} announced", stored, h.stored_bytes),
                 h.first};
  if (get_little_endian<std::uint32_t>(value.data() + at_checksum) != checksum_of(value))
    return error{errc::checksum_mismatch, "frame does not fit its CRC-32C", h.first};
  const auto format = get_little_endian<std::uint16_t>(value.data() + at_format);
  if (format != format_version)
    return error{errc::unknown_format, fmt::format("frame of format {}, this program reads {}", format, format_version),
                 h.first};
  if (!makes_sense(h, stored)) return error{errc::bad_encoding, "frame header contradicts itself", h.first};
  return h;
}

result<frame_view> open_frame(std::string_view value, std::string& plain, zstd_codec& codec) {
  auto header = read_frame_header(value);
  if (!header) return std::move(header).error();
  frame_view view{*header, value.substr(frame_header_bytes)};
  if (view.header.packing == compression::none) return view;
  if (auto unpacked = codec.decompress(view.body, view.header.plain_bytes, plain); !unpacked)
    return error{unpacked.error().code, unpacked.error().message, view.header.first};
  view.body = plain;
  return view;
}

result<bool> frame_records::next(std::string_view& record) {
  if (left_ == 0) {
    if (!rest_.empty())
      return error{errc::bad_encoding, fmt::format("frame: {} bytes after its last record", rest_.size()), {}};
    return false;
  }
  if (rest_.size() < record_prefix_bytes) return error{errc::bad_encoding, "frame: no room for a record's length", {}};
  const auto size = get_little_endian<std::uint32_t>(rest_.data());
  if (rest_.size() - record_prefix_bytes < size)
    return error{errc::bad_encoding,
                 fmt::format("frame: record of {} bytes, {} left", size, rest_.size() - record_prefix_bytes),
                 {}};
  record = rest_.substr(record_prefix_bytes, size);
  rest_.remove_prefix(record_prefix_bytes + size);
  --left_;
  return true;
}

}  // namespace logline::journal
