#include <catch2/catch.hpp>

#include <memory>
#include <string>

#include "actors/inbox.hpp"
#include "actors/reply.hpp"
#include "actors/timer_queue.hpp"

using namespace logline;

TEST_CASE("a reply always answers, once") {
  int answers = 0;
  std::string code;
  const auto receiver = [&](core::result<int> r) {
    ++answers;
    code = r ? "ok" : r.error().code;
  };
  SECTION("delivered") {
    actors::reply<int> r{receiver};
    r.deliver(1);
    r.deliver(2);
    CHECK_FALSE(r.pending());
  }
  SECTION("moved, then dropped") {
    actors::reply<int> r{receiver};
    { const actors::reply<int> taken{std::move(r)}; }
    CHECK(code == "UNAVAILABLE");
  }
  SECTION("overwritten") {
    actors::reply<int> r{receiver};
    r = actors::reply<int>{};
    CHECK(code == "UNAVAILABLE");
  }
  CHECK(answers == 1);
}

TEST_CASE("an inbox tells once for many values") {
  actors::inbox<int> box;
  CHECK(box.put(1));
  CHECK_FALSE(box.put(2));
  CHECK(box.take() == std::vector<int>{1, 2});
  CHECK(box.put(3));
}

TEST_CASE("a timer queue keeps one time per key and says who is due in order") {
  actors::timer_queue<std::string> timers;
  CHECK(timers.next() == core::never);
  timers.arm("a", {30});
  timers.arm("b", {10});
  timers.arm("c", {20});
  timers.arm("a", {5});
  timers.arm("b", core::never);
  CHECK(timers.size() == 2);
  CHECK(timers.next() == core::timestamp{5});
  CHECK_FALSE(timers.pop_due({4}));
  CHECK(timers.pop_due({25}) == "a");
  CHECK(timers.pop_due({25}) == "c");
  CHECK_FALSE(timers.pop_due({25}));
  CHECK(timers.size() == 0);
}
