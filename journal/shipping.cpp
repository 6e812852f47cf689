#include "journal/shipping.hpp"

#include <algorithm>
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

result<bool> shipper::ship_one(shipped& sum) {
  segment_header header;
  header.site = settings_.site;
  header.partition = settings_.partition.value;
  header.generation = settings_.generation;
  header.first = core::next(at_);
  header.before = chain_;
  header.cut_at = settings_.clock();
  std::string records;
  core::gseq last = at_;
  core::digest chain = chain_;
  auto read = log_.scan(header.first, [&](const record_view& r) {
    if (records.empty()) header.first_at = r.at;
    append_segment_record(r.bytes, records);
    chain = chain_hash(chain, leaf_hash(r.bytes));
    last = r.position;
    header.last_at = r.at;
    return records.size() < segment_plain_bytes;
  });
  if (!read) return std::move(read).error();
  if (records.empty()) return false;
  header.last = last;
  header.after = chain;
  const std::string file = encode_segment(header, records, settings_.signers);
  const segment_name name{header.partition, header.generation, header.first, header.last};
  if (auto put = to_.put(name.text(), file); !put) return std::move(put).error();
  at_ = last;
  chain_ = chain;
  ++sum.segments;
  sum.records += header.last.value - header.first.value + 1;
  sum.bytes += file.size();
  return true;
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
