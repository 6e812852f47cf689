#include "cluster/retention_end.hpp"

#include <catch2/catch.hpp>

#include "journal/open.hpp"

using namespace logline;

namespace {

constexpr core::timestamp begin{1'774'785'600'000'000};  // 2026-03-29T12:00:00Z

/// One record a day: a flag's, a timeline's, a queue's, and so on.
std::unique_ptr<journal::partition_log> log_of(int days) {
  auto now = std::make_shared<core::timestamp>(begin);
  journal::log_settings settings;
  settings.clock = [now] { return *now; };
  auto log = journal::make_memory_log(std::move(settings));
  const char* const types[] = {"flag", "timeline", "task_queue"};
  for (int day = 0; day < days; ++day, *now = *now + core::days(1)) {
    journal::append_request request;
    request.entity = {day % 2 == 0 ? "acme" : "zeta", types[day % 3], "k" + std::to_string(day)};
    request.principal = core::principal_id{"tester"};
    request.command_id = core::make_uuid7(now->us / 1'000, static_cast<std::uint64_t>(day), 1);
    request.correlation_id = request.command_id;
    request.decided_at = *now;
    auto& event = request.events.emplace_back();
    event.event_id = core::make_uuid7(now->us / 1'000, static_cast<std::uint64_t>(day), 2);
    event.event = "happened";
    event.payload = "\x80";
    const auto done = log->append(std::vector{std::move(request)});
    REQUIRE(done);
    REQUIRE(done->front());
  }
  return log;
}

}  // namespace

TEST_CASE("what may go ends before the first record that is hot or held", "[RET-01][RET-04]") {
  const auto log = log_of(30);
  archive::retention policy;
  const auto end = [&](int day, std::uint64_t after = 0, std::uint32_t days_max = 365) {
    const auto found = cluster::retention_end(*log, policy, core::gseq{after}, begin + core::days(day), days_max);
    REQUIRE(found);
    return found->value;
  };
  CHECK(end(364) == 0);
  CHECK(end(365) == 2);  // the flag and the timeline; the queue is two days younger than the flag
  CHECK(end(368) == 5);
  CHECK(end(9, 0, 10) == 0);
  CHECK(end(12, 0, 10) == 3);
  CHECK(end(12, 3, 10) == 3);
  CHECK(end(500) == 30);
  CHECK(end(500, 30) == 30);

  evolve(policy, archive::hot_set{"flag", 5});
  CHECK(end(95) == 2);  // the queue's first record is hot
  evolve(policy, archive::hot_set{"task_queue", 5});
  CHECK(end(95) == 7);  // the third timeline's time is not over yet

  evolve(policy, archive::hold_placed{"case", "zeta", "", "", core::gseq{4}, std::nullopt, "court", "tester"},
         {core::eseq{1}, begin});
  CHECK(end(500) == 3);
  evolve(policy, archive::hold_released{"case", "over", "tester"});
  CHECK(end(500) == 30);
}
