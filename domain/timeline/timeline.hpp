#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/entity.hpp"
#include "domain/timeline/commands.hpp"
#include "domain/timeline/events.hpp"
#include "domain/timeline/stream.hpp"

/// `timeline/<stream>`: events of one stream from any number of sites, each with its dot, Lamport number and vector
/// clock (engine §7).
///
/// Appending needs no other site. Merging is a set union by dot: batches may come in any order and any number of times,
/// and the same set of events gives the same stream. An event of another site becomes visible when all that it has seen
/// is visible (FED-23); until then it is held and counted as pending, durably, so that its sender may go on. The
/// reading order (lamport, site, n) is a linear extension of causality as long as callers that pass vc_external pass
/// lamport_external with it, which sites do.
namespace logline::timeline {

struct append_reply {
  core::uuid id;
  core::dot dot;
  std::uint64_t lamport = 0;
  core::version_vector vc;
  std::uint64_t pos = 0;
};

/// Where to go on reading: lamport where repeats and gaps do not matter, pos at this site, vc at any site.
struct cursor {
  std::uint64_t lamport = 0;
  std::uint64_t pos = 0;
  core::version_vector vc;
};

enum class item_status : std::uint8_t { imported, duplicate, pending, refused };
/// Items that were left out for the same reason.
struct item_refusal {
  std::string code;
  std::string problem;
  std::vector<std::uint64_t> items;  ///< indexes into the batch
};
struct merge_reply {
  std::uint64_t imported = 0;    ///< visible now
  std::uint64_t duplicates = 0;  ///< were here already, visible or held
  std::uint64_t pending = 0;     ///< held: they wait for events that they have seen
  std::uint64_t released = 0;    ///< held by an earlier merge, visible now
  std::vector<item_status> items;
  std::vector<item_refusal> refused;
  cursor next;  ///< the stream after the merge
};

struct tombstone_reply {
  bool changed = false;
};
struct compare_reply {
  core::causality order = core::causality::equal;
};
struct clock_reply {
  cursor next;
  core::version_vector seen;  ///< component-wise maximum over the events' vectors
  std::uint64_t pending = 0;
  core::digest hash;  ///< of the set of visible events; equal where the sets are equal
};

constexpr auto describe(core::type_tag<append_reply>) {
  using core::field;
  return core::description<append_reply>("append_reply", "Where the event went.", field("id", &append_reply::id),
                                         field("dot", &append_reply::dot), field("lamport", &append_reply::lamport),
                                         field("vc", &append_reply::vc), field("pos", &append_reply::pos));
}
constexpr auto describe(core::type_tag<cursor>) {
  using core::field;
  return core::description<cursor>("cursor", "Where to go on reading.", field("lamport", &cursor::lamport),
                                   field("pos", &cursor::pos), field("vc", &cursor::vc));
}
constexpr auto describe_enum(core::type_tag<item_status>) {
  using is = core::enumerator<item_status>;
  return std::array{is{item_status::imported, "imported"}, is{item_status::duplicate, "duplicate"},
                    is{item_status::pending, "pending"}, is{item_status::refused, "refused"}};
}
constexpr auto describe(core::type_tag<item_refusal>) {
  using core::field;
  return core::description<item_refusal>("item_refusal", "Why items were left out.", field("code", &item_refusal::code),
                                         field("problem", &item_refusal::problem),
                                         field("items", &item_refusal::items));
}
constexpr auto describe(core::type_tag<merge_reply>) {
  using core::field;
  return core::description<merge_reply>(
      "merge_reply", "What became of each item.", field("imported", &merge_reply::imported),
      field("duplicates", &merge_reply::duplicates), field("pending", &merge_reply::pending),
      field("released", &merge_reply::released), field("items", &merge_reply::items),
      field("refused", &merge_reply::refused), field("next", &merge_reply::next));
}
constexpr auto describe(core::type_tag<tombstone_reply>) {
  return core::description<tombstone_reply>("tombstone_reply", "Whether the mark is new.",
                                            core::field("changed", &tombstone_reply::changed));
}
constexpr auto describe(core::type_tag<compare_reply>) {
  return core::description<compare_reply>("compare_reply", "How a relates to b.",
                                          core::field("order", &compare_reply::order));
}
constexpr auto describe(core::type_tag<clock_reply>) {
  using core::field;
  return core::description<clock_reply>("clock_reply", "Where the stream stands.", field("next", &clock_reply::next),
                                        field("seen", &clock_reply::seen), field("pending", &clock_reply::pending),
                                        field("hash", &clock_reply::hash));
}

/// Refusals, in this order: INVALID_CLOCK, PAYLOAD_TOO_LARGE, CONFLICT (expected_pos). Answers append_reply.
core::decision decide(const stream& state, const append& command, const core::context& ctx);
/// PAYLOAD_TOO_LARGE for the batch as a whole; else answers merge_reply. Of an item, in this order: INVALID_CLOCK,
/// PAYLOAD_TOO_LARGE, EQUIVOCATION (another event has its dot or id), duplicate, FORGED_ORIGIN, PENDING_FULL.
core::decision decide(const stream& state, const merge_external& command, const core::context& ctx);
/// NOT_FOUND. Answers tombstone_reply.
core::decision decide(const stream& state, const tombstone& command, const core::context& ctx);

/// Pages answer {"events":[{id, dot, lamport, vc, pos, at, payload, tombstoned?}…], "next":{lamport, pos, vc},
/// "more":bool}; a page ends at its limit or at 4 MiB of payloads. NOT_FOUND where the stream has no event;
/// INVALID_CLOCK; INVALID_INPUT.
///
/// `next` after since_pos or since_vc: go on with it (give vc and pos together) and nothing is missed. After
/// since_lamport and tail, pos and vc say where the stream stood: a reader that pages by lamport and wants to follow
/// from there takes those of its FIRST page, since later events may carry lower Lamport numbers. A page by lamport ends
/// between Lamport numbers, and may go over its limit for that; events that share one number and fill more than a whole
/// page go on by pos only.
core::decision answer(const stream& state, const query& question, const core::context& ctx);
core::decision answer(const stream& state, const tail& question, const core::context& ctx);
/// NOT_FOUND when either event is not visible here.
core::decision answer(const stream& state, const compare& question, const core::context& ctx);
core::decision answer(const stream& state, const read_clock& question, const core::context& ctx);

void evolve(stream& state, const timeline_event_appended& event, const core::record_meta& meta);
void evolve(stream& state, const timeline_event_imported& event, const core::record_meta& meta);
void evolve(stream& state, const timeline_event_held& event, const core::record_meta& meta);
void evolve(stream& state, const timeline_event_released& event);
void evolve(stream& state, const timeline_event_tombstoned& event);

/// The end of the stream.
cursor cursor_at_head(const stream& state);
core::failure invalid_clock(std::string problem);
/// Bytes that a payload may have beside its vector; the same at every site.
std::size_t payload_room(const core::version_vector& vc);

struct timeline_definition {
  static constexpr std::string_view name = "timeline";
  static constexpr std::string_view doc = "Events of one stream from any number of sites, in causal order.";
  static constexpr std::uint32_t fold_version = 1;
  using state = stream;
  using commands = core::type_list<append, merge_external, tombstone>;
  using queries = core::type_list<query, tail, compare, read_clock>;
  using events = core::type_list<timeline_event_appended, timeline_event_imported, timeline_event_held,
                                 timeline_event_released, timeline_event_tombstoned>;
};

}  // namespace logline::timeline
