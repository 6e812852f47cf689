#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "domain/core/described.hpp"
#include "domain/core/version_vector.hpp"

/// What is remembered of a stream. The clocks are fields because the fold sees nothing else; stamp_of puts them into
/// the envelope too.
namespace logline::timeline {

struct timeline_event_appended {
  core::uuid id;
  core::dot dot;
  std::uint64_t lamport = 0;
  core::version_vector vc;
  std::uint64_t pos = 0;
  core::document payload;
};

struct timeline_event_imported {
  core::uuid id;
  std::optional<core::dot> dot;
  std::uint64_t lamport = 0;
  core::version_vector vc;
  std::uint64_t pos = 0;
  core::document payload;
  std::optional<core::timestamp> created_at;
  std::optional<core::bytes> sig;
};

struct timeline_event_held {
  core::uuid id;
  core::dot dot;
  std::uint64_t lamport = 0;
  core::version_vector vc;
  core::document payload;
  std::optional<core::timestamp> created_at;
  std::optional<core::bytes> sig;
};

struct timeline_event_released {
  core::uuid id;
  core::dot dot;
  std::uint64_t pos = 0;
};

struct timeline_event_tombstoned {
  core::uuid id;
  std::string reason;
};

constexpr auto describe(core::type_tag<timeline_event_appended>) {
  using event = timeline_event_appended;
  using core::field;
  return core::description<event>("timeline_event_appended", "This site added an event.", field("id", &event::id),
                                  field("dot", &event::dot), field("lamport", &event::lamport), field("vc", &event::vc),
                                  field("pos", &event::pos), field("payload", &event::payload));
}
constexpr auto describe(core::type_tag<timeline_event_imported>) {
  using event = timeline_event_imported;
  using core::field;
  return core::description<event>("timeline_event_imported", "An event of another site became visible here.",
                                  field("id", &event::id), field("dot", &event::dot), field("lamport", &event::lamport),
                                  field("vc", &event::vc), field("pos", &event::pos), field("payload", &event::payload),
                                  field("created_at", &event::created_at), field("sig", &event::sig));
}
constexpr auto describe(core::type_tag<timeline_event_held>) {
  using event = timeline_event_held;
  using core::field;
  return core::description<event>(
      "timeline_event_held", "An event of another site came before events that it has seen; it waits.",
      field("id", &event::id), field("dot", &event::dot), field("lamport", &event::lamport), field("vc", &event::vc),
      field("payload", &event::payload), field("created_at", &event::created_at), field("sig", &event::sig));
}
constexpr auto describe(core::type_tag<timeline_event_released>) {
  using event = timeline_event_released;
  using core::field;
  return core::description<event>("timeline_event_released",
                                  "All that a held event had seen is here now: it became visible.",
                                  field("id", &event::id), field("dot", &event::dot), field("pos", &event::pos));
}
constexpr auto describe(core::type_tag<timeline_event_tombstoned>) {
  using event = timeline_event_tombstoned;
  using core::field;
  return core::description<event>("timeline_event_tombstoned", "An event was marked as deleted.",
                                  field("id", &event::id), field("reason", &event::reason));
}

/// The clocks for the envelope. The stream's name is the entity's key, which the shell knows and fills in.
inline std::optional<core::timeline_stamp> stamp_of(const timeline_event_appended& event) {
  return core::timeline_stamp{{}, event.dot, event.lamport, event.vc};
}
inline std::optional<core::timeline_stamp> stamp_of(const timeline_event_imported& event) {
  if (!event.dot) return std::nullopt;
  return core::timeline_stamp{{}, *event.dot, event.lamport, event.vc};
}
inline std::optional<core::timeline_stamp> stamp_of(const timeline_event_held& event) {
  return core::timeline_stamp{{}, event.dot, event.lamport, event.vc};
}

}  // namespace logline::timeline
