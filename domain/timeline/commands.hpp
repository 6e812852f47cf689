#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "domain/core/described.hpp"
#include "domain/core/version_vector.hpp"
#include "domain/timeline/claimed.hpp"
#include "domain/timeline/limits.hpp"

/// Commands and queries of `timeline/<stream>` (engine §7).
namespace logline::timeline {

struct append {
  core::document payload;
  std::optional<claimed<core::version_vector>> vc_external;
  std::optional<claimed<std::uint64_t>> lamport_external;
  std::optional<std::uint64_t> expected_pos;
};

struct merge_item {
  std::optional<core::uuid> id;
  std::optional<claimed<core::dot>> dot;
  claimed<core::version_vector> vc;
  claimed<std::uint64_t> lamport;
  core::document payload;
  std::optional<core::timestamp> created_at;
  std::optional<core::bytes> sig;
  std::optional<std::string> stream;
};
struct merge_external {
  std::vector<merge_item> batch;
};

struct tombstone {
  core::uuid id;
  std::string reason;
};

struct query {
  std::optional<std::uint64_t> since_lamport;
  std::optional<std::uint64_t> since_pos;
  std::optional<claimed<core::version_vector>> since_vc;
  std::int64_t limit = 100;
};
struct tail {
  std::int64_t limit = 20;
};
struct compare {
  core::uuid a;
  core::uuid b;
};
struct read_clock {};

inline constexpr std::size_t checked_later = std::numeric_limits<std::size_t>::max();

constexpr auto describe(core::type_tag<append>) {
  using core::field;
  return core::description<append>(
      "append", "Adds an event; the first one makes the stream.",
      field("payload", &append::payload, {.doc = "any value, up to 1 MiB", .size_max = checked_later}),
      field("vc_external", &append::vc_external,
            {.doc = "what the caller has seen elsewhere; hand over lamport_external with it",
             .size_max = components_max}),
      field("lamport_external", &append::lamport_external, {.doc = "highest Lamport number that the caller has seen"}),
      field("expected_pos", &append::expected_pos,
            {.doc = "refuse with CONFLICT unless the stream ends here; 0 = is empty"}));
}
constexpr auto describe(core::type_tag<merge_item>) {
  using core::field;
  return core::description<merge_item>(
      "merge_item", "An event of another site, as that site made it.",
      field("id", &merge_item::id, {.doc = "the event's id at its origin"}),
      field("dot", &merge_item::dot, {.doc = "its identity; absent for events of systems older than dots"}),
      field("vc", &merge_item::vc, {.doc = "its vector clock, its own dot included", .size_max = components_max}),
      field("lamport", &merge_item::lamport, {.doc = "its Lamport number"}),
      field("payload", &merge_item::payload, {.doc = "any value, up to 1 MiB", .size_max = checked_later}),
      field("created_at", &merge_item::created_at, {.doc = "when its origin made it; kept"}),
      field("sig", &merge_item::sig, {.doc = "its origin's signature; kept", .size_max = 8'192}),
      field("stream", &merge_item::stream,
            {.doc = "accepted for the wire form; the address says the stream", .size_max = 128}));
}
constexpr auto describe(core::type_tag<merge_external>) {
  return core::description<merge_external>(
      "merge_external",
      "Takes in events of other sites, in any order and any number of times; each item is answered for alone.",
      core::field("batch", &merge_external::batch, {.size_min = 1, .size_max = batch_items_max}));
}
constexpr auto describe(core::type_tag<tombstone>) {
  using core::field;
  return core::description<tombstone>("tombstone", "Marks an event as deleted: its payload is no longer answered.",
                                      field("id", &tombstone::id),
                                      field("reason", &tombstone::reason, {.size_min = 1, .size_max = 512}));
}
constexpr auto describe(core::type_tag<query>) {
  using core::field;
  return core::description<query>(
      "query",
      "Events after a cursor: since_lamport (the default, from 0), since_pos, or since_vc, which since_pos may "
      "continue. Only pos and "
      "vc miss nothing: a merged event may carry a lower Lamport number than the reader's cursor.",
      field("since_lamport", &query::since_lamport, {.doc = "in the order (lamport, site, n)"}),
      field("since_pos", &query::since_pos, {.doc = "in order of arrival here"}),
      field("since_vc", &query::since_vc,
            {.doc = "what the vector lacks, in order of arrival here", .size_max = components_max}),
      field("limit", &query::limit,
            {.doc = "events in one answer", .optional = true, .min = 1, .max = page_events_max}));
}
constexpr auto describe(core::type_tag<tail>) {
  return core::description<tail>(
      "tail", "The last events in the order (lamport, site, n), oldest first.",
      core::field("limit", &tail::limit, {.optional = true, .min = 1, .max = page_events_max}));
}
constexpr auto describe(core::type_tag<compare>) {
  return core::description<compare>("compare", "How event a relates to event b: BEFORE, AFTER, EQUAL or CONCURRENT.",
                                    core::field("a", &compare::a), core::field("b", &compare::b));
}
constexpr auto describe(core::type_tag<read_clock>) {
  return core::description<read_clock>("clock",
                                       "Where the stream stands: clocks, counts, and a hash of its set of events.");
}

}  // namespace logline::timeline
