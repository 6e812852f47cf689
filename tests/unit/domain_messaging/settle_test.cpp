#include <catch2/catch.hpp>

#include "tests/unit/domain_messaging/subscription_spec.hpp"

namespace logline::messaging {

namespace {

sub_spec with_two_given() {
  return sub_spec().given(opened(), moved(9, {found(3, 30), found(7, 70)}), delivered("m1", {3, 7}));
}
/// Given out and back until `times` deliveries, the last of them open.
sub_spec given_times(std::int64_t times) {
  auto s = sub_spec().given(opened(), moved(9, {found(3, 30)}), delivered("m1", {3}));
  for (std::int64_t n = 1; n < times; ++n)
    s = std::move(s).given(deliveries_expired{positions({3})}, delivered("m1", {3}));
  return s;
}

}  // namespace

TEST_CASE("what is acknowledged is settled; what somebody else has, or nobody, is named", "[SUB-02]") {
  with_two_given()
      .when(ack{"m1", positions({7, 3, 3, 8})}, ctx_s(1))
      .then(events_acked{"m1", positions({3, 7})})
      .then_reply(settled{2, positions({8})})
      .then_look([](const lone_subscription& s, const auto&) { CHECK_FALSE(s.next_wake()); });
  with_two_given().when(ack{"m2", positions({3})}, ctx_s(1)).then_nothing().then_reply(settled{0, positions({3})});
  sub_spec().when(ack{"m1", positions({3})}, ctx_s(1)).then_rejected("NOT_FOUND");
}

TEST_CASE("an acknowledgement counts after its time while nobody else got the event", "[SUB-02]") {
  with_two_given()
      .given(deliveries_expired{positions({3, 7})})
      .when(ack{"m1", positions({3})}, ctx_s(40))
      .then(events_acked{"m1", positions({3})});
  with_two_given()
      .given(deliveries_expired{positions({3, 7})}, delivered("m2", {3}, 35))
      .when(ack{"m1", positions({3})}, ctx_s(40))
      .then_nothing()
      .then_reply(settled{0, positions({3})});
}

TEST_CASE("what is given back goes out again, at once or later", "[SUB-02]") {
  with_two_given()
      .when(nack{"m1", positions({3}), 0, "busy"}, ctx_s(1))
      .then(events_nacked{"m1", positions({3}), at_s(1), "busy"})
      .then_reply(settled{1, {}});
  with_two_given()
      .when(nack{"m1", positions({3, 9}), 60, ""}, ctx_s(1))
      .then(events_nacked{"m1", positions({3}), at_s(61), ""})
      .then_reply(settled{1, positions({9})});
  with_two_given().when(nack{"m2", positions({3}), 0, ""}, ctx_s(1)).then_nothing();
  sub_spec().when(nack{"m1", positions({3}), 0, ""}, ctx_s(1)).then_rejected("NOT_FOUND");
}

TEST_CASE("after its tenth delivery an event is parked, however it failed", "[SUB-02]") {
  given_times(9)
      .when(nack{"m1", positions({3}), 0, "bad"}, ctx_s(1))
      .then(events_nacked{"m1", positions({3}), at_s(1), "bad"});
  given_times(10).when(nack{"m1", positions({3}), 0, "bad"}, ctx_s(1)).then(events_parked{positions({3}), "bad"});
  given_times(9).when_woken(ctx_s(30)).then(deliveries_expired{positions({3})});
  given_times(10).when_woken(ctx_s(30)).then(events_parked{positions({3}), "not acknowledged in time"});
}

TEST_CASE("a delivery runs out half a minute after it was given", "[SUB-02]") {
  with_two_given().when_woken(ctx_s(29)).then_nothing();
  with_two_given().when_woken(ctx_s(30)).then(deliveries_expired{positions({3, 7})});
  sub_spec().when_woken(ctx_s(30)).then_nothing();
}

TEST_CASE("a parked event holds nobody up", "[SUB-02]") {
  sub_spec()
      .given(opened(), moved(9, {found(3, 30), found(4, 30)}), delivered("m1", {3}),
             events_parked{positions({3}), "bad"})
      .when(pull_of(9, 9, {}), reader_s(1))
      .then(delivered("m1", {4}, 1));
}

TEST_CASE("parked events are replayed or given up, some or all", "[SUB-02]") {
  const auto parked = [] { return with_two_given().given(events_parked{positions({3, 7}), "bad"}); };
  parked()
      .when(replay_parked{positions({7})}, ctx_s(1))
      .then(parked_replayed{positions({7})})
      .then_reply(parked_moved{1, 1});
  parked().when(replay_parked{}, ctx_s(1)).then(parked_replayed{positions({3, 7})}).then_reply(parked_moved{2, 0});
  parked().when(replay_parked{positions({3, 8})}, ctx_s(1)).then_rejected("NOT_FOUND");
  parked().when(discard_parked{positions({3})}, ctx_s(1)).then(parked_discarded{positions({3})});
  parked().when(discard_parked{}, ctx_s(1)).then(parked_discarded{positions({3, 7})});
  with_two_given().when(replay_parked{}, ctx_s(1)).then_nothing();
  with_two_given().when(discard_parked{}, ctx_s(1)).then_nothing();
  with_two_given().when(discard_parked{positions({3})}, ctx_s(1)).then_rejected("NOT_FOUND");
  sub_spec().when(replay_parked{}, ctx_s(1)).then_rejected("NOT_FOUND");
  // Replayed, it counts as new.
  parked()
      .given(parked_replayed{positions({3})})
      .when(pull_of(9, 9, {}, "m2"), reader_s(2))
      .then(delivered("m2", {3}, 2))
      .then_look([](const auto&, const auto& decided) { CHECK(said(decided).events.front().delivery == 1); });
}

TEST_CASE("a replayed event waits while a later one of its entity is out", "[SUB-02]") {
  sub_spec()
      .given(opened(), moved(9, {found(3, 30), found(4, 30)}), delivered("m1", {3}),
             events_parked{positions({3}), "bad"}, delivered("m1", {4}), parked_replayed{positions({3})})
      .when(pull_of(9, 9, {}, "m2"), reader_s(1))
      .then_nothing();
}

TEST_CASE("where it stands is told", "[SUB-04]") {
  with_two_given()
      .given(events_parked{positions({7}), "bad"})
      .when(show_status{}, ctx_s(1))
      .then_look([](const auto&, const core::decision& decided) {
        const auto status = core::from_msgpack<subscription_status>(decided.reply());
        REQUIRE(status);
        CHECK(status->cursor == core::gseq{9});
        CHECK(status->oldest == core::gseq{3});
        CHECK(status->given == 1);
        CHECK(status->waiting == 0);
        CHECK(status->parked == 1);
        REQUIRE(status->members.size() == 1);
        CHECK(status->members[0].member == "m1");
      });
  with_two_given()
      .given(events_parked{positions({3, 7}), "bad"})
      .when(list_parked{{}, 1}, ctx_s(1))
      .then_look([](const auto&, const core::decision& decided) {
        const auto page = core::from_msgpack<parked_page>(decided.reply());
        REQUIRE(page);
        REQUIRE(page->events.size() == 1);
        CHECK(page->events[0].gseq == core::gseq{3});
        CHECK(page->events[0].reason == "bad");
        CHECK(page->next_after == core::gseq{3});
      });
  sub_spec().when(show_status{}, ctx_s(1)).then_rejected("NOT_FOUND");
  sub_spec().when(list_parked{}, ctx_s(1)).then_rejected("NOT_FOUND");
}

}  // namespace logline::messaging
