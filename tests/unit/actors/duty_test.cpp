#include "actors/duty.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "actors/alerts.hpp"
#include "journal/open.hpp"
#include "tests/fixtures/account_entity.hpp"
#include "tests/fixtures/stepped_node.hpp"

using namespace logline;
using fixtures::stepped_node;

namespace {

std::unique_ptr<journal::partition_log> new_log() {
  journal::log_settings settings;
  settings.clock = [] { return core::timestamp{}; };
  return journal::make_memory_log(settings);
}

core::timestamp at(const char* text) {
  return *core::parse_rfc3339(text);
}

double figure(const actors::alerts& board, const std::string& name) {
  for (const auto& f : board.figures())
    if (f.name == name) return f.value;
  FAIL("no figure " << name);
  return -1;
}

}  // namespace

TEST_CASE("a duty runs when it is due, once each time, and a failed run is told and repeated") {
  auto log = new_log();
  std::vector<core::timestamp> runs;
  stepped_node::options with;
  with.types = fixtures::find_account;
  with.now = at("2026-03-01T02:14:30Z");
  stepped_node* node = nullptr;
  with.duties.push_back(std::make_shared<actors::duty>(
      actors::duty{"backup", core::schedule::daily(2, 15), [&](const std::stop_token&) -> core::outcome {
                     runs.push_back(node->now());
                     if (runs.size() == 1) return core::unavailable("nobody there");
                     return core::done{};
                   }}));
  stepped_node here{*log, with};
  node = &here;
  node->settle();
  CHECK(runs.empty());
  node->advance(core::seconds(30));
  REQUIRE(runs == std::vector{at("2026-03-01T02:15:00Z")});
  CHECK(node->reports() == std::vector<std::string>{"backup: UNAVAILABLE nobody there"});
  for (int minute = 0; minute < 60 * 24 - 1; ++minute)
    node->advance(core::minutes(1));
  CHECK(runs.size() == 1);
  node->advance(core::minutes(1));
  CHECK(runs.size() == 2);
  CHECK(runs.back() == at("2026-03-02T02:15:00Z"));
}

TEST_CASE("a duty is found due within a minute after the clock was set forward") {
  auto log = new_log();
  int runs = 0;
  core::timestamp wall = at("2026-03-01T00:00:00Z");
  stepped_node::options with;
  with.types = fixtures::find_account;
  with.wall = [&] { return wall; };
  with.duties.push_back(std::make_shared<actors::duty>(
      actors::duty{"probe", core::schedule::daily(3, 0), [&](const std::stop_token&) -> core::outcome {
                     ++runs;
                     return core::done{};
                   }}));
  stepped_node node{*log, with};
  node.settle();
  wall = at("2026-03-01T03:30:00Z");
  node.pass(core::minutes(1));
  node.settle();
  CHECK(runs == 1);
}

TEST_CASE("calendar times") {
  const auto sunday = core::schedule::weekly(0, 3, 30);
  CHECK(sunday.next_after(at("2026-03-01T03:29:59.999999Z")) == at("2026-03-01T03:30:00Z"));
  CHECK(sunday.next_after(at("2026-03-01T03:30:00Z")) == at("2026-03-08T03:30:00Z"));
  const auto daily = core::schedule::daily(0, 0);
  CHECK(daily.next_after(at("2026-12-31T23:59:59Z")) == at("2027-01-01T00:00:00Z"));
  const auto last = core::schedule::monthly(31, 1, 0);
  CHECK(last.next_after(at("2026-01-31T01:00:00Z")) == at("2026-03-31T01:00:00Z"));
  CHECK(core::schedule::every(core::seconds(5)).next_after(at("2026-01-01T00:00:00Z")) == at("2026-01-01T00:00:05Z"));
  CHECK(daily.next_after(at("1969-12-30T12:00:00Z")) == at("1969-12-31T00:00:00Z"));
}

TEST_CASE("an alert is told when it begins and when it ends, however often it is raised") {
  std::vector<std::string> said;
  actors::alerts board{[&](actors::severity weight, const std::string& line) {
    said.push_back((weight == actors::severity::error ? "error " : "other ") + line);
  }};
  board.raise("BACKUP_FAIL", "none for 26 h");
  board.raise("BACKUP_FAIL", "none for 27 h");
  CHECK(said == std::vector<std::string>{"error ALERT BACKUP_FAIL: none for 26 h"});
  CHECK(board.is_active("BACKUP_FAIL"));
  CHECK(figure(board, R"(alert_total{alert="BACKUP_FAIL"})") == 2);
  CHECK(figure(board, R"(alert_active{alert="BACKUP_FAIL"})") == 1);
  CHECK(figure(board, R"(alert_total{alert="PG_DOWN"})") == 0);
  board.clear("BACKUP_FAIL");
  board.clear("BACKUP_FAIL");
  CHECK(said.size() == 2);
  CHECK_FALSE(board.is_active("BACKUP_FAIL"));
  board.raise("BACKUP_FAIL", "again");
  CHECK(said.back() == "error ALERT BACKUP_FAIL: again");
}
