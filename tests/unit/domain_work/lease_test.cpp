#include <catch2/catch.hpp>

#include <set>

#include "tests/unit/domain_work/queue_spec.hpp"

namespace logline::work {

namespace {

/// The tasks that a decision hands out, in order.
std::vector<core::uuid> handed_out(const core::decision& decided) {
  std::vector<core::uuid> out;
  for (const auto& event : decided.events()) {
    REQUIRE(event.identity == &core::type_identity<task_leased>);
    out.push_back(static_cast<const task_leased*>(event.body.get())->task_id);
  }
  return out;
}

task_enqueued task_with(unsigned n, std::int64_t priority, std::int64_t run_at_s, std::string kind = "mail") {
  auto event = enqueued(n);
  event.priority = priority;
  event.run_at = at_s(run_at_s);
  event.kind = std::move(kind);
  return event;
}

lease_tasks patient(std::int64_t wait_ms) {
  auto command = lease_by("w1");
  command.wait_ms = wait_ms;
  return command;
}

core::context asked(std::int64_t now_s, std::int64_t asked_s) {
  auto ctx = ctx_s(now_s);
  ctx.asked_at = at_s(asked_s);
  return ctx;
}

}  // namespace

TEST_CASE("a lease hands a due task out with its payload and opens an attempt", "[TSK-03][TSK-17]") {
  auto ctx = ctx_s(5);
  const auto id = core::context{ctx}.new_id();
  queue_spec()
      .given(enqueued(1))
      .when(lease_by("w1"), ctx)
      .then(task_leased{task_id(1), id, "w1", 1, 1, at_s(65)})
      .then_reply(R"({"tasks":[{"task_id":")" + task_id(1).text() +
                  R"(","kind":"mail","payload":{"n":1},"lease_id":")" + id.text() + R"(","token":1,"until":")" +
                  core::to_rfc3339(at_s(65)) + R"(","attempt":1,"max_attempts":5,"run_at":")" +
                  core::to_rfc3339(start_of_time) + R"(","created_at":")" + core::to_rfc3339(start_of_time) + "\"}]}")
      .then_look([&](const lone_queue& queue, const core::decision&) {
        const auto& t = *queue.state().tasks.find(task_id(1));
        CHECK(t.status() == task_status::running);
        CHECK(t.attempts == 1);
        const auto* held = queue.state().leases.find(id);
        REQUIRE(held != nullptr);
        CHECK(held->worker_id == "w1");
        CHECK(held->started_at == at_s(5));
      });
}

TEST_CASE("tasks go by priority, then run_at, then id", "[TSK-03]") {
  queue_spec()
      .given(task_with(1, 5, 3), task_with(2, 5, 2, "chat"), task_with(3, 9, 4), task_with(4, 0, 1), task_with(6, 5, 2),
             task_with(5, 5, 2), task_with(7, 9, 11))
      .when(lease_by("w1"), ctx_s(10))
      .then_look([](const auto&, const auto& decided) {
        CHECK(handed_out(decided) ==
              std::vector{task_id(3), task_id(2), task_id(5), task_id(6), task_id(1), task_id(4)});
      });
}

TEST_CASE("a lease takes no more than its limit, only its kinds, and nothing before its time", "[TSK-03]") {
  const auto given = [] {
    return queue_spec().given(task_with(1, 5, 0, "a"), task_with(2, 5, 1, "b"), task_with(3, 5, 2, "c"),
                              task_with(4, 5, 20, "a"));
  };
  given().when(lease_by("w1", 2), ctx_s(10)).then_look([](const auto&, const auto& decided) {
    CHECK(handed_out(decided) == std::vector{task_id(1), task_id(2)});
  });
  auto some = lease_by("w1");
  some.kinds = std::vector<std::string>{"c", "a", "c"};
  given().when(some, ctx_s(10)).then_look([](const auto&, const auto& decided) {
    CHECK(handed_out(decided) == std::vector{task_id(1), task_id(3)});
  });
  CHECK(lease_tasks{}.limit == 10);
}

TEST_CASE("no task is leased twice, and fencing tokens only grow", "[TSK-03]") {
  lone_queue queue;
  for (unsigned n = 1; n <= 40; ++n)
    queue.fold(core::event_box::of(enqueued(n)), at_s(0));
  std::set<core::uuid> seen;
  std::uint64_t last_token = 0;
  for (int round = 0; round < 5; ++round) {
    const auto decided = queue.send(lease_by("w" + std::to_string(round)), context_at(at_s(1), round + 1));
    for (const auto& event : decided.events()) {
      const auto& granted = *static_cast<const task_leased*>(event.body.get());
      CHECK(seen.insert(granted.task_id).second);
      CHECK(granted.token > last_token);
      last_token = granted.token;
    }
  }
  CHECK(seen.size() == 40);
  CHECK(queue.state().last_token == 40);
}

TEST_CASE("a lease is as long as the command, the task, its kind, the queue or the default says", "[TSK-05]") {
  const auto until = [](const core::decision& decided) {
    return static_cast<const task_leased*>(decided.events().at(0).body.get())->until;
  };
  queue_configured for_queue;
  for_queue.values.lease_s = 100;
  queue_configured for_kind;
  for_kind.kind = "mail";
  for_kind.values.lease_s = 200;
  auto task = enqueued(1);
  task.lease_s = 300;
  auto command = lease_by("w1");
  queue_spec().given(enqueued(1)).when(command).then_look([&](const auto&, const auto& d) {
    CHECK(until(d) == at_s(60));
  });
  queue_spec().given(for_queue, enqueued(1)).when(command).then_look([&](const auto&, const auto& d) {
    CHECK(until(d) == at_s(100));
  });
  queue_spec().given(for_queue, for_kind, enqueued(1)).when(command).then_look([&](const auto&, const auto& d) {
    CHECK(until(d) == at_s(200));
  });
  queue_spec().given(for_queue, for_kind, task).when(command).then_look([&](const auto&, const auto& d) {
    CHECK(until(d) == at_s(300));
  });
  command.lease_s = 400;
  queue_spec().given(for_queue, for_kind, task).when(command).then_look([&](const auto&, const auto& d) {
    CHECK(until(d) == at_s(400));
  });
}

TEST_CASE("nothing due and no patience: an empty answer, nothing recorded") {
  queue_spec().when(lease_by("w1")).then_nothing().then_reply(R"({"tasks":[]})");
  queue_spec().given(task_with(1, 5, 60)).when(lease_by("w1"), ctx_s(59)).then_nothing().then_reply(R"({"tasks":[]})");
}

TEST_CASE("a patient lease waits for its deadline, or until the next task is due", "[TSK-03][TSK-04]") {
  queue_spec().when(patient(30'000), asked(0, 0)).then_waits_until(at_s(30));
  // Asked again later, the deadline stays where it was.
  queue_spec().when(patient(30'000), asked(20, 0)).then_waits_until(at_s(30));
  queue_spec().when(patient(30'000), asked(30, 0)).then_nothing().then_reply(R"({"tasks":[]})");

  queue_spec().given(task_with(1, 5, 12)).when(patient(30'000), asked(0, 0)).then_waits_until(at_s(12));
  queue_spec()
      .given(task_with(1, 5, 12))
      .when(patient(30'000), asked(12, 0))
      .then_look([](const auto&, const auto& decided) { CHECK(handed_out(decided) == std::vector{task_id(1)}); });
  queue_spec().given(task_with(1, 5, 31)).when(patient(30'000), asked(0, 0)).then_waits_until(at_s(30));

  auto other_kind = patient(30'000);
  other_kind.kinds = std::vector<std::string>{"chat"};
  queue_spec().given(task_with(1, 5, 12)).when(other_kind, asked(0, 0)).then_waits_until(at_s(30));
  queue_spec().given(task_with(1, 5, 0)).when(other_kind, asked(5, 0)).then_waits_until(at_s(30));
}

TEST_CASE("an expired task is never handed out, even before time has cancelled it", "[TSK-11]") {
  auto doomed = task_with(1, 9, 0);
  doomed.expires_at = at_s(10);
  queue_spec()
      .given(doomed, enqueued(2))
      .when(lease_by("w1"), ctx_s(10))
      .then_look([](const auto&, const auto& decided) { CHECK(handed_out(decided) == std::vector{task_id(2)}); });
  // No way to spin: the lessee is not asked again for a task that is overdue, and not kept from the one behind it.
  queue_spec().given(doomed, task_with(2, 9, 25)).when(patient(30'000), asked(10, 10)).then_waits_until(at_s(25));
  queue_spec().given(doomed).when(patient(30'000), asked(10, 10)).then_waits_until(at_s(40));
  queue_spec().given(doomed).when(lease_by("w1"), ctx_s(9)).then_look([](const auto&, const auto& decided) {
    CHECK(handed_out(decided) == std::vector{task_id(1)});
  });
}

TEST_CASE("a reply quotes no more payload than fits, but always one task") {
  lone_queue queue;
  for (unsigned n = 1; n <= 40; ++n) {
    auto event = enqueued(n);
    event.payload = json("{\"a\":\"" + std::string(262'000, 'x') + "\"}");
    queue.fold(core::event_box::of(event), at_s(0));
  }
  CHECK(queue.send(lease_by("w1", 40), ctx_s(1)).events().size() == 32);
  CHECK(queue.send(lease_by("w1", 40), context_at(at_s(2), 2)).events().size() == 8);
}

TEST_CASE("a paused queue hands nothing out while running attempts finish", "[TSK-12]") {
  queue_spec().given(enqueued(1), queue_paused{}).when(lease_by("w1"), ctx_s(1)).then_rejected("QUEUE_PAUSED");
  queue_spec().given(enqueued(1), queue_paused{}).when(patient(10'000), asked(1, 1)).then_waits_until(at_s(11));
  queue_spec()
      .given(enqueued(1), queue_paused{})
      .when(patient(10'000), asked(11, 1))
      .then_nothing()
      .then_reply(R"({"tasks":[]})");
  queue_spec()
      .given(enqueued(1), leased(1), queue_paused{})
      .when(complete{task_id(1), lease_id(1), {}}, ctx_s(10))
      .then(task_completed{task_id(1), lease_id(1), 1, {}});
  queue_spec()
      .given(enqueued(1), leased(1), queue_paused{})
      .when(heartbeat{lease_id(1), 60}, ctx_s(10))
      .then(task_lease_extended{task_id(1), lease_id(1), at_s(70)});
  queue_spec()
      .given(enqueued(1), queue_paused{}, queue_resumed{})
      .when(lease_by("w1"), ctx_s(1))
      .then_look([](const auto&, const auto& decided) { CHECK(handed_out(decided).size() == 1); });
}

TEST_CASE("a paused kind is passed over", "[TSK-12]") {
  const auto given = [] {
    return queue_spec().given(task_with(1, 9, 0, "a"), task_with(2, 5, 0, "b"), queue_paused{"a"});
  };
  given().when(lease_by("w1"), ctx_s(1)).then_look([](const auto&, const auto& decided) {
    CHECK(handed_out(decided) == std::vector{task_id(2)});
  });
  auto of_a = lease_by("w1");
  of_a.kinds = std::vector<std::string>{"a"};
  given().when(of_a, ctx_s(1)).then_rejected("QUEUE_PAUSED");
  of_a.kinds->push_back("b");
  given().when(of_a, ctx_s(1)).then_look([](const auto&, const auto& decided) {
    CHECK(handed_out(decided) == std::vector{task_id(2)});
  });
}

TEST_CASE("a heartbeat prolongs the lease and says whether to stop", "[TSK-05][TSK-11]") {
  const auto until = [](std::int64_t s) { return "{\"until\":\"" + core::to_rfc3339(at_s(s)) + "\",\"cancel\":"; };
  const auto given = [] { return queue_spec().given(enqueued(1), leased(1)); };
  given()
      .when(heartbeat{lease_id(1), 90}, ctx_s(50))
      .then(task_lease_extended{task_id(1), lease_id(1), at_s(140)})
      .then_reply(until(140) + "false}");
  given().when(heartbeat{lease_id(1), {}}, ctx_s(50)).then(task_lease_extended{task_id(1), lease_id(1), at_s(110)});
  // Nothing to prolong: quiet, with the lease as it is.
  given().when(heartbeat{lease_id(1), 5}, ctx_s(50)).then_nothing().then_reply(until(60) + "false}");
  queue_spec()
      .given(enqueued(1), leased(1), task_cancel_requested{task_id(1), lease_id(1), "changed my mind"})
      .when(heartbeat{lease_id(1), 5}, ctx_s(50))
      .then_nothing()
      .then_reply(until(60) + "true}");
  given().when(heartbeat{lease_id(1), 90}, ctx_s(60)).then_rejected("LEASE_LOST");
  given().when(heartbeat{lease_id(2), 90}, ctx_s(10)).then_rejected("LEASE_LOST");
}

TEST_CASE("a worker gives its tasks back, and the attempts do not count") {
  auto of_other = leased(3, 0, 1, 3);
  of_other.worker_id = "w2";
  const auto given = [&] {
    return queue_spec().given(enqueued(1), enqueued(2), enqueued(3), leased(1, 0, 1, 1), leased(2, 0, 1, 2), of_other);
  };
  given()
      .when(release{"w1"}, ctx_s(10))
      .then(task_released{task_id(1), lease_id(1), task_status::pending},
            task_released{task_id(2), lease_id(2), task_status::pending})
      .then_reply(R"({"released":2,"left":0})")
      .then_look([](const lone_queue& queue, const core::decision&) {
        const auto& t = *queue.state().tasks.find(task_id(1));
        CHECK(t.status() == task_status::pending);
        CHECK(t.attempts == 0);
        CHECK(t.run_at == start_of_time);
        CHECK(queue.state().tasks.find(task_id(3))->status() == task_status::running);
        CHECK(queue.state().leases.size() == 1);
      });
  given().when(release{"w9"}, ctx_s(10)).then_nothing().then_reply(R"({"released":0,"left":0})");
  queue_spec()
      .given(enqueued(1), leased(1), task_cancel_requested{task_id(1), lease_id(1), "no more"})
      .when(release{"w1"}, ctx_s(10))
      .then(task_released{task_id(1), lease_id(1), task_status::cancelled}, task_cancelled{task_id(1), "no more"});
}

TEST_CASE("a worker with very many leases gives them back a thousand at a time") {
  lone_queue queue;
  for (unsigned n = 1; n <= 1'200; ++n) {
    queue.fold(core::event_box::of(enqueued(n)), at_s(0));
    queue.fold(core::event_box::of(leased(n, 0, 1, n)), at_s(0));
  }
  const auto first = queue.send(release{"w1"}, ctx_s(1));
  CHECK(first.events().size() == 1'000);
  CHECK(queue.reply_json(first) == R"({"released":1000,"left":200})");
  CHECK(queue.send(release{"w1"}, ctx_s(1)).events().size() == 200);
}

}  // namespace logline::work
