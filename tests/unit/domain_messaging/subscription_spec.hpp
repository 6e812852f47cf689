#pragma once

#include <string>
#include <vector>

#include "domain/messaging/subscription.hpp"
#include "tests/fixtures/spec.hpp"

/// Short words for tests of subscriptions.
namespace logline::messaging {

using fixtures::context_at;
using fixtures::start_of_time;
using sub_spec = fixtures::spec<subscription_definition>;
using lone_subscription = fixtures::lone_entity<subscription_definition>;

inline core::timestamp at_s(std::int64_t s) {
  return start_of_time + core::seconds(s);
}
inline core::context ctx_s(std::int64_t s) {
  return context_at(at_s(s));
}
/// As the node's reader of the log asks.
inline core::context reader_s(std::int64_t s) {
  auto ctx = ctx_s(s);
  ctx.principal = core::principal_id{std::string{reader_principal}};
  return ctx;
}

inline std::vector<core::gseq> positions(std::initializer_list<std::uint64_t> numbers) {
  std::vector<core::gseq> out;
  for (const auto n : numbers)
    out.emplace_back(n);
  return out;
}

/// From the first record on; revision 1.
inline subscription_opened opened() {
  subscription_opened event;
  event.start = {start_kind::begin, {}, {}};
  return event;
}
inline found_event found(std::uint64_t gseq, std::uint64_t lane, std::uint32_t bytes = 10) {
  return {core::gseq{gseq}, lane, bytes};
}
inline consumer_offset_moved moved(std::uint64_t to, std::vector<found_event> took) {
  return {core::gseq{to}, std::move(took)};
}
inline events_delivered delivered(std::string member, std::initializer_list<std::uint64_t> events, std::int64_t s = 0) {
  return {std::move(member), "founder", positions(events), at_s(s + 30)};
}

/// A pull for what was read of (from, to].
inline pull pull_of(std::uint64_t from, std::uint64_t to, std::vector<found_event> events, std::string member = "m1") {
  pull command;
  command.member = std::move(member);
  command.by = "founder";
  command.revision = 1;
  command.from = core::gseq{from};
  command.to = core::gseq{to};
  command.found = std::move(events);
  return command;
}

inline pulled_events said(const core::decision& decided) {
  auto reply = core::from_msgpack<pulled_events>(decided.reply());
  REQUIRE(reply);
  return *std::move(reply);
}

}  // namespace logline::messaging
