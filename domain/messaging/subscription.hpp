#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/core/entity.hpp"
#include "domain/messaging/commands.hpp"
#include "domain/messaging/delivery_window.hpp"
#include "domain/messaging/events.hpp"
#include "domain/messaging/replies.hpp"

/// `subscription/<name>`: events of the log for a group of consumers, each to one of them, until it is acknowledged
/// (journal §7, SUB). This header is the entity; decisions are in pull, settle, control and queries.
namespace logline::messaging {

struct vacant {};
struct closed {};
struct in_force {
  event_filter filter;
  std::vector<std::string> members;  ///< who may pull; anybody if empty
  std::int64_t lease_s = lease_s_default;
  std::int64_t max_deliveries = deliveries_default;
  std::int64_t window = window_default;
  start_point start;
  core::eseq started;                ///< of the event that said `start`
  std::optional<core::gseq> cursor;  ///< absent until something was read from `start`
  std::uint64_t revision = 1;        ///< changes with filter and start
  std::uint64_t taken = 0;           ///< events that came into the window since `start`
  delivery_window deliveries;
};

struct subscription {
  std::variant<vacant, in_force, closed> now;
};

constexpr auto describe(core::type_tag<vacant>) {
  return core::description<vacant>("vacant", "Never opened.");
}
constexpr auto describe(core::type_tag<closed>) {
  return core::description<closed>("closed", "Ended.");
}
constexpr auto describe(core::type_tag<in_force>) {
  using core::field;
  return core::description<in_force>(
      "in_force", "Events are given out.", field("filter", &in_force::filter), field("members", &in_force::members),
      field("lease_s", &in_force::lease_s), field("max_deliveries", &in_force::max_deliveries),
      field("window", &in_force::window), field("start", &in_force::start), field("started", &in_force::started),
      field("cursor", &in_force::cursor), field("revision", &in_force::revision), field("taken", &in_force::taken),
      field("deliveries", &in_force::deliveries));
}
constexpr auto describe(core::type_tag<subscription>) {
  return core::description<subscription>("subscription", "Who gets which events, and what is under way.",
                                         core::field("now", &subscription::now));
}

core::decision decide(const subscription& state, const open_subscription& command, const core::context& ctx);
core::decision decide(const subscription& state, const configure_subscription& command, const core::context& ctx);
core::decision decide(const subscription& state, const reset_subscription& command, const core::context& ctx);
core::decision decide(const subscription& state, const close_subscription& command, const core::context& ctx);
core::decision decide(const subscription& state, const pull& command, const core::context& ctx);
core::decision decide(const subscription& state, const ack& command, const core::context& ctx);
core::decision decide(const subscription& state, const nack& command, const core::context& ctx);
core::decision decide(const subscription& state, const replay_parked& command, const core::context& ctx);
core::decision decide(const subscription& state, const discard_parked& command, const core::context& ctx);
core::decision decide(const subscription& state, const core::woken&, const core::context& ctx);

core::decision answer(const subscription& state, const show_status& query, const core::context& ctx);
core::decision answer(const subscription& state, const list_parked& query, const core::context& ctx);

void evolve(subscription& state, const subscription_opened& event, const core::record_meta& meta);
void evolve(subscription& state, const subscription_configured& event);
void evolve(subscription& state, const subscription_reset& event, const core::record_meta& meta);
void evolve(subscription& state, const subscription_closed& event);
void evolve(subscription& state, const consumer_offset_moved& event);
void evolve(subscription& state, const events_delivered& event);
void evolve(subscription& state, const events_acked& event);
void evolve(subscription& state, const events_nacked& event);
void evolve(subscription& state, const deliveries_expired& event);
void evolve(subscription& state, const events_parked& event, const core::record_meta& meta);
void evolve(subscription& state, const parked_replayed& event);
void evolve(subscription& state, const parked_discarded& event);

/// When the first delivery runs out.
std::optional<core::timestamp> next_wake(const subscription& state);

/// The subscription while it is in force; null before and after.
const in_force* find_in_force(const subscription& state);
/// What a command gets that wants one in force: NOT_FOUND, or CONFLICT once it is closed.
core::failure not_in_force(const subscription& state);
reading_plan plan_of(const in_force& now);
/// Where it stands, for doors and for the meter of its lag.
subscription_status status_of(const in_force& now);

struct subscription_definition {
  static constexpr std::string_view name = own_type;
  static constexpr std::string_view doc = "Events of the log for a group of consumers, until each is acknowledged.";
  static constexpr std::uint32_t fold_version = 1;
  using state = subscription;
  using commands = core::type_list<open_subscription, configure_subscription, reset_subscription, close_subscription,
                                   pull, ack, nack, replay_parked, discard_parked>;
  using queries = core::type_list<show_status, list_parked>;
  using events = core::type_list<subscription_opened, subscription_configured, subscription_reset, subscription_closed,
                                 consumer_offset_moved, events_delivered, events_acked, events_nacked,
                                 deliveries_expired, events_parked, parked_replayed, parked_discarded>;
};

const core::entity_type& subscription_type();

}  // namespace logline::messaging
