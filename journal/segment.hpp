#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/digest.hpp"
#include "domain/core/function_ref.hpp"
#include "domain/core/ids.hpp"
#include "domain/core/time.hpp"
#include "journal/errc.hpp"
#include "journal/object_store.hpp"
#include "journal/record.hpp"
#include "journal/signing.hpp"

namespace logline::journal {

/// First line of a segment: consecutive records of one partition, shipped to another place (BAK-03;
/// docs/formats/backup.md §4).
struct segment_header {
  std::uint16_t format = 1;
  std::string site;
  std::uint16_t partition = 0;
  std::uint32_t generation = 1;  ///< of the node that shipped it
  core::gseq first;
  core::gseq last;
  core::digest before;  ///< chain before `first`
  core::digest after;   ///< chain behind `last`
  core::timestamp first_at;
  core::timestamp last_at;
  core::timestamp cut_at;  ///< when it was cut: nothing committed until then is beyond `last`
  std::uint64_t plain_bytes = 0;
  std::uint64_t packed_bytes = 0;
  core::digest sha256;  ///< of the packed bytes
  friend bool operator==(const segment_header&, const segment_header&) = default;
};

/// Of one segment's records, before they are packed. One that begins below this may end above it by one record.
inline constexpr std::size_t segment_plain_bytes = std::size_t{4} << 20;
inline constexpr std::size_t segment_plain_bytes_max = segment_plain_bytes + record_bytes_max + 4;
inline constexpr std::size_t segment_file_bytes_max = segment_plain_bytes_max + (std::size_t{64} << 10);

/// What stands in a name, so that listing is enough to find the way.
struct segment_name {
  std::uint16_t partition = 0;
  std::uint32_t generation = 1;
  core::gseq first;
  core::gseq last;
  std::string text() const;
  friend bool operator==(const segment_name&, const segment_name&) = default;
};
/// Nothing when it is no segment's name.
std::optional<segment_name> parse_segment_name(std::string_view name);
std::string segments_prefix(core::partition_id partition);
/// All segments of a partition at a place, by generation and position.
result<std::vector<segment_name>> list_segments(object_store& from, core::partition_id partition);

/// The whole file. `records` are canonical bytes, each behind its length as in a frame's body (append_segment_record).
/// Of the header, sizes and digest are filled in here.
std::string encode_segment(segment_header header, std::string_view records, std::span<const site_key> signers);
void append_segment_record(std::string_view record, std::string& records);

struct opened_segment {
  segment_header header;
  std::string records;
};
/// Checks signature, digest and sizes, not yet the chain. Errors: bad_encoding, unknown_format, bad_signature,
/// key_missing, checksum_mismatch, short_read.
result<opened_segment> decode_segment(std::string_view file, const key_history& keys);

/// Visits the records with the chain behind each until `visit` answers false. Errors: bad_encoding, position_gap,
/// chain_broken where they are not what the header says.
outcome each_record(const opened_segment& segment,
                    core::function_ref<bool(const record_view& record, const core::digest& chain)> visit);

}  // namespace logline::journal
