#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/described.hpp"

/// Which events a subscription is about, and where it begins (journal SUB-01).
namespace logline::messaging {

/// The entity type whose events no subscription gets: each delivery would lead to the next.
inline constexpr std::string_view own_type = "subscription";

/// An empty list lets everything through; the lists that say something must all agree. "name*" is everything that
/// begins so.
struct event_filter {
  std::vector<std::string> tenants;
  std::vector<std::string> types;
  std::vector<std::string> streams;  ///< timelines by key; lets only their events through
  std::vector<std::string> events;
  friend bool operator==(const event_filter&, const event_filter&) = default;
};

/// What a filter looks at.
struct filtered_event {
  std::string_view tenant;
  std::string_view type;
  std::string_view key;
  std::string_view event;
  bool is_of_timeline = false;
};

/// `home` is the tenant that the subscription belongs to: "system" sees every tenant, others see their own.
bool matches(const event_filter& filter, std::string_view home, const filtered_event& e);

enum class start_kind : std::uint8_t { head, begin, gseq, time };
constexpr auto describe_enum(core::type_tag<start_kind>) {
  return std::array{
      core::enumerator<start_kind>{start_kind::head, "head"}, core::enumerator<start_kind>{start_kind::begin, "begin"},
      core::enumerator<start_kind>{start_kind::gseq, "gseq"}, core::enumerator<start_kind>{start_kind::time, "time"}};
}

/// Where reading begins: behind the event that said so, at the first record, at a position, at a commit time.
struct start_point {
  start_kind from = start_kind::head;
  std::optional<core::gseq> gseq;
  std::optional<core::timestamp> time;
  friend bool operator==(const start_point&, const start_point&) = default;
};

/// "head", "begin", "gseq:N" (N ≥ 1) or an RFC 3339 time; INVALID_INPUT naming `/start` otherwise.
core::result<start_point> parse_start(std::string_view text);

constexpr auto describe(core::type_tag<event_filter>) {
  using core::field;
  return core::description<event_filter>(
      "event_filter", "Which events; an empty list lets all through, NAME* all that begin so.",
      field("tenants", &event_filter::tenants, {.optional = true, .size_max = 100}),
      field("types", &event_filter::types, {.optional = true, .size_max = 100}),
      field("streams", &event_filter::streams,
            {.doc = "timelines; lets only their events through", .optional = true, .size_max = 100}),
      field("events", &event_filter::events, {.optional = true, .size_max = 100}));
}
constexpr auto describe(core::type_tag<start_point>) {
  using core::field;
  return core::description<start_point>("start_point", "Where reading begins.", field("from", &start_point::from),
                                        field("gseq", &start_point::gseq), field("time", &start_point::time));
}

}  // namespace logline::messaging
