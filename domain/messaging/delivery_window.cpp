#include "domain/messaging/delivery_window.hpp"

#include <algorithm>

#include "domain/core/invariant.hpp"

namespace logline::messaging {

delivery& delivery_window::at(core::gseq position) {
  const auto found = all_.find(position);
  LL_INVARIANT(found != all_.end(), "event {} is not in the window", position.value);
  return found->second;
}

// Only the first of a lane can be ready; taken out before the lane changes, put in after.
void delivery_window::refresh(std::uint64_t lane, bool on) {
  const auto found = lanes_.find(lane);
  if (found == lanes_.end()) return;
  const core::gseq first = *found->second.places.begin();
  if (!on)
    ready_.erase(first);
  else if (found->second.given == 0)
    ready_.insert(first);
}

void delivery_window::leave(const delivery& d) {
  if (d.phase == delivery_phase::parked) {
    parked_.erase(d.gseq);
    return;
  }
  refresh(d.lane, false);
  const auto lane = lanes_.find(d.lane);
  lane->second.places.erase(d.gseq);
  if (d.phase == delivery_phase::given) {
    --lane->second.given;
    by_expiry_.erase({d.at, d.gseq});
  }
  if (lane->second.places.empty()) lanes_.erase(lane);
  refresh(d.lane, true);
}

void delivery_window::enter(const delivery& d) {
  if (d.phase == delivery_phase::parked) {
    parked_.insert(d.gseq);
    return;
  }
  refresh(d.lane, false);
  auto& lane = lanes_[d.lane];
  lane.places.insert(d.gseq);
  if (d.phase == delivery_phase::given) {
    ++lane.given;
    by_expiry_.emplace(d.at, d.gseq);
  }
  refresh(d.lane, true);
}

void delivery_window::restore(delivery d) {
  const auto position = d.gseq;
  const auto [place, fresh] = all_.emplace(position, std::move(d));
  LL_INVARIANT(fresh, "event {} came into the window twice", position.value);
  enter(place->second);
}

void delivery_window::take(core::gseq position, std::uint64_t lane, std::uint32_t bytes) {
  restore({position, lane, bytes, delivery_phase::waiting, 0, {}, {}, {}});
}

void delivery_window::give(core::gseq position, const std::string& member, core::timestamp until) {
  auto& d = at(position);
  leave(d);
  d.phase = delivery_phase::given;
  d.at = until;
  d.holder = member;
  ++d.deliveries;
  enter(d);
}

void delivery_window::put_back(core::gseq position, core::timestamp not_before, const std::string& reason) {
  auto& d = at(position);
  leave(d);
  d.phase = delivery_phase::waiting;
  d.at = not_before;
  d.reason = reason;
  enter(d);
}

void delivery_window::park(core::gseq position, core::timestamp when, const std::string& reason) {
  auto& d = at(position);
  leave(d);
  d.phase = delivery_phase::parked;
  d.at = when;
  d.reason = reason;
  enter(d);
}

void delivery_window::revive(core::gseq position) {
  auto& d = at(position);
  leave(d);
  d = {position, d.lane, d.bytes, delivery_phase::waiting, 0, {}, {}, {}};
  enter(d);
}

void delivery_window::forget(core::gseq position) {
  const auto found = all_.find(position);
  LL_INVARIANT(found != all_.end(), "event {} is not in the window", position.value);
  leave(found->second);
  all_.erase(found);
}

void delivery_window::forget_unparked() {
  std::erase_if(all_, [](const auto& each) { return each.second.phase != delivery_phase::parked; });
  lanes_.clear();
  ready_.clear();
  by_expiry_.clear();
}

const delivery* delivery_window::find(core::gseq position) const {
  const auto found = all_.find(position);
  return found == all_.end() ? nullptr : &found->second;
}

std::vector<core::gseq> delivery_window::deliverable(core::timestamp now, std::size_t max) const {
  std::vector<core::gseq> out;
  for (auto it = ready_.begin(); it != ready_.end() && out.size() < max; ++it)
    if (all_.at(*it).at <= now) out.push_back(*it);
  return out;
}

core::timestamp delivery_window::next_due(core::timestamp now) const {
  core::timestamp earliest = core::never;
  for (const auto position : ready_)
    if (const auto due = all_.at(position).at; due > now) earliest = std::min(earliest, due);
  return earliest;
}

std::vector<core::gseq> delivery_window::expired(core::timestamp now, std::size_t max) const {
  std::vector<core::gseq> out;
  for (auto it = by_expiry_.begin(); it != by_expiry_.end() && it->first <= now && out.size() < max; ++it)
    out.push_back(it->second);
  return out;
}

std::optional<core::timestamp> delivery_window::earliest_expiry() const {
  if (by_expiry_.empty()) return std::nullopt;
  return by_expiry_.begin()->first;
}

std::vector<core::gseq> delivery_window::parked(core::gseq after, std::size_t max) const {
  std::vector<core::gseq> out;
  for (auto it = parked_.upper_bound(after); it != parked_.end() && out.size() < max; ++it)
    out.push_back(*it);
  return out;
}

}  // namespace logline::messaging

namespace logline::core {

void codec<messaging::delivery_window>::encode(sink& to, const messaging::delivery_window& v) {
  to.begin_array(v.all().size());
  for (const auto& [position, delivery] : v.all())
    encode_value(to, delivery);
  to.end_array();
}

void codec<messaging::delivery_window>::decode(const source& from, messaging::delivery_window& v, decode_scope& scope,
                                               const attributes& attr) {
  std::vector<messaging::delivery> all;
  codec<std::vector<messaging::delivery>>::decode(from, all, scope, attr);
  v = {};
  for (auto& delivery : all)
    v.restore(std::move(delivery));
}

const type_shape& codec<messaging::delivery_window>::shape() {
  return codec<std::vector<messaging::delivery>>::shape();
}

}  // namespace logline::core
