#include "domain/work/due_order.hpp"

#include <algorithm>

#include "domain/core/invariant.hpp"

namespace logline::work {

void due_order::add(std::string_view kind, std::uint8_t priority, const time_key& place) {
  lanes_.at(priority)[kind].insert(place);
}

void due_order::remove(std::string_view kind, std::uint8_t priority, const time_key& place) {
  auto& of_priority = lanes_.at(priority);
  const auto lane = of_priority.find(kind);
  LL_INVARIANT(lane != of_priority.end() && lane->second.erase(place) == 1, "pending task {} of kind {} is in no lane",
               place.id.text(), kind);
  if (lane->second.empty()) of_priority.erase(lane);
}

void merged_walk::join(const time_order& order, const time_key& after) {
  const auto first = order.upper_bound(after);
  if (first == order.end()) return;
  heap_.push_back({first, order.end()});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

const time_key* merged_walk::next() {
  if (heap_.empty()) return nullptr;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  auto& earliest = heap_.back();
  const time_key* place = &*earliest.at;
  if (++earliest.at == earliest.end)
    heap_.pop_back();
  else
    std::push_heap(heap_.begin(), heap_.end(), later);
  return place;
}

}  // namespace logline::work
