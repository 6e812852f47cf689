#include "domain/archive/retention.hpp"

#include <algorithm>

namespace logline::archive {

using core::context;
using core::decision;

namespace {

constexpr std::uint32_t days_limit = 36'500;
constexpr std::uint32_t timeline_days = 90;
constexpr std::uint32_t other_days = 365;

bool same_scope(const legal_hold& hold, const place_hold& command) {
  return hold.tenant == command.tenant && hold.type == command.type && hold.key == command.key &&
         hold.from_gseq == command.from_gseq && hold.to_gseq == command.to_gseq;
}

}  // namespace

decision decide(const retention& state, const set_hot& command, const context&) {
  if (command.days == 0 || command.days > days_limit)
    return core::invalid_input("no such number of days", {{"/days", "must be 1 to 36500"}});
  const auto known = state.hot_days.find(command.type);
  if (known != state.hot_days.end() && known->second == command.days) return {};
  return decision{}.emit(hot_set{command.type, command.days});
}

decision decide(const retention& state, const clear_hot& command, const context&) {
  if (!state.hot_days.contains(command.type)) return {};
  return decision{}.emit(hot_cleared{command.type});
}

decision decide(const retention& state, const place_hold& command, const context& ctx) {
  if (command.tenant.empty() && command.type.empty() && command.key.empty() && !command.from_gseq && !command.to_gseq)
    return core::invalid_input("a hold names a tenant, a type, a key or a range", {{"/tenant", "is empty"}});
  if (command.from_gseq && command.to_gseq && *command.from_gseq > *command.to_gseq)
    return core::invalid_input("the range ends before it begins", {{"/to_gseq", "is before from_gseq"}});
  const auto known = state.holds.find(command.name);
  if (known != state.holds.end() && same_scope(known->second, command)) return {};
  if (known != state.holds.end()) return core::conflict("there is another hold of this name");
  return decision{}.emit(hold_placed{command.name, command.tenant, command.type, command.key, command.from_gseq,
                                     command.to_gseq, command.reason, ctx.principal.value});
}

decision decide(const retention& state, const release_hold& command, const context& ctx) {
  if (!state.holds.contains(command.name)) return {};
  return decision{}.emit(hold_released{command.name, command.reason, ctx.principal.value});
}

void evolve(retention& state, const hot_set& event) {
  state.hot_days[event.type] = event.days;
}
void evolve(retention& state, const hot_cleared& event) {
  state.hot_days.erase(event.type);
}
void evolve(retention& state, const hold_placed& event, const core::record_meta& meta) {
  state.holds[event.name] = {event.tenant,  event.type,   event.key, event.from_gseq,
                             event.to_gseq, event.reason, event.by,  meta.decided_at};
}
void evolve(retention& state, const hold_released& event) {
  state.holds.erase(event.name);
}

std::uint32_t hot_days(const retention& policy, std::string_view type) {
  const auto found = policy.hot_days.find(std::string{type});
  if (found != policy.hot_days.end()) return found->second;
  return type == "timeline" ? timeline_days : other_days;
}

bool is_over(const retention& policy, const record_facts& record, core::timestamp now, std::uint32_t days_max) {
  return now - record.at >= core::days(std::min(hot_days(policy, record.type), days_max));
}

bool is_held(const retention& policy, const record_facts& record) {
  return std::any_of(policy.holds.begin(), policy.holds.end(), [&](const auto& entry) {
    const legal_hold& hold = entry.second;
    return (hold.tenant.empty() || hold.tenant == record.tenant) && (hold.type.empty() || hold.type == record.type) &&
           (hold.key.empty() || hold.key == record.key) && (!hold.from_gseq || record.position >= *hold.from_gseq) &&
           (!hold.to_gseq || record.position <= *hold.to_gseq);
  });
}

const core::entity_type& retention_type() {
  static const core::typed_entity<retention_definition> type;
  return type;
}

}  // namespace logline::archive
