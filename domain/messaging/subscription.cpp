#include "domain/messaging/subscription.hpp"

namespace logline::messaging {

namespace {

in_force& held(subscription& state) {
  auto* const now = std::get_if<in_force>(&state.now);
  LL_INVARIANT(now != nullptr, "an event of a subscription that is not in force: {}", state.now.index());
  return *now;
}

}  // namespace

const in_force* find_in_force(const subscription& state) {
  return std::get_if<in_force>(&state.now);
}

core::failure not_in_force(const subscription& state) {
  if (std::holds_alternative<closed>(state.now)) return core::conflict("the subscription is closed; open it again");
  return core::not_found("no such subscription; open it first");
}

reading_plan plan_of(const in_force& now) {
  return {now.revision, now.filter, now.start, now.started};
}

void evolve(subscription& state, const subscription_opened& event, const core::record_meta& meta) {
  in_force now;
  now.filter = event.filter;
  now.members = event.members;
  now.lease_s = event.lease_s;
  now.max_deliveries = event.max_deliveries;
  now.window = event.window;
  now.start = event.start;
  now.started = meta.sequence;
  // Never one that a reader of an earlier life may still hold.
  now.revision = meta.sequence.value;
  state.now = std::move(now);
}

void evolve(subscription& state, const subscription_configured& event) {
  auto& now = held(state);
  if (now.filter != event.filter) ++now.revision;
  now.filter = event.filter;
  now.members = event.members;
  now.lease_s = event.lease_s;
  now.max_deliveries = event.max_deliveries;
  now.window = event.window;
}

void evolve(subscription& state, const subscription_reset& event, const core::record_meta& meta) {
  auto& now = held(state);
  ++now.revision;
  now.start = event.start;
  now.started = meta.sequence;
  now.cursor.reset();
  now.taken = 0;
  now.deliveries.forget_unparked();
}

void evolve(subscription& state, const subscription_closed&) {
  state.now = closed{};
}

void evolve(subscription& state, const consumer_offset_moved& event) {
  auto& now = held(state);
  now.cursor = event.to;
  now.taken += event.took.size();
  for (const auto& found : event.took)
    now.deliveries.take(found.gseq, found.lane, found.bytes);
}

void evolve(subscription& state, const events_delivered& event) {
  auto& now = held(state);
  for (const auto position : event.events)
    now.deliveries.give(position, event.member, event.until);
}

void evolve(subscription& state, const events_acked& event) {
  auto& now = held(state);
  for (const auto position : event.events)
    now.deliveries.forget(position);
}

void evolve(subscription& state, const events_nacked& event) {
  auto& now = held(state);
  for (const auto position : event.events)
    now.deliveries.put_back(position, event.not_before, event.reason);
}

void evolve(subscription& state, const deliveries_expired& event) {
  auto& now = held(state);
  for (const auto position : event.events)
    now.deliveries.put_back(position, {}, {});
}

void evolve(subscription& state, const events_parked& event, const core::record_meta& meta) {
  auto& now = held(state);
  for (const auto position : event.events)
    now.deliveries.park(position, meta.decided_at, event.reason);
}

void evolve(subscription& state, const parked_replayed& event) {
  auto& now = held(state);
  for (const auto position : event.events)
    now.deliveries.revive(position);
}

void evolve(subscription& state, const parked_discarded& event) {
  auto& now = held(state);
  for (const auto position : event.events)
    now.deliveries.forget(position);
}

std::optional<core::timestamp> next_wake(const subscription& state) {
  const auto* now = find_in_force(state);
  return now == nullptr ? std::nullopt : now->deliveries.earliest_expiry();
}

const core::entity_type& subscription_type() {
  static const core::typed_entity<subscription_definition> type;
  return type;
}

}  // namespace logline::messaging
