#include <catch2/catch.hpp>

#include "tests/unit/domain_messaging/subscription_spec.hpp"

namespace logline::messaging {

TEST_CASE("a pull moves the cursor and gives out what was found, for half a minute", "[SUB-01][SUB-02]") {
  sub_spec()
      .given(opened())
      .when(pull_of(0, 9, {found(3, 30), found(7, 70)}), reader_s(5))
      .then(moved(9, {found(3, 30), found(7, 70)}), delivered("m1", {3, 7}, 5))
      .then_look([](const lone_subscription& s, const core::decision& decided) {
        const auto reply = said(decided);
        REQUIRE(reply.events.size() == 2);
        CHECK(reply.events[0].gseq == core::gseq{3});
        CHECK(reply.events[0].delivery == 1);
        CHECK(reply.until == at_s(35));
        CHECK(reply.cursor == core::gseq{9});
        CHECK_FALSE(reply.plan);
        CHECK(s.next_wake() == at_s(35));
      });
}

TEST_CASE("what one member has, another does not get", "[SUB-02]") {
  sub_spec()
      .given(opened(), moved(9, {found(3, 30), found(7, 70)}), delivered("m1", {3}))
      .when(pull_of(9, 9, {}, "m2"), reader_s(1))
      .then(delivered("m2", {7}, 1));
}

TEST_CASE("an entity's next event waits for the one before it", "[SUB-02]") {
  sub_spec()
      .given(opened())
      .when(pull_of(0, 5, {found(1, 30), found(2, 30), found(3, 40)}), reader_s(0))
      .then(moved(5, {found(1, 30), found(2, 30), found(3, 40)}), delivered("m1", {1, 3}));
  sub_spec()
      .given(opened(), moved(5, {found(1, 30), found(2, 30)}), delivered("m1", {1}))
      .when(pull_of(5, 6, {found(6, 30)}, "m2"), reader_s(0))
      .then(moved(6, {found(6, 30)}));
  sub_spec()
      .given(opened(), moved(5, {found(1, 30), found(2, 30)}), delivered("m1", {1}), events_acked{"m1", positions({1})})
      .when(pull_of(5, 5, {}, "m2"), reader_s(0))
      .then(delivered("m2", {2}));
}

TEST_CASE("a pull gives out no more than was asked for, and reads no further", "[SUB-02][SUB-04]") {
  auto two = pull_of(0, 9, {found(3, 30), found(5, 50), found(7, 70)});
  two.limit = 2;
  sub_spec()
      .given(opened())
      .when(two, reader_s(0))
      .then(moved(5, {found(3, 30), found(5, 50)}), delivered("m1", {3, 5}));
}

TEST_CASE("an answer carries 4 MiB of payloads, and a larger event goes alone", "[SUB-04]") {
  const std::uint32_t big = 3'000'000;
  sub_spec()
      .given(opened())
      .when(pull_of(0, 9, {found(3, 30, big), found(5, 50, big)}), reader_s(0))
      .then(moved(3, {found(3, 30, big)}), delivered("m1", {3}));
  sub_spec()
      .given(opened(), moved(9, {found(3, 30, big), found(5, 50, big)}))
      .when(pull_of(9, 9, {}), reader_s(0))
      .then(delivered("m1", {3}));
  sub_spec()
      .given(opened())
      .when(pull_of(0, 3, {found(3, 30, 8'000'000)}), reader_s(0))
      .then(moved(3, {found(3, 30, 8'000'000)}), delivered("m1", {3}));
}

TEST_CASE("a full window takes nothing more until something is settled", "[SUB-04]") {
  auto narrow = opened();
  narrow.window = 2;
  sub_spec()
      .given(narrow)
      .when(pull_of(0, 9, {found(1, 30), found(2, 30), found(3, 40)}), reader_s(0))
      .then(moved(2, {found(1, 30), found(2, 30)}), delivered("m1", {1}))
      .then_look([](const auto&, const auto& decided) { CHECK(said(decided).is_full); });
  sub_spec()
      .given(narrow, moved(2, {found(1, 30), found(2, 30)}), delivered("m1", {1}))
      .when(pull_of(2, 9, {found(3, 40)}), reader_s(0))
      .then_nothing();
  sub_spec()
      .given(narrow, moved(2, {found(1, 30), found(2, 30)}), delivered("m1", {1}), events_acked{"m1", positions({1})})
      .when(pull_of(2, 9, {found(3, 40)}), reader_s(0))
      .then(moved(9, {found(3, 40)}), delivered("m1", {2, 3}));
}

TEST_CASE("what was read with another filter or from another place is not taken", "[SUB-01]") {
  auto stale = pull_of(0, 9, {found(3, 30)});
  stale.revision = 0;
  sub_spec().given(opened()).when(stale, reader_s(0)).then_nothing().then_look([](const auto&, const auto& decided) {
    const auto reply = said(decided);
    REQUIRE(reply.plan);
    CHECK(reply.plan->revision == 1);
    CHECK(reply.plan->start == start_point{start_kind::begin, {}, {}});
    CHECK(reply.plan->started == core::eseq{1});
  });
  // A gap between the cursor and what was read.
  sub_spec().given(opened(), moved(4, {})).when(pull_of(5, 9, {found(7, 70)}), reader_s(0)).then_nothing();
  // Read before somebody else moved on: only what lies behind the cursor counts.
  sub_spec()
      .given(opened(), moved(5, {found(5, 50)}))
      .when(pull_of(0, 9, {found(3, 30), found(5, 50), found(7, 70)}), reader_s(0))
      .then(moved(9, {found(7, 70)}), delivered("m1", {5, 7}));
  sub_spec().given(opened(), moved(9, {})).when(pull_of(0, 8, {found(7, 70)}), reader_s(0)).then_nothing();
}

TEST_CASE("a cursor that found nothing is written down only now and then", "[SUB-01]") {
  sub_spec().given(opened()).when(pull_of(0, 4'095, {}), reader_s(0)).then_nothing();
  sub_spec().given(opened()).when(pull_of(0, 4'096, {}), reader_s(0)).then(moved(4'096, {}));
}

TEST_CASE("only the node's reader hands in what was read, and only members get it", "[SUB-01]") {
  sub_spec().given(opened()).when(pull_of(0, 9, {found(3, 30)}), ctx_s(0)).then_rejected("FORBIDDEN");
  auto closed_group = opened();
  closed_group.members = {"m1", "m2"};
  sub_spec().given(closed_group).when(pull_of(0, 9, {}, "m3"), reader_s(0)).then_rejected("NOT_A_MEMBER");
  sub_spec()
      .given(closed_group)
      .when(pull_of(0, 9, {found(3, 30)}, "m2"), reader_s(0))
      .then(moved(9, {found(3, 30)}), delivered("m2", {3}));
  sub_spec().when(pull_of(0, 9, {}), reader_s(0)).then_rejected("NOT_FOUND");
  sub_spec().given(opened(), subscription_closed{}).when(pull_of(0, 9, {}), reader_s(0)).then_rejected("CONFLICT");
}

TEST_CASE("with too many parked events nothing goes out until they are dealt with", "[SUB-04]") {
  std::vector<found_event> many;
  std::vector<core::gseq> all;
  for (std::uint64_t n = 1; n <= parked_max; ++n) {
    many.push_back(found(n, n));
    all.emplace_back(n);
  }
  const events_delivered given{"m1", "founder", all, at_s(30)};
  sub_spec()
      .given(opened(), moved(parked_max, many), given, events_parked{all, "bad"})
      .when(pull_of(parked_max, parked_max + 1, {found(parked_max + 1, 1)}), reader_s(0))
      .then_rejected("SUBSCRIPTION_STALLED");
  sub_spec()
      .given(opened(), moved(parked_max, many), given, events_parked{all, "bad"}, parked_discarded{positions({1})})
      .when(pull_of(parked_max, parked_max + 1, {found(parked_max + 1, 1)}), reader_s(0))
      .then(moved(parked_max + 1, {found(parked_max + 1, 1)}), delivered("m1", {parked_max + 1}));
}

TEST_CASE("what was given back for later goes out when its time has come", "[SUB-02]") {
  const events_nacked later{"m1", positions({3}), at_s(10), "busy"};
  sub_spec()
      .given(opened(), moved(9, {found(3, 30)}), delivered("m1", {3}), later)
      .when(pull_of(9, 9, {}), reader_s(9))
      .then_nothing()
      .then_look([](const auto&, const auto& decided) { CHECK(said(decided).next == at_s(10)); });
  sub_spec()
      .given(opened(), moved(9, {found(3, 30)}), delivered("m1", {3}), later)
      .when(pull_of(9, 9, {}), reader_s(10))
      .then(delivered("m1", {3}, 10))
      .then_look([](const auto&, const auto& decided) { CHECK(said(decided).events.front().delivery == 2); });
}

}  // namespace logline::messaging
