#include <catch2/catch.hpp>

#include "tests/unit/domain_work/queue_spec.hpp"

namespace logline::work {

namespace {

struct page {
  std::vector<core::uuid> ids;
  std::optional<std::string> cursor;
};

page ask(const lone_queue& queue, const list_tasks& query) {
  const auto decided = queue.decide(query, ctx_s(1'000));
  REQUIRE_FALSE(decided.rejection());
  CHECK(decided.events().empty());
  const auto reply = core::from_msgpack<task_page>(decided.reply());
  REQUIRE(reply);
  page out;
  for (const auto& t : reply->tasks) {
    CHECK(t.status == query.status);
    out.ids.push_back(t.id);
  }
  out.cursor = reply->cursor;
  return out;
}

std::vector<core::uuid> all_pages(const lone_queue& queue, list_tasks query) {
  std::vector<core::uuid> out;
  for (int pages = 0;; ++pages) {
    REQUIRE(pages < 100);
    const auto next = ask(queue, query);
    out.insert(out.end(), next.ids.begin(), next.ids.end());
    if (!next.cursor) return out;
    query.cursor = next.cursor;
  }
}

}  // namespace

TEST_CASE("waiting tasks are listed by run_at whatever their priority", "[TSK-13]") {
  lone_queue queue;
  for (unsigned n = 1; n <= 4; ++n) {
    auto task = enqueued(n);
    task.priority = n;
    task.kind = n % 2 == 0 ? "even" : "odd";
    task.run_at = at_s(40 - 10 * static_cast<int>(n));
    queue.fold(core::event_box::of(task), at_s(0));
  }
  CHECK(ask(queue, {}).ids == std::vector{task_id(4), task_id(3), task_id(2), task_id(1)});
  list_tasks even;
  even.kind = "even";
  CHECK(ask(queue, even).ids == std::vector{task_id(4), task_id(2)});
  list_tasks first;
  first.limit = 1;
  CHECK(queue.reply_json(queue.decide(first, ctx_s(0))) ==
        R"({"tasks":[{"id":")" + task_id(4).text() + R"(","kind":"even","status":"PENDING","scheduled_at":")" +
            core::to_rfc3339(at_s(0)) + R"(","attempts":0}],"cursor":")" + std::to_string(at_s(0).us) + ":" +
            task_id(4).text() + "\"}");
  CHECK(list_tasks{}.limit == 50);
}

TEST_CASE("pages hold every task once, even while others come and go", "[TSK-13]") {
  lone_queue queue;
  std::vector<core::uuid> expected;
  for (unsigned n = 1; n <= 25; ++n) {
    auto task = enqueued(n);
    task.priority = n % 3;
    task.run_at = at_s(n / 4);
    queue.fold(core::event_box::of(task), at_s(0));
    expected.push_back(task.task_id);
  }
  list_tasks query;
  query.limit = 4;
  CHECK(all_pages(queue, query) == expected);
  query.limit = 25;
  CHECK_FALSE(ask(queue, query).cursor);

  query.limit = 10;
  auto seen = ask(queue, query);
  queue.fold(core::event_box::of(task_cancelled{task_id(3), "x"}), at_s(1));
  queue.fold(core::event_box::of(task_cancelled{task_id(10), "x"}), at_s(1));
  query.cursor = seen.cursor;
  const auto rest = all_pages(queue, query);
  CHECK(rest == std::vector<core::uuid>(expected.begin() + 10, expected.end()));
}

TEST_CASE("tasks of every status are listed by run_at", "[TSK-13]") {
  lone_queue queue;
  for (unsigned n = 1; n <= 8; ++n) {
    auto task = enqueued(n);
    task.run_at = at_s(8 - static_cast<int>(n));
    task.kind = n <= 4 ? "low" : "high";
    queue.fold(core::event_box::of(task), at_s(0));
    queue.fold(core::event_box::of(leased(n, 10, 5, n)), at_s(10));
  }
  list_tasks query;
  query.status = task_status::running;
  query.limit = 3;
  CHECK(all_pages(queue, query).size() == 8);
  for (unsigned n = 1; n <= 8; ++n) {
    if (n % 2 == 0)
      queue.fold(core::event_box::of(task_completed{task_id(n), lease_id(n), 5, {}}), at_s(20));
    else
      queue.fold(core::event_box::of(failed(n, 5, task_status::error)), at_s(20));
  }
  CHECK(all_pages(queue, query).empty());
  query.status = task_status::done;
  CHECK(all_pages(queue, query) == std::vector{task_id(8), task_id(6), task_id(4), task_id(2)});
  query.kind = "low";
  CHECK(all_pages(queue, query) == std::vector{task_id(4), task_id(2)});
  query.kind.reset();
  query.status = task_status::error;
  CHECK(all_pages(queue, query) == std::vector{task_id(7), task_id(5), task_id(3), task_id(1)});
  query.status = task_status::cancelled;
  CHECK(all_pages(queue, query).empty());
}

TEST_CASE("a made-up cursor is refused", "[TSK-13]") {
  for (const auto* cursor :
       {"", "x", "12", "12:", "12:zz", "99999999999999999999:11000000-0000-0000-0000-000000000001"}) {
    list_tasks query;
    query.cursor = cursor;
    queue_spec().when(query).then_rejected("INVALID_INPUT", "/cursor");
  }
}

TEST_CASE("show tells all there is, quoting payload and last error from the journal", "[TSK-17]") {
  const auto given = [] { return queue_spec().given(enqueued(1), leased(1)); };
  queue_spec().when(show_task{task_id(1)}).then_rejected("NOT_FOUND");
  const auto start = core::to_rfc3339(at_s(0));
  const auto row = [&](std::string_view status, std::string_view attempts, std::string_view more) {
    return R"({"task":{"id":")" + task_id(1).text() + R"(","kind":"mail","status":")" + std::string{status} +
           R"(","run_at":")" + start + R"(","attempts":)" + std::string{attempts} +
           R"(,"max_attempts":5,"priority":5,"created_at":")" + start + R"(","updated_at":")" + start +
           R"(","enqueued":1,"payload_bytes":4)" + std::string{more};
  };
  queue_spec()
      .given(enqueued(1))
      .when(show_task{task_id(1)})
      .then_nothing()
      .then_reply(row("PENDING", "0", "},\"payload\":{\"n\":1},\"last_error\":null}"));
  given()
      .when(show_task{task_id(1)})
      .then_reply(row("RUNNING", "1",
                      R"(,"lease_id":")" + lease_id(1).text() +
                          R"("},"payload":{"n":1},"last_error":null,"lease":{"id":")" + lease_id(1).text() +
                          R"(","task_id":")" + task_id(1).text() + R"(","worker_id":"w1","token":1,"started_at":")" +
                          start + R"(","until":")" + core::to_rfc3339(at_s(60)) + "\"}}"));
  given()
      .given(failed(1, 1, task_status::pending, at_s(0)))
      .when(show_task{task_id(1)})
      .then_reply(
          row("PENDING", "1",
              R"(,"last_failure":3,"first_failed_at":")" + start + R"("},"payload":{"n":1},"last_error":"boom"})"));
}

TEST_CASE("stats count tasks by kind and status") {
  auto chat = enqueued(4);
  chat.kind = "chat";
  chat.run_at = at_s(-5);
  queue_spec()
      .given(enqueued(1), enqueued(2), enqueued(3), chat, leased(1, 0, 1, 1), leased(2, 0, 1, 2),
             task_completed{task_id(2), lease_id(2), 1, {}}, queue_paused{"chat"})
      .when(queue_stats{})
      .then_nothing()
      .then_reply(
          R"({"all":{"pending":2,"running":1,"done":1,"error":0,"cancelled":0,"paused":false},"kinds":{)"
          R"("chat":{"pending":1,"running":0,"done":0,"error":0,"cancelled":0,"paused":true},)"
          R"("mail":{"pending":1,"running":1,"done":1,"error":0,"cancelled":0,"paused":false}},"oldest_run_at":")" +
          core::to_rfc3339(at_s(-5)) + "\"}");
}

}  // namespace logline::work
