#include <catch2/catch.hpp>

#include <vector>

#include "adapters/postgres/failover.hpp"

using namespace logline;
using namespace logline::postgres;

namespace {

constexpr probe_result silent{server_role::silent, 0};
probe_result standby(std::uint64_t epoch = 1) {
  return {server_role::standby, epoch};
}
probe_result writable(std::uint64_t epoch = 1) {
  return {server_role::writable, epoch};
}

/// Two servers as a test says they are, and what a round did.
struct world {
  failover machine;
  core::timestamp now{1'000'000'000};
  std::vector<probe_result> servers;
  bool promotes = true;
  std::vector<watch_step> steps = {};

  world(failover_state state, std::vector<probe_result> are)
      : machine(failover_rules{}, state, are.size() > 1), servers(std::move(are)) {}

  watch_verdict round() {
    steps.clear();
    for (auto step = machine.begin(); step != watch_step::rest;) {
      steps.push_back(step);
      REQUIRE(steps.size() < 1'000);
      const auto active = machine.state().active;
      switch (step) {
        case watch_step::probe_active:
          step = machine.told(now, servers[active]);
          break;
        case watch_step::await_promotion:
          now = now + core::milliseconds(200);
          [[fallthrough]];
        case watch_step::probe_other:
          step = machine.told(now, servers[1 - active]);
          break;
        case watch_step::promote:
          if (promotes) servers[1 - active].role = server_role::writable;
          [[fallthrough]];
        case watch_step::fence:
        case watch_step::take_over:
          step = machine.done(now);
          break;
        case watch_step::rest:
          break;
      }
    }
    return machine.verdict();
  }
};

using steps = std::vector<watch_step>;

}  // namespace

TEST_CASE("a server that takes writes is left in charge, whatever its standby does", "[PGF-01]") {
  world alone{{}, {writable()}};
  CHECK(alone.round() == watch_verdict::level);
  CHECK(alone.steps == steps{watch_step::probe_active});
  world pair{{}, {writable(), standby()}};
  CHECK(pair.round() == watch_verdict::level);
  CHECK(pair.machine.has_standby());
  pair.servers[1] = silent;
  CHECK(pair.round() == watch_verdict::level);
  CHECK_FALSE(pair.machine.has_standby());
  CHECK(pair.machine.state().active == 0);
}

TEST_CASE("a primary that fails two probes gives way to its standby, in this order", "[PGF-02]") {
  world w{{}, {silent, standby(4)}};
  CHECK(w.round() == watch_verdict::switched);
  CHECK(w.steps == steps{watch_step::probe_active, watch_step::probe_active, watch_step::probe_other, watch_step::fence,
                         watch_step::promote, watch_step::await_promotion, watch_step::take_over});
  CHECK(w.machine.state().active == 1);
  CHECK(w.machine.state().epoch == 5);
  CHECK(w.machine.state().last_switch == w.now);
  CHECK(w.round() == watch_verdict::level);
}

TEST_CASE("one probe that fails is no failure of the server", "[PGF-02]") {
  failover machine{failover_rules{}, {}, true};
  CHECK(machine.begin() == watch_step::probe_active);
  CHECK(machine.told({1}, silent) == watch_step::probe_active);
  CHECK(machine.told({2}, writable()) == watch_step::probe_other);
  CHECK(machine.told({3}, standby()) == watch_step::rest);
  CHECK(machine.verdict() == watch_verdict::level);
}

TEST_CASE("a standby that is not promoted in time is not used", "[PGF-02]") {
  world w{{}, {silent, standby()}};
  w.promotes = false;
  const auto before = w.now;
  CHECK(w.round() == watch_verdict::not_promoted);
  CHECK(w.now - before >= core::seconds(30));
  CHECK(w.now - before < core::seconds(31));
  CHECK(w.machine.state().active == 0);
  CHECK_FALSE(w.machine.state().last_switch);
}

TEST_CASE("nobody goes back by himself; an old primary that takes writes is told of and not used", "[PGF-03]") {
  world w{{}, {silent, standby()}};
  REQUIRE(w.round() == watch_verdict::switched);
  w.servers[0] = writable(1);
  w.servers[1] = writable(2);
  w.now = w.now + core::hours(1);
  CHECK(w.round() == watch_verdict::split);
  CHECK(w.machine.active_takes_writes());
  CHECK(w.machine.state().active == 1);
  SECTION("not even when the new one is down: it lacks what that was told") {
    w.servers[1] = silent;
    CHECK(w.round() == watch_verdict::split);
    CHECK_FALSE(w.machine.active_takes_writes());
    CHECK(w.machine.state().active == 1);
  }
  SECTION("rebuilt as a standby it is one") {
    w.servers[0] = standby(2);
    CHECK(w.round() == watch_verdict::level);
    CHECK(w.machine.has_standby());
    w.servers[1] = silent;
    CHECK(w.round() == watch_verdict::switched);
    CHECK(w.machine.state().active == 0);
    CHECK(w.machine.state().epoch == 3);
  }
  SECTION("an order is obeyed where the other is level") {
    CHECK_FALSE(w.machine.order_switch(w.now, standby(2)));
    CHECK_FALSE(w.machine.order_switch(w.now, writable(1)));
    CHECK(w.machine.order_switch(w.now, writable(2)));
    CHECK(w.machine.state().active == 0);
    CHECK(w.machine.state().epoch == 3);
  }
}

TEST_CASE("both down: nothing is done, and it is said", "[PGF-04]") {
  world w{{}, {silent, silent}};
  CHECK(w.round() == watch_verdict::down);
  world alone{{}, {silent}};
  CHECK(alone.round() == watch_verdict::down);
}

TEST_CASE("servers that flap switch once in five minutes", "[PGF-05]") {
  world w{{}, {silent, standby()}};
  REQUIRE(w.round() == watch_verdict::switched);
  w.servers = {standby(2), silent};
  w.now = w.now + core::minutes(5) - core::duration_us{1};
  CHECK(w.round() == watch_verdict::paused);
  CHECK(w.machine.state().active == 1);
  w.now = w.now + core::duration_us{1};
  CHECK(w.round() == watch_verdict::switched);
}

TEST_CASE("a standby that somebody else promoted is taken without asking") {
  world w{{}, {standby(), writable()}};
  CHECK(w.round() == watch_verdict::switched);
  CHECK(std::find(w.steps.begin(), w.steps.end(), watch_step::promote) == w.steps.end());
}
