#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "domain/core/entity.hpp"

namespace logline::archive {

/// `system/retention/policy`: how long records of each type stay hot, and which must stay whatever their age (RET-01,
/// RET-04). What is neither hot nor held is archived.

struct set_hot {
  std::string type;
  std::uint32_t days = 0;
};
struct clear_hot {
  std::string type;
};
struct place_hold {
  std::string name;
  std::string tenant;
  std::string type;
  std::string key;
  std::optional<core::gseq> from_gseq;
  std::optional<core::gseq> to_gseq;
  std::string reason;
};
struct release_hold {
  std::string name;
  std::string reason;
};

struct hot_set {
  std::string type;
  std::uint32_t days = 0;
};
struct hot_cleared {
  std::string type;
};
struct hold_placed {
  std::string name;
  std::string tenant;
  std::string type;
  std::string key;
  std::optional<core::gseq> from_gseq;
  std::optional<core::gseq> to_gseq;
  std::string reason;
  std::string by;
};
struct hold_released {
  std::string name;
  std::string reason;
  std::string by;
};

/// What is empty does not matter.
struct legal_hold {
  std::string tenant;
  std::string type;
  std::string key;
  std::optional<core::gseq> from_gseq;
  std::optional<core::gseq> to_gseq;
  std::string reason;
  std::string by;
  core::timestamp since;
};
struct retention {
  std::map<std::string, std::uint32_t> hot_days;  ///< by entity type
  std::map<std::string, legal_hold> holds;        ///< by name
};

constexpr auto describe(core::type_tag<set_hot>) {
  return core::description<set_hot>("set_hot", "Sets how many days records of an entity type stay hot.",
                                    core::field("type", &set_hot::type, {.size_min = 1, .size_max = 64}),
                                    core::field("days", &set_hot::days, {.doc = "1 to 36500"}));
}
constexpr auto describe(core::type_tag<clear_hot>) {
  return core::description<clear_hot>("clear_hot", "Goes back to the default for a type.",
                                      core::field("type", &clear_hot::type, {.size_min = 1, .size_max = 64}));
}
constexpr auto describe(core::type_tag<place_hold>) {
  using core::field;
  using c = place_hold;
  constexpr core::attributes some{.optional = true, .size_max = 512};
  return core::description<c>(
      "hold", "Keeps records that it names from being archived and dropped, until released.",
      field("name", &c::name, {.size_min = 1, .size_max = 128}), field("tenant", &c::tenant, some),
      field("type", &c::type, some), field("key", &c::key, some), field("from_gseq", &c::from_gseq),
      field("to_gseq", &c::to_gseq),
      field("reason", &c::reason, {.doc = "why; kept in the history", .size_min = 1, .size_max = 512}));
}
constexpr auto describe(core::type_tag<release_hold>) {
  return core::description<release_hold>(
      "release", "Ends a hold.", core::field("name", &release_hold::name, {.size_min = 1, .size_max = 128}),
      core::field("reason", &release_hold::reason,
                  {.doc = "why; kept in the history", .size_min = 1, .size_max = 512}));
}
constexpr auto describe(core::type_tag<hot_set>) {
  return core::description<hot_set>("hot_set", "A type got its own time.", core::field("type", &hot_set::type),
                                    core::field("days", &hot_set::days));
}
constexpr auto describe(core::type_tag<hot_cleared>) {
  return core::description<hot_cleared>("hot_cleared", "A type has the default time again.",
                                        core::field("type", &hot_cleared::type));
}
constexpr auto describe(core::type_tag<hold_placed>) {
  using core::field;
  using e = hold_placed;
  return core::description<e>("hold_placed", "Records are held.", field("name", &e::name), field("tenant", &e::tenant),
                              field("type", &e::type), field("key", &e::key), field("from_gseq", &e::from_gseq),
                              field("to_gseq", &e::to_gseq), field("reason", &e::reason), field("by", &e::by));
}
constexpr auto describe(core::type_tag<hold_released>) {
  using e = hold_released;
  return core::description<e>("hold_released", "A hold ended.", core::field("name", &e::name),
                              core::field("reason", &e::reason), core::field("by", &e::by));
}
constexpr auto describe(core::type_tag<legal_hold>) {
  using core::field;
  using s = legal_hold;
  return core::description<s>("legal_hold", "Records that must stay.", field("tenant", &s::tenant),
                              field("type", &s::type), field("key", &s::key), field("from_gseq", &s::from_gseq),
                              field("to_gseq", &s::to_gseq), field("reason", &s::reason), field("by", &s::by),
                              field("since", &s::since));
}
constexpr auto describe(core::type_tag<retention>) {
  return core::description<retention>("retention", "How long records stay.",
                                      core::field("hot_days", &retention::hot_days),
                                      core::field("holds", &retention::holds));
}

core::decision decide(const retention& state, const set_hot& command, const core::context& ctx);
core::decision decide(const retention& state, const clear_hot& command, const core::context& ctx);
core::decision decide(const retention& state, const place_hold& command, const core::context& ctx);
core::decision decide(const retention& state, const release_hold& command, const core::context& ctx);
void evolve(retention& state, const hot_set& event);
void evolve(retention& state, const hot_cleared& event);
void evolve(retention& state, const hold_placed& event, const core::record_meta& meta);
void evolve(retention& state, const hold_released& event);

/// Days that records of the type stay hot: as set, else 90 for timelines and 365 for everything else.
std::uint32_t hot_days(const retention& policy, std::string_view type);

/// What of a record retention goes by.
struct record_facts {
  std::string_view tenant;
  std::string_view type;
  std::string_view key;
  core::gseq position;
  core::timestamp at;
};
/// Whether the record's time is over: past its type's hot days, or past `days_max` whatever its type.
bool is_over(const retention& policy, const record_facts& record, core::timestamp now, std::uint32_t days_max);
bool is_held(const retention& policy, const record_facts& record);

struct retention_definition {
  static constexpr std::string_view name = "retention";
  static constexpr std::string_view doc = "How long records stay hot, and which must stay.";
  static constexpr std::uint32_t fold_version = 1;
  using state = retention;
  using commands = core::type_list<set_hot, clear_hot, place_hold, release_hold>;
  using events = core::type_list<hot_set, hot_cleared, hold_placed, hold_released>;
};

const core::entity_type& retention_type();

}  // namespace logline::archive
