#include "journal/segment.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "journal/described_json.hpp"
#include "journal/little_endian.hpp"
#include "journal/merkle.hpp"
#include "journal/zstd_codec.hpp"

namespace logline::journal {

constexpr auto describe(core::type_tag<segment_header>) {
  using core::field;
  using f = segment_header;
  return core::description<f>("segment", "", field("logline_segment", &f::format), field("site", &f::site),
                              field("partition", &f::partition), field("generation", &f::generation),
                              field("first", &f::first), field("last", &f::last), field("before", &f::before),
                              field("after", &f::after), field("first_at", &f::first_at), field("last_at", &f::last_at),
                              field("cut_at", &f::cut_at), field("plain_bytes", &f::plain_bytes),
                              field("packed_bytes", &f::packed_bytes), field("sha256", &f::sha256));
}

namespace {

constexpr int zstd_level = 3;
constexpr std::size_t length_bytes = 4;
constexpr std::string_view prefix = "segments/";
constexpr std::string_view suffix = ".seg";

error malformed(std::string_view why) {
  return {errc::bad_encoding, fmt::format("segment: {}", why), {}};
}

/// Takes "<mark><digits><end>" off the front.
template <class Int>
bool take_number(std::string_view& text, std::string_view mark, std::size_t digits, Int& out) {
  if (!text.starts_with(mark) || text.size() < mark.size() + digits) return false;
  const auto* const begin = text.data() + mark.size();
  const auto parsed = std::from_chars(begin, begin + digits, out);
  if (parsed.ec != std::errc{} || parsed.ptr != begin + digits) return false;
  text.remove_prefix(mark.size() + digits);
  return true;
}

}  // namespace

std::string segments_prefix(core::partition_id partition) {
  return fmt::format("{}p{:05}/", prefix, partition.value);
}

std::string segment_name::text() const {
  return fmt::format("{}g{:010}/{:020}-{:020}{}", segments_prefix(core::partition_id{partition}), generation,
                     first.value, last.value, suffix);
}

std::optional<segment_name> parse_segment_name(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  std::string_view rest = name.substr(prefix.size());
  segment_name out;
  const bool whole = take_number(rest, "p", 5, out.partition) && take_number(rest, "/g", 10, out.generation) &&
                     take_number(rest, "/", 20, out.first.value) && take_number(rest, "-", 20, out.last.value) &&
                     rest == suffix;
  if (!whole || out.first.value == 0 || out.last < out.first) return std::nullopt;
  return out;
}

result<std::vector<segment_name>> list_segments(object_store& from, core::partition_id partition) {
  const auto listed = from.list(segments_prefix(partition));
  if (!listed) return listed.error();
  std::vector<segment_name> out;
  for (const auto& each : *listed)
    if (auto name = parse_segment_name(each.name)) out.push_back(*name);
  std::sort(out.begin(), out.end(), [](const segment_name& a, const segment_name& b) {
    return std::tie(a.generation, a.first, a.last) < std::tie(b.generation, b.first, b.last);
  });
  return out;
}

void append_segment_record(std::string_view record, std::string& records) {
  const auto at = records.size();
  records.resize(at + length_bytes);
  put_little_endian(records.data() + at, static_cast<std::uint32_t>(record.size()));
  records += record;
}

std::string encode_segment(segment_header header, std::string_view records, std::span<const site_key> signers) {
  std::string packed;
  const bool fits = zstd_codec::of_thread().compress(records, zstd_level, segment_file_bytes_max, packed);
  LL_INVARIANT(fits, "{} bytes of records do not fit a segment", records.size());
  header.plain_bytes = records.size();
  header.packed_bytes = packed.size();
  header.sha256 = core::sha256(packed);
  std::string out = to_json(header) + '\n';
  out += sign_content(core::sha256(out), header.cut_at, signers) + '\n';
  out += packed;
  return out;
}

result<opened_segment> decode_segment(std::string_view file, const key_history& keys) {
  const auto line_end = file.find('\n');
  const auto signature_end = file.find("\n\n");
  if (signature_end == std::string_view::npos || line_end >= signature_end)
    return error{errc::short_read, "segment: its header is cut", {}};
  const auto line = file.substr(0, line_end + 1);
  const auto signature = file.substr(line_end + 1, signature_end - line_end);
  const auto packed = file.substr(signature_end + 2);
  if (auto by = verify_content(core::sha256(line), signature, keys); !by) return std::move(by).error();
  opened_segment out;
  auto header = from_json<segment_header>(line.substr(0, line.size() - 1), "segment");
  if (!header) return std::move(header).error();
  out.header = *std::move(header);
  const auto& h = out.header;
  if (h.format != segment_header{}.format)
    return error{errc::unknown_format, "segment: written by a newer version", {}};
  if (h.first.value == 0 || h.last < h.first || h.plain_bytes > segment_plain_bytes_max)
    return malformed("its header contradicts itself");
  if (packed.size() != h.packed_bytes)
    return error{
        errc::short_read, fmt::format("segment: {} bytes where {} must be", packed.size(), h.packed_bytes), {}};
  if (const auto found = core::sha256(packed); found != h.sha256)
    return error{errc::checksum_mismatch, fmt::format("expected sha256 {}, found {}", h.sha256.hex(), found.hex()), {}};
  if (auto read = zstd_codec::of_thread().decompress(packed, h.plain_bytes, out.records); !read)
    return std::move(read).error();
  return out;
}

outcome each_record(const opened_segment& segment,
                    core::function_ref<bool(const record_view& record, const core::digest& chain)> visit) {
  std::string_view rest{segment.records};
  core::digest chain = segment.header.before;
  core::gseq next = segment.header.first;
  while (!rest.empty()) {
    if (rest.size() < length_bytes) return malformed("its records are cut");
    const std::size_t size = get_little_endian<std::uint32_t>(rest.data());
    rest.remove_prefix(length_bytes);
    if (size > rest.size()) return malformed("its records are cut");
    record_view record;
    if (auto read = read_record(rest.substr(0, size), record); !read) return read;
    if (record.position != next)
      return error{errc::position_gap, fmt::format("gseq {} where {} must follow", record.position.value, next.value),
                   next};
    chain = chain_hash(chain, leaf_hash(record.bytes));
    if (!visit(record, chain)) return core::done{};
    next = core::next(next);
    rest.remove_prefix(size);
  }
  if (next != core::next(segment.header.last) || chain != segment.header.after)
    return error{errc::chain_broken, "segment: its records do not give the chain that its header names",
                 segment.header.last};
  return core::done{};
}

}  // namespace logline::journal
