#include "domain/timeline/timeline.hpp"

#include <algorithm>
#include <utility>

namespace logline::timeline {

using core::context;
using core::decision;
using core::version_vector;

core::failure invalid_clock(std::string problem) {
  return {core::failure_kind::invalid_input, "INVALID_CLOCK", std::move(problem)};
}

std::size_t payload_room(const version_vector& vc) {
  // The vector is in the event and in the envelope.
  return record_bytes_max - beside_payload_bytes_max - 2 * core::to_msgpack(vc).size();
}

cursor cursor_at_head(const stream& state) {
  return {state.image().lamport, state.head(), state.held()};
}

namespace {

/// What is wrong with the clocks a caller brings; empty when nothing is.
std::string problem_of(const stream& state, const append& command, const std::string& origin) {
  if (command.lamport_external) {
    const auto& claim = *command.lamport_external;
    if (!claim.problem.empty()) return "lamport_external: " + claim.problem;
    if (claim.value > lamport_claim_max) return "lamport_external: is over 2^62";
  }
  if (!command.vc_external) return {};
  const auto& claim = *command.vc_external;
  if (!claim.problem.empty()) return "vc_external: " + claim.problem;
  for (const auto& [site, n] : claim.value) {
    if (site.size() > site_bytes_max) return "vc_external: a site has more than 64 bytes";
    if (n > clock_max) return "vc_external: a component is over 2^63 - 1";
    if (site == origin && n > state.prefix_of(origin))
      return "vc_external: names an event that this site has yet to add";
  }
  return {};
}

}  // namespace

decision decide(const stream& state, const append& command, const context& ctx) {
  if (auto problem = problem_of(state, command, ctx.origin); !problem.empty()) return invalid_clock(std::move(problem));
  timeline_event_appended event;
  event.dot = {ctx.origin, state.prefix_of(ctx.origin) + 1};
  event.vc = state.image().vc;
  if (command.vc_external)
    for (const auto& [site, n] : command.vc_external->value)
      if (n > 0) event.vc[site] = std::max(event.vc[site], n);
  event.vc[ctx.origin] = event.dot.n;
  if (state.sites_with(event.vc) > components_max) return invalid_clock("the stream would name more than 256 sites");
  const std::uint64_t heard = command.lamport_external ? command.lamport_external->value : 0;
  event.lamport = std::max(state.image().lamport, heard) + 1;
  if (event.lamport > clock_max) return invalid_clock("the stream's Lamport clock is at its end");

  if (command.payload.msgpack.size() > payload_room(event.vc)) return core::too_large("a payload may have up to 1 MiB");
  if (command.expected_pos && *command.expected_pos != state.head())
    return core::conflict(fmt::format("the stream ends at {}, not at {}", state.head(), *command.expected_pos));

  event.id = ctx.new_id();
  event.pos = state.head() + 1;
  event.payload = command.payload;
  const append_reply reply{event.id, event.dot, event.lamport, event.vc, event.pos};
  return decision{}.emit(std::move(event)).answer(reply);
}

decision decide(const stream& state, const tombstone& command, const context&) {
  const auto e = state.find(command.id);
  if (!e) return core::not_found("no such event in this stream");
  if (state.at(*e).tombstoned) return decision{}.answer(tombstone_reply{false});
  return decision{}.emit(timeline_event_tombstoned{command.id, command.reason}).answer(tombstone_reply{true});
}

void evolve(stream& state, const timeline_event_appended& event, const core::record_meta& meta) {
  state.add({event.id, event.dot, event.lamport, event.vc}, event.payload.msgpack, meta);
}
void evolve(stream& state, const timeline_event_imported& event, const core::record_meta& meta) {
  state.add({event.id, event.dot, event.lamport, event.vc}, event.payload.msgpack, meta);
}
void evolve(stream& state, const timeline_event_held& event, const core::record_meta& meta) {
  state.hold({event.id, event.dot, event.lamport, event.vc}, event.payload.msgpack, meta);
}
void evolve(stream& state, const timeline_event_released& event) {
  state.release(event.dot);
}
void evolve(stream& state, const timeline_event_tombstoned& event) {
  state.mark_deleted(event.id);
}

const core::entity_type& timeline_type() {
  static const core::typed_entity<timeline_definition> type;
  return type;
}

}  // namespace logline::timeline
