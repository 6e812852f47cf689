#include <catch2/catch.hpp>

#include "tests/unit/domain_messaging/subscription_spec.hpp"

namespace logline::messaging {

namespace {

open_subscription from_begin() {
  open_subscription command;
  command.start = "begin";
  return command;
}

}  // namespace

TEST_CASE("a subscription is opened once, with what it is about and where it begins", "[SUB-01]") {
  auto command = from_begin();
  command.filter = {{"acme"}, {"task_queue"}, {}, {"task_*"}};
  command.start = "gseq:41";
  command.members = {"m1"};
  sub_spec().when(command).then(
      subscription_opened{command.filter, {start_kind::gseq, core::gseq{41}, {}}, {"m1"}, 30, 10, 1'000});
  sub_spec().given(opened()).when(from_begin()).then_nothing();
  sub_spec().given(opened()).when(open_subscription{}).then_rejected("CONFLICT");
  sub_spec().given(opened(), subscription_closed{}).when(from_begin()).then(opened());
}

TEST_CASE("a start is head, begin, a position or a time", "[SUB-01]") {
  const auto start = [](std::string text) {
    open_subscription command;
    command.start = std::move(text);
    return sub_spec().when(command);
  };
  auto event = opened();
  event.start = {start_kind::head, {}, {}};
  start("head").then(event);
  event.start = {start_kind::time, {}, start_of_time};
  start("2026-01-01T00:00:00Z").then(event);
  for (const auto* bad : {"", "tail", "gseq:", "gseq:0", "gseq:-1", "gseq:1x", "41", "yesterday"})
    start(bad).then_rejected("INVALID_INPUT", "/start");
}

TEST_CASE("names that say nothing are refused", "[SUB-01]") {
  auto command = from_begin();
  command.filter.types = {""};
  sub_spec().when(command).then_rejected("INVALID_INPUT", "/filter/types");
  command = from_begin();
  command.members = {std::string(257, 'm')};
  sub_spec().when(command).then_rejected("INVALID_INPUT", "/members");
}

TEST_CASE("another filter makes what was read before it useless", "[SUB-01]") {
  configure_subscription command;
  command.filter = event_filter{{}, {"flag"}, {}, {}};
  command.lease_s = 60;
  sub_spec()
      .given(opened())
      .when(command)
      .then(subscription_configured{*command.filter, {}, 60, 10, 1'000})
      .then_look([](const lone_subscription& s, const auto&) { CHECK(find_in_force(s.state())->revision == 2); });
  configure_subscription same;
  same.lease_s = 30;
  sub_spec().given(opened()).when(same).then_nothing();
  same.lease_s = 31;
  sub_spec().given(opened()).when(same).then_look(
      [](const lone_subscription& s, const auto&) { CHECK(find_in_force(s.state())->revision == 1); });
  sub_spec().when(command).then_rejected("NOT_FOUND");
}

TEST_CASE("a reset forgets what is under way and keeps what is parked", "[SUB-01]") {
  sub_spec()
      .given(opened(), moved(9, {found(3, 30), found(7, 70), found(8, 80)}), delivered("m1", {3, 7}),
             events_parked{positions({7}), "bad"})
      .when(reset_subscription{"gseq:2"})
      .then(subscription_reset{{start_kind::gseq, core::gseq{2}, {}}})
      .then_look([](const lone_subscription& s, const auto&) {
        const auto& now = *find_in_force(s.state());
        CHECK_FALSE(now.cursor);
        CHECK(now.revision == 2);
        CHECK(now.deliveries.held_count() == 0);
        CHECK(now.deliveries.parked_count() == 1);
        CHECK_FALSE(s.next_wake());
      });
  sub_spec().given(opened()).when(reset_subscription{"sometime"}).then_rejected("INVALID_INPUT", "/start");
  sub_spec().when(reset_subscription{"begin"}).then_rejected("NOT_FOUND");
}

TEST_CASE("a parked event that is read again after a reset is taken once", "[SUB-01]") {
  auto again = pull_of(0, 9, {found(3, 30), found(7, 70)});
  again.revision = 2;
  sub_spec()
      .given(opened(), moved(9, {found(3, 30), found(7, 70)}), delivered("m1", {3, 7}),
             events_parked{positions({7}), "bad"}, subscription_reset{{start_kind::begin, {}, {}}})
      .when(again, reader_s(1))
      .then(moved(9, {found(3, 30)}), delivered("m1", {3}, 1));
}

TEST_CASE("a closed subscription holds nothing and gives nothing", "[SUB-01]") {
  sub_spec()
      .given(opened(), moved(9, {found(3, 30)}), delivered("m1", {3}))
      .when(close_subscription{"moved"})
      .then(subscription_closed{"moved"})
      .then_look([](const lone_subscription& s, const auto&) { CHECK_FALSE(s.next_wake()); });
  sub_spec().given(opened(), subscription_closed{}).when(close_subscription{}).then_nothing();
  sub_spec().when(close_subscription{}).then_rejected("NOT_FOUND");
}

TEST_CASE("a filter lets through what all of its lists name", "[SUB-01]") {
  const filtered_event enqueued{"acme", "task_queue", "mail", "task_enqueued", false};
  const filtered_event appended{"acme", "timeline", "news", "timeline_event_appended", true};
  CHECK(matches({}, "system", enqueued));
  CHECK(matches({{"acme"}, {"task_queue"}, {}, {"task_enqueued"}}, "system", enqueued));
  CHECK_FALSE(matches({{"other"}, {}, {}, {}}, "system", enqueued));
  CHECK_FALSE(matches({{}, {"task"}, {}, {}}, "system", enqueued));
  CHECK(matches({{}, {"task*"}, {}, {}}, "system", enqueued));
  CHECK(matches({{}, {"flag", "task_queue"}, {}, {}}, "system", enqueued));
  CHECK_FALSE(matches({{}, {}, {}, {"task_leased"}}, "system", enqueued));
  CHECK(matches({{}, {}, {"news"}, {}}, "system", appended));
  CHECK_FALSE(matches({{}, {}, {"mail"}, {}}, "system", enqueued));
  CHECK_FALSE(matches({{}, {}, {"old"}, {}}, "system", appended));
  // A tenant sees its own events only; nobody sees those of subscriptions.
  CHECK(matches({}, "acme", enqueued));
  CHECK_FALSE(matches({}, "other", enqueued));
  CHECK_FALSE(matches({{}, {"subscription"}, {}, {}}, "system", {"acme", "subscription", "s", "events_acked", false}));
}

}  // namespace logline::messaging
