#include <catch2/catch.hpp>

#include "actors/directory_view.hpp"
#include "actors/live_view.hpp"
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

std::vector<std::string> listed(const journal::partition_log& log) {
  auto page = actors::directory_view::list(log, {}, {}, {}, 10'000);
  REQUIRE(page);
  std::vector<std::string> out;
  for (const auto& entry : *page)
    out.push_back(entry.entity.text() + " " + std::to_string(entry.sequence.value));
  return out;
}

std::string address(int n) {
  return "t/account/k" + std::to_string(100 + n);
}

}  // namespace

TEST_CASE("a projection is built anew beside the old one, and readers never see less", "[REP-02]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto log = new_log();
    stepped_node::options with;
    with.seed = seed;
    with.types = fixtures::find_account;
    with.limits.projector.records_per_turn = 4;
    stepped_node node{*log, with};
    for (int n = 0; n < 40; ++n)
      REQUIRE(node.ask(address(n), "add", R"({"amount":1})"));
    node.advance(core::seconds(1));
    const auto before = listed(*log);
    REQUIRE(before.size() == 40);
    REQUIRE(*actors::live_view::of(*log, "directory") == "directory");

    REQUIRE(node.door().rebuild_projection("directory"));
    const auto again = node.door().rebuild_projection("directory");
    REQUIRE_FALSE(again);
    CHECK(again.error().code == "CONFLICT");
    // The log grows meanwhile, and every step is a chance to read.
    int added = 40;
    bool was_under_way = false;
    for (int step = 0; step < 2'000; ++step) {
      if (step % 7 == 0 && added < 60) node.send(address(added++), "add", R"({"amount":1})");
      if (!node.step()) {
        if (added == 60 && !(*node.door().projections())[0].rebuild) break;
        node.pass(core::milliseconds(30));
      }
      const auto seen = listed(*log);
      REQUIRE(seen.size() >= before.size());
      REQUIRE(std::vector(seen.begin(), seen.begin() + 40) == before);
      const auto status = node.door().projections();
      REQUIRE(status);
      if ((*status)[0].rebuild && (*status)[0].rebuild->position.value > 0) was_under_way = true;
    }
    node.advance(core::seconds(1));
    CHECK(was_under_way);
    CHECK_FALSE((*node.door().projections())[0].rebuild);
    CHECK(*actors::live_view::of(*log, "directory") == "directory.b");
    CHECK(log->view_cursor("directory")->value == 0);
    CHECK(listed(*log).size() == 60);
    // And back.
    REQUIRE(node.door().rebuild_projection("directory"));
    node.advance(core::seconds(1));
    CHECK(*actors::live_view::of(*log, "directory") == "directory");
    CHECK(listed(*log).size() == 60);
    CHECK(node.reports().empty());
  }
}

TEST_CASE("only projections that exist are built anew", "[REP-02]") {
  auto log = new_log();
  stepped_node::options with;
  with.types = fixtures::find_account;
  stepped_node node{*log, with};
  const auto refused = node.door().rebuild_projection("nonsense");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "NOT_FOUND");
}
