#include "journal/sequence_cache.hpp"

#include <utility>

namespace logline::journal {

sequence_cache::entry* sequence_cache::find(const core::address& entity) {
  if (const auto found = young_.find(entity); found != young_.end()) return &found->second;
  auto node = old_.extract(entity);
  if (node.empty()) return nullptr;
  return &young_.insert(std::move(node)).position->second;
}

sequence_cache::entry* sequence_cache::add(const core::address& entity, entry e, core::gseq durable) {
  if (young_.size() >= generation_max_) age(durable);
  old_.erase(entity);
  return &young_.insert_or_assign(entity, e).first->second;
}

void sequence_cache::age(core::gseq durable) {
  entries pinned;
  for (auto at = old_.begin(); at != old_.end();) {
    const auto here = at++;
    if (here->second.last_position > durable) pinned.insert(old_.extract(here));
  }
  old_ = std::move(young_);
  young_ = std::move(pinned);
}

}  // namespace logline::journal
