#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/messaging/delivery_window.hpp"
#include "domain/messaging/filter.hpp"

/// What a subscription answers.
namespace logline::messaging {

struct given_event {
  core::gseq gseq;
  std::int64_t delivery = 1;  ///< the how-manieth time it is given out
};
constexpr auto describe(core::type_tag<given_event>) {
  using core::field;
  return core::description<given_event>("given_event", "An event that was given out.",
                                        field("gseq", &given_event::gseq), field("delivery", &given_event::delivery));
}

/// What the reader of the log needs to know.
struct reading_plan {
  std::uint64_t revision = 0;  ///< changes with filter and start
  event_filter filter;
  start_point start;
  core::eseq started;  ///< the subscription's event that said `start`
};
constexpr auto describe(core::type_tag<reading_plan>) {
  using core::field;
  return core::description<reading_plan>("reading_plan", "What is to be read.",
                                         field("revision", &reading_plan::revision),
                                         field("filter", &reading_plan::filter), field("start", &reading_plan::start),
                                         field("started", &reading_plan::started));
}

struct pulled_events {
  std::vector<given_event> events;
  core::timestamp until;                ///< of all of them
  std::optional<core::gseq> cursor;     ///< absent: nothing was read yet
  bool is_full = false;                 ///< nothing more is taken before something is settled
  std::optional<core::timestamp> next;  ///< when one that was given back may go out again
  std::optional<reading_plan> plan;     ///< where the caller's was another
};
constexpr auto describe(core::type_tag<pulled_events>) {
  using core::field;
  return core::description<pulled_events>(
      "pulled_events", "Events that were given out.", field("events", &pulled_events::events),
      field("until", &pulled_events::until), field("cursor", &pulled_events::cursor),
      field("is_full", &pulled_events::is_full), field("next", &pulled_events::next),
      field("plan", &pulled_events::plan));
}

struct settled {
  std::int64_t settled = 0;
  std::vector<core::gseq> not_held;  ///< settled before, or given to another member since
};
constexpr auto describe(core::type_tag<settled>) {
  using core::field;
  return core::description<settled>("settled", "What became of the events named.", field("settled", &settled::settled),
                                    field("not_held", &settled::not_held));
}

struct parked_moved {
  std::int64_t moved = 0;
  std::int64_t left = 0;  ///< parked ones
};
constexpr auto describe(core::type_tag<parked_moved>) {
  using core::field;
  return core::description<parked_moved>("parked_moved", "How many were moved, and how many are parked still.",
                                         field("moved", &parked_moved::moved), field("left", &parked_moved::left));
}

struct member_status {
  std::string member;
  std::int64_t given = 0;
};
constexpr auto describe(core::type_tag<member_status>) {
  using core::field;
  return core::description<member_status>("member_status", "A member that has events.",
                                          field("member", &member_status::member),
                                          field("given", &member_status::given));
}

struct subscription_status {
  reading_plan plan;
  std::optional<core::gseq> cursor;
  std::optional<core::gseq> oldest;  ///< the first event that is neither settled nor parked
  std::int64_t given = 0;
  std::int64_t waiting = 0;
  std::int64_t parked = 0;
  std::int64_t window = 0;
  std::vector<member_status> members;
};
constexpr auto describe(core::type_tag<subscription_status>) {
  using core::field;
  using status = subscription_status;
  return core::description<subscription_status>("subscription_status", "Where the subscription stands.",
                                                field("plan", &status::plan), field("cursor", &status::cursor),
                                                field("oldest", &status::oldest), field("given", &status::given),
                                                field("waiting", &status::waiting), field("parked", &status::parked),
                                                field("window", &status::window), field("members", &status::members));
}

struct parked_page {
  std::vector<delivery> events;
  std::optional<core::gseq> next_after;
};
constexpr auto describe(core::type_tag<parked_page>) {
  using core::field;
  return core::description<parked_page>("parked_page", "Parked events.", field("events", &parked_page::events),
                                        field("next_after", &parked_page::next_after));
}

}  // namespace logline::messaging
