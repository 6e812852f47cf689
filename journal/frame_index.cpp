#include "journal/frame_index.hpp"

#include <cstring>

#include <fmt/format.h>

#include "domain/core/digest.hpp"
#include "journal/little_endian.hpp"

namespace logline::journal {

void frame_index::start(core::gseq frame_first) {
  frame_first_ = frame_first;
  place_ = 0;
  used_ = 0;
  slots_.clear();
}

outcome frame_index::add(const record_view& r) {
  prefix_.clear();
  append_entity_prefix(r.tenant, r.type, r.key, prefix_);
  const std::uint32_t place = place_++;
  if (const auto known = slots_.find(prefix_); known != slots_.end()) {
    entity_row& content = rows_[known->second].content;
    const core::eseq expected{content.first.value + content.positions.size()};
    content.positions.push_back(place);
    if (r.sequence == expected) return core::done{};
    return error{errc::sequence_gap,
                 fmt::format("eseq {} follows {} of the same entity", r.sequence.value, expected.value - 1),
                 r.position};
  }
  if (used_ == rows_.size()) rows_.emplace_back();
  row& fresh = rows_[used_];
  fresh.prefix = prefix_;
  fresh.content.first = r.sequence;
  fresh.content.positions.assign(1, place);
  slots_.emplace(fresh.prefix, used_++);
  if (r.sequence.value > 0) return core::done{};
  return error{errc::sequence_gap, "eseq 0", r.position};
}

void row_set_sum::add(std::string_view key, std::string_view value) {
  char size[4];
  put_little_endian(size, static_cast<std::uint32_t>(key.size()));
  const core::digest hash = core::sha256({std::string_view{size, sizeof size}, key, value});
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    lanes_[i] += get_little_endian<std::uint64_t>(hash.view().data() + 8 * i);
  ++count_;
}

}  // namespace logline::journal
