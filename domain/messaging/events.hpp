#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/messaging/commands.hpp"

/// What may happen to a subscription. Names and shapes are stored for ever.
namespace logline::messaging {

struct subscription_opened {
  event_filter filter;
  start_point start;
  std::vector<std::string> members;
  std::int64_t lease_s = lease_s_default;
  std::int64_t max_deliveries = deliveries_default;
  std::int64_t window = window_default;
};
constexpr auto describe(core::type_tag<subscription_opened>) {
  using core::field;
  using opened = subscription_opened;
  return core::description<subscription_opened>(
      "subscription_opened", "The subscription began.", field("filter", &opened::filter),
      field("start", &opened::start), field("members", &opened::members), field("lease_s", &opened::lease_s),
      field("max_deliveries", &opened::max_deliveries), field("window", &opened::window));
}

/// All of it, changed or not.
struct subscription_configured {
  event_filter filter;
  std::vector<std::string> members;
  std::int64_t lease_s = lease_s_default;
  std::int64_t max_deliveries = deliveries_default;
  std::int64_t window = window_default;
};
constexpr auto describe(core::type_tag<subscription_configured>) {
  using core::field;
  using configured = subscription_configured;
  return core::description<subscription_configured>(
      "subscription_configured", "What is said of it changed.", field("filter", &configured::filter),
      field("members", &configured::members), field("lease_s", &configured::lease_s),
      field("max_deliveries", &configured::max_deliveries), field("window", &configured::window));
}

struct subscription_reset {
  start_point start;
};
constexpr auto describe(core::type_tag<subscription_reset>) {
  return core::description<subscription_reset>("subscription_reset", "Reading begins anew.",
                                               core::field("start", &subscription_reset::start));
}

struct subscription_closed {
  std::string reason;
};
constexpr auto describe(core::type_tag<subscription_closed>) {
  return core::description<subscription_closed>("subscription_closed", "The subscription ended.",
                                                core::field("reason", &subscription_closed::reason));
}

/// The cursor: everything up to `to` has been looked at; what the filter let through of it is in `took` (SUB-01).
struct consumer_offset_moved {
  core::gseq to;
  std::vector<found_event> took;
};
constexpr auto describe(core::type_tag<consumer_offset_moved>) {
  using core::field;
  return core::description<consumer_offset_moved>("consumer_offset_moved", "The log was read up to here.",
                                                  field("to", &consumer_offset_moved::to),
                                                  field("took", &consumer_offset_moved::took));
}

struct events_delivered {
  std::string member;
  std::string by;
  std::vector<core::gseq> events;
  core::timestamp until;
};
constexpr auto describe(core::type_tag<events_delivered>) {
  using core::field;
  return core::description<events_delivered>(
      "events_delivered", "A member got events.", field("member", &events_delivered::member),
      field("by", &events_delivered::by), field("events", &events_delivered::events),
      field("until", &events_delivered::until));
}

struct events_acked {
  std::string member;
  std::vector<core::gseq> events;
};
constexpr auto describe(core::type_tag<events_acked>) {
  using core::field;
  return core::description<events_acked>("events_acked", "A member dealt with events.",
                                         field("member", &events_acked::member),
                                         field("events", &events_acked::events));
}

struct events_nacked {
  std::string member;
  std::vector<core::gseq> events;
  core::timestamp not_before;
  std::string reason;
};
constexpr auto describe(core::type_tag<events_nacked>) {
  using core::field;
  return core::description<events_nacked>(
      "events_nacked", "A member gave events back.", field("member", &events_nacked::member),
      field("events", &events_nacked::events), field("not_before", &events_nacked::not_before),
      field("reason", &events_nacked::reason));
}

struct deliveries_expired {
  std::vector<core::gseq> events;
};
constexpr auto describe(core::type_tag<deliveries_expired>) {
  return core::description<deliveries_expired>("deliveries_expired", "Events were not acknowledged in time.",
                                               core::field("events", &deliveries_expired::events));
}

struct events_parked {
  std::vector<core::gseq> events;
  std::string reason;
};
constexpr auto describe(core::type_tag<events_parked>) {
  using core::field;
  return core::description<events_parked>("events_parked", "Events were given out often enough.",
                                          field("events", &events_parked::events),
                                          field("reason", &events_parked::reason));
}

struct parked_replayed {
  std::vector<core::gseq> events;
};
constexpr auto describe(core::type_tag<parked_replayed>) {
  return core::description<parked_replayed>("parked_replayed", "Parked events are to be given out again.",
                                            core::field("events", &parked_replayed::events));
}

struct parked_discarded {
  std::vector<core::gseq> events;
};
constexpr auto describe(core::type_tag<parked_discarded>) {
  return core::description<parked_discarded>("parked_discarded", "Parked events were given up.",
                                             core::field("events", &parked_discarded::events));
}

}  // namespace logline::messaging
