#include <catch2/catch.hpp>

#include "tests/unit/domain_work/queue_spec.hpp"

namespace logline::work {

namespace {

fail failing(unsigned n) {
  fail command;
  command.task_id = task_id(n);
  command.lease_id = lease_id(n);
  command.error = "boom";
  return command;
}

std::string now_is(unsigned n, std::string_view status, std::optional<core::timestamp> run_at = {}) {
  return "{\"task_id\":\"" + task_id(n).text() + "\",\"status\":\"" + std::string{status} + "\"" +
         (run_at ? ",\"run_at\":\"" + core::to_rfc3339(*run_at) + "\"}" : "}");
}

/// Leases whatever is due and hands the lease to `then`, as a handler would.
template <class Then>
bool work_once(lone_queue& queue, core::timestamp now, std::uint64_t seed, Then&& then) {
  const auto decided = queue.send(lease_by("w1", 1), context_at(now, seed));
  if (decided.events().empty()) return false;
  std::forward<Then>(then)(*static_cast<const task_leased*>(decided.events().front().body.get()));
  return true;
}

}  // namespace

TEST_CASE("a completed task is DONE and its attempt closed", "[TSK-06]") {
  const auto result = json(R"({"sent":true})");
  queue_spec()
      .given(enqueued(1), leased(1))
      .when(complete{task_id(1), lease_id(1), result}, ctx_s(59))
      .then(task_completed{task_id(1), lease_id(1), 1, result})
      .then_reply(now_is(1, "DONE"))
      .then_look([](const lone_queue& queue, const core::decision&) {
        CHECK(queue.state().tasks.find(task_id(1))->status() == task_status::done);
        CHECK(queue.state().leases.size() == 0);
      });
}

TEST_CASE("completing twice under one lease changes nothing and answers the same") {
  queue_spec()
      .given(enqueued(1), leased(1), task_completed{task_id(1), lease_id(1), 1, {}})
      .when(complete{task_id(1), lease_id(1), {}}, ctx_s(500))
      .then_nothing()
      .then_reply(now_is(1, "DONE"));
}

TEST_CASE("complete and fail need the current lease of that task", "[TSK-06]") {
  const auto given = [] { return queue_spec().given(enqueued(1), enqueued(2), leased(1), leased(2, 0, 1, 2)); };
  given().when(complete{task_id(1), lease_id(2), {}}, ctx_s(1)).then_rejected("LEASE_LOST");
  given().when(complete{task_id(1), lease_id(7), {}}, ctx_s(1)).then_rejected("LEASE_LOST");
  given().when(complete{task_id(7), lease_id(1), {}}, ctx_s(1)).then_rejected("NOT_FOUND");
  given().when(complete{task_id(1), lease_id(1), {}}, ctx_s(60)).then_rejected("LEASE_LOST");
  given().when(failing(1), ctx_s(60)).then_rejected("LEASE_LOST");
  auto foreign = failing(1);
  foreign.lease_id = lease_id(2);
  given().when(foreign, ctx_s(1)).then_rejected("LEASE_LOST");
  given().when(failing(7), ctx_s(1)).then_rejected("NOT_FOUND");
  given()
      .when(complete{task_id(1), lease_id(2), {}}, ctx_s(1))
      .then_look([](const auto&, const core::decision& decided) {
        CHECK(decided.rejection()->kind == core::failure_kind::conflict);
      });
}

TEST_CASE("a result is bounded as a payload is") {
  complete command{task_id(1), lease_id(1), json("{\"a\":\"" + std::string(262'137, 'x') + "\"}")};
  queue_spec().given(enqueued(1), leased(1)).when(command, ctx_s(1)).then_rejected("PAYLOAD_TOO_LARGE");
}

TEST_CASE("a failed attempt is closed and the task waits n² minutes", "[TSK-06][TSK-07]") {
  const std::int64_t minutes[] = {1, 4, 9, 16};
  for (std::int64_t n = 1; n <= 4; ++n)
    queue_spec()
        .given(no_jitter(), enqueued(1), leased(1, 0, n))
        .when(failing(1), ctx_s(30))
        .then(failed(1, n, task_status::pending, at_s(30 + 60 * minutes[n - 1])))
        .then_reply(now_is(1, "PENDING", at_s(30 + 60 * minutes[n - 1])))
        .then_look([&](const lone_queue& queue, const core::decision&) {
          const auto& t = *queue.state().tasks.find(task_id(1));
          CHECK(t.status() == task_status::pending);
          CHECK(t.attempts == n);
          CHECK(t.last_failure == core::eseq{4});
          CHECK(queue.state().leases.size() == 0);
        });
}

TEST_CASE("the wait varies by at most the jitter, as the draws say, and the event records it", "[TSK-07]") {
  std::int64_t least = 1'000'000'000;
  std::int64_t most = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    lone_queue queue;
    queue.fold(core::event_box::of(enqueued(1)), at_s(0));
    queue.fold(core::event_box::of(leased(1)), at_s(0));
    const auto decided = queue.send(failing(1), context_at(at_s(30), seed));
    const auto& event = *static_cast<const task_failed*>(decided.events().at(0).body.get());
    REQUIRE(event.run_at);
    const auto wait = (*event.run_at - at_s(30)).us;
    CHECK(wait >= 54'000'000);
    CHECK(wait <= 66'000'000);
    CHECK(queue.state().tasks.find(task_id(1))->run_at == *event.run_at);
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  CHECK(least < 56'000'000);
  CHECK(most > 64'000'000);
}

TEST_CASE("a longer Retry-After wins over the backoff, a shorter one does not", "[TSK-07]") {
  const auto given = [] { return queue_spec().given(no_jitter(), enqueued(1), leased(1)); };
  auto command = failing(1);
  command.retry_after_s = 600;
  given().when(command, ctx_s(0)).then(failed(1, 1, task_status::pending, at_s(600)));
  command.retry_after_s = 59;
  given().when(command, ctx_s(0)).then(failed(1, 1, task_status::pending, at_s(60)));
}

TEST_CASE("each kind may wait in its own way, and a task in its own", "[TSK-08]") {
  queue_configured webhooks;
  webhooks.kind = "mail";
  webhooks.values.backoff = backoff_policy{backoff_shape::exponential, 2, 60, 86'400};
  const auto after = [&](std::int64_t attempt, std::optional<backoff_shape> own) {
    auto task = enqueued(1);
    task.max_attempts = 50;
    task.backoff = own;
    lone_queue queue;
    for (const auto& event : {core::event_box::of(no_jitter()), core::event_box::of(webhooks),
                              core::event_box::of(task), core::event_box::of(leased(1, 0, attempt))})
      queue.fold(event, at_s(0));
    const auto decided = queue.send(failing(1), ctx_s(0));
    return (*static_cast<const task_failed*>(decided.events().at(0).body.get())->run_at - at_s(0)).us / 1'000'000;
  };
  CHECK(after(1, {}) == 120);
  CHECK(after(5, {}) == 32 * 60);
  CHECK(after(11, {}) == 86'400);
  CHECK(after(49, {}) == 86'400);
  CHECK(after(3, backoff_shape::quadratic) == 9 * 60);
  CHECK(after(3, backoff_shape::fixed) == 60);
  CHECK(after(3, backoff_shape::none) == 0);
  CHECK(after(39, backoff_shape::quadratic) == 86'400);
}

TEST_CASE("jitter never lifts a wait above its cap", "[TSK-08]") {
  queue_configured capped;
  capped.values.backoff = backoff_policy{backoff_shape::fixed, 2, 100, 100};
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    lone_queue queue;
    for (const auto& event :
         {core::event_box::of(capped), core::event_box::of(enqueued(1)), core::event_box::of(leased(1))})
      queue.fold(event, at_s(0));
    const auto decided = queue.send(failing(1), context_at(at_s(0), seed));
    CHECK(*static_cast<const task_failed*>(decided.events().at(0).body.get())->run_at <= at_s(100));
  }
}

TEST_CASE("out of attempts, a task is a dead letter", "[TSK-09]") {
  queue_spec()
      .given(no_jitter(), enqueued(1), leased(1, 0, 4))
      .at(at_s(10))
      .given(failed(1, 4, task_status::pending, at_s(20)), leased(1, 20, 5))
      .when(failing(1), ctx_s(30))
      .then(failed(1, 5, task_status::error), dead_lettered(1, 5, 10))
      .then_reply(now_is(1, "ERROR"))
      .then_look([](const lone_queue& queue, const core::decision&) {
        CHECK(queue.state().tasks.find(task_id(1))->status() == task_status::error);
        CHECK(queue.state().tasks.dead_letters().size() == 1);
        CHECK(queue.state().tasks.find(task_id(1))->first_failed_at == at_s(10));
      });
}

TEST_CASE("not worth a retry, a task is a dead letter at once", "[TSK-09]") {
  auto command = failing(1);
  command.retryable = false;
  auto event = failed(1, 1, task_status::error);
  event.retryable = false;
  queue_spec().given(enqueued(1), leased(1)).when(command, ctx_s(30)).then(event, dead_lettered(1, 1, 30));
}

TEST_CASE("ENG-A1: attempts at 0, 1, 5, 14 and 30 minutes, then a dead letter and no sixth", "[ENG-A1]") {
  lone_queue queue;
  queue.fold(core::event_box::of(no_jitter()), start_of_time);
  REQUIRE_FALSE(queue.send(mail(), context_at(start_of_time, 99)).rejection());
  std::vector<std::int64_t> attempts_at;
  std::vector<std::string> names;
  // Minute by minute for a day, as an eager worker would ask.
  for (std::int64_t minute = 0; minute < 24 * 60; ++minute) {
    const auto now = at_min(minute);
    const auto woken = queue.send(core::woken{}, context_at(now, 1'000'000 + minute));
    work_once(queue, now, 1'000 + static_cast<std::uint64_t>(minute), [&](const task_leased& attempt) {
      attempts_at.push_back(minute);
      fail command{attempt.task_id, attempt.lease_id, "boom", true, {}};
      const auto decided = queue.send(command, context_at(now, 5'000));
      for (const auto& event : decided.events())
        names.emplace_back(event.name);
    });
  }
  CHECK(attempts_at == std::vector<std::int64_t>{0, 1, 5, 14, 30});
  CHECK(names == std::vector<std::string>{"task_failed", "task_failed", "task_failed", "task_failed", "task_failed",
                                          "task_dead_lettered"});
  CHECK(queue.state().tasks.count(task_status::error) == 1);
  CHECK(queue.state().tasks.dead_letters().begin()->at == at_min(30));
  queue.check_replay();
}

TEST_CASE("ENG-A2: two failures, then success: DONE after three attempts, completed once", "[ENG-A2]") {
  lone_queue queue;
  queue.fold(core::event_box::of(no_jitter()), start_of_time);
  REQUIRE_FALSE(queue.send(mail(), context_at(start_of_time, 99)).rejection());
  int effects = 0;
  for (std::int64_t minute = 0; minute < 60; ++minute)
    work_once(queue, at_min(minute), 1'000 + static_cast<std::uint64_t>(minute), [&](const task_leased& attempt) {
      const auto ctx = context_at(at_min(minute), 5'000);
      if (attempt.attempt < 3) {
        CHECK_FALSE(queue.send(fail{attempt.task_id, attempt.lease_id, "boom", true, {}}, ctx).rejection());
      } else {
        ++effects;
        CHECK_FALSE(queue.send(complete{attempt.task_id, attempt.lease_id, {}}, ctx).rejection());
      }
    });
  const auto& [id, t] = *queue.state().tasks.all().begin();
  CHECK(t.status() == task_status::done);
  CHECK(t.attempts == 3);
  CHECK(effects == 1);
  queue.check_replay();
}

TEST_CASE("ENG-A4: a stale worker completes after expiry: LEASE_LOST, and the later holder's result stands",
          "[ENG-A4]") {
  lone_queue queue;
  queue.fold(core::event_box::of(no_jitter()), start_of_time);
  queue.fold(core::event_box::of(enqueued(1)), start_of_time);
  queue.fold(core::event_box::of(leased(1, 0, 1, 1)), start_of_time);
  REQUIRE(queue.next_wake() == at_s(60));
  REQUIRE(queue.send(core::woken{}, ctx_s(60)).events().size() == 1);
  core::uuid later;
  REQUIRE(work_once(queue, at_s(120), 7, [&](const task_leased& attempt) {
    CHECK(attempt.token == 2);
    later = attempt.lease_id;
  }));
  const auto stale = queue.send(complete{task_id(1), lease_id(1), json(R"({"by":"stale"})")}, ctx_s(121));
  REQUIRE(stale.rejection());
  CHECK(stale.rejection()->code == "LEASE_LOST");
  CHECK(queue.state().tasks.find(task_id(1))->status() == task_status::running);
  const auto decided = queue.send(complete{task_id(1), later, json(R"({"by":"later"})")}, ctx_s(122));
  REQUIRE(decided.events().size() == 1);
  CHECK(static_cast<const task_completed*>(decided.events()[0].body.get())->result == json(R"({"by":"later"})"));
  CHECK(queue.send(complete{task_id(1), lease_id(1), {}}, ctx_s(123)).rejection());
  queue.check_replay();
}

TEST_CASE("a waiting task is cancelled at once", "[TSK-11]") {
  queue_spec()
      .given(enqueued(1))
      .when(cancel{task_id(1), "not needed"}, ctx_s(5))
      .then(task_cancelled{task_id(1), "not needed"})
      .then_reply(now_is(1, "CANCELLED"))
      .then_look([](const lone_queue& queue, const core::decision&) {
        CHECK(queue.state().tasks.find(task_id(1))->status() == task_status::cancelled);
      });
  queue_spec().given(enqueued(1), task_cancelled{task_id(1), "x"}).when(cancel{task_id(1), "y"}).then_nothing();
}

TEST_CASE("what has ended cannot be cancelled", "[TSK-11]") {
  queue_spec().when(cancel{task_id(1), "x"}).then_rejected("NOT_FOUND");
  queue_spec()
      .given(enqueued(1), leased(1), task_completed{task_id(1), lease_id(1), 1, {}})
      .when(cancel{task_id(1), "x"})
      .then_rejected("NOT_CANCELLABLE");
  queue_spec()
      .given(enqueued(1), leased(1), failed(1, 5, task_status::error), dead_lettered(1, 5))
      .when(cancel{task_id(1), "x"})
      .then_rejected("NOT_CANCELLABLE");
}

TEST_CASE("a running task is asked to stop, and is not tried again", "[TSK-11]") {
  const task_cancel_requested asked{task_id(1), lease_id(1), "not needed"};
  queue_spec()
      .given(enqueued(1), leased(1))
      .when(cancel{task_id(1), "not needed"}, ctx_s(5))
      .then(asked)
      .then_reply(now_is(1, "RUNNING"));
  const auto given = [&] { return queue_spec().given(enqueued(1), leased(1), asked); };
  given().when(cancel{task_id(1), "again"}, ctx_s(6)).then_nothing().then_reply(now_is(1, "RUNNING"));
  given()
      .when(failing(1), ctx_s(7))
      .then(failed(1, 1, task_status::cancelled), task_cancelled{task_id(1), "not needed"})
      .then_reply(now_is(1, "CANCELLED"));
  given().when_woken(ctx_s(60)).then(
      task_lease_expired{task_id(1), lease_id(1), 1, "lease expired", task_status::cancelled, {}},
      task_cancelled{task_id(1), "not needed"});
  // Too late: the work was done, and nobody is told otherwise.
  given().when(complete{task_id(1), lease_id(1), {}}, ctx_s(7)).then(task_completed{task_id(1), lease_id(1), 1, {}});
}

}  // namespace logline::work
