#include <map>

#include "domain/messaging/subscription.hpp"

namespace logline::messaging {

using core::context;
using core::decision;

subscription_status status_of(const in_force& now) {
  subscription_status out;
  out.plan = plan_of(now);
  out.cursor = now.cursor;
  out.parked = static_cast<std::int64_t>(now.deliveries.parked_count());
  out.window = now.window;
  std::map<std::string, std::int64_t> members;
  for (const auto& [position, d] : now.deliveries.all()) {
    if (d.phase == delivery_phase::parked) continue;
    if (!out.oldest) out.oldest = position;
    if (d.phase == delivery_phase::waiting) {
      ++out.waiting;
    } else {
      ++out.given;
      ++members[d.holder];
    }
  }
  for (auto& [member, given] : members)
    out.members.push_back({member, given});
  return out;
}

decision answer(const subscription& state, const show_status&, const context&) {
  const auto* now = find_in_force(state);
  if (now == nullptr) return not_in_force(state);
  return decision{}.answer(status_of(*now));
}

decision answer(const subscription& state, const list_parked& query, const context&) {
  const auto* now = find_in_force(state);
  if (now == nullptr) return not_in_force(state);
  parked_page page;
  const auto most = static_cast<std::size_t>(query.limit);
  for (const auto position : now->deliveries.parked(query.after, most))
    page.events.push_back(*now->deliveries.find(position));
  if (page.events.size() == most) page.next_after = page.events.back().gseq;
  return decision{}.answer(page);
}

}  // namespace logline::messaging
