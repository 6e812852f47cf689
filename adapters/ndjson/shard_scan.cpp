#include "adapters/ndjson/shard_scan.hpp"

#include <utility>

#include <fmt/format.h>

#include "adapters/ndjson/line_source.hpp"
#include "adapters/ndjson/shard_name.hpp"
#include "domain/core/bytes.hpp"

namespace logline::ndjson {

using journal::errc;
using journal::error;
using journal::outcome;

namespace {

class scanner {
 public:
  scanner(const std::filesystem::path& path, const std::vector<line_key>& keys, header_check accept, line_visitor visit)
      : name_(sealed_name(path)), keys_(keys), accept_(accept), visit_(visit) {}

  /// Takes one line, or says what is wrong with it.
  outcome take(std::string_view line) {
    if (auto split = split_line(line, line_); !split) return split;
    const auto kind = kind_of(line_.body);
    if (found_.has_trailer) return error{errc::bad_encoding, "a line behind the trailer", {}};
    if (!found_.header) {
      if (kind != line_kind::header) return error{errc::bad_encoding, "a shard begins with its header", {}};
      return take_header();
    }
    if (!is_signed_by(*key_, line_)) return error{errc::bad_signature, "sig_b64 does not verify", {}};
    if (!found_.schema && kind != line_kind::schema)
      return error{errc::bad_encoding, "a schema line follows the header", {}};
    switch (kind) {
      case line_kind::event:
        return take_event();
      case line_kind::schema:
        return take_schema();
      case line_kind::trailer:
        return take_trailer();
      case line_kind::header:
        return error{errc::bad_encoding, "a second header", {}};
      case line_kind::unknown_meta:
        return error{errc::unknown_format, "a meta line that this version does not know", {}};
    }
    LL_INVARIANT(false, "no line_kind has the value {}", static_cast<int>(kind));
  }

  void count(std::string_view line) {
    found_.digest.add(line);
    found_.digest.add("\n");
    found_.bytes += line.size() + 1;
    ++found_.lines;
  }

  shard_scan& found() { return found_; }

 private:
  outcome take_header() {
    auto header = parse_header(line_.body);
    if (!header) return std::move(header).error();
    key_ = find_key(keys_, header->key_id);
    if (key_ == nullptr)
      return error{errc::key_missing, "no line key of the name " + core::excerpt(header->key_id), {}};
    if (!is_signed_by(*key_, line_)) return error{errc::bad_signature, "sig_b64 does not verify", {}};
    if (header->name != name_)
      return error{errc::bad_encoding, "this is the shard " + core::excerpt(header->name) + " under another name", {}};
    if (header->first_gseq == 0) return error{errc::position_gap, "first_gseq is 0", {}};
    if (auto accepted = accept_(*header); !accepted) return accepted;
    found_.position = header->first_gseq - 1;
    found_.chain = header->previous;
    found_.header = std::move(*header);
    return core::done{};
  }

  outcome take_schema() {
    if (found_.schema) return error{errc::bad_encoding, "a second schema line", {}};
    auto schema = parse_schema(line_.body);
    if (!schema) return std::move(schema).error();
    found_.schema = std::move(*schema);
    return core::done{};
  }

  outcome take_event() {
    auto event = journal::parse_record_line(line_.body);
    if (!event) return std::move(event).error();
    const auto position = event->record.position.value;
    if (position != found_.position + 1)
      return error{errc::position_gap, fmt::format("gseq {} where {} should be", position, found_.position + 1), {}};
    if (event->record.partition.value != found_.header->partition)
      return error{errc::chain_broken, "a record of another partition", {}};
    if (event->previous != found_.chain)
      return error{errc::chain_broken, "prev is not the hash of the record before", {}};
    found_.position = position;
    found_.chain = event->hash;
    ++found_.events;
    found_.stopped = !visit_(*event, found_.lines + 1);
    return core::done{};
  }

  outcome take_trailer() {
    const auto trailer = parse_trailer(line_.body);
    if (!trailer) return trailer.error();
    if (trailer->last_gseq != found_.position || trailer->lines != found_.events || trailer->hash != found_.chain)
      return error{errc::chain_broken, "the trailer is not that of these lines", {}};
    if (trailer->sha256 != found_.digest.value())
      return error{errc::checksum_mismatch, "sha256 is not that of the bytes before the trailer", {}};
    found_.has_trailer = true;
    return core::done{};
  }

  std::string name_;
  const std::vector<line_key>& keys_;
  header_check accept_;
  line_visitor visit_;
  const line_key* key_ = nullptr;
  signed_line line_;
  shard_scan found_;
};

}  // namespace

journal::result<shard_scan> scan_shard(const std::filesystem::path& path, const std::vector<line_key>& keys,
                                       header_check accept, line_visitor visit) {
  auto source = line_source::open(path, path.extension() == ".zst" ? packing::zstd : packing::none);
  if (!source) return std::move(source).error();
  scanner scan{path, keys, accept, visit};
  auto& found = scan.found();
  std::string_view line;
  for (;;) {
    const auto more = source->next(line);
    if (!more && more.error().code == errc::store_failed) return more.error();
    const auto taken = !more ? outcome{more.error()} : *more ? scan.take(line) : outcome{core::done{}};
    if (!taken) {
      found.damage = placed(taken.error(), path, found.lines + 1);
      if (found.header) found.damage->position.value = found.position + 1;
      return std::move(found);
    }
    if (!*more) break;
    scan.count(line);
    if (found.stopped) return std::move(found);
  }
  found.unfinished_bytes = source->unfinished_bytes();
  found.stored_sha256 = source->stored_digest();
  return std::move(found);
}

journal::result<shard_scan> scan_shard(const std::filesystem::path& path, const std::vector<line_key>& keys) {
  return scan_shard(
      path, keys, [](const shard_header&) -> outcome { return core::done{}; },
      [](const journal::parsed_line&, std::uint64_t) { return true; });
}

outcome follows(const shard_header& header, const shard_end& before) {
  const core::gseq expected{before.position + 1};
  if (header.first_gseq != expected.value)
    return error{errc::position_gap,
                 fmt::format("begins at gseq {} where {} should be", header.first_gseq, expected.value), expected};
  if (header.previous != before.chain)
    return error{errc::chain_broken, "prev is not the hash at the end of the shard before", expected};
  if (header.previous_shard != before.sha256)
    return error{errc::chain_broken, "prev_shard is not the SHA-256 of the shard before", expected};
  return core::done{};
}

error placed(error what, const std::filesystem::path& path, std::uint64_t line) {
  what.message = fmt::format("{} line {}: {}", path.filename().string(), line, what.message);
  return what;
}

}  // namespace logline::ndjson
