#include <catch2/catch.hpp>

#include "tests/unit/domain_work/queue_spec.hpp"

namespace logline::work {

namespace {

/// A dead letter of the kind, that died at `s` seconds.
void let_die(lone_queue& queue, unsigned n, std::int64_t s, const std::string& kind = "mail") {
  auto task = enqueued(n);
  task.kind = kind;
  queue.fold(core::event_box::of(task), at_s(0));
  queue.fold(core::event_box::of(leased(n, s, 5, n)), at_s(s));
  queue.fold(core::event_box::of(failed(n, 5, task_status::error)), at_s(s));
  queue.fold(core::event_box::of(dead_lettered(n, 5, s)), at_s(s));
}

std::vector<core::uuid> taken_back(const core::decision& decided) {
  std::vector<core::uuid> out;
  for (const auto& event : decided.events())
    if (event.identity == &core::type_identity<task_retried>)
      out.push_back(static_cast<const task_retried*>(event.body.get())->task_id);
  return out;
}

queue_spec dead_letter() {
  return queue_spec().given(enqueued(1), leased(1, 0, 5), failed(1, 5, task_status::error), dead_lettered(1, 5));
}

}  // namespace

TEST_CASE("a dead letter is taken back with fresh attempts and its past", "[TSK-10]") {
  dead_letter()
      .when(retry{task_id(1)}, ctx_s(100))
      .then(task_retried{task_id(1), at_s(100), 5})
      .then_look([](const lone_queue& queue, const core::decision&) {
        const auto& t = *queue.state().tasks.find(task_id(1));
        CHECK(t.status() == task_status::pending);
        CHECK(t.attempts == 0);
        CHECK(t.run_at == at_s(100));
        CHECK(t.retries == 1);
        CHECK(t.created_at == at_s(0));
        CHECK(t.enqueued == core::eseq{1});
        CHECK(t.last_failure == core::eseq{3});
        CHECK(t.first_failed_at == at_s(0));
        CHECK(queue.state().tasks.dead_letters().empty());
      });
}

TEST_CASE("only dead letters are taken back or given up", "[TSK-10]") {
  queue_spec().when(retry{task_id(1)}).then_rejected("NOT_FOUND");
  queue_spec().given(enqueued(1)).when(retry{task_id(1)}).then_rejected("NOT_FOUND");
  dead_letter().given(task_retried{task_id(1), at_s(1), 5}).when(retry{task_id(1)}).then_rejected("NOT_FOUND");
  queue_spec().when(discard{task_id(1), "old"}).then_rejected("NOT_FOUND");
  queue_spec().given(enqueued(1)).when(discard{task_id(1), "old"}).then_rejected("NOT_FOUND");
  queue_configured one;
  one.pending_max = 1;
  dead_letter().given(one, enqueued(2)).when(retry{task_id(1)}).then_rejected("QUEUE_FULL");
}

TEST_CASE("a dead letter that is given up is CANCELLED", "[TSK-10]") {
  dead_letter()
      .when(discard{task_id(1), "old news"})
      .then(task_cancelled{task_id(1), "old news"})
      .then_look([](const lone_queue& queue, const core::decision&) {
        CHECK(queue.state().tasks.find(task_id(1))->status() == task_status::cancelled);
      });
  dead_letter().given(task_cancelled{task_id(1), "old news"}).when(discard{task_id(1), "again"}).then_nothing();
}

TEST_CASE("dead letters never go away by themselves", "[TSK-09]") {
  lone_queue queue;
  let_die(queue, 1, 0);
  CHECK_FALSE(queue.next_wake());
  CHECK(queue.send(core::woken{}, context_at(start_of_time + core::days(4'000))).events().empty());
  CHECK(queue.state().tasks.count(task_status::error) == 1);
}

TEST_CASE("retry_all takes back what matches", "[TSK-10]") {
  lone_queue queue;
  let_die(queue, 1, 10);
  let_die(queue, 2, 20, "chat");
  let_die(queue, 3, 30);
  let_die(queue, 4, 40, "chat");
  const auto wanted = [&](retry_all command) { return taken_back(queue.decide(command, ctx_s(50))); };
  CHECK(wanted({}) == std::vector{task_id(1), task_id(2), task_id(3), task_id(4)});
  CHECK(wanted({"chat", {}, {}}) == std::vector{task_id(2), task_id(4)});
  CHECK(wanted({{}, at_s(30), {}}) == std::vector{task_id(3), task_id(4)});
  CHECK(wanted({"mail", at_s(11), {}}) == std::vector{task_id(3)});
  CHECK(wanted({"none", {}, {}}).empty());
  const auto all = queue.send(retry_all{}, ctx_s(50));
  CHECK(queue.reply_json(all) == R"({"retried":4,"goes_on":false,"queue_full":false})");
  const auto again = queue.send(retry_all{}, ctx_s(51));
  CHECK(again.events().empty());
  CHECK(queue.reply_json(again) == R"({"retried":0,"goes_on":false,"queue_full":false})");
  queue.check_replay();
}

TEST_CASE("retry_all keeps to its rate", "[TSK-10]") {
  lone_queue queue;
  for (unsigned n = 1; n <= 5; ++n)
    let_die(queue, n, n);
  REQUIRE_FALSE(queue.send(retry_all{{}, {}, 2}, ctx_s(100)).rejection());
  for (unsigned n = 1; n <= 5; ++n)
    CHECK(queue.state().tasks.find(task_id(n))->run_at == at_s(100) + core::milliseconds(500 * (n - 1)));
}

TEST_CASE("retry_all of very many goes on by itself, takes each once, and keeps to its rate", "[TSK-10]") {
  lone_queue queue;
  for (unsigned n = 1; n <= 2'500; ++n)
    let_die(queue, n, 1 + n / 700, n % 5 == 0 ? "chat" : "mail");
  const auto first = queue.send(retry_all{"mail", {}, 10}, ctx_s(100));
  CHECK(queue.reply_json(first) == R"({"retried":800,"goes_on":true,"queue_full":false})");
  REQUIRE(queue.send(retry_all{}, ctx_s(100)).rejection());
  REQUIRE(queue.next_wake());
  CHECK(*queue.next_wake() <= at_s(100));
  // What dies meanwhile is not part of it.
  let_die(queue, 3'000, 101);
  auto taken = taken_back(first);
  for (int wakes = 0; queue.state().retrying; ++wakes) {
    REQUIRE(wakes < 10);
    queue.check_replay();
    const auto more = taken_back(queue.send(core::woken{}, ctx_s(102)));
    taken.insert(taken.end(), more.begin(), more.end());
  }
  CHECK(taken.size() == 2'000);
  std::sort(taken.begin(), taken.end());
  CHECK(std::adjacent_find(taken.begin(), taken.end()) == taken.end());
  CHECK(queue.state().tasks.count(task_status::error) == 501);
  core::timestamp last{};
  for (const auto& [kind, lane] : queue.state().tasks.due().of_priority(5))
    last = std::max(last, lane.rbegin()->at);
  CHECK(last == at_s(100) + core::milliseconds(100 * 1'999));
  CHECK_FALSE(queue.next_wake());
}

TEST_CASE("retry_all ends when no more tasks may wait", "[TSK-10]") {
  lone_queue queue;
  for (unsigned n = 1; n <= 5; ++n)
    let_die(queue, n, n);
  queue_configured small;
  small.pending_max = 3;
  queue.fold(core::event_box::of(small), at_s(10));
  const auto some = queue.send(retry_all{}, ctx_s(100));
  CHECK(queue.reply_json(some) == R"({"retried":3,"goes_on":false,"queue_full":true})");
  const auto none = queue.send(retry_all{}, ctx_s(101));
  REQUIRE(none.rejection());
  CHECK(none.rejection()->code == "QUEUE_FULL");
}

TEST_CASE("dead letters are listed with their last errors, the oldest first, page by page", "[TSK-10]") {
  lone_queue queue;
  for (unsigned n : {3u, 1u, 2u})
    let_die(queue, n, 10 * n);
  core::command_box box;
  dead_letters query;
  query.limit = 2;
  const auto first = queue.decide(query, ctx_s(100));
  const auto entry = [](unsigned n) {
    const auto died = core::to_rfc3339(at_s(10 * n));
    return R"({"id":")" + task_id(n).text() + R"(","kind":"mail","attempts":5,"retries":0,"created_at":")" +
           core::to_rfc3339(at_s(0)) + R"(","first_failed_at":")" + died + R"(","died_at":")" + died +
           R"(","last_error":"boom"})";
  };
  const auto cursor = std::to_string(at_s(20).us) + ":" + task_id(2).text();
  CHECK(queue.reply_json(first) == "{\"tasks\":[" + entry(1) + "," + entry(2) + "],\"cursor\":\"" + cursor + "\"}");
  query.cursor = cursor;
  CHECK(queue.reply_json(queue.decide(query, ctx_s(100))) == "{\"tasks\":[" + entry(3) + "]}");
  query.cursor = "yesterday";
  REQUIRE(queue.decide(query, ctx_s(100)).rejection());
  CHECK(queue.decide(query, ctx_s(100)).rejection()->code == "INVALID_INPUT");
}

}  // namespace logline::work
