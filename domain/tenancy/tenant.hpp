#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "domain/core/entity.hpp"

/// `system/tenant/<name>`: who the platform works for (identity TEN-4). Other entities of tenant <name> carry its name
/// in their address; this entity says whether they may be used.
namespace logline::tenancy {

struct create {
  std::string display_name;
  std::string plan = "default";
};
struct suspend {
  std::string reason;
};
struct resume {
  std::string reason;
};
/// Adds and replaces the named settings; null takes one away. Others stay.
struct change_settings {
  std::map<std::string, core::document> settings;
};

struct tenant_created {
  std::string display_name;
  std::string plan;
  std::string owner;
};
struct tenant_suspended {
  std::string reason;
};
struct tenant_resumed {
  std::string reason;
};
/// Only what changed; null where a setting was taken away.
struct tenant_settings_changed {
  std::map<std::string, core::document> settings;
};

struct profile {
  std::string display_name;
  std::string plan;
  std::string owner;
  core::timestamp created_at;
  std::map<std::string, core::document> settings;
};

struct vacant {};
struct active {
  profile of;
};
struct suspended {
  profile of;
  std::string reason;
  core::timestamp since;
};
struct tenant {
  std::variant<vacant, active, suspended> now;
};

inline constexpr std::size_t settings_max = 256;           ///< of one tenant
inline constexpr std::size_t settings_bytes_max = 65'536;  ///< of their values together

constexpr auto describe(core::type_tag<create>) {
  using core::field;
  return core::description<create>(
      "create", "Makes the tenant.",
      field("display_name", &create::display_name, {.doc = "what people call it", .size_min = 1, .size_max = 256}),
      field("plan", &create::plan, {.doc = "which limits it has", .optional = true, .text = core::charset::name}));
}
constexpr auto describe(core::type_tag<suspend>) {
  return core::description<suspend>(
      "suspend", "Stops all work for the tenant.",
      core::field("reason", &suspend::reason, {.doc = "why; kept in the history", .size_min = 1, .size_max = 512}));
}
constexpr auto describe(core::type_tag<resume>) {
  return core::description<resume>(
      "resume", "Lets a suspended tenant work again.",
      core::field("reason", &resume::reason, {.doc = "why; kept in the history", .optional = true, .size_max = 512}));
}
constexpr auto describe(core::type_tag<change_settings>) {
  return core::description<change_settings>(
      "change_settings", "Adds and replaces settings; null takes one away, others stay.",
      core::field("settings", &change_settings::settings, {.doc = "by name", .size_min = 1, .size_max = settings_max}));
}
constexpr auto describe(core::type_tag<tenant_created>) {
  using core::field;
  return core::description<tenant_created>(
      "tenant_created", "The tenant was made.", field("display_name", &tenant_created::display_name),
      field("plan", &tenant_created::plan), field("owner", &tenant_created::owner));
}
constexpr auto describe(core::type_tag<tenant_suspended>) {
  return core::description<tenant_suspended>("tenant_suspended", "All work for the tenant was stopped.",
                                             core::field("reason", &tenant_suspended::reason));
}
constexpr auto describe(core::type_tag<tenant_resumed>) {
  return core::description<tenant_resumed>("tenant_resumed", "The tenant may work again.",
                                           core::field("reason", &tenant_resumed::reason));
}
constexpr auto describe(core::type_tag<tenant_settings_changed>) {
  return core::description<tenant_settings_changed>("tenant_settings_changed",
                                                    "Settings were added, replaced or taken away.",
                                                    core::field("settings", &tenant_settings_changed::settings));
}
constexpr auto describe(core::type_tag<profile>) {
  using core::field;
  return core::description<profile>("profile", "What is said of a tenant.",
                                    field("display_name", &profile::display_name), field("plan", &profile::plan),
                                    field("owner", &profile::owner), field("created_at", &profile::created_at),
                                    field("settings", &profile::settings));
}
constexpr auto describe(core::type_tag<vacant>) {
  return core::description<vacant>("vacant", "No such tenant.");
}
constexpr auto describe(core::type_tag<active>) {
  return core::description<active>("active", "The tenant works.", core::field("of", &active::of));
}
constexpr auto describe(core::type_tag<suspended>) {
  using core::field;
  return core::description<suspended>("suspended", "The tenant is stopped; what is said of it stays.",
                                      field("of", &suspended::of), field("reason", &suspended::reason),
                                      field("since", &suspended::since));
}
constexpr auto describe(core::type_tag<tenant>) {
  return core::description<tenant>("tenant", "Whether the tenant exists and works.", core::field("now", &tenant::now));
}

/// ALREADY_EXISTS.
core::decision decide(const tenant& state, const create& command, const core::context& ctx);
/// NOT_FOUND. Quiet when it is suspended already; the first reason stays.
core::decision decide(const tenant& state, const suspend& command, const core::context& ctx);
/// NOT_FOUND. Quiet when it is active.
core::decision decide(const tenant& state, const resume& command, const core::context& ctx);
/// NOT_FOUND, TENANT_SUSPENDED, INVALID_INPUT (a name or the size). Quiet when nothing would change.
core::decision decide(const tenant& state, const change_settings& command, const core::context& ctx);

void evolve(tenant& state, const tenant_created& event, const core::record_meta& meta);
void evolve(tenant& state, const tenant_suspended& event, const core::record_meta& meta);
void evolve(tenant& state, const tenant_resumed& event);
void evolve(tenant& state, const tenant_settings_changed& event);

struct tenant_definition {
  static constexpr std::string_view name = "tenant";
  static constexpr std::string_view doc = "Who the platform works for; lives in tenant \"system\".";
  static constexpr std::uint32_t fold_version = 1;
  using state = tenant;
  using commands = core::type_list<create, suspend, resume, change_settings>;
  using events = core::type_list<tenant_created, tenant_suspended, tenant_resumed, tenant_settings_changed>;
};

}  // namespace logline::tenancy
