#include <catch2/catch.hpp>

#include "actors/replay.hpp"
#include "domain/timeline/events.hpp"

using namespace logline;

TEST_CASE("a timeline event's record carries its clocks, under the name of its stream", "[TLN-01]") {
  timeline::timeline_event_appended event;
  event.dot = {"s1.1", 3};
  event.lamport = 9;
  event.vc = {{"b.1", 4}, {"s1.1", 3}};
  const auto id = core::make_uuid7(1, 2, 3);
  const auto draft = actors::draft_of({"acme", "timeline", "tx"}, core::event_box::of(event), id);
  REQUIRE(draft.timeline);
  CHECK(*draft.timeline == core::timeline_stamp{"tx", {"s1.1", 3}, 9, {{"b.1", 4}, {"s1.1", 3}}});
  CHECK(draft.event_id == id);
  CHECK(draft.event == "timeline_event_appended");

  const timeline::timeline_event_tombstoned mark{id, "asked to"};
  CHECK_FALSE(actors::draft_of({"acme", "timeline", "tx"}, core::event_box::of(mark), id).timeline);
}
