#include <catch2/catch.hpp>

#include "tests/unit/domain_work/queue_spec.hpp"

namespace logline::work {

namespace {

/// Where the door refuses the body; "" when it takes it.
std::string refused_at(std::string_view command, std::string_view body) {
  const auto box = decoded(command, body);
  if (box) return "";
  CHECK(box.error().code == "INVALID_INPUT");
  REQUIRE_FALSE(box.error().details.empty());
  return box.error().details.front().path;
}

}  // namespace

TEST_CASE("what a task may not be is refused at the door, by field", "[TSK-17]") {
  CHECK(refused_at("enqueue", R"({"kind":"mail"})").empty());
  CHECK(refused_at("enqueue", R"({"kind":"mail","max_attempts":1,"priority":0,"lease_s":43200})").empty());
  CHECK(refused_at("enqueue", R"({"kind":"mail","max_attempts":50,"priority":9})").empty());
  CHECK(refused_at("enqueue", "{}") == "/kind");
  CHECK(refused_at("enqueue", R"({"kind":"Mail"})") == "/kind");
  CHECK(refused_at("enqueue", R"({"kind":""})") == "/kind");
  CHECK(refused_at("enqueue", R"({"kind":")" + std::string(65, 'k') + "\"}") == "/kind");
  CHECK(refused_at("enqueue", R"({"kind":"mail","max_attempts":0})") == "/max_attempts");
  CHECK(refused_at("enqueue", R"({"kind":"mail","max_attempts":51})") == "/max_attempts");
  CHECK(refused_at("enqueue", R"({"kind":"mail","priority":10})") == "/priority");
  CHECK(refused_at("enqueue", R"({"kind":"mail","run_at":"tomorrow"})") == "/run_at");
  CHECK(refused_at("enqueue", R"({"kind":"mail","run_at":1767225600})") == "/run_at");
  CHECK(refused_at("enqueue", R"({"kind":"mail","lease_s":43201})") == "/lease_s");
  CHECK(refused_at("enqueue", R"({"kind":"mail","backoff":"often"})") == "/backoff");
  CHECK(refused_at("enqueue", R"({"kind":"mail","unique_key":""})") == "/unique_key");
  CHECK(refused_at("enqueue", R"({"kind":"mail","colour":"red"})") == "/colour");
  CHECK(refused_at("enqueue_batch", R"({"tasks":[]})") == "/tasks");
  CHECK(refused_at("enqueue_batch", R"({"tasks":[{"kind":"mail"},{"kind":"!"}]})") == "/tasks/1/kind");
}

TEST_CASE("a batch has at most 1000 tasks", "[TSK-02]") {
  const auto of = [](int n) {
    std::string body = R"({"tasks":[)";
    for (int i = 0; i < n; ++i)
      body += i == 0 ? R"({"kind":"mail"})" : R"(,{"kind":"mail"})";
    return body + "]}";
  };
  CHECK(refused_at("enqueue_batch", of(1'000)).empty());
  CHECK(refused_at("enqueue_batch", of(1'001)) == "/tasks");
}

TEST_CASE("what a worker may not say is refused at the door, by field", "[TSK-03][TSK-05]") {
  const std::string ids =
      R"("task_id":"11000000-0000-0000-0000-000000000001","lease_id":"11000000-0000-0000-0000-000000000001")";
  CHECK(refused_at("lease", R"({"worker_id":"w1"})").empty());
  CHECK(refused_at("lease", R"({"worker_id":"w1","wait_ms":30000,"lease_s":43200,"limit":1000})").empty());
  CHECK(refused_at("lease", "{}") == "/worker_id");
  CHECK(refused_at("lease", R"({"worker_id":""})") == "/worker_id");
  CHECK(refused_at("lease", R"({"worker_id":"a b"})") == "/worker_id");
  CHECK(refused_at("lease", R"({"worker_id":"w1","limit":0})") == "/limit");
  CHECK(refused_at("lease", R"({"worker_id":"w1","wait_ms":30001})") == "/wait_ms");
  CHECK(refused_at("lease", R"({"worker_id":"w1","lease_s":43201})") == "/lease_s");
  CHECK(refused_at("lease", R"({"worker_id":"w1","kinds":[]})") == "/kinds");
  CHECK(refused_at("heartbeat", R"({"lease_id":"x"})") == "/lease_id");
  CHECK(refused_at("heartbeat", R"({"lease_id":"11000000-0000-0000-0000-000000000001","extend_s":43201})") ==
        "/extend_s");
  CHECK(refused_at("complete", "{" + ids + R"(,"result":{"a":1}})").empty());
  CHECK(refused_at("fail", "{" + ids + "}") == "/error");
  CHECK(refused_at("fail", "{" + ids + R"(,"error":")" + std::string(4'096, 'e') + "\"}").empty());
  CHECK(refused_at("fail", "{" + ids + R"(,"error":")" + std::string(4'097, 'e') + "\"}") == "/error");
  CHECK(refused_at("fail", "{" + ids + R"(,"error":"e","retry_after_s":-1})") == "/retry_after_s");
  CHECK(refused_at("discard", R"({"id":"11000000-0000-0000-0000-000000000001"})") == "/reason");
  CHECK(refused_at("list", R"({"limit":500})").empty());
  CHECK(refused_at("list", R"({"limit":501})") == "/limit");
  CHECK(refused_at("list", R"({"status":"pending"})") == "/status");
  CHECK(
      refused_at("configure", R"({"values":{"jitter_percent":0,"backoff":{"shape":"exponential","base":3}}})").empty());
  CHECK(refused_at("configure", R"({"values":{"jitter_percent":51}})") == "/values/jitter_percent");
  CHECK(refused_at("configure", R"({"values":{"backoff":{"shape":"cubic"}}})") == "/values/backoff/shape");
}

TEST_CASE("a payload of any size reaches the queue, which has its own code for it") {
  const auto box = decoded("enqueue", R"({"kind":"mail","payload":{"a":")" + std::string(300'000, 'x') + "\"}}");
  REQUIRE(box);
  lone_queue queue;
  const auto refused = lone_queue::type().decide(&queue.state(), *box, ctx_s(0));
  REQUIRE(refused.rejection());
  CHECK(refused.rejection()->code == "PAYLOAD_TOO_LARGE");
  CHECK(refused.rejection()->kind == core::failure_kind::too_large);
}

TEST_CASE("fields that may hold personal data are marked") {
  const auto personal = [](std::string_view name, std::span<const core::message_info> messages) {
    std::vector<std::string_view> out;
    for (const auto& message : messages)
      if (message.name == name)
        for (const auto& member : message.shape->members)
          if (member.attr.personal) out.push_back(member.name);
    return out;
  };
  using names = std::vector<std::string_view>;
  const auto& type = task_queue_type();
  CHECK(personal("enqueue", type.commands()) == names{"payload"});
  CHECK(personal("fail", type.commands()) == names{"error"});
  CHECK(personal("complete", type.commands()) == names{"result"});
  CHECK(personal("task_enqueued", type.events()) == names{"payload"});
  CHECK(personal("task_failed", type.events()) == names{"error"});
  CHECK(personal("task_completed", type.events()) == names{"result"});
  CHECK(personal("task_dead_lettered", type.events()) == names{"last_error"});
}

}  // namespace logline::work
