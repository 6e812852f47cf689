#include "journal/mirrored_commits.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

#include "journal/open.hpp"

using namespace logline;
using namespace logline::journal;

namespace {

struct bench {
  explicit bench(admission_limits limits = {}, core::gseq mirrored = {})
      : log(make()), local(*log, limits, [](core::gseq) {}) {
    queue.emplace(local, limits, mirrored);
  }

  static std::unique_ptr<partition_log> make() {
    log_settings settings;
    settings.clock = [] { return core::timestamp{}; };
    return make_memory_log(settings);
  }

  /// Submits one record for an entity of its own; what becomes of it is added to `told`.
  outcome submit(const std::string& key) {
    append_request r;
    r.entity = {"t", "account", key};
    r.events.push_back({});
    r.events.back().event_id = core::make_uuid7(1, next_id_, 1);
    r.events.back().event = "added";
    r.events.back().payload = "\x80";
    r.command_id = core::make_uuid7(2, next_id_++, 1);
    return queue->submit(std::move(r), [this, key](const result<appended>& outcome) {
      told.push_back(key + (outcome ? "" : " " + std::string{to_string(outcome.error().code)}));
    });
  }
  void commit() {
    while (local.step()) {
    }
  }

  std::unique_ptr<partition_log> log;
  std::vector<std::string> told;
  std::optional<mirrored_commits> queue;
  stepped_committer local;
  std::uint64_t next_id_ = 1;
};

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("with durability mirrored nothing completes before the mirror has it", "[CLU-11]") {
  bench b;
  REQUIRE(b.submit("a"));
  REQUIRE(b.submit("b"));
  b.commit();
  REQUIRE(b.submit("c"));
  b.commit();
  CHECK(b.log->head().position.value == 3);
  CHECK(b.told.empty());
  b.queue->mirrored(core::gseq{2});
  CHECK(b.told == names{"a", "b"});
  b.queue->mirrored(core::gseq{1});
  CHECK(b.told == names{"a", "b"});
  b.queue->mirrored(core::gseq{3});
  CHECK(b.told == names{"a", "b", "c"});
  CHECK(b.queue->waiting().records == 0);
}

TEST_CASE("what the mirror held before completes at once") {
  bench b{{}, core::gseq{1}};
  REQUIRE(b.submit("a"));
  b.commit();
  CHECK(b.told == names{"a"});
}

TEST_CASE("a barrier waits for the mirror as well") {
  bench b;
  REQUIRE(b.submit("a"));
  b.queue->barrier([&] { b.told.emplace_back("barrier"); });
  b.commit();
  CHECK(b.told.empty());
  b.queue->mirrored(core::gseq{1});
  CHECK(b.told == names{"a", "barrier"});
}

TEST_CASE("while the mirror is away admission closes at its bound", "[CLU-15]") {
  bench b{{3, std::size_t{1} << 20}};
  for (const auto* key : {"a", "b", "c"}) {
    REQUIRE(b.submit(key));
    b.commit();
  }
  const auto refused = b.submit("d");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::overloaded);
  b.queue->mirrored(core::gseq{3});
  CHECK(b.submit("d"));
}

TEST_CASE("a request that fails is told in its turn") {
  bench b;
  REQUIRE(b.submit("a"));
  append_request wrong;
  wrong.entity = {"t", "account", "x"};
  wrong.expected = core::eseq{7};
  wrong.events.push_back({});
  wrong.events.back().event = "added";
  wrong.events.back().payload = "\x80";
  REQUIRE(b.queue->submit(std::move(wrong), [&](const result<appended>& outcome) {
    CHECK_FALSE(outcome);
    b.told.emplace_back("x");
  }));
  b.commit();
  CHECK(b.told.empty());
  b.queue->mirrored(core::gseq{1});
  CHECK(b.told == names{"a", "x"});
}

TEST_CASE("what still waits when the node stops is not acknowledged") {
  bench b;
  REQUIRE(b.submit("a"));
  b.commit();
  b.queue.reset();
  CHECK(b.told == names{"a stopped"});
}
