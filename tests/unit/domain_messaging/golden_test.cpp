#include <catch2/catch.hpp>

#include <cstdlib>
#include <set>

#include "tests/unit/domain_core/golden.hpp"
#include "tests/unit/domain_messaging/subscription_spec.hpp"

/// One of every event, as it is stored. A changed golden file means that journals written before can no longer be read
/// as they were meant: raise the event's version and add an upcaster instead (JRN-09).
namespace logline::messaging {

namespace {

std::vector<core::event_box> samples() {
  using core::event_box;
  const event_filter filter{{"acme"}, {"task_queue"}, {"news"}, {"task_*"}};
  return {
      event_box::of(subscription_opened{filter, {start_kind::gseq, core::gseq{41}, {}}, {"m1"}, 60, 5, 100}),
      event_box::of(subscription_configured{filter, {"m1", "m2"}, 60, 5, 100}),
      event_box::of(subscription_reset{{start_kind::time, {}, at_s(1)}}),
      event_box::of(subscription_closed{"moved"}),
      event_box::of(moved(70'000, {found(69'999, 4'000'000'000'000'000, 512)})),
      event_box::of(delivered("m1", {69'999})),
      event_box::of(events_acked{"m1", positions({69'999})}),
      event_box::of(events_nacked{"m1", positions({69'999}), at_s(5), "busy"}),
      event_box::of(deliveries_expired{positions({69'999})}),
      event_box::of(events_parked{positions({69'999}), "bad"}),
      event_box::of(parked_replayed{positions({69'999})}),
      event_box::of(parked_discarded{positions({69'999})}),
  };
}

std::string this_file() {
  const char* source = std::getenv("LOGLINE_SOURCE");
  return std::string{source == nullptr ? "." : source} + "/tests/unit/domain_messaging/golden_test.cpp";
}

}  // namespace

TEST_CASE("subscription: the stored form of each event is what it was", "[JRN-09]") {
  std::set<std::string> checked;
  for (const auto& event : samples()) {
    const auto stored = event.encode(event.body.get());
    checked.emplace(event.name);
    fixtures::check_golden(this_file().c_str(), fmt::format("{}.v{}.txt", event.name, event.version),
                           core::to_hex(stored) + "\n" + core::json_text(stored) + "\n");
  }
  std::set<std::string> listed;
  for (const auto& event : subscription_type().events())
    listed.emplace(event.name);
  CHECK(checked == listed);
}

}  // namespace logline::messaging
