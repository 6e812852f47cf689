#include "journal/restore_sources.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace logline::journal {

namespace {

result<std::vector<stored_backup>> read_backups(object_store& from, const key_history& keys, const std::string& only) {
  auto names = only.empty() ? backup_names(from) : result<std::vector<std::string>>{std::vector{only}};
  if (!names) return std::move(names).error();
  std::vector<stored_backup> out;
  for (const auto& name : *names) {
    auto one = load_backup(from, name, keys);
    if (!one) {
      error why = std::move(one).error();
      if (only.empty()) why.message += "; to restore from another backup name it by --base";
      return why;
    }
    out.push_back(*std::move(one));
  }
  return out;
}

}  // namespace

result<restore_sources> restore_sources::read(object_store& from, const key_history& keys, core::partition_id partition,
                                              std::optional<std::uint32_t> generation, const std::string& base) {
  auto backups = read_backups(from, keys, base);
  if (!backups) return std::move(backups).error();
  auto segments = list_segments(from, partition);
  if (!segments) return std::move(segments).error();
  restore_sources out;
  for (const auto& b : *backups)
    out.erasures_ = std::max(out.erasures_, b.content.erasures);
  for (const auto& b : *backups)
    out.newest_generation_ = std::max(out.newest_generation_, b.content.journals.front().generation);
  for (const auto& s : *segments)
    out.newest_generation_ = std::max(out.newest_generation_, s.generation);
  out.generation_ = generation.value_or(out.newest_generation_);
  std::erase_if(*segments, [&](const segment_name& s) { return s.generation > out.generation_; });
  out.segments_ = *std::move(segments);
  std::erase_if(*backups,
                [&](const stored_backup& b) { return b.content.journals.front().generation > out.generation_; });
  out.find_limits(*backups);
  std::erase_if(*backups, [&](const stored_backup& b) {
    const auto& j = b.content.journals.front();
    return j.partition != partition.value || j.gseq > out.limit_of(j.generation);
  });
  out.bases_ = *std::move(backups);
  if (out.bases_.empty() && out.segments_.empty())
    return error{errc::not_found, fmt::format("there is no backup in {}", from.where()), {}};
  std::sort(out.bases_.begin(), out.bases_.end(), [](const stored_backup& a, const stored_backup& b) {
    return std::tie(a.content.journals.front().gseq, a.content.at) <
           std::tie(b.content.journals.front().gseq, b.content.at);
  });
  for (const auto& b : out.bases_) {
    const auto& j = b.content.journals.front();
    out.site_ = j.site;
    out.last_ = std::max(out.last_, j.gseq);
    out.covered_until_ = std::max({out.covered_until_, b.content.at, j.at});
  }
  for (const auto& s : out.segments_)
    out.last_ = std::max(out.last_, std::min(s.last, out.limit_of(s.generation)));
  if (out.segments_.empty()) return out;
  const std::string name = out.segments_.back().text();
  const auto file = from.get(name, segment_file_bytes_max);
  if (!file) return file.error();
  const auto newest = decode_segment(*file, keys);
  if (!newest) {
    error why = newest.error();
    why.message = fmt::format("{}: {}", name, why.message);
    return why;
  }
  out.site_ = newest->header.site;
  out.covered_until_ = std::max(out.covered_until_, newest->header.cut_at);
  return out;
}

void restore_sources::find_limits(const std::vector<stored_backup>& backups) {
  std::map<std::uint32_t, core::gseq> begins;  // the first position that a generation shipped
  for (const auto& s : segments_)
    begins.emplace(s.generation, s.first);
  // Of a generation that shipped nothing only its own bases say which records are its history.
  const std::uint32_t shipped = begins.empty() ? 0 : begins.rbegin()->first;
  for (const auto& b : backups)
    if (const auto g = b.content.journals.front().generation; g > shipped) begins.emplace(g, core::gseq{1});
  core::gseq limit{std::numeric_limits<std::uint64_t>::max()};
  for (auto each = begins.rbegin(); each != begins.rend(); ++each) {
    limits_.emplace(each->first, limit);
    limit = std::min(limit, core::gseq{each->second.value - 1});
  }
  limits_.emplace(0, limit);
}

core::gseq restore_sources::limit_of(std::uint32_t generation) const {
  return std::prev(limits_.upper_bound(generation))->second;
}

const stored_backup* restore_sources::base_for(const std::function<bool(const manifest_journal&)>& fits) const {
  const stored_backup* out = nullptr;
  for (const auto& b : bases_)
    if (fits(b.content.journals.front())) out = &b;
  return out;
}

const stored_backup* restore_sources::base_beyond(core::gseq position, std::optional<core::gseq> to,
                                                  std::optional<core::timestamp> until) const {
  const stored_backup* out = nullptr;
  for (const auto& b : bases_) {
    const auto& j = b.content.journals.front();
    if (j.gseq <= position) continue;
    out = &b;
    if ((to && j.gseq >= *to) || (until && j.at > *until)) break;
  }
  return out;
}

// Segments of one generation follow one another, but for what a merge that was cut off left beside the larger ones.
std::vector<segment_name> restore_sources::segments_after(core::gseq position) const {
  const core::gseq wanted = core::next(position);
  std::vector<segment_name> out;
  for (auto generation = limits_.rbegin(); generation != limits_.rend() && generation->first > 0; ++generation) {
    if (wanted > generation->second) continue;
    auto at = std::upper_bound(segments_.begin(), segments_.end(), std::pair{generation->first, wanted},
                               [](const auto& w, const segment_name& s) {
                                 return w < std::pair{s.generation, s.first};
                               });
    while (at != segments_.begin() && std::prev(at)->generation == generation->first) {
      --at;
      if (wanted > at->last) continue;
      out.push_back(*at);
      break;
    }
  }
  return out;
}

}  // namespace logline::journal
