#include "domain/tenancy/tenant.hpp"

#include <utility>

namespace logline::tenancy {

using core::context;
using core::decision;

namespace {

const core::document null_value{std::string(1, '\xc0')};

bool exists(const tenant& state) {
  return !std::holds_alternative<vacant>(state.now);
}
decision no_such_tenant() {
  return core::not_found("no such tenant");
}

void apply_changes(std::map<std::string, core::document>& settings,
                   const std::map<std::string, core::document>& changes) {
  for (const auto& [name, value] : changes) {
    if (value == null_value)
      settings.erase(name);
    else
      settings[name] = value;
  }
}

std::size_t bytes_of(const std::map<std::string, core::document>& settings) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : settings)
    bytes += name.size() + value.msgpack.size();
  return bytes;
}

/// What of the command differs from the settings.
std::map<std::string, core::document> changes_to(const std::map<std::string, core::document>& settings,
                                                 const change_settings& command) {
  std::map<std::string, core::document> out;
  for (const auto& [name, value] : command.settings) {
    const auto held = settings.find(name);
    const core::document& before = held == settings.end() ? null_value : held->second;
    if (before != value) out.emplace(name, value);
  }
  return out;
}

}  // namespace

decision decide(const tenant& state, const create& command, const context& ctx) {
  if (exists(state))
    return core::failure{core::failure_kind::conflict, "ALREADY_EXISTS", "there is a tenant of this name"};
  return decision{}.emit(tenant_created{command.display_name, command.plan, ctx.principal.value});
}

decision decide(const tenant& state, const suspend& command, const context&) {
  if (!exists(state)) return no_such_tenant();
  if (std::holds_alternative<suspended>(state.now)) return {};
  return decision{}.emit(tenant_suspended{command.reason});
}

decision decide(const tenant& state, const resume& command, const context&) {
  if (!exists(state)) return no_such_tenant();
  if (std::holds_alternative<active>(state.now)) return {};
  return decision{}.emit(tenant_resumed{command.reason});
}

decision decide(const tenant& state, const change_settings& command, const context&) {
  if (!exists(state)) return no_such_tenant();
  const auto* working = std::get_if<active>(&state.now);
  if (working == nullptr)
    return core::failure{core::failure_kind::conflict, "TENANT_SUSPENDED", "the tenant is suspended; resume it first"};
  for (const auto& [name, value] : command.settings)
    if (!core::is_name(name))
      return core::invalid_input("a setting's name is 1 to 64 characters of a-z 0-9 _ . -",
                                 {{"/settings/" + core::excerpt(name), "bad name"}});
  auto changes = changes_to(working->of.settings, command);
  if (changes.empty()) return {};
  auto after = working->of.settings;
  apply_changes(after, changes);
  if (after.size() > settings_max || bytes_of(after) > settings_bytes_max)
    return core::invalid_input("a tenant has up to 256 settings of 64 KiB together", {{"/settings", "too much"}});
  return decision{}.emit(tenant_settings_changed{std::move(changes)});
}

void evolve(tenant& state, const tenant_created& event, const core::record_meta& meta) {
  state.now = active{{event.display_name, event.plan, event.owner, meta.decided_at, {}}};
}

void evolve(tenant& state, const tenant_suspended& event, const core::record_meta& meta) {
  auto& working = std::get<active>(state.now);
  state.now = suspended{std::move(working.of), event.reason, meta.decided_at};
}

void evolve(tenant& state, const tenant_resumed&) {
  auto& stopped = std::get<suspended>(state.now);
  state.now = active{std::move(stopped.of)};
}

void evolve(tenant& state, const tenant_settings_changed& event) {
  apply_changes(std::get<active>(state.now).of.settings, event.settings);
}

const core::entity_type& tenant_type() {
  static const core::typed_entity<tenant_definition> type;
  return type;
}

}  // namespace logline::tenancy
