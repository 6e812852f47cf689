#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

#include "actors/reply_queue.hpp"
#include "journal/open.hpp"

using namespace logline;
using actors::outgoing;
using actors::reply_queue;

namespace {

/// A queue with a log behind it, and what left it in order.
struct bench_of_one {
  std::unique_ptr<journal::partition_log> log = [] {
    journal::log_settings settings;
    settings.clock = [] { return core::timestamp{}; };
    return journal::make_memory_log(settings);
  }();
  core::address entity{"t", "account", "a"};
  actors::counters count;
  int told = 0;
  std::vector<std::string> left;
  std::shared_ptr<reply_queue> queue = std::make_shared<reply_queue>(count, [this] { ++told; });
  std::uint64_t sequence = 0;

  actors::reply<actors::command_reply> noting(const std::string& name) {
    return actors::reply<actors::command_reply>{[this, name](core::result<actors::command_reply> said) {
      left.push_back(
          name + (said ? (said->replayed ? " again" : "") + std::string{" at "} + std::to_string(said->position.value)
                       : ' ' + said.error().code));
    }};
  }
  outgoing submission(const std::string& name) {
    outgoing one;
    one.answer = noting(name);
    one.submitted = true;
    one.said.sequence = core::eseq{++sequence};
    one.said.events = {"added"};
    return one;
  }
  outgoing query(const std::string& name) {
    outgoing one;
    one.answer = noting(name);
    return one;
  }
  void push(outgoing one) { queue->push(std::move(one), *log, entity); }
  void settle(std::uint64_t position) {
    queue->settled(journal::appended{core::gseq{position}, core::gseq{position}, core::eseq{++settled_}, {}});
  }
  actors::reply_queue::news attend() { return queue->attend(*log, entity); }

 private:
  std::uint64_t settled_ = 0;
};

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("answers leave in the order of decisions, none before what it rests on", "[JRN-03]") {
  bench_of_one b;
  b.push(b.query("early"));
  CHECK(b.left == names{"early at 0"});
  b.push(b.submission("one"));
  b.push(b.query("between"));
  b.push(b.submission("two"));
  b.push(b.query("late"));
  CHECK(b.left.size() == 1);
  b.settle(7);
  CHECK(b.left == names{"early at 0", "one at 7", "between at 0"});
  CHECK_FALSE(b.queue->empty());
  b.settle(8);
  CHECK(b.left == names{"early at 0", "one at 7", "between at 0", "two at 8", "late at 0"});
  CHECK(b.queue->empty());
  CHECK(b.told == 0);
  CHECK(b.count.events == 2);
}

TEST_CASE("a repeat is answered with its first request, another request under the key is not taken", "[ENG-03]") {
  bench_of_one b;
  const auto request = core::sha256("request");
  auto first = b.submission("first");
  first.key = "k";
  first.request_digest = request;
  b.push(std::move(first));
  auto twin = b.noting("twin");
  CHECK(b.queue->join("k", request, twin) == reply_queue::joined::yes);
  auto other = b.noting("other");
  CHECK(b.queue->join("k", core::sha256("another"), other) == reply_queue::joined::other_request);
  CHECK(b.queue->join("unknown", request, other) == reply_queue::joined::no);
  CHECK(other.pending());
  CHECK(b.left.empty());
  b.settle(3);
  CHECK(b.left == names{"twin again at 3", "first at 3"});
  CHECK(b.queue->join("k", request, other) == reply_queue::joined::no);
}

TEST_CASE("a failed commit answers everything that rests on it, and nothing that was durable before") {
  bench_of_one b;
  b.push(b.submission("durable"));
  b.push(b.submission("lost"));
  b.push(b.query("saw the lost one"));
  b.settle(1);
  const auto decided_later = [&] { b.push(b.submission("decided before the host knew")); };
  b.queue->settled(journal::error{journal::errc::store_failed, "disk gone", {}});
  CHECK(b.told == 1);
  decided_later();
  b.queue->settled(journal::error{journal::errc::stopped, "stopped", {}});
  CHECK(b.left == names{"durable at 1"});
  const auto news = b.attend();
  REQUIRE(news.failure);
  CHECK(news.failure->code == "UNAVAILABLE");
  CHECK(b.left == names{"durable at 1", "lost UNAVAILABLE", "saw the lost one UNAVAILABLE",
                        "decided before the host knew UNAVAILABLE"});
  CHECK(b.told == 1);
}

TEST_CASE("an outcome for another eseq than was decided counts as a failed commit") {
  bench_of_one b;
  b.push(b.submission("one"));
  b.queue->settled(journal::appended{core::gseq{1}, core::gseq{1}, core::eseq{9}, {}});
  const auto news = b.attend();
  REQUIRE(news.failure);
  CHECK(news.failure->code == "INTERNAL");
  CHECK(b.left == names{"one INTERNAL"});
}

TEST_CASE("the host hears of the commit of its snapshot, once") {
  bench_of_one b;
  auto with_snapshot = b.submission("one");
  with_snapshot.snapshot = true;
  b.push(std::move(with_snapshot));
  b.push(b.submission("two"));
  b.settle(4);
  b.settle(5);
  CHECK(b.told == 1);
  CHECK(b.left == names{"one at 4", "two at 5"});
  const auto news = b.attend();
  REQUIRE(news.snapshot);
  CHECK(news.snapshot->last == core::gseq{4});
  CHECK_FALSE(b.attend().snapshot);
}

TEST_CASE("an answer that quotes the log waits for the host, and holds up those behind it", "[TSK-17]") {
  bench_of_one b;
  auto quoting = b.submission("quoting");
  quoting.said.reply = "\x91";
  quoting.quotes.push_back({1, core::eseq{1}, "payload"});
  b.push(std::move(quoting));
  b.push(b.submission("behind"));
  b.settle(1);
  b.settle(2);
  CHECK(b.left.empty());
  CHECK(b.told == 1);
  CHECK_FALSE(b.attend().failure);
  REQUIRE(b.left.size() == 2);
  CHECK(b.left[1] == "behind at 2");
}

TEST_CASE("a host that goes leaves nobody waiting, and outcomes that come later find nothing") {
  bench_of_one b;
  b.push(b.submission("one"));
  b.queue->close();
  CHECK(b.left == names{"one UNAVAILABLE"});
  b.settle(1);
  CHECK(b.left.size() == 1);
  CHECK(b.count.events == 0);
}
