#include "adapters/ndjson/shipping.hpp"

#include <fcntl.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "adapters/ndjson/confirmed_put.hpp"
#include "adapters/ndjson/file.hpp"
#include "adapters/ndjson/sealed_shard.hpp"
#include "domain/core/bytes.hpp"

namespace logline::ndjson {

using journal::errc;
using journal::error;
using journal::outcome;

namespace {

constexpr std::size_t small_bytes_max = std::size_t{64} << 10;
constexpr std::string_view scratch_name = "shipping.tmp";

std::filesystem::path shipped_path(const std::filesystem::path& sealed) {
  return sealed.string() + ".shipped";
}

journal::result<std::string> read_small(const std::filesystem::path& path) {
  auto opened = file::open(path, O_RDONLY);
  if (!opened) return std::move(opened).error();
  std::string text(small_bytes_max, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = opened->read(text.data() + size, text.size() - size);
    if (!got) return got.error();
    if (*got == 0) break;
    size += *got;
  }
  text.resize(size);
  return text;
}

/// The form of the shard that is sent, and its digest.
struct sent_form {
  std::filesystem::path path;
  std::string suffix;
  core::digest sha256;
};

sent_form form_of(const std::filesystem::path& sealed, const shard_manifest& manifest) {
  if (manifest.packed_sha256) return {packed_path(sealed), ".zst", *manifest.packed_sha256};
  return {sealed, "", manifest.sha256};
}

}  // namespace

std::string object_name(const shard_name& name, std::string_view site, std::uint16_t partition) {
  return fmt::format("audit/{}/{}/{}/part-{}-{:05}-{}.ndjson", name.day.substr(0, 4), name.day.substr(5, 2),
                     name.day.substr(8, 2), site, partition, name.number);
}

// Of this place and this manifest: neither another place nor a shard that was compressed later counts as confirmed.
std::string shipping::mark_of(const std::string& manifest) const {
  return fmt::format("{} {}\n", core::sha256(manifest).hex(), core::sha256(to_->where()).hex());
}

journal::result<shipping_report> shipping::run(core::timestamp now, const std::function<bool()>& stop) {
  const auto listing = list_shards(settings_.directory);
  if (!listing) return listing.error();
  shipping_report report;
  std::vector<shard_files> confirmed;
  for (const auto& files : listing->shards) {
    if (files.open || !files.manifest || (files.plain && (files.packed || settings_.wait_for_packed))) break;
    ++report.sealed;
    auto known = is_confirmed(files);
    if (!known) return std::move(known).error();
    if (!*known) {
      if (stop()) return report;
      if (auto sent = send(files); !sent) return std::move(sent).error();
      ++report.sent;
    }
    ++report.confirmed;
    confirmed.push_back(files);
  }
  if (confirmed.empty()) return report;
  const auto last = read_manifest(path_of(confirmed.back().name), settings_.keys, settings_.vouched_by);
  if (!last) return last.error();
  report.confirmed_to = core::gseq{last->last_gseq};
  // The writer goes on from its newest sealed shard.
  confirmed.pop_back();
  if (settings_.keep_days > 0)
    if (auto removed = remove_old(confirmed, now, report); !removed) return std::move(removed).error();
  return report;
}

journal::result<bool> shipping::is_confirmed(const shard_files& files) const {
  const auto mark = read_small(shipped_path(path_of(files.name)));
  if (!mark && mark.error().code == errc::not_found) return false;
  if (!mark) return mark.error();
  const auto manifest = read_small(manifest_path(path_of(files.name)));
  if (!manifest) return manifest.error();
  return *mark == mark_of(*manifest);
}

/// Two logs that are sent to one place by mistake must not replace one another's shards.
outcome shipping::check_unclaimed(const shard_manifest& mine, const std::string& name) {
  const auto text = to_->get(name + ".manifest", small_bytes_max);
  if (!text && text.error().code == errc::not_found) return core::done{};
  if (!text) return text.error();
  const auto theirs = parse_manifest(*text, settings_.keys, settings_.vouched_by);
  if (theirs && theirs->sha256 == mine.sha256) return core::done{};
  return error{errc::conflict, fmt::format("{} holds another shard as {}", to_->where(), name), {}};
}

outcome shipping::send(const shard_files& files) {
  const auto sealed = path_of(files.name);
  const auto manifest = read_manifest(sealed, settings_.keys, settings_.vouched_by);
  if (!manifest) return manifest.error();
  const auto text = read_small(manifest_path(sealed));
  if (!text) return text.error();
  const auto form = form_of(sealed, *manifest);
  const auto name = object_name(files.name, manifest->site, manifest->partition);
  if (auto free = check_unclaimed(*manifest, name); !free) return free;
  if (auto put = put_confirmed(*to_, name + form.suffix, form.path, form.sha256, settings_.directory / scratch_name);
      !put)
    return put;
  // Last: whoever finds a manifest there finds its shard.
  if (auto put = put_confirmed(*to_, name + ".manifest", *text); !put) return put;
  return replace_durably(shipped_path(sealed), mark_of(*text));
}

outcome shipping::still_there(const shard_files& files) {
  const auto sealed = path_of(files.name);
  const auto manifest = read_manifest(sealed, settings_.keys, settings_.vouched_by);
  if (!manifest) return manifest.error();
  const auto text = read_small(manifest_path(sealed));
  if (!text) return text.error();
  const auto form = form_of(sealed, *manifest);
  const auto name = object_name(files.name, manifest->site, manifest->partition);
  const auto kept = to_->get(name + ".manifest", small_bytes_max);
  if (!kept) return kept.error();
  const auto found = to_->get_file(name + form.suffix, settings_.directory / scratch_name);
  if (!found) return found.error();
  if (auto removed = remove_durably(settings_.directory / scratch_name); !removed) return removed;
  if (*kept == *text && *found == form.sha256) return core::done{};
  return error{errc::checksum_mismatch, fmt::format("{}: {} holds something else", name, to_->where()), {}};
}

outcome shipping::remove_old(const std::vector<shard_files>& confirmed, core::timestamp now, shipping_report& report) {
  const auto oldest_kept = utc_day(now - core::days(settings_.keep_days));
  for (const auto& files : confirmed) {
    if (files.name.day >= oldest_kept) break;
    // What was confirmed then may be gone there by now; here it would be gone for good.
    if (auto there = still_there(files); !there) return there;
    const auto sealed = path_of(files.name);
    // The manifest first: without it the shard would be taken for one that was not finished, and finished again.
    for (const auto& path : {shipped_path(sealed), manifest_path(sealed), packed_path(sealed), sealed})
      if (auto removed = remove_durably(path); !removed) return removed;
    ++report.removed;
    --report.sealed;
    --report.confirmed;
  }
  return core::done{};
}

}  // namespace logline::ndjson
