#include "domain/work/lease_table.hpp"

#include <algorithm>

#include "domain/core/invariant.hpp"

namespace logline::work {

void lease_table::grant(lease granted) {
  by_expiry_.emplace(granted.until, granted.id);
  by_worker_[granted.worker_id].insert(granted.id);
  const auto id = granted.id;
  const bool fresh = leases_.emplace(id, std::move(granted)).second;
  LL_INVARIANT(fresh, "lease {} was granted twice", id.text());
}

lease& lease_table::at(const core::uuid& id) {
  const auto found = leases_.find(id);
  LL_INVARIANT(found != leases_.end(), "there is no lease {}", id.text());
  return found->second;
}

void lease_table::extend(const core::uuid& id, core::timestamp until) {
  auto& held = at(id);
  by_expiry_.erase({held.until, id});
  held.until = until;
  by_expiry_.emplace(until, id);
}

void lease_table::ask_to_cancel(const core::uuid& id, std::string reason) {
  at(id).cancel_reason = std::move(reason);
}

void lease_table::end(const core::uuid& id) {
  const auto& held = at(id);
  by_expiry_.erase({held.until, id});
  const auto worker = by_worker_.find(held.worker_id);
  worker->second.erase(id);
  if (worker->second.empty()) by_worker_.erase(worker);
  leases_.erase(id);
}

const lease* lease_table::find(const core::uuid& id) const {
  const auto found = leases_.find(id);
  return found == leases_.end() ? nullptr : &found->second;
}

std::optional<core::timestamp> lease_table::earliest_expiry() const {
  if (by_expiry_.empty()) return std::nullopt;
  return by_expiry_.begin()->first;
}

std::vector<const lease*> lease_table::expired(core::timestamp now, std::size_t max) const {
  std::vector<const lease*> out;
  for (auto it = by_expiry_.begin(); it != by_expiry_.end() && it->first <= now && out.size() < max; ++it)
    out.push_back(find(it->second));
  return out;
}

std::vector<const lease*> lease_table::of_worker(std::string_view worker_id, std::size_t max) const {
  std::vector<const lease*> out;
  const auto worker = by_worker_.find(worker_id);
  if (worker == by_worker_.end()) return out;
  for (auto it = worker->second.begin(); it != worker->second.end() && out.size() < max; ++it)
    out.push_back(find(*it));
  return out;
}

std::size_t lease_table::count_of(std::string_view worker_id) const {
  const auto worker = by_worker_.find(worker_id);
  return worker == by_worker_.end() ? 0 : worker->second.size();
}

}  // namespace logline::work

namespace logline::core {

void codec<work::lease_table>::encode(sink& to, const work::lease_table& v) {
  to.begin_array(v.size());
  for (const auto& [id, lease] : v.all())
    encode_value(to, lease);
  to.end_array();
}

void codec<work::lease_table>::decode(const source& from, work::lease_table& v, decode_scope& scope,
                                      const attributes& attr) {
  std::vector<work::lease> leases;
  codec<std::vector<work::lease>>::decode(from, leases, scope, attr);
  v = {};
  for (auto& lease : leases)
    v.grant(std::move(lease));
}

const type_shape& codec<work::lease_table>::shape() {
  return codec<std::vector<work::lease>>::shape();
}

}  // namespace logline::core
