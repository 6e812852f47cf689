#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "actors/replay.hpp"
#include "domain/core/function_ref.hpp"

/// Replaying a stretch of the log into something that only looks (journal REP-01, REP-08). Nothing of it reaches a
/// runtime: there is nobody who could react.
namespace logline::actors {

/// What this program makes of an event.
enum class event_standing : std::uint8_t { known, retired, unknown };
event_standing standing_of(const type_finder& types, std::string_view type, std::string_view event,
                           std::uint16_t version);

struct replay_plan {
  core::gseq from{1};
  core::gseq to{std::numeric_limits<std::uint64_t>::max()};  ///< included
  std::vector<std::string> types;                            ///< of entities; empty: all
  bool skip_unknown = false;                                 ///< leaves out what this program does not know
  double speed = 0;                                          ///< times as fast as it happened; 0: as fast as it goes
};

struct replay_report {
  std::uint64_t records = 0;  ///< handed on
  std::uint64_t retired = 0;  ///< events of retired kinds among them
  std::uint64_t unknown = 0;  ///< left out
  core::gseq last;            ///< looked at
};

/// Hands the records on in order. `wait` is called before each with how long after the first it is due, and returns
/// then; not at all without a speed. UNKNOWN_SCHEMA with the position, before the record, unless such are to be left
/// out; the sink's failures; those of reading.
core::result<replay_report> replay_records(const journal::partition_log& log, const type_finder& types,
                                           const replay_plan& plan, core::function_ref<void(core::duration_us)> wait,
                                           core::function_ref<core::outcome(const core::record&)> sink);

}  // namespace logline::actors
