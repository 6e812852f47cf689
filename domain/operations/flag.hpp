#pragma once

#include <optional>
#include <string>

#include "domain/core/entity.hpp"

namespace logline::operations {

/// `flag/<section.name>`: a switch that operators set without a restart (operations OPS-80).

struct set_flag {
  core::document value;
  std::string reason;
  std::optional<core::timestamp> expires;
};
struct unset_flag {
  std::string reason;
};

struct flag_set {
  core::document value;
  std::string reason;
  std::string by;
  std::optional<core::timestamp> expires;
};
struct flag_unset {
  std::string reason;
  std::string by;
};
struct flag_expired {};

struct unset {};
struct in_force {
  core::document value;
  std::string reason;
  std::string by;
  core::timestamp since;
  std::optional<core::timestamp> expires;
};

struct flag {
  std::variant<unset, in_force> now;
};

constexpr auto describe(core::type_tag<set_flag>) {
  using core::field;
  return core::description<set_flag>(
      "set", "Sets the flag to a value, until it is unset or expires.",
      field("value", &set_flag::value, {.doc = "true, false, a number, a text or an object", .size_max = 4'096}),
      field("reason", &set_flag::reason, {.doc = "why; kept in the history", .size_min = 1, .size_max = 512}),
      field("expires", &set_flag::expires, {.doc = "when it falls back to unset by itself"}));
}
constexpr auto describe(core::type_tag<unset_flag>) {
  return core::description<unset_flag>(
      "unset", "Takes the value away.",
      core::field("reason", &unset_flag::reason,
                  {.doc = "why; kept in the history", .optional = true, .size_max = 512}));
}
constexpr auto describe(core::type_tag<flag_set>) {
  using core::field;
  return core::description<flag_set>("flag_set", "The flag got a value.", field("value", &flag_set::value),
                                     field("reason", &flag_set::reason), field("by", &flag_set::by),
                                     field("expires", &flag_set::expires));
}
constexpr auto describe(core::type_tag<flag_unset>) {
  return core::description<flag_unset>("flag_unset", "The flag's value was taken away.",
                                       core::field("reason", &flag_unset::reason), core::field("by", &flag_unset::by));
}
constexpr auto describe(core::type_tag<flag_expired>) {
  return core::description<flag_expired>("flag_expired", "The flag's time was up.");
}
constexpr auto describe(core::type_tag<unset>) {
  return core::description<unset>("unset", "No value.");
}
constexpr auto describe(core::type_tag<in_force>) {
  using core::field;
  return core::description<in_force>("in_force", "A value holds.", field("value", &in_force::value),
                                     field("reason", &in_force::reason), field("by", &in_force::by),
                                     field("since", &in_force::since), field("expires", &in_force::expires));
}
constexpr auto describe(core::type_tag<flag>) {
  return core::description<flag>("flag", "What the flag is now.", core::field("now", &flag::now));
}

core::decision decide(const flag& state, const set_flag& command, const core::context& ctx);
core::decision decide(const flag& state, const unset_flag& command, const core::context& ctx);
core::decision decide(const flag& state, const core::woken&, const core::context& ctx);
void evolve(flag& state, const flag_set& event, const core::record_meta& meta);
void evolve(flag& state, const flag_unset& event);
void evolve(flag& state, const flag_expired& event);
std::optional<core::timestamp> next_wake(const flag& state);

struct flag_definition {
  static constexpr std::string_view name = "flag";
  static constexpr std::string_view doc = "A switch that operators set without a restart.";
  static constexpr std::uint32_t fold_version = 1;
  using state = flag;
  using commands = core::type_list<set_flag, unset_flag>;
  using events = core::type_list<flag_set, flag_unset, flag_expired>;
};

const core::entity_type& flag_type();

}  // namespace logline::operations
