#include <catch2/catch.hpp>

#include "tests/unit/domain_work/queue_spec.hpp"

namespace logline::work {

TEST_CASE("pause and resume the queue or a kind; saying it again is quiet", "[TSK-12]") {
  queue_spec().when(pause{}).then(queue_paused{}).then_look([](const lone_queue& q, const auto&) {
    CHECK(q.state().paused);
  });
  queue_spec().when(pause{"mail"}).then(queue_paused{"mail"}).then_look([](const lone_queue& q, const auto&) {
    CHECK_FALSE(q.state().paused);
    CHECK(q.state().kinds.at("mail").paused);
  });
  queue_spec().given(queue_paused{}).when(pause{}).then_nothing();
  queue_spec().given(queue_paused{"mail"}).when(pause{"mail"}).then_nothing();
  queue_spec()
      .given(queue_paused{})
      .when(resume{})
      .then(queue_resumed{})
      .then_look([](const lone_queue& q, const auto&) { CHECK_FALSE(q.state().paused); });
  queue_spec()
      .given(queue_paused{"mail"})
      .when(resume{"mail"})
      .then(queue_resumed{"mail"})
      .then_look([](const lone_queue& q, const auto&) { CHECK(q.state().kinds.empty()); });
  queue_spec().when(resume{}).then_nothing();
  queue_spec().given(queue_paused{}).when(resume{"mail"}).then_nothing();
}

TEST_CASE("rules are kept of a bounded number of kinds") {
  lone_queue queue;
  for (int n = 0; n < 1'024; ++n)
    REQUIRE_FALSE(queue.send(pause{"k" + std::to_string(n)}, ctx_s(0)).rejection());
  REQUIRE(queue.send(pause{"one.more"}, ctx_s(0)).rejection());
  CHECK(queue.send(pause{"one.more"}, ctx_s(0)).rejection()->details.at(0).path == "/kind");
  configure rules;
  rules.kind = "one.more";
  rules.values.lease_s = 5;
  REQUIRE(queue.send(rules, ctx_s(0)).rejection());
  rules.kind = "k7";
  CHECK_FALSE(queue.send(rules, ctx_s(0)).rejection());
}

TEST_CASE("a waiting task moves to another time; the past means now", "[TSK-11]") {
  queue_spec()
      .given(enqueued(1))
      .when(reschedule{task_id(1), at_min(9)}, ctx_s(1))
      .then(task_rescheduled{task_id(1), at_min(9)})
      .then_look(
          [](const lone_queue& q, const auto&) { CHECK(q.state().tasks.find(task_id(1))->run_at == at_min(9)); });
  queue_spec()
      .given(enqueued(1))
      .when(reschedule{task_id(1), at_s(-9)}, ctx_s(1))
      .then(task_rescheduled{task_id(1), at_s(1)});
  queue_spec()
      .given(enqueued(1), task_rescheduled{task_id(1), at_min(9)})
      .when(reschedule{task_id(1), at_min(9)}, ctx_s(1))
      .then_nothing();
}

TEST_CASE("only waiting tasks move, and no further than 366 days", "[TSK-11][TSK-17]") {
  queue_spec().when(reschedule{task_id(1), at_s(9)}).then_rejected("NOT_FOUND");
  queue_spec().given(enqueued(1), leased(1)).when(reschedule{task_id(1), at_s(9)}).then_rejected("CONFLICT");
  queue_spec()
      .given(enqueued(1))
      .when(reschedule{task_id(1), start_of_time + core::days(367)})
      .then_rejected("INVALID_INPUT", "/run_at");
}

TEST_CASE("configure replaces the rules of the queue or of a kind", "[TSK-08]") {
  configure command;
  command.values.backoff = backoff_policy{backoff_shape::exponential, 2, 60, 86'400};
  command.values.max_attempts = 6;
  command.values.jitter_percent = 0;
  command.pending_max = 10;
  queue_configured event{{}, command.values, 10};
  queue_spec().when(command).then(event).then_look([&](const lone_queue& q, const auto&) {
    CHECK(q.state().values == command.values);
    CHECK(q.state().pending_max == 10);
  });
  queue_spec().given(event).when(command).then_nothing();
  queue_spec().given(event).when(configure{}).then(queue_configured{}).then_look([](const lone_queue& q, const auto&) {
    CHECK(q.state().values == settings{});
    CHECK(q.state().pending_max == 1'000'000);
  });

  command.kind = "webhook.deliver";
  queue_spec().when(command).then_rejected("INVALID_INPUT", "/pending_max");
  command.pending_max.reset();
  event = {"webhook.deliver", command.values, {}};
  queue_spec().when(command).then(event);
  queue_spec().given(event).when(command).then_nothing();
  configure plain;
  plain.kind = "webhook.deliver";
  queue_spec()
      .given(event)
      .when(plain)
      .then(queue_configured{"webhook.deliver", {}, {}})
      .then_look([](const lone_queue& q, const auto&) { CHECK(q.state().kinds.empty()); });
}

}  // namespace logline::work
