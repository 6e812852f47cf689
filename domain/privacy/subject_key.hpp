#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/core/entity.hpp"

/// `subject_key/<pseudonym>`: what happened to the keys that one person's data is sealed with (GDP-03, GDP-07).
namespace logline::privacy {

struct hold {
  std::string reason;
};
struct release {
  std::string reason;
};
struct shred {
  std::vector<core::uuid> keys;
  std::string request;
};

struct subject_held {
  std::string reason;
};
struct subject_released {
  std::string reason;
};
struct subject_key_shredded {
  std::vector<core::uuid> keys;
  std::string request;
};

struct shred_note {
  std::vector<core::uuid> keys;
  std::string request;
  core::timestamp at;
};
struct subject_key {
  std::optional<std::string> held;  ///< why
  std::vector<shred_note> shreds;   ///< oldest first
};

struct shred_reply {
  std::vector<core::uuid> keys;              ///< of this request, also from earlier attempts
  std::optional<std::string> first_request;  ///< the first that destroyed a key of this person
};

constexpr auto describe(core::type_tag<hold>) {
  return core::description<hold>(
      "hold", "A legal hold: the keys must not be destroyed.",
      core::field("reason", &hold::reason, {.doc = "why; it should name nobody", .size_min = 1, .size_max = 512}));
}
constexpr auto describe(core::type_tag<release>) {
  return core::description<release>(
      "release", "Ends the legal hold.",
      core::field("reason", &release::reason, {.doc = "why; it should name nobody", .size_min = 1, .size_max = 512}));
}
constexpr auto describe(core::type_tag<shred>) {
  return core::description<shred>(
      "shred", "Notes that keys are about to be destroyed; said by the node itself.",
      core::field("keys", &shred::keys, {.doc = "ids", .size_max = 4'096}),
      core::field("request", &shred::request, {.doc = "address of the request", .size_min = 1, .size_max = 256}));
}
constexpr auto describe(core::type_tag<subject_held>) {
  return core::description<subject_held>("subject_held", "A legal hold began.",
                                         core::field("reason", &subject_held::reason));
}
constexpr auto describe(core::type_tag<subject_released>) {
  return core::description<subject_released>("subject_released", "The legal hold ended.",
                                             core::field("reason", &subject_released::reason));
}
constexpr auto describe(core::type_tag<subject_key_shredded>) {
  return core::description<subject_key_shredded>("subject_key_shredded", "Keys are destroyed for ever.",
                                                 core::field("keys", &subject_key_shredded::keys, {.doc = "ids"}),
                                                 core::field("request", &subject_key_shredded::request));
}
constexpr auto describe(core::type_tag<shred_note>) {
  using core::field;
  return core::description<shred_note>("shred_note", "Keys that were destroyed.", field("keys", &shred_note::keys),
                                       field("request", &shred_note::request), field("at", &shred_note::at));
}
constexpr auto describe(core::type_tag<subject_key>) {
  return core::description<subject_key>("subject_key", "What happened to one person's keys.",
                                        core::field("held", &subject_key::held, {.doc = "why there is a legal hold"}),
                                        core::field("shreds", &subject_key::shreds));
}
constexpr auto describe(core::type_tag<shred_reply>) {
  return core::description<shred_reply>("shred_reply", "What is destroyed.", core::field("keys", &shred_reply::keys),
                                        core::field("first_request", &shred_reply::first_request));
}

/// Quiet while there is a hold.
core::decision decide(const subject_key& state, const hold& command, const core::context& ctx);
/// Quiet while there is none.
core::decision decide(const subject_key& state, const release& command, const core::context& ctx);
/// LEGAL_HOLD. Notes what was not noted before; answers shred_reply.
core::decision decide(const subject_key& state, const shred& command, const core::context& ctx);

void evolve(subject_key& state, const subject_held& event);
void evolve(subject_key& state, const subject_released& event);
void evolve(subject_key& state, const subject_key_shredded& event, const core::record_meta& meta);

struct subject_key_definition {
  static constexpr std::string_view name = "subject_key";
  static constexpr std::string_view doc = "What happened to the keys of one person, known by pseudonym.";
  static constexpr std::uint32_t fold_version = 1;
  using state = subject_key;
  using commands = core::type_list<hold, release, shred>;
  using events = core::type_list<subject_held, subject_released, subject_key_shredded>;
};

const core::entity_type& subject_key_type();

}  // namespace logline::privacy
