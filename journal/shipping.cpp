#include "journal/shipping.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "journal/merkle.hpp"

namespace logline::journal {

result<shipped> shipper::ship(const std::stop_token& wanted) {
  shipped sum;
  if (!started_)
    if (auto found = find_start(); !found) return std::move(found).error();
  for (;;) {
    if (wanted.stop_requested()) return error{errc::stopped, "shipping was called off", at_};
    auto sent = ship_one(sum);
    // What the place holds after a failure only the place can say.
    if (!sent) return started_ = false, std::move(sent).error();
    if (!*sent) return sum;
  }
}

// The last segment there that is one of this log. Those of earlier generations may go on beyond where this one began.
outcome shipper::find_start() {
  at_ = {};
  chain_ = {};
  auto names = list_segments(to_, settings_.partition);
  if (!names) return std::move(names).error();
  const core::gseq head = log_.head().position;
  for (auto name = names->rbegin(); name != names->rend(); ++name) {
    const bool own = name->generation == settings_.generation;
    if (name->generation > settings_.generation)
      return error{errc::chain_broken,
                   fmt::format("the place holds segments of generation {}; this node is {}", name->generation,
                               settings_.generation),
                   name->first};
    if (!own && name->last > head) continue;
    auto adopted = adopt(*name);
    if (!adopted) return std::move(adopted).error();
    if (*adopted) break;
    if (own)
      return error{errc::chain_broken, "the place holds records of this generation that this journal does not",
                   name->last};
  }
  started_ = true;
  return core::done{};
}

result<bool> shipper::adopt(const segment_name& name) {
  const auto file = to_.get(name.text(), segment_file_bytes_max);
  if (!file) return file.error();
  const auto segment = decode_segment(*file, settings_.keys);
  if (!segment) {
    error why = segment.error();
    why.message = fmt::format("{}: {}", name.text(), why.message);
    return why;
  }
  const auto here = log_.chain_at(name.last);
  if (!here && here.error().code != errc::not_found) return here.error();
  if (!here || *here != segment->header.after) return false;
  at_ = name.last;
  chain_ = *here;
  return true;
}

/// The records from `first` on, up to `last_max` or as many as one segment holds; a last position before `first` where
/// there are none.
result<segment_name> shipper::write_segment(core::gseq first, core::gseq last_max, const core::digest& before,
                                            core::digest& after, std::uint64_t& bytes) {
  segment_header header;
  header.site = settings_.site;
  header.partition = settings_.partition.value;
  header.generation = settings_.generation;
  header.first = first;
  header.last = core::gseq{first.value - 1};
  header.before = header.after = before;
  header.cut_at = settings_.clock();
  std::string records;
  auto read = log_.scan(first, [&](const record_view& r) {
    if (r.position > last_max) return false;
    if (records.empty()) header.first_at = r.at;
    append_segment_record(r.bytes, records);
    header.after = chain_hash(header.after, leaf_hash(r.bytes));
    header.last = r.position;
    header.last_at = r.at;
    return records.size() < segment_plain_bytes;
  });
  if (!read) return std::move(read).error();
  const segment_name name{header.partition, header.generation, header.first, header.last};
  if (records.empty()) return name;
  const std::string file = encode_segment(header, records, settings_.signers);
  if (auto put = to_.put(name.text(), file); !put) return std::move(put).error();
  after = header.after;
  bytes += file.size();
  return name;
}

result<bool> shipper::ship_one(shipped& sum) {
  core::digest after;
  const auto name = write_segment(core::next(at_), core::gseq{UINT64_MAX}, chain_, after, sum.bytes);
  if (!name) return name.error();
  if (name->last == at_) return false;
  ++sum.segments;
  sum.records += name->last.value - at_.value;
  at_ = name->last;
  chain_ = after;
  return true;
}

outcome shipper::merge(std::size_t keep, const std::stop_token& wanted) {
  auto names = list_segments(to_, settings_.partition);
  if (!names) return std::move(names).error();
  std::erase_if(*names, [&](const segment_name& s) { return s.generation != settings_.generation || s.last > at_; });
  if (names->size() <= keep) return core::done{};
  names->resize(names->size() - keep);
  // What is not right behind the one before it, or lies within it, a run that was cut off left: it begins a run anew.
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= names->size(); ++i) {
    if (i < names->size() && (*names)[i].first == core::next((*names)[i - 1].last)) continue;
    if (auto merged = merge_run(std::span{*names}.subspan(begin, i - begin), wanted); !merged) return merged;
    begin = i;
  }
  return core::done{};
}

outcome shipper::merge_run(std::span<const segment_name> run, const std::stop_token& wanted) {
  if (run.size() < 2) return core::done{};
  const auto before = log_.chain_at(core::gseq{run.front().first.value - 1});
  if (!before) return before.error();
  core::digest chain = *before;
  core::gseq next = run.front().first;
  std::vector<segment_name> large;
  while (next <= run.back().last) {
    if (wanted.stop_requested()) return error{errc::stopped, "merging was called off", next};
    std::uint64_t bytes = 0;
    const auto name = write_segment(next, run.back().last, chain, chain, bytes);
    if (!name) return name.error();
    if (name->last < next) return error{errc::position_gap, "the journal does not hold what was shipped", next};
    large.push_back(*name);
    next = core::next(name->last);
  }
  for (const auto& small : run)
    if (std::find(large.begin(), large.end(), small) == large.end())
      if (auto removed = to_.remove(small.text()); !removed) return removed;
  return core::done{};
}

result<core::duration_us> shipper::behind() const {
  if (at_ >= log_.head().position) return core::duration_us{};
  core::duration_us out;
  auto read = log_.scan(core::next(at_), [&](const record_view& r) {
    out.us = std::max<std::int64_t>(0, (settings_.clock() - r.at).us);
    return false;
  });
  if (!read) return std::move(read).error();
  return out;
}

}  // namespace logline::journal
