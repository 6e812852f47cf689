#include "adapters/ndjson/reader.hpp"

#include <utility>

#include <fmt/format.h>

#include "adapters/ndjson/sealed_shard.hpp"

namespace logline::ndjson {

using journal::errc;
using journal::error;
using journal::outcome;

namespace {

/// A directory that is written to meanwhile may show a file that is being renamed under both names or none: what it
/// shows twice is how it was.
journal::result<directory_listing> list_settled(const std::filesystem::path& directory) {
  constexpr int tries = 16;
  auto listing = list_shards(directory);
  for (int i = 1; listing && i < tries; ++i) {
    auto again = list_shards(directory);
    if (!again || again->shards == listing->shards) return again;
    listing = std::move(again);
  }
  return listing;
}

}  // namespace

outcome reader::read(visitor visit) {
  summary_ = {};
  before_.reset();
  unsealed_.reset();
  owner_.reset();
  const auto listing = list_settled(directory_);
  if (!listing) return listing.error();
  for (const auto& files : listing->shards) {
    bool stopped = false;
    if (auto done = read_shard(files, visit, stopped); !done) return done;
    if (stopped) break;
  }
  return core::done{};
}

// Whoever writes may seal and pack a shard between our listing and our opening: its next form is then there already.
journal::result<shard_scan> reader::scan(const shard_files& files, visitor visit, std::string& file) {
  const auto by_place = [&](const journal::parsed_line& line, std::uint64_t number) {
    if (summary_.first.value == 0) summary_.first = line.record.position;
    summary_.last = line.record.position;
    summary_.head = line.hash;
    ++summary_.lines;
    return visit(line, {file, number});
  };
  const auto accepted = [&](const shard_header& header) { return accept(header); };
  const auto sealed = directory_ / files.name.text();
  journal::result<shard_scan> found = error{errc::not_found, "", {}};
  for (const auto& path : {part_path(sealed), sealed, packed_path(sealed)}) {
    file = path.filename().string();
    found = scan_shard(path, keys_, accepted, by_place);
    if (found || found.error().code != errc::not_found) return found;
  }
  return error{errc::not_found, files.name.text() + ": the shard itself is missing",
               core::gseq{before_ ? before_->position + 1 : 0}};
}

outcome reader::accept(const shard_header& header) {
  if (before_)
    if (auto following = follows(header, *before_); !following) return following;
  if (!owner_) owner_ = std::pair{header.site, header.partition};
  if (owner_ == std::pair{header.site, header.partition}) return core::done{};
  return error{errc::chain_broken, "the shard of another site or partition", {}};
}

outcome reader::read_shard(const shard_files& files, visitor visit, bool& stopped) {
  const core::gseq expected{before_ ? before_->position + 1 : 0};
  if (unsealed_) return error{errc::chain_broken, *unsealed_ + ": is not sealed, and shards follow", expected};
  std::string file;
  const auto found = scan(files, visit, file);
  if (!found) return found.error();
  ++summary_.shards;
  if (found->damage) {
    auto damage = *found->damage;
    if (damage.position.value == 0) damage.position = expected;
    return damage;
  }
  stopped = found->stopped;
  return stopped ? outcome{core::done{}} : check_end(files, file, *found);
}

outcome reader::check_end(const shard_files& files, const std::string& file, const shard_scan& found) {
  const core::gseq next{found.position + 1};
  before_ = found.end();
  if (file.ends_with(".part")) {
    unsealed_ = file;
    summary_.unfinished_bytes = found.unfinished_bytes;
    return core::done{};
  }
  if (!found.has_trailer) return error{errc::short_read, file + ": ends without a trailer", next};
  if (found.unfinished_bytes != 0) return error{errc::bad_encoding, file + ": bytes behind the trailer", next};
  auto checked = check_manifest(file, found);
  // The writer makes the manifest right after it gave the file its name.
  if (checked || checked.error().code != errc::not_found) return checked;
  unsealed_ = files.name.text() + ".manifest: is missing";
  return core::done{};
}

outcome reader::check_manifest(const std::string& file, const shard_scan& found) {
  const core::gseq first{found.header->first_gseq};
  const auto sealed = directory_ / found.header->name;
  const auto manifest = read_manifest(sealed, keys_, vouched_by_);
  if (!manifest) return error{manifest.error().code, manifest.error().message, first};
  auto expected = manifest_of(found);
  expected.key_id = manifest->key_id;
  expected.site_key = manifest->site_key;
  expected.packed_sha256 = manifest->packed_sha256;
  if (*manifest != expected)
    return error{errc::checksum_mismatch, found.header->name + ".manifest: says something else than the shard", first};
  if (file.ends_with(".zst") && manifest->packed_sha256 != found.stored_sha256)
    return error{errc::checksum_mismatch, file + ": is not the file that the manifest names", first};
  return core::done{};
}

verify_report verify(const std::filesystem::path& directory, const std::vector<line_key>& keys,
                     const std::optional<journal::site_public_key>& vouched_by) {
  verify_report report;
  reader all{directory, keys, vouched_by};
  const auto by_range = [&](const journal::parsed_line& line, const line_place&) {
    const auto position = line.record.position;
    if (report.ranges.empty() || (position.value - 1) % range_records == 0)
      report.ranges.push_back({position, position, {}});
    report.ranges.back().last = position;
    report.ranges.back().digest = line.hash;
    return true;
  };
  if (auto done = all.read(by_range); !done) report.damage = std::move(done).error();
  report.summary = all.summary();
  return report;
}

}  // namespace logline::ndjson
