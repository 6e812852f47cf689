#include <algorithm>

#include "domain/messaging/subscription.hpp"

/// ack, nack, running out of time, and what becomes of parked events.
namespace logline::messaging {

using core::context;
using core::decision;

namespace {

constexpr std::size_t expired_max = 1'000;
constexpr const char* not_acknowledged = "not acknowledged in time";

std::vector<core::gseq> without_repeats(std::vector<core::gseq> positions) {
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  return positions;
}

bool has_had_it_last(const delivery* d, const std::string& member) {
  return d != nullptr && d->phase != delivery_phase::parked && d->deliveries > 0 && d->holder == member;
}

/// The parked ones that are meant, or which are none.
core::result<std::vector<core::gseq>> choose_parked(const in_force& now,
                                                    const std::optional<std::vector<core::gseq>>& named) {
  if (!named) return now.deliveries.parked({}, batch_max);
  auto chosen = without_repeats(*named);
  for (const auto position : chosen)
    if (const auto* d = now.deliveries.find(position); d == nullptr || d->phase != delivery_phase::parked)
      return core::not_found(fmt::format("event {} is not parked", position.value));
  return chosen;
}

parked_moved moved(const in_force& now, std::size_t count) {
  return {static_cast<std::int64_t>(count), static_cast<std::int64_t>(now.deliveries.parked_count() - count)};
}

}  // namespace

// Also after its time was up, while nobody else got it: the member did what there was to do.
decision decide(const subscription& state, const ack& command, const context&) {
  const auto* now = find_in_force(state);
  if (now == nullptr) return not_in_force(state);
  settled reply;
  events_acked event{command.member, {}};
  for (const auto position : without_repeats(command.events))
    (has_had_it_last(now->deliveries.find(position), command.member) ? event.events : reply.not_held)
        .push_back(position);
  reply.settled = static_cast<std::int64_t>(event.events.size());
  decision decided;
  if (!event.events.empty()) decided.emit(std::move(event));
  return std::move(decided).answer(reply);
}

decision decide(const subscription& state, const nack& command, const context& ctx) {
  const auto* now = find_in_force(state);
  if (now == nullptr) return not_in_force(state);
  settled reply;
  events_nacked back{command.member, {}, ctx.now + core::seconds(command.delay_s), command.reason};
  events_parked parked{{}, command.reason};
  for (const auto position : without_repeats(command.events)) {
    const auto* d = now->deliveries.find(position);
    if (!has_had_it_last(d, command.member) || d->phase != delivery_phase::given)
      reply.not_held.push_back(position);
    else
      (d->deliveries < now->max_deliveries ? back.events : parked.events).push_back(position);
  }
  reply.settled = static_cast<std::int64_t>(back.events.size() + parked.events.size());
  decision decided;
  if (!back.events.empty()) decided.emit(std::move(back));
  if (!parked.events.empty()) decided.emit(std::move(parked));
  return std::move(decided).answer(reply);
}

decision decide(const subscription& state, const core::woken&, const context& ctx) {
  const auto* now = find_in_force(state);
  if (now == nullptr) return {};
  deliveries_expired back;
  events_parked parked{{}, not_acknowledged};
  for (const auto position : now->deliveries.expired(ctx.now, expired_max))
    (now->deliveries.find(position)->deliveries < now->max_deliveries ? back.events : parked.events)
        .push_back(position);
  decision decided;
  if (!back.events.empty()) decided.emit(std::move(back));
  if (!parked.events.empty()) decided.emit(std::move(parked));
  return decided;
}

decision decide(const subscription& state, const replay_parked& command, const context&) {
  const auto* now = find_in_force(state);
  if (now == nullptr) return not_in_force(state);
  auto chosen = choose_parked(*now, command.events);
  if (!chosen) return chosen.error();
  const auto reply = moved(*now, chosen->size());
  decision decided;
  if (!chosen->empty()) decided.emit(parked_replayed{*std::move(chosen)});
  return std::move(decided).answer(reply);
}

decision decide(const subscription& state, const discard_parked& command, const context&) {
  const auto* now = find_in_force(state);
  if (now == nullptr) return not_in_force(state);
  auto chosen = choose_parked(*now, command.events);
  if (!chosen) return chosen.error();
  const auto reply = moved(*now, chosen->size());
  decision decided;
  if (!chosen->empty()) decided.emit(parked_discarded{*std::move(chosen)});
  return std::move(decided).answer(reply);
}

}  // namespace logline::messaging
