// Reading an archive back: all of a unit to check it, a range as a copy of its own, records by what they are about.
#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "adapters/ndjson/archive.hpp"
#include "adapters/ndjson/file.hpp"
#include "adapters/ndjson/reader.hpp"
#include "adapters/ndjson/sealed_shard.hpp"
#include "adapters/ndjson/shard_index.hpp"
#include "adapters/ndjson/shard_scan.hpp"
#include "journal/manifest.hpp"
#include "journal/record.hpp"

namespace logline::ndjson {

using journal::archive_unit;
using journal::archived_shard;
using journal::errc;
using journal::error;
using journal::outcome;

namespace {

constexpr std::size_t index_bytes_max = std::size_t{128} << 20;

error other_bytes(const std::string& name) {
  return {errc::checksum_mismatch, name + ": is not the object that its unit names", {}};
}

outcome fetch_as(journal::object_store& place, const std::string& name, const std::filesystem::path& to,
                 const core::digest& sha256) {
  const auto found = place.get_file(name, to);
  if (!found) return error{found.error().code, name + ": " + found.error().message, {}};
  if (*found == sha256) return core::done{};
  if (auto removed = remove_durably(to); !removed) return removed;
  return other_bytes(name);
}

const journal::site_public_key* site_key_of(const journal::key_history& believed) {
  for (const auto& known : believed.all())
    if (known.name == "site") return &known.key;
  return nullptr;
}

bool is_wanted(const journal::record_filter& filter, const core::record& r) {
  return r.position >= filter.from && r.position <= filter.to && (!filter.since || r.at >= *filter.since) &&
         (!filter.until || r.at < *filter.until) && filter.names_match(journal::view_of(r));
}

bool is_outside(const journal::record_filter& filter, const archived_shard& shard) {
  return shard.last_gseq < filter.from || shard.first_gseq > filter.to ||
         (filter.since && shard.last_at < *filter.since) || (filter.until && shard.first_at >= *filter.until);
}

}  // namespace

outcome archive::fetch_shard(const std::string& folder, const archived_shard& shard,
                             const std::filesystem::path& directory, bool with_manifest) {
  const auto name = folder + '/' + shard.name;
  const auto sealed = directory / shard.name;
  if (auto got = fetch_as(*place_, name + ".zst", packed_path(sealed), shard.zst_sha256); !got) return got;
  if (!with_manifest) return core::done{};
  return fetch_as(*place_, name + ".manifest", manifest_path(sealed), shard.manifest_sha256);
}

outcome archive::check(const archive_unit& unit) {
  if (auto cleared = clear_scratch(); !cleared) return cleared;
  const auto* site_key = site_key_of(settings_.believed);
  if (site_key == nullptr) return error{errc::key_missing, "there is no site.pub", {}};
  const auto folder = folder_of(unit);
  for (const auto& shard : unit.shards)
    if (auto got = fetch_shard(folder, shard, settings_.scratch, true); !got) return got;
  std::vector<index_maker> words(unit.shards.size());
  std::size_t at = 0;
  reader copy{settings_.scratch, settings_.keys, *site_key};
  const auto read = copy.read([&](const journal::parsed_line& line, const line_place&) {
    const auto& r = line.record;
    while (at + 1 < words.size() && r.position > unit.shards[at].last_gseq)
      ++at;
    words[at].add(r.entity.tenant, r.entity.type, r.entity.key);
    return true;
  });
  if (!read) return read;
  const auto& found = copy.summary();
  if (found.first != unit.first_gseq || found.last != unit.last_gseq || found.head != unit.hash)
    return error{errc::chain_broken, folder + ": its shards are not those of its unit", unit.first_gseq};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& shard = unit.shards[i];
    const auto name = folder + '/' + shard.name + ".index";
    const auto index = place_->get(name, index_bytes_max);
    if (!index) return error{index.error().code, name + ": " + index.error().message, {}};
    if (core::sha256(*index) != shard.index_sha256) return other_bytes(name);
    if (*index != index_text(words[i].finish(shard.name)))
      return error{errc::index_mismatch, name + ": is not that of its shard", shard.first_gseq};
  }
  return clear_scratch();
}

journal::result<std::uint64_t> archive::fetch(core::gseq from, core::gseq to, const std::filesystem::path& directory) {
  const auto* site_key = site_key_of(settings_.believed);
  if (site_key == nullptr) return error{errc::key_missing, "there is no site.pub", {}};
  const auto all = units();
  if (!all) return all.error();
  if (auto made = make_directory(directory); !made) return std::move(made).error();
  std::error_code failed;
  if (!std::filesystem::is_empty(directory, failed) || failed)
    return error{errc::conflict, "REFUSED_NOT_EMPTY: the directory holds something already", {}};
  std::uint64_t fetched = 0;
  for (const auto& unit : *all) {
    for (const auto& shard : unit.shards) {
      if (shard.last_gseq < from || shard.first_gseq > to) continue;
      if (auto got = fetch_shard(folder_of(unit), shard, directory, true); !got) return std::move(got).error();
      ++fetched;
    }
  }
  if (fetched == 0) return error{errc::not_found, "the archive holds no such record", {}};
  reader copy{directory, settings_.keys, *site_key};
  const auto proven = copy.read([](const journal::parsed_line&, const line_place&) { return true; });
  if (!proven) return proven.error();
  return fetched;
}

journal::result<bool> archive::rules_out(const std::string& folder, const archived_shard& shard,
                                         const journal::record_filter& filter) {
  if (filter.tenant.empty() && filter.type.empty()) return false;
  const auto name = folder + '/' + shard.name + ".index";
  const auto text = place_->get(name, index_bytes_max);
  if (!text) return error{text.error().code, name + ": " + text.error().message, {}};
  if (core::sha256(*text) != shard.index_sha256) return other_bytes(name);
  const auto index = parse_index(*text);
  if (!index) return index.error();
  return !index->may_match(filter);
}

journal::result<journal::record_archive::reading> archive::read(const journal::record_filter& filter,
                                                                core::function_ref<bool(const core::record&)> visit) {
  const auto all = units();
  if (!all) return all.error();
  if (auto cleared = clear_scratch(); !cleared) return std::move(cleared).error();
  reading done;
  bool wanted = true;
  for (const auto& unit : *all) {
    for (const auto& shard : unit.shards) {
      ++done.shards;
      if (!wanted || is_outside(filter, shard)) continue;
      const auto folder = folder_of(unit);
      const auto out = rules_out(folder, shard, filter);
      if (!out) return out.error();
      if (*out) continue;
      if (auto got = fetch_shard(folder, shard, settings_.scratch, false); !got) return std::move(got).error();
      ++done.fetched;
      const auto path = packed_path(settings_.scratch / shard.name);
      const auto scan = scan_shard(
          path, settings_.keys, [](const shard_header&) -> outcome { return core::done{}; },
          [&](const journal::parsed_line& line, std::uint64_t) {
            if (!is_wanted(filter, line.record)) return true;
            ++done.records;
            return wanted = visit(line.record);
          });
      if (!scan) return scan.error();
      if (scan->damage) return *scan->damage;
      if (auto removed = remove_durably(path); !removed) return std::move(removed).error();
    }
  }
  if (auto cleared = clear_scratch(); !cleared) return std::move(cleared).error();
  return done;
}

}  // namespace logline::ndjson
