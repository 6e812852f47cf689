#include <catch2/catch.hpp>

#include "tests/unit/domain_work/queue_spec.hpp"

namespace logline::work {

namespace {

core::uuid only_task(const lone_queue& queue) {
  REQUIRE(queue.state().tasks.all().size() == 1);
  return queue.state().tasks.all().begin()->first;
}

}  // namespace

TEST_CASE("an enqueued task waits with the defaults and is answered by its id", "[TSK-01]") {
  auto command = mail();
  command.payload = json(R"({"to":"a@example.org"})");
  queue_spec().when(command, ctx_s(7)).then_look([&](const lone_queue& queue, const core::decision& decided) {
    const auto id = only_task(queue);
    CHECK(queue.reply_json(decided) == "{\"task_id\":\"" + id.text() + "\",\"duplicate\":false}");
    REQUIRE(decided.events().size() == 1);
    CHECK(decided.events()[0].name == "task_enqueued");
    const auto& t = *queue.state().tasks.find(id);
    CHECK(t.status() == task_status::pending);
    CHECK(t.attempts == 0);
    CHECK(t.max_attempts == 5);
    CHECK(t.priority == 5);
    CHECK(t.run_at == at_s(7));
    CHECK(t.created_at == at_s(7));
    CHECK(t.enqueued == core::eseq{1});
    CHECK((id.octets[6] >> 4) == 7);  // UUIDv7 (ENG-02)
  });
}

TEST_CASE("an enqueued task is what was asked for") {
  enqueue command = mail();
  command.run_at = at_min(5);
  command.max_attempts = 3;
  command.priority = 9;
  command.unique_key = "order-17";
  command.expires_at = at_min(6);
  command.lease_s = 30;
  command.backoff = backoff_shape::fixed;
  const auto ctx = ctx_s(0);
  const auto id = core::context{ctx}.new_id();
  queue_spec()
      .when(command, ctx)
      .then(task_enqueued{id, "mail", core::document{}, at_min(5), 3, 9, "order-17", at_min(6), 30,
                          backoff_shape::fixed, std::nullopt, 1});
}

TEST_CASE("a run_at in the past means now") {
  auto command = mail();
  command.run_at = at_s(-100);
  queue_spec().when(command, ctx_s(0)).then_look([](const lone_queue& queue, const core::decision&) {
    CHECK(queue.state().tasks.find(only_task(queue))->run_at == at_s(0));
  });
}

TEST_CASE("max_attempts comes from the task, its kind, the queue, the default, in this order") {
  queue_configured for_queue;
  for_queue.values.max_attempts = 7;
  queue_configured for_kind;
  for_kind.kind = "mail";
  for_kind.values.max_attempts = 6;
  const auto attempts = [](const lone_queue& queue, const core::decision&) {
    return queue.state().tasks.all().begin()->second.max_attempts;
  };
  queue_spec().given(for_queue).when(mail()).then_look(
      [&](const auto& q, const auto& d) { CHECK(attempts(q, d) == 7); });
  queue_spec().given(for_queue, for_kind).when(mail()).then_look([&](const auto& q, const auto& d) {
    CHECK(attempts(q, d) == 6);
  });
}

TEST_CASE("a task more than 366 days ahead is refused", "[TSK-17]") {
  auto command = mail();
  command.run_at = start_of_time + core::days(366);
  queue_spec().when(command, ctx_s(0)).then_look([](const auto&, const auto& decided) {
    CHECK(decided.events().size() == 1);
  });
  command.run_at = start_of_time + core::days(366) + core::duration_us{1};
  queue_spec().when(command, ctx_s(0)).then_rejected("INVALID_INPUT", "/run_at");
}

TEST_CASE("a task that could never run is refused") {
  auto command = mail();
  command.expires_at = at_s(0);
  queue_spec().when(command, ctx_s(0)).then_rejected("INVALID_INPUT", "/expires_at");
  command.run_at = at_s(10);
  command.expires_at = at_s(10);
  queue_spec().when(command, ctx_s(0)).then_rejected("INVALID_INPUT", "/expires_at");
}

TEST_CASE("a payload is an object of at most 256 KiB") {
  auto command = mail();
  command.payload = json("[1]");
  queue_spec().when(command).then_rejected("INVALID_INPUT", "/payload");
  command.payload = json("{\"a\":\"" + std::string(262'136, 'x') + "\"}");
  REQUIRE(command.payload.msgpack.size() == 262'144);
  queue_spec().when(command).then_look([](const auto&, const auto& decided) { CHECK(decided.events().size() == 1); });
  command.payload = json("{\"a\":\"" + std::string(262'137, 'x') + "\"}");
  queue_spec().when(command).then_rejected("PAYLOAD_TOO_LARGE");
}

TEST_CASE("a unique key finds the task that waits or runs", "[TSK-02]") {
  auto first = enqueued(1);
  first.unique_key = "order-17";
  auto again = mail();
  again.unique_key = "order-17";
  const std::string reply = "{\"task_id\":\"" + task_id(1).text() + "\",\"duplicate\":true}";
  queue_spec().given(first).when(again).then_nothing().then_reply(reply);
  queue_spec().given(first, leased(1)).when(again).then_nothing().then_reply(reply);

  auto other = mail();
  other.unique_key = "order-18";
  queue_spec().given(first).when(other).then_look(
      [](const auto&, const auto& decided) { CHECK(decided.events().size() == 1); });
  queue_spec()
      .given(first, leased(1), task_completed{task_id(1), lease_id(1), 1, {}})
      .when(again)
      .then_look([](const auto&, const auto& decided) { CHECK(decided.events().size() == 1); });
}

TEST_CASE("a full queue refuses, with a time to try again, and still knows duplicates", "[TSK-17]") {
  queue_configured two;
  two.pending_max = 2;
  auto first = enqueued(1);
  first.unique_key = "k";
  queue_spec()
      .given(two, first, enqueued(2))
      .when(mail())
      .then_rejected("QUEUE_FULL")
      .then_look([](const auto&, const core::decision& decided) {
        CHECK(decided.rejection()->kind == core::failure_kind::too_many);
        CHECK(decided.rejection()->retry_after_s > 0);
      });
  queue_spec().given(two, first, enqueued(2), leased(2)).when(mail()).then_look([](const auto&, const auto& decided) {
    CHECK(decided.events().size() == 1);
  });
  auto twin = mail();
  twin.unique_key = "k";
  queue_spec().given(two, first, enqueued(2)).when(twin).then_nothing();
  CHECK(task_queue{}.pending_max == 1'000'000);
}

TEST_CASE("a batch goes in whole, in its order, or not at all", "[TSK-02]") {
  enqueue_batch batch;
  for (int n = 0; n < 20; ++n) {
    auto task = mail();
    task.payload = json("{\"n\":" + std::to_string(n) + "}");
    batch.tasks.push_back(task);
  }
  queue_spec().when(batch).then_look([](const lone_queue& queue, const core::decision& decided) {
    REQUIRE(decided.events().size() == 20);
    std::uint64_t n = 0;
    for (const auto& [id, t] : queue.state().tasks.all())
      CHECK(t.enqueued == core::eseq{++n});
  });

  batch.tasks[13].run_at = start_of_time + core::days(400);
  queue_spec().when(batch).then_rejected("INVALID_INPUT", "/tasks/13/run_at");
  batch.tasks[13] = mail();
  queue_configured small;
  small.pending_max = 19;
  queue_spec().given(small).when(batch).then_rejected("QUEUE_FULL");
}

TEST_CASE("unique keys hold within a batch; nothing new, nothing happens") {
  enqueue_batch batch;
  for (const auto* key : {"a", "b", "a"}) {
    batch.tasks.push_back(mail());
    batch.tasks.back().unique_key = key;
  }
  lone_queue queue;
  const auto first = queue.send(batch, ctx_s(0));
  CHECK(first.events().size() == 2);
  const auto& tasks = queue.state().tasks.all();
  const auto a = tasks.begin()->first.text();
  const auto b = std::next(tasks.begin())->first.text();
  CHECK(queue.reply_json(first) == R"({"tasks":[{"task_id":")" + a + R"(","duplicate":false},{"task_id":")" + b +
                                       R"(","duplicate":false},{"task_id":")" + a + R"(","duplicate":true}]})");
  const auto second = queue.send(batch, context_at(at_s(1), 2));
  CHECK(second.events().empty());
  CHECK_FALSE(second.rejection());
}

TEST_CASE("the payloads of a batch are bounded together") {
  enqueue_batch batch;
  for (int n = 0; n < 33; ++n) {
    batch.tasks.push_back(mail());
    batch.tasks.back().payload = json("{\"a\":\"" + std::string(262'000, 'x') + "\"}");
  }
  queue_spec().when(batch).then_rejected("PAYLOAD_TOO_LARGE");
  batch.tasks.resize(32);
  queue_spec().when(batch).then_look([](const auto&, const auto& decided) { CHECK(decided.events().size() == 32); });
}

TEST_CASE("a queue holds tasks of a bounded number of kinds") {
  lone_queue queue;
  enqueue_batch batch;
  for (int n = 0; n < 1'000; ++n) {
    batch.tasks.push_back(mail());
    batch.tasks.back().kind = "k" + std::to_string(n);
  }
  CHECK(queue.send(batch, ctx_s(0)).events().size() == 1'000);
  batch.tasks.resize(24);
  for (auto& task : batch.tasks)
    task.kind += ".more";
  CHECK(queue.send(batch, context_at(at_s(0), 2)).events().size() == 24);
  const auto refused = queue.send(mail(), context_at(at_s(0), 3));
  REQUIRE(refused.rejection());
  CHECK(refused.rejection()->details.at(0).path == "/kind");
  auto known = mail();
  known.kind = "k7";
  CHECK(queue.send(known, context_at(at_s(0), 4)).events().size() == 1);
}

}  // namespace logline::work
