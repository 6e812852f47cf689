// What is in the archive, and what becomes of the log's records there. Reading them back: archive_read.cpp.
#include "adapters/ndjson/archive.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "adapters/ndjson/archive_unit.hpp"
#include "adapters/ndjson/confirmed_put.hpp"
#include "adapters/ndjson/file.hpp"
#include "adapters/ndjson/reader.hpp"
#include "adapters/ndjson/sealed_shard.hpp"
#include "adapters/ndjson/shard_index.hpp"
#include "journal/manifest.hpp"
#include "journal/mirror_copy.hpp"

namespace logline::ndjson {

using journal::archive_unit;
using journal::archived_shard;
using journal::errc;
using journal::error;
using journal::outcome;

namespace {

constexpr std::string_view root = "archive/";
constexpr std::string_view signature_suffix = "/unit.json.sig";
constexpr std::size_t unit_bytes_max = std::size_t{256} << 20;
constexpr std::size_t signature_bytes_max = std::size_t{64} << 10;
constexpr std::uint64_t unit_records_max = 1'000'000;
constexpr std::size_t records_per_write = 1'000;

}  // namespace

archive::~archive() {
  // A temporary directory that cannot be removed is the system's to clear.
  std::error_code left;
  if (settings_.remove_scratch) std::filesystem::remove_all(settings_.scratch, left);
}

std::string archive::base() const {
  if (settings_.site.empty()) return std::string{root};
  return fmt::format("{}{}/{:05}/", root, settings_.site, settings_.partition.value);
}

std::string archive::folder_of(const archive_unit& unit) const {
  return fmt::format("{}{}/{:05}/{:020}-{:020}", root, unit.site, unit.partition, unit.first_gseq.value,
                     unit.last_gseq.value);
}

journal::result<archive_unit> archive::load_unit(const std::string& folder) {
  const auto text = place_->get(folder + "/unit.json", unit_bytes_max);
  if (!text) return text.error();
  const auto signature = place_->get(folder + "/unit.json.sig", signature_bytes_max);
  if (!signature) return signature.error();
  if (const auto by = journal::verify_content(core::sha256(*text), *signature, settings_.believed); !by)
    return error{by.error().code, fmt::format("{}: {}", folder, by.error().message), {}};
  auto unit = parse_unit(*text);
  if (!unit) return error{unit.error().code, fmt::format("{}: {}", folder, unit.error().message), {}};
  if (folder_of(*unit) != folder) return error{errc::bad_encoding, folder + ": holds another unit", {}};
  return unit;
}

journal::result<std::vector<archive_unit>> archive::units() {
  const auto objects = place_->list(base());
  if (!objects) return objects.error();
  std::vector<archive_unit> all;
  for (const auto& object : *objects) {
    if (!object.name.ends_with(signature_suffix)) continue;
    auto unit = load_unit(object.name.substr(0, object.name.size() - signature_suffix.size()));
    if (!unit) return std::move(unit).error();
    all.push_back(std::move(*unit));
  }
  // Names sort as positions do.
  archive_unit before;
  for (const auto& unit : all) {
    const auto expected = core::next(before.last_gseq);
    if (before.last_gseq.value != 0 && (unit.site != before.site || unit.partition != before.partition))
      return error{errc::conflict, "the archive holds several logs: name the site", {}};
    if (unit.first_gseq != expected)
      return error{errc::position_gap, fmt::format("a unit begins at gseq {}", unit.first_gseq.value), expected};
    if (unit.prev != before.hash)
      return error{errc::chain_broken, "a unit does not go on where the one before ended", expected};
    before = unit;
  }
  return all;
}

journal::result<copy_begin> archive::end_of(const std::vector<archive_unit>& all) const {
  if (all.empty()) return copy_begin{};
  const auto& last = all.back();
  auto name = parse_shard_name(last.shards.back().name);
  if (!name) return error{errc::bad_encoding, "a unit names a shard that is none", last.last_gseq};
  return copy_begin{{last.last_gseq, last.hash}, last.shards.back().sha256, std::move(name)};
}

outcome archive::clear_scratch() const {
  std::error_code failed;
  std::filesystem::remove_all(settings_.scratch, failed);
  if (failed) return error{errc::store_failed, "the archive's scratch directory: " + failed.message(), {}};
  return make_directory(settings_.scratch);
}

journal::result<archive_unit> archive::add(const journal::partition_log& log, core::gseq last, core::timestamp now,
                                           const std::function<bool()>& stop) {
  if (!settings_.current || !settings_.site_key)
    return error{errc::key_missing, "this archive is open for reading only", {}};
  const auto all = units();
  if (!all) return all.error();
  const auto begin = end_of(*all);
  if (!begin) return begin.error();
  const auto& from = *begin;
  const auto here = log.chain_at(from.at.position);
  if (!here && here.error().code != errc::not_found) return here.error();
  if (!here || *here != from.at.chain)
    return error{errc::chain_broken, "the archive is of another log, or ahead of this one", from.at.position};
  if (last <= from.at.position) return error{errc::position_gap, "it is in the archive already", last};
  last = std::min(last, core::gseq{from.at.position.value + unit_records_max});

  if (auto cleared = clear_scratch(); !cleared) return std::move(cleared).error();
  if (auto written = write_shards(log, from, last, stop); !written) return std::move(written).error();
  auto unit = describe_scratch(from, now);
  if (!unit) return unit;
  if (auto stored = store_unit(*unit, stop); !stored) return std::move(stored).error();
  if (auto cleared = clear_scratch(); !cleared) return std::move(cleared).error();
  return unit;
}

journal::result<journal::mirror_position> archive::write_shards(const journal::partition_log& log,
                                                                const copy_begin& from, core::gseq last,
                                                                const std::function<bool()>& stop) const {
  options o;
  o.directory = settings_.scratch;
  o.site = settings_.site;
  o.partition = settings_.partition;
  o.shard_bytes = settings_.shard_bytes;
  o.key = *settings_.current;
  o.site_key = settings_.site_key;
  o.zstd_level = settings_.zstd_level;
  o.types = settings_.types;
  o.clock = [] { return core::latest; };
  o.begin = from;
  mirror shards{std::move(o)};
  const auto opened = shards.open();
  if (!opened) return opened.error();
  bool stopped = false;
  auto copied = journal::copy_records(log, shards, *opened, last, records_per_write,
                                      [&](core::gseq) { return !(stopped = stop()); });
  if (!copied) return copied;
  if (stopped) return error{errc::stopped, "the archive run was stopped", copied->position};
  if (auto sealed = shards.rest(); !sealed) return std::move(sealed).error();
  return copied;
}

journal::result<archive_unit> archive::describe_scratch(const copy_begin& from, core::timestamp now) const {
  archive_unit unit;
  unit.site = settings_.site;
  unit.partition = settings_.partition.value;
  unit.first_gseq = core::next(from.at.position);
  unit.prev = from.at.chain;
  unit.at = now;
  index_maker words;
  outcome finished = core::done{};
  const auto finish_shard = [&]() -> outcome {
    auto& shard = unit.shards.back();
    const auto sealed = settings_.scratch / shard.name;
    const auto manifest = read_manifest(sealed, settings_.keys, settings_.site_key->public_key());
    if (!manifest) return manifest.error();
    const auto manifest_digest = journal::file_digest(manifest_path(sealed));
    if (!manifest_digest) return manifest_digest.error();
    const auto index = index_text(words.finish(shard.name));
    shard.entities = words.entities();
    std::error_code unknown;
    shard.bytes = std::filesystem::file_size(packed_path(sealed), unknown);
    shard.sha256 = manifest->sha256;
    shard.zst_sha256 = manifest->packed_sha256.value_or(core::digest{});
    shard.manifest_sha256 = *manifest_digest;
    shard.index_sha256 = core::sha256(index);
    words = {};
    return replace_durably(sealed.string() + ".index", index);
  };
  reader copy{settings_.scratch, settings_.keys, settings_.site_key->public_key()};
  const auto read = copy.read([&](const journal::parsed_line& line, const line_place& place) {
    const auto& r = line.record;
    const auto name = sealed_name(place.file);
    if (unit.shards.empty() || unit.shards.back().name != name) {
      if (!unit.shards.empty()) finished = finish_shard();
      if (!finished) return false;
      archived_shard next;
      next.name = name;
      next.first_gseq = r.position;
      next.first_at = r.at;
      unit.shards.push_back(std::move(next));
    }
    unit.shards.back().last_gseq = r.position;
    unit.shards.back().last_at = r.at;
    words.add(r.entity.tenant, r.entity.type, r.entity.key);
    return true;
  });
  if (!read) return read.error();
  if (finished && !unit.shards.empty()) finished = finish_shard();
  if (!finished) return std::move(finished).error();
  unit.last_gseq = copy.summary().last;
  unit.hash = copy.summary().head;
  return unit;
}

outcome archive::store_unit(const archive_unit& unit, const std::function<bool()>& stop) {
  const auto folder = folder_of(unit);
  const auto back = settings_.scratch / "back.tmp";
  for (const auto& shard : unit.shards) {
    if (stop()) return error{errc::stopped, "the archive run was stopped", shard.first_gseq};
    const auto sealed = settings_.scratch / shard.name;
    const auto name = folder + '/' + shard.name;
    using part = std::pair<std::string_view, core::digest>;
    for (const auto& [suffix, sha256] : {part{".zst", shard.zst_sha256}, part{".manifest", shard.manifest_sha256},
                                         part{".index", shard.index_sha256}}) {
      const auto file = sealed.string() + std::string{suffix};
      if (auto put = put_confirmed(*place_, name + std::string{suffix}, file, sha256, back); !put) return put;
    }
  }
  const auto text = unit_text(unit);
  if (auto put = put_confirmed(*place_, folder + "/unit.json", text); !put) return put;
  const auto signature = journal::sign_content(core::sha256(text), unit.at, {&*settings_.site_key, 1});
  return put_confirmed(*place_, folder + "/unit.json.sig", signature);
}

}  // namespace logline::ndjson
