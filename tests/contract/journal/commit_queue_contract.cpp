// What every commit queue promises, with threads and without.
#include "tests/contract/journal/journal_fixture.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "journal/committer.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::journal::fixtures;

namespace {

/// Stands in for a disk that takes its time: write() waits until it is let through.
class gate {
 public:
  void open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    moved_.notify_all();
  }
  void pass() {
    std::unique_lock lock{mutex_};
    moved_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  bool open_ = false;
};

/// The clock is read once per commit, by the thread that frames it: a place to hold that thread.
log_settings settings_behind(gate& g, const manual_clock& clock) {
  log_settings settings = settings_with(clock);
  settings.clock = [&g, now = clock.function()] {
    g.pass();
    return now();
  };
  return settings;
}

struct threaded {
  committer queue;
  threaded(partition_log& log, admission_limits limits, std::function<void(core::gseq)> on_commit)
      : queue(log, limits, std::move(on_commit)) {}
  void run_until(const std::function<bool()>& done) {
    while (!done())
      std::this_thread::yield();
  }
};

struct stepped {
  stepped_committer queue;
  stepped(partition_log& log, admission_limits limits, std::function<void(core::gseq)> on_commit)
      : queue(log, limits, std::move(on_commit)) {}
  void run_until(const std::function<bool()>& done) {
    while (!done())
      REQUIRE(queue.step());
  }
};

using queues = std::tuple<threaded, stepped>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("requests complete in the order in which they were submitted", "[contract][JRN-03]", queues) {
  manual_clock clock;
  const auto log = make_memory_log(settings_with(clock));
  std::mutex mutex;
  std::vector<std::uint64_t> firsts;
  core::gseq told;
  std::size_t wrong = 0;  // assertions are for the test's own thread
  TestType f{*log, {}, [&](core::gseq head) {
               const std::lock_guard lock{mutex};
               const bool durable = log->head().position >= head;
               if (head <= told || !durable) ++wrong;
               told = head;
             }};
  for (std::uint64_t i = 0; i < 500; ++i)
    REQUIRE(f.queue.submit(request("a", i), [&](result<appended> r) {
      const std::lock_guard lock{mutex};
      if (!r || r->last > told) ++wrong;
      firsts.push_back(r ? r->first.value : 0);
    }));
  f.run_until([&] {
    const std::lock_guard lock{mutex};
    return firsts.size() == 500;
  });
  CHECK(wrong == 0);
  for (std::uint64_t i = 0; i < firsts.size(); ++i)
    CHECK(firsts[i] == i + 1);
  CHECK(records_of(*log, entity("a")).size() == 500);
}

TEMPLATE_LIST_TEST_CASE("a refused request does not disturb the others", "[contract][JRN-04]", queues) {
  manual_clock clock;
  const auto log = make_memory_log(settings_with(clock));
  std::atomic<int> done{0};
  std::vector<std::optional<errc>> outcomes(3);
  TestType f{*log, {}, nullptr};
  const std::vector<append_request> requests{request("a", 0), request("a", 5), request("a", 1)};
  for (std::size_t i = 0; i < requests.size(); ++i)
    REQUIRE(f.queue.submit(requests[i], [&, i](result<appended> r) {
      if (!r) outcomes[i] = r.error().code;
      ++done;
    }));
  f.run_until([&] { return done == 3; });
  CHECK(!outcomes[0]);
  CHECK(outcomes[1] == errc::conflict);
  CHECK(!outcomes[2]);
}

TEMPLATE_LIST_TEST_CASE("what waits is bounded by records and by bytes", "[contract]", queues) {
  manual_clock clock;
  gate disk;
  const auto log = make_memory_log(settings_behind(disk, clock));
  std::atomic<int> done{0};
  const auto count = [&](result<appended> r) { done += r ? 1 : 1'000; };
  SECTION("records") {
    TestType f{*log, {10, 1'000'000}, nullptr};
    REQUIRE(f.queue.submit(request("a", 0, 6), count));
    CHECK(f.queue.submit(request("b", 0, 5), count).error().code == errc::overloaded);
    REQUIRE(f.queue.submit(request("b", 0, 4), count));
    CHECK(f.queue.waiting().records == 10);
    disk.open();
    f.run_until([&] { return done == 2; });
    CHECK(f.queue.waiting().records == 0);
    CHECK(f.queue.waiting().bytes == 0);
    REQUIRE(f.queue.submit(request("c", 0, 10), count));
    f.run_until([&] { return done == 3; });
  }
  SECTION("bytes") {
    TestType f{*log, {1'000, 10'000}, nullptr};
    REQUIRE(f.queue.submit(request("a", 0, 1, 8'000), count));
    CHECK(f.queue.submit(request("b", 0, 1, 8'000), count).error().code == errc::overloaded);
    disk.open();
    f.run_until([&] { return done == 1; });
  }
  SECTION("what no commit could hold") {
    TestType f{*log, {}, nullptr};
    CHECK(f.queue.submit(request("a", 0, batch_records_max + 1), count).error().code == errc::too_large);
    CHECK(f.queue.waiting().records == 0);
    disk.open();
  }
  SECTION("room that was admitted counts until its request is complete") {
    TestType f{*log, {10, 1'000'000}, nullptr};
    REQUIRE(f.queue.admit({10, 1'000}));
    CHECK(f.queue.admit({1, 10}).error().code == errc::overloaded);
    f.queue.submit_admitted(request("a", 0, 10), {10, 1'000}, count);
    disk.open();
    f.run_until([&] { return done == 1; });
    CHECK(f.queue.admit({1, 10}));
  }
}

TEMPLATE_LIST_TEST_CASE("a barrier comes after all before it and before all after it", "[contract]", queues) {
  manual_clock clock;
  gate disk;
  const auto log = make_memory_log(settings_behind(disk, clock));
  TestType f{*log, {}, nullptr};
  std::mutex mutex;
  std::string order;
  const auto note = [&](char c) {
    const std::lock_guard lock{mutex};
    order += c;
  };
  f.queue.barrier([&] { note('0'); });  // nothing waits: at once
  CHECK(order == "0");
  for (std::uint64_t i = 0; i < 3; ++i)
    REQUIRE(f.queue.submit(request("a", i), [&](result<appended>) { note('a'); }));
  f.queue.barrier([&] { note('1'); });
  f.queue.barrier([&] { note('2'); });
  REQUIRE(f.queue.submit(request("b", 0), [&](result<appended>) { note('b'); }));
  f.queue.barrier([&] { note('3'); });
  disk.open();
  f.run_until([&] {
    const std::lock_guard lock{mutex};
    return order.size() == 8;
  });
  CHECK(order == "0aaa12b3");
}

TEMPLATE_LIST_TEST_CASE("after close nothing new comes in and what was admitted completes", "[contract]", queues) {
  manual_clock clock;
  gate disk;
  const auto log = make_memory_log(settings_behind(disk, clock));
  std::atomic<int> done{0};
  {
    TestType f{*log, {}, nullptr};
    const auto count = [&](result<appended> r) { done += r ? 1 : 1'000; };
    for (std::uint64_t i = 0; i < 20; ++i)
      REQUIRE(f.queue.submit(request("a", i), count));
    REQUIRE(f.queue.admit({1, 10}));
    f.queue.close();
    CHECK(f.queue.submit(request("b", 0), count).error().code == errc::stopped);
    f.queue.submit_admitted(request("a", 20), {1, 10}, count);
    disk.open();
  }
  CHECK(done == 21);
  CHECK(log->head().position.value == 21);
}

TEMPLATE_LIST_TEST_CASE("more than one commit holds is spread over several", "[contract][JRN-12]", queues) {
  manual_clock clock;
  gate disk;
  const auto log = make_memory_log(settings_behind(disk, clock));
  std::atomic<int> done{0};
  std::vector<core::gseq> heads;
  TestType f{*log, {}, [&](core::gseq head) { heads.push_back(head); }};
  for (std::uint64_t i = 0; i < 30; ++i)
    REQUIRE(f.queue.submit(request("a", i * 1'000, 1'000, 8), [&](result<appended> r) { done += r ? 1 : 1'000; }));
  disk.open();
  f.run_until([&] { return done == 30; });
  CHECK(heads.size() >= 3);
  CHECK(log->head().position.value == 30'000);
}

TEST_CASE("many threads submit at once", "[contract][JRN-03]") {
  rocks_fixture f;
  constexpr std::uint64_t per_thread = 400;
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> out_of_order{0};
  {
    committer queue{*f.log, {}, nullptr};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, key = "e" + std::to_string(t)] {
        auto next = std::make_shared<std::atomic<std::uint64_t>>(1);
        for (std::uint64_t i = 0; i < per_thread; ++i) {
          const auto submitted = queue.submit(request(key, i), [&, next](result<appended> r) {
            if (!r || r->last_sequence.value != next->fetch_add(1)) ++out_of_order;
            ++done;
          });
          if (!submitted) ++out_of_order;
        }
      });
    for (auto& thread : threads)
      thread.join();
  }
  CHECK(done == 4 * per_thread);
  CHECK(out_of_order == 0);
  CHECK(f.log->head().position.value == 4 * per_thread);
}
