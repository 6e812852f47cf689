#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/core/described.hpp"
#include "domain/messaging/filter.hpp"

/// What may be asked of a subscription. The limits stand in the descriptions, and doors enforce them while decoding.
namespace logline::messaging {

inline constexpr std::int64_t pull_max = 100;  // SUB-02
inline constexpr std::uint64_t pull_bytes_max =
    4'194'304;  ///< of payloads, in one answer; a single larger one goes alone
inline constexpr std::int64_t lease_s_default = 30;
inline constexpr std::int64_t lease_s_max = 43'200;
inline constexpr std::int64_t deliveries_default = 10;
inline constexpr std::int64_t window_default = 1'000;
inline constexpr std::int64_t window_max = 10'000;
inline constexpr std::size_t parked_max = 10'000;
inline constexpr std::size_t batch_max = 1'000;  ///< events settled by one command
inline constexpr std::size_t members_max = 100;

/// Who alone may hand in what was read from the log: see pull.
inline constexpr std::string_view reader_principal = "subscriber";

namespace detail {
inline constexpr core::attributes member_attributes{
    .doc = "who consumes, as it calls itself", .size_min = 1, .size_max = 128, .text = core::charset::visible};
inline constexpr core::attributes events_attributes{
    .doc = "positions (gseq) of events", .size_min = 1, .size_max = batch_max};
inline constexpr core::attributes chosen_attributes{
    .doc = "positions (gseq); the first 1000 if left out", .size_min = 1, .size_max = batch_max};
inline constexpr core::attributes reason_attributes{
    .doc = "why; kept in the history, so it should name nobody", .optional = true, .size_max = 512};
inline constexpr core::attributes start_attributes{
    .doc = "head, begin, gseq:N or an RFC 3339 time", .optional = true, .size_max = 64};
inline constexpr core::attributes lease_attributes{
    .doc = "how long a member has for an event", .optional = true, .unit = "s", .min = 1, .max = lease_s_max};
inline constexpr core::attributes deliveries_attributes{
    .doc = "after so many deliveries an event is parked", .optional = true, .min = 1, .max = 100};
inline constexpr core::attributes window_attributes{
    .doc = "events given out or held back at a time", .optional = true, .min = 1, .max = window_max};
inline constexpr core::attributes members_attributes{
    .doc = "who may pull; anybody if empty", .optional = true, .size_max = members_max};
inline constexpr core::attributes filter_attributes{.doc = "which events; all if left out", .optional = true};
}  // namespace detail

struct open_subscription {
  event_filter filter;
  std::string start = "head";
  std::vector<std::string> members;
  std::int64_t lease_s = lease_s_default;
  std::int64_t max_deliveries = deliveries_default;
  std::int64_t window = window_default;
};
constexpr auto describe(core::type_tag<open_subscription>) {
  using core::field;
  using open = open_subscription;
  return core::description<open_subscription>(
      "open", "Begins a subscription.", field("filter", &open::filter, detail::filter_attributes),
      field("start", &open::start, detail::start_attributes),
      field("members", &open::members, detail::members_attributes),
      field("lease_s", &open::lease_s, detail::lease_attributes),
      field("max_deliveries", &open::max_deliveries, detail::deliveries_attributes),
      field("window", &open::window, detail::window_attributes));
}

struct configure_subscription {
  std::optional<event_filter> filter;
  std::optional<std::vector<std::string>> members;
  std::optional<std::int64_t> lease_s;
  std::optional<std::int64_t> max_deliveries;
  std::optional<std::int64_t> window;
};
constexpr auto describe(core::type_tag<configure_subscription>) {
  using core::field;
  using configure = configure_subscription;
  return core::description<configure_subscription>(
      "configure", "Changes what is said; the filter for what is read from now on.",
      field("filter", &configure::filter, detail::filter_attributes),
      field("members", &configure::members, detail::members_attributes),
      field("lease_s", &configure::lease_s, detail::lease_attributes),
      field("max_deliveries", &configure::max_deliveries, detail::deliveries_attributes),
      field("window", &configure::window, detail::window_attributes));
}

struct reset_subscription {
  std::string start;
};
constexpr auto describe(core::type_tag<reset_subscription>) {
  return core::description<reset_subscription>(
      "reset", "Begins anew from another place; what is given out or held back is forgotten, what is parked stays.",
      core::field("start", &reset_subscription::start,
                  {.doc = "head, begin, gseq:N or an RFC 3339 time", .size_max = 64}));
}

struct close_subscription {
  std::string reason;
};
constexpr auto describe(core::type_tag<close_subscription>) {
  return core::description<close_subscription>(
      "close", "Ends the subscription and forgets everything it holds.",
      core::field("reason", &close_subscription::reason, detail::reason_attributes));
}

/// An event that the filter let through.
struct found_event {
  core::gseq gseq;
  std::uint64_t lane = 0;
  std::uint32_t bytes = 0;  ///< of its payload
  friend bool operator==(const found_event&, const found_event&) = default;
};
constexpr auto describe(core::type_tag<found_event>) {
  using core::field;
  return core::description<found_event>("found_event", "An event that the filter let through.",
                                        field("gseq", &found_event::gseq), field("lane", &found_event::lane),
                                        field("bytes", &found_event::bytes, {.unit = "bytes"}));
}

/// Sent by the node's reader of the log on behalf of whoever pulls: `found` is everything behind `from` up to `to` that
/// the filter of `revision` lets through.
struct pull {
  std::string member;
  std::int64_t limit = pull_max;
  std::string by;
  std::uint64_t revision = 0;
  core::gseq from;
  core::gseq to;
  std::vector<found_event> found;
};
constexpr auto describe(core::type_tag<pull>) {
  using core::field;
  return core::description<pull>(
      "pull", "Hands events out; sent by the node itself, see POST /v2/subscriptions/NAME/pull.",
      field("member", &pull::member, detail::member_attributes),
      field("limit", &pull::limit, {.doc = "at most so many", .optional = true, .min = 1, .max = pull_max}),
      field("by", &pull::by, {.doc = "the principal that pulls", .optional = true, .size_max = 256}),
      field("revision", &pull::revision, {.doc = "of filter and start that were read with; 0: none", .optional = true}),
      field("from", &pull::from, {.optional = true}), field("to", &pull::to, {.optional = true}),
      field("found", &pull::found, {.optional = true, .size_max = pull_max}));
}

struct ack {
  std::string member;
  std::vector<core::gseq> events;
};
constexpr auto describe(core::type_tag<ack>) {
  using core::field;
  return core::description<ack>("ack", "Events are dealt with.",
                                field("member", &ack::member, detail::member_attributes),
                                field("events", &ack::events, detail::events_attributes));
}

struct nack {
  std::string member;
  std::vector<core::gseq> events;
  std::int64_t delay_s = 0;
  std::string reason;
};
constexpr auto describe(core::type_tag<nack>) {
  using core::field;
  return core::description<nack>(
      "nack", "Gives events back; they are given out again, or parked when that was their last time.",
      field("member", &nack::member, detail::member_attributes),
      field("events", &nack::events, detail::events_attributes),
      field("delay_s", &nack::delay_s, {.doc = "not before", .optional = true, .unit = "s", .min = 0, .max = 3'600}),
      field("reason", &nack::reason, detail::reason_attributes));
}

struct replay_parked {
  std::optional<std::vector<core::gseq>> events;
};
constexpr auto describe(core::type_tag<replay_parked>) {
  return core::description<replay_parked>("replay", "Parked events are given out again, as if for the first time.",
                                          core::field("events", &replay_parked::events, detail::chosen_attributes));
}

struct discard_parked {
  std::optional<std::vector<core::gseq>> events;
};
constexpr auto describe(core::type_tag<discard_parked>) {
  return core::description<discard_parked>("discard", "Parked events are given up.",
                                           core::field("events", &discard_parked::events, detail::chosen_attributes));
}

struct show_status {};
constexpr auto describe(core::type_tag<show_status>) {
  return core::description<show_status>("status", "Where the subscription stands.");
}

struct list_parked {
  core::gseq after;
  std::int64_t limit = pull_max;
};
constexpr auto describe(core::type_tag<list_parked>) {
  using core::field;
  return core::description<list_parked>(
      "parked", "Parked events, in order.",
      field("after", &list_parked::after, {.doc = "where the page before this one ended", .optional = true}),
      field("limit", &list_parked::limit, {.optional = true, .min = 1, .max = 1'000}));
}

}  // namespace logline::messaging
