#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "journal/merkle.hpp"
#include "journal/open.hpp"
#include "tests/fixtures/account_entity.hpp"
#include "tests/fixtures/stepped_node.hpp"

using namespace logline;
using fixtures::stepped_node;

namespace {

/// A copy in memory that keeps what a mirror promises and fails as it is told.
class memory_copy final : public journal::mirror_target {
 public:
  std::vector<std::string> records;
  journal::mirror_position stands;
  int opened = 0;
  int rested = 0;
  std::deque<journal::errc> open_errors;  ///< of the next calls of open()
  std::deque<bool> half_appends;          ///< of the next calls of append(): store the first half only, then fail

  journal::result<journal::mirror_position> open() override {
    ++opened;
    if (!open_errors.empty()) {
      const auto code = open_errors.front();
      open_errors.pop_front();
      return journal::error{code, "told to fail", {}};
    }
    ready_ = true;
    return stands;
  }
  journal::outcome append(std::span<const journal::record_view> batch, const journal::mirror_position& after) override {
    REQUIRE(ready_);
    const bool half = !half_appends.empty() && half_appends.front();
    if (!half_appends.empty()) half_appends.pop_front();
    if (half) batch = batch.first(batch.size() / 2);
    for (const auto& r : batch) {
      CHECK(r.position == core::next(stands.position));
      stands = {r.position, journal::chain_hash(stands.chain, journal::leaf_hash(r.bytes))};
      records.emplace_back(r.bytes);
    }
    if (half) {
      ready_ = false;
      return journal::error{journal::errc::store_failed, "told to fail", {}};
    }
    CHECK(stands == after);
    return core::done{};
  }
  journal::outcome rest() override {
    ++rested;
    return core::done{};
  }

 private:
  bool ready_ = false;
};

std::unique_ptr<journal::partition_log> new_log() {
  journal::log_settings settings;
  settings.clock = [] { return core::timestamp{}; };
  return journal::make_memory_log(settings);
}

std::vector<std::string> records_of(const journal::partition_log& log) {
  std::vector<std::string> out;
  REQUIRE(log.scan(core::gseq{1}, [&](const journal::record_view& r) {
    out.emplace_back(r.bytes);
    return true;
  }));
  return out;
}

stepped_node::options with(const actors::mirror_part& part) {
  stepped_node::options o;
  o.types = fixtures::find_account;
  o.mirrors = {part};
  o.limits.mirror.records_per_batch = 7;
  o.limits.mirror.linger = {};
  return o;
}

actors::mirror_part part_of(const std::shared_ptr<memory_copy>& copy) {
  actors::mirror_part part;
  part.name = "copy";
  part.target = copy;
  return part;
}

void add(stepped_node& node, int times) {
  for (int i = 0; i < times; ++i)
    node.send("t/account/" + std::to_string(i % 5), "add", R"({"amount":1})");
  node.settle();
}

double figure(stepped_node& node, const std::string& name) {
  for (const auto& f : node.door().figures())
    if (f.name == name) return f.value;
  return -1;
}

}  // namespace

TEST_CASE("a mirror holds every record once and in order, over any number of lives", "[MIR-01]") {
  auto log = new_log();
  const auto copy = std::make_shared<memory_copy>();
  for (int life = 0; life < 4; ++life) {
    stepped_node node{*log, with(part_of(copy))};
    add(node, 20 + life);
    CHECK(copy->records == records_of(*log));
    CHECK(copy->stands.chain == log->head().chain);
  }
  CHECK(copy->opened == 4);
  CHECK(copy->rested > 0);
}

TEST_CASE("commands go on while the mirror is away, and it catches up from the log", "[MIR-02]") {
  auto log = new_log();
  const auto copy = std::make_shared<memory_copy>();
  copy->open_errors.assign(5, journal::errc::store_failed);
  const auto part = part_of(copy);
  stepped_node node{*log, with(part)};
  add(node, 50);
  CHECK(log->head().position == core::gseq{50});
  CHECK(copy->records.empty());
  CHECK(figure(node, "mirror_lag_events{mirror=\"copy\"}") == 50);
  for (int i = 0; i < 10; ++i)
    node.advance(core::seconds(2));
  CHECK(copy->records == records_of(*log));
  CHECK(figure(node, "mirror_lag_events{mirror=\"copy\"}") == 0);
  CHECK(figure(node, "mirror_failures_total{mirror=\"copy\"}") == 5);
  CHECK_FALSE(node.gave_up());
}

TEST_CASE("how far a copy is behind is told while it is away, and is an alert beyond a minute", "[MIR-03]") {
  auto log = new_log();
  const auto copy = std::make_shared<memory_copy>();
  copy->open_errors.assign(11, journal::errc::store_failed);  // with the waits between them nearly two minutes
  stepped_node node{*log, with(part_of(copy))};
  const auto pass = [&](int seconds) {
    for (int i = 0; i < seconds; ++i)
      node.advance(core::seconds(1));
  };
  const auto lag = [&] { return figure(node, "mirror_lag_seconds{mirror=\"copy\"}"); };
  const auto alert = [&] { return figure(node, "alert_active{alert=\"MIRROR_LAG\"}"); };
  add(node, 5);
  pass(55);
  CHECK(lag() > 20);
  CHECK(lag() <= 60);
  CHECK(alert() == 0);
  pass(45);
  CHECK(lag() > 60);
  CHECK(alert() == 1);
  pass(25);
  CHECK(copy->records == records_of(*log));
  CHECK(lag() == 0);
  CHECK(alert() == 0);
}

TEST_CASE("a batch that was half-written is not written twice: the copy says where it stands", "[MIR-01]") {
  auto log = new_log();
  const auto copy = std::make_shared<memory_copy>();
  copy->half_appends = {false, true, false, true, true, false};
  stepped_node node{*log, with(part_of(copy))};
  for (int i = 0; i < 10; ++i) {
    add(node, 10);
    node.advance(core::seconds(40));
  }
  CHECK(copy->records == records_of(*log));
  CHECK(copy->opened == 4);
}

TEST_CASE("a mirror that is not of this log, or ahead of it, stops and is left as it is", "[MIR-04]") {
  auto log = new_log();
  const auto copy = std::make_shared<memory_copy>();
  SECTION("another record at the same place") {
    copy->stands = {core::gseq{3}, core::sha256("another")};
  }
  SECTION("ahead") {
    copy->stands = {core::gseq{1'000}, core::sha256("later")};
  }
  SECTION("damaged") {
    copy->open_errors = {journal::errc::chain_broken};
  }
  {
    stepped_node filling{*log, with(part_of(std::make_shared<memory_copy>()))};
    add(filling, 10);
  }
  const auto before = copy->stands;
  stepped_node node{*log, with(part_of(copy))};
  add(node, 10);
  node.advance(core::minutes(10));
  CHECK(copy->records.empty());
  CHECK(copy->stands == before);
  CHECK(copy->opened == 1);
  CHECK(figure(node, "mirror_diverged{mirror=\"copy\"}") == 1);
  const auto said = std::count_if(node.reports().begin(), node.reports().end(), [](const std::string& line) {
    return line.starts_with("ALERT MIRROR_DIVERGED: mirror copy is stopped");
  });
  CHECK(said == 1);
  CHECK(log->head().position == core::gseq{20});
}
