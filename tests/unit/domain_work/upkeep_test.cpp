#include <catch2/catch.hpp>

#include "tests/unit/domain_work/queue_spec.hpp"

namespace logline::work {

namespace {

task_lease_expired lost(unsigned n, std::int64_t attempt, task_status status,
                        std::optional<core::timestamp> run_at = {}) {
  return {task_id(n), lease_id(n), attempt, "lease expired", status, run_at};
}

}  // namespace

TEST_CASE("a lease that runs out is a failed attempt, and the task waits as after any", "[TSK-05]") {
  const auto given = [] { return queue_spec().given(no_jitter(), enqueued(1), leased(1, 0, 2)); };
  given().when_woken(ctx_s(59)).then_nothing().then_look(
      [](const lone_queue& q, const auto&) { CHECK(q.next_wake() == at_s(60)); });
  given()
      .when_woken(ctx_s(60))
      .then(lost(1, 2, task_status::pending, at_s(60 + 4 * 60)))
      .then_look([](const lone_queue& q, const auto&) {
        CHECK(q.state().leases.size() == 0);
        CHECK_FALSE(q.next_wake());
      });
  given()
      .given(task_lease_extended{task_id(1), lease_id(1), at_s(90)})
      .when_woken(ctx_s(60))
      .then_nothing()
      .then_look([](const lone_queue& q, const auto&) { CHECK(q.next_wake() == at_s(90)); });
}

TEST_CASE("the last attempt's lease runs out: a dead letter", "[TSK-05][TSK-09]") {
  queue_spec()
      .given(enqueued(1), leased(1, 0, 5))
      .when_woken(ctx_s(60))
      .then(lost(1, 5, task_status::error), task_dead_lettered{task_id(1), 5, "lease expired", at_s(60)});
}

TEST_CASE("a task that expires is cancelled at that time", "[TSK-11]") {
  auto task = enqueued(1);
  task.expires_at = at_s(10);
  queue_spec().given(task).when_woken(ctx_s(9)).then_nothing().then_look(
      [](const lone_queue& q, const auto&) { CHECK(q.next_wake() == at_s(10)); });
  queue_spec().given(task).when_woken(ctx_s(10)).then(task_cancelled{task_id(1), "expired"});
  // While it runs it does not expire; when the attempt fails, it has.
  queue_spec()
      .given(task, leased(1))
      .when_woken(ctx_s(10))
      .then_nothing()
      .then_look([](const lone_queue& q, const auto&) { CHECK(q.next_wake() == at_s(60)); });
  queue_spec()
      .given(task, leased(1))
      .when_woken(ctx_s(60))
      .then(lost(1, 1, task_status::cancelled), task_cancelled{task_id(1), "expired"});
  queue_spec()
      .given(task, leased(1))
      .when(fail{task_id(1), lease_id(1), "boom", true, {}}, ctx_s(9))
      .then_look([](const lone_queue& q, const auto&) {
        CHECK(q.state().tasks.find(task_id(1))->status() == task_status::pending);
        CHECK(q.next_wake() == at_s(10));
      });
}

TEST_CASE("finished tasks leave memory after an hour, dead letters stay") {
  const auto given = [] {
    return queue_spec()
        .given(enqueued(1), enqueued(2), enqueued(3), enqueued(4), leased(1, 0, 1, 1), leased(3, 0, 5, 2))
        .at(at_s(10))
        .given(task_completed{task_id(1), lease_id(1), 1, {}}, failed(3, 5, task_status::error), dead_lettered(3, 5))
        .at(at_s(20))
        .given(task_cancelled{task_id(2), "x"});
  };
  given().when_woken(ctx_s(3'600)).then_nothing().then_look([](const lone_queue& q, const auto&) {
    CHECK(q.next_wake() == at_s(3'660));  // an hour later, on the minute
    CHECK(q.state().tasks.all().size() == 4);
  });
  given().when_woken(ctx_s(3'660)).then(tasks_pruned{2, at_s(20)}).then_look([](const lone_queue& q, const auto&) {
    CHECK(q.state().tasks.find(task_id(1)) == nullptr);
    CHECK(q.state().tasks.find(task_id(2)) == nullptr);
    CHECK(q.state().tasks.find(task_id(3))->status() == task_status::error);
    CHECK(q.state().tasks.find(task_id(4))->status() == task_status::pending);
    CHECK_FALSE(q.next_wake());
  });
}

TEST_CASE("what is due beyond one wake-up's share follows at once") {
  lone_queue queue;
  for (unsigned n = 1; n <= 2'300; ++n) {
    queue.fold(core::event_box::of(enqueued(n)), at_s(0));
    queue.fold(core::event_box::of(leased(n, 0, 1, n)), at_s(0));
  }
  std::vector<std::size_t> shares;
  while (queue.next_wake() && *queue.next_wake() <= at_s(60))
    shares.push_back(queue.send(core::woken{}, ctx_s(60)).events().size());
  CHECK(shares == std::vector<std::size_t>{1'000, 1'000, 300});
  for (unsigned n = 1; n <= 2'300; ++n)
    queue.fold(core::event_box::of(task_cancelled{task_id(n), "x"}), at_s(100));
  shares.clear();
  while (queue.next_wake() && *queue.next_wake() <= at_s(7'200)) {
    shares.push_back(queue.state().tasks.all().size());
    REQUIRE(queue.send(core::woken{}, ctx_s(7'200)).events().size() == 1);
  }
  CHECK(shares == std::vector<std::size_t>{2'300, 1'300, 300});
  CHECK(queue.state().tasks.kinds().empty());
  queue.check_replay();
}

TEST_CASE("memory is bounded however fast tasks finish: the oldest leave early") {
  lone_queue queue;
  task_queue state;
  const core::record_meta meta{core::eseq{1}, at_s(0)};
  for (std::uint32_t n = 0; n < 100'002; ++n) {
    auto event = enqueued(1);
    event.task_id.octets[10] = static_cast<unsigned char>(n >> 24);
    event.task_id.octets[11] = static_cast<unsigned char>(n >> 16);
    event.task_id.octets[12] = static_cast<unsigned char>(n >> 8);
    event.task_id.octets[13] = static_cast<unsigned char>(n);
    evolve(state, event, meta);
    evolve(state, task_cancelled{event.task_id, "x"}, meta);
  }
  CHECK(next_wake(state) == at_s(0));
  const auto decided = decide(state, core::woken{}, ctx_s(1));
  REQUIRE(decided.events().size() == 1);
  CHECK(static_cast<const tasks_pruned*>(decided.events()[0].body.get())->count == 2);
}

TEST_CASE("tick does by hand what is due, no more than it may") {
  lone_queue queue;
  for (unsigned n = 1; n <= 15; ++n) {
    queue.fold(core::event_box::of(enqueued(n)), at_s(0));
    queue.fold(core::event_box::of(leased(n, 0, 1, n)), at_s(0));
  }
  const auto nothing = queue.send(tick{}, ctx_s(59));
  CHECK(nothing.events().empty());
  CHECK(queue.reply_json(nothing) == R"({"acted":0})");
  CHECK(queue.reply_json(queue.send(tick{}, ctx_s(60))) == R"({"acted":10})");
  CHECK(queue.reply_json(queue.send(tick{3}, ctx_s(60))) == R"({"acted":3})");
  CHECK(queue.state().leases.size() == 2);
}

}  // namespace logline::work
