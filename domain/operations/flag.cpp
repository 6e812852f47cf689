#include "domain/operations/flag.hpp"

namespace logline::operations {

using core::context;
using core::decision;

decision decide(const flag& state, const set_flag& command, const context& ctx) {
  if (command.expires && *command.expires <= ctx.now)
    return core::invalid_input("expires lies in the past", {{"/expires", "must be later than now"}});
  const auto* held = std::get_if<in_force>(&state.now);
  if (held != nullptr && held->value == command.value && held->expires == command.expires) return {};
  return decision{}.emit(flag_set{command.value, command.reason, ctx.principal.value, command.expires});
}

decision decide(const flag& state, const unset_flag& command, const context& ctx) {
  if (std::holds_alternative<unset>(state.now)) return {};
  return decision{}.emit(flag_unset{command.reason, ctx.principal.value});
}

decision decide(const flag& state, const core::woken&, const context& ctx) {
  const auto due = next_wake(state);
  if (!due || *due > ctx.now) return {};
  return decision{}.emit(flag_expired{});
}

void evolve(flag& state, const flag_set& event, const core::record_meta& meta) {
  state.now = in_force{event.value, event.reason, event.by, meta.decided_at, event.expires};
}
void evolve(flag& state, const flag_unset&) {
  state.now = unset{};
}
void evolve(flag& state, const flag_expired&) {
  state.now = unset{};
}

std::optional<core::timestamp> next_wake(const flag& state) {
  const auto* held = std::get_if<in_force>(&state.now);
  return held == nullptr ? std::nullopt : held->expires;
}

const core::entity_type& flag_type() {
  static const core::typed_entity<flag_definition> type;
  return type;
}

}  // namespace logline::operations
