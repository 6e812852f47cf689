#include <catch2/catch.hpp>

#include "domain/core/json.hpp"
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

stepped_node::options with(std::uint64_t seed = 1) {
  stepped_node::options o;
  o.seed = seed;
  o.types = fixtures::find_account;
  return o;
}

std::int64_t total_of(const core::result<actors::command_reply>& answer) {
  REQUIRE(answer);
  auto total = core::from_msgpack<fixtures::total_reply>(answer->reply);
  REQUIRE(total);
  return total->total;
}

const std::string a = "t/account/a";

}  // namespace

TEST_CASE("an answer leaves only after its events are durable") {
  auto log = new_log();
  stepped_node node{*log, with()};
  auto first = node.send(a, "add", R"({"amount":2})");
  auto second = node.send(a, "add", R"({"amount":3})");
  node.settle_actors();
  CHECK_FALSE(first->answer);
  CHECK_FALSE(second->answer);
  CHECK(log->head().position == core::gseq{0});
  node.settle();
  CHECK(total_of(*first->answer) == 2);
  CHECK(total_of(*second->answer) == 5);
  CHECK(log->head().position == core::gseq{2});
}

TEST_CASE("an entity decides on what is not yet durable, and nobody sees it before it is", "[ENG-01]") {
  auto log = new_log();
  stepped_node node{*log, with()};
  REQUIRE(node.ask(a, "add", R"({"amount":1})"));
  auto add = node.send(a, "add", R"({"amount":4})");
  auto query = node.send(a, "read_total", "{}");
  auto refused = node.send(a, "add", R"({"amount":-100})");
  auto quiet = node.send(a, "add", R"({"amount":0})");
  node.settle_actors();
  CHECK_FALSE(query->answer);
  CHECK_FALSE(refused->answer);
  CHECK_FALSE(quiet->answer);
  node.settle();
  CHECK(total_of(*query->answer) == 5);
  CHECK(refused->answer->error().code == "CONFLICT");
  CHECK(total_of(*quiet->answer) == 5);
}

TEST_CASE("many commands of one entity share a commit") {
  auto log = new_log();
  stepped_node node{*log, with()};
  REQUIRE(node.ask(a, "add", R"({"amount":1})"));
  std::vector<std::shared_ptr<stepped_node::slot>> slots;
  for (int i = 0; i < 100; ++i)
    slots.push_back(node.send(a, "add", R"({"amount":1})"));
  node.settle_actors();
  REQUIRE(node.commits().waiting().records == 100);
  REQUIRE(node.commits().step());
  node.settle_actors();
  for (const auto& slot : slots)
    REQUIRE(slot->answer.has_value());
  CHECK(total_of(*slots.back()->answer) == 101);
}

TEST_CASE("a repeated key finds the first answer, in flight, afterwards, and after a restart", "[ENG-03]") {
  auto log = new_log();
  {
    stepped_node node{*log, with()};
    auto first = node.send(a, "add", R"({"amount":2})", "k1");
    auto twin = node.send(a, "add", R"({"amount":2})", "k1");
    auto other = node.send(a, "add", R"({"amount":9})", "k1");
    node.settle();
    CHECK(total_of(*first->answer) == 2);
    CHECK(total_of(*twin->answer) == 2);
    CHECK((*twin->answer)->replayed);
    CHECK((*twin->answer)->position == (*first->answer)->position);
    CHECK(other->answer->error().code == "IDEMPOTENCY_MISMATCH");
    CHECK((node.ask(a, "add", R"({"amount":2})", "k1"))->replayed);
  }
  stepped_node node{*log, with(2)};
  auto again = node.ask(a, "add", R"({"amount":2})", "k1");
  CHECK(total_of(again) == 2);
  CHECK(again->replayed);
  CHECK(again->position == core::gseq{1});
  CHECK(again->events == std::vector<std::string>{"added"});
  CHECK(node.ask(a, "add", R"({"amount":3})", "k1").error().code == "IDEMPOTENCY_MISMATCH");
  CHECK(log->head().position == core::gseq{1});
}

TEST_CASE("expected eseq guards against a lost update", "[JRN-04]") {
  auto log = new_log();
  stepped_node node{*log, with()};
  REQUIRE(node.ask(a, "add", R"({"amount":1})", {}, core::eseq{0}));
  auto stale = node.ask(a, "add", R"({"amount":1})", {}, core::eseq{0});
  REQUIRE_FALSE(stale);
  CHECK(stale.error().code == "CONFLICT");
  REQUIRE(stale.error().details.size() == 1);
  CHECK(stale.error().details.front().problem == "actual 1");
  CHECK(log->head().position == core::gseq{1});
}

TEST_CASE("quoted payloads are filled in from the journal, also in a replayed answer") {
  auto log = new_log();
  stepped_node node{*log, with()};
  REQUIRE(node.ask(a, "add", R"({"amount":1,"payload":{"n":1}})"));
  REQUIRE(node.ask(a, "add", R"({"amount":1,"payload":["two"]})"));
  auto quoted = node.ask(a, "quote_all", "{}");
  REQUIRE(quoted);
  CHECK(core::json_text(quoted->reply) == R"([{"n":1},["two"]])");
}

TEST_CASE("a waiting command is answered by the change it waits for, or at its deadline") {
  auto log = new_log();
  stepped_node node{*log, with()};
  auto soon = node.send(a, "wait_for", R"({"total":5,"wait_ms":60000})");
  auto late = node.send(a, "wait_for", R"({"total":50,"wait_ms":2000})");
  node.settle();
  CHECK_FALSE(soon->answer);
  REQUIRE(node.ask(a, "add", R"({"amount":5})"));
  REQUIRE(soon->answer);
  CHECK(total_of(*soon->answer) == 5);
  CHECK_FALSE(late->answer);
  node.advance(core::seconds(2));
  REQUIRE(late->answer);
  CHECK(total_of(*late->answer) == 5);
}

TEST_CASE("waiting commands are bounded and end with the node") {
  auto log = new_log();
  auto options = with();
  options.limits.host.parked_max = 3;
  stepped_node node{*log, options};
  std::vector<std::shared_ptr<stepped_node::slot>> waiting;
  for (int i = 0; i < 3; ++i)
    waiting.push_back(node.send(a, "wait_for", R"({"total":5,"wait_ms":60000})"));
  CHECK(node.ask(a, "wait_for", R"({"total":5,"wait_ms":60000})").error().code == "OVERLOADED");
  node.door().drain({0});
  node.settle();
  for (const auto& slot : waiting) {
    REQUIRE(slot->answer);
    CHECK(slot->answer->error().code == "UNAVAILABLE");
  }
  CHECK(node.ask(a, "read_total", "{}").error().code == "UNAVAILABLE");
}

TEST_CASE("wake-ups are kept in the journal and fire after a restart, late but once", "[ENG-05]") {
  auto log = new_log();
  core::timestamp later;
  {
    stepped_node node{*log, with()};
    REQUIRE(node.ask(a, "set_alarm", R"({"after_ms":5000})"));
    REQUIRE(node.ask("t/account/b", "set_alarm", R"({"after_ms":1000})"));
    node.advance(core::seconds(1));
    CHECK(core::json_text(node.show("t/account/b")->state).find(R"("rings":1)") != std::string::npos);
    CHECK(core::json_text(node.show(a)->state).find(R"("rings":0)") != std::string::npos);
    later = node.now() + core::seconds(60);
  }
  auto options = with(3);
  options.now = later;
  stepped_node node{*log, options};
  node.settle();
  node.advance(core::milliseconds(1));
  CHECK(core::json_text(node.show(a)->state).find(R"("rings":1)") != std::string::npos);
  node.advance(core::minutes(10));
  CHECK(core::json_text(node.show(a)->state).find(R"("rings":1)") != std::string::npos);
  CHECK(log->head().position == core::gseq{4});
}

TEST_CASE("engine time never goes back", "[ENG-06]") {
  core::timestamp wall{1'000};
  actors::engine_clock clock{[&] { return wall; }, core::timestamp{5'000}};
  CHECK(clock.now() == core::timestamp{5'000});
  wall = core::timestamp{7'000};
  CHECK(clock.now() == core::timestamp{7'000});
  wall = core::timestamp{6'000};
  CHECK(clock.now() == core::timestamp{7'000});
  CHECK(clock.skew_us() == 1'000);
}

TEST_CASE("idle entities sleep and wake with the same state") {
  auto log = new_log();
  auto options = with();
  options.limits.router.idle = core::seconds(30);
  stepped_node node{*log, options};
  for (int i = 0; i < 20; ++i)
    REQUIRE(node.ask("t/account/" + std::to_string(i), "add", R"({"amount":1})"));
  const auto awake = [&] {
    for (const auto& f : node.door().figures())
      if (f.name == "logline_entities_awake") return f.value;
    return -1.0;
  };
  CHECK(awake() == 20);
  const auto before = node.show("t/account/7");
  for (int i = 0; i < 10; ++i)
    node.advance(core::seconds(10));
  CHECK(awake() == 0);
  const auto after = node.show("t/account/7");
  REQUIRE(before);
  REQUIRE(after);
  CHECK(before->hash == after->hash);
}

TEST_CASE("live states, a replay from gseq 1 and snapshots agree [REP-04]", "[JRN-10]") {
  auto log = new_log();
  auto options = with();
  options.limits.host.snapshot_events = 5;
  {
    stepped_node node{*log, options};
    for (int i = 0; i < 60; ++i)
      REQUIRE(node.ask("t/account/" + std::to_string(i % 4), "add", R"({"amount":3})"));
    const auto live = node.live_digest();
    const auto replayed = actors::replay_digest(*log, fixtures::find_account, [](core::gseq) {});
    REQUIRE(live);
    REQUIRE(replayed);
    CHECK(live->state == replayed->state);
    CHECK(live->entities == 4);
    CHECK(live->position == log->head().position);
  }
  auto kept = log->find_snapshot(*core::parse_address("t/account/0"));
  REQUIRE(kept);
  REQUIRE(kept->has_value());
  CHECK((*kept)->sequence.value >= 5);
  // A snapshot that lies is not believed.
  auto forged = **kept;
  forged.state_hash = core::sha256("forged");
  REQUIRE(log->put_snapshot(*core::parse_address("t/account/0"), forged));
  auto foreign = **kept;
  foreign.fold_version = 99;
  REQUIRE(log->put_snapshot(*core::parse_address("t/account/1"), foreign));
  stepped_node node{*log, options};
  const auto live = node.live_digest();
  const auto replayed = actors::replay_digest(*log, fixtures::find_account, [](core::gseq) {});
  REQUIRE(live);
  REQUIRE(replayed);
  CHECK(live->state == replayed->state);
}

TEST_CASE("an entity can be seen as it was", "[REP-03]") {
  auto log = new_log();
  stepped_node node{*log, with()};
  for (int i = 1; i <= 5; ++i)
    REQUIRE(node.ask(a, "add", R"({"amount":)" + std::to_string(i) + "}"));
  const auto total_at = [&](actors::as_of when) { return core::json_text(node.show(a, when)->state); };
  CHECK(total_at(core::eseq{2}).find(R"("total":3)") != std::string::npos);
  CHECK(total_at(core::gseq{4}).find(R"("total":10)") != std::string::npos);
  CHECK(node.show(a, core::timestamp{1}).error().code == "NOT_FOUND");
  CHECK(node.show("t/account/none").error().code == "NOT_FOUND");
  CHECK(node.show("t/nothing/none").error().code == "UNKNOWN_TYPE");
}

TEST_CASE("over the bound commands are refused at once and nothing is journaled for them") {
  auto log = new_log();
  auto options = with();
  options.limits.door.commands_max = 10;
  stepped_node node{*log, options};
  std::vector<std::shared_ptr<stepped_node::slot>> slots;
  for (int i = 0; i < 100; ++i)
    slots.push_back(node.send(a, "add", R"({"amount":1})"));
  std::size_t refused = 0;
  for (const auto& slot : slots)
    if (slot->answer) {
      ++refused;
      CHECK(slot->answer->error().code == "OVERLOADED");
      CHECK(slot->answer->error().retry_after_s > 0);
    }
  CHECK(refused == 90);
  node.settle();
  CHECK(log->head().position == core::gseq{10});
}

TEST_CASE("no room in the commit queue is a typed refusal that leaves the state alone") {
  auto log = new_log();
  auto options = with();
  options.admission.records_max = 4;
  stepped_node node{*log, options};
  REQUIRE(node.ask(a, "add", R"({"amount":1})"));
  std::vector<std::shared_ptr<stepped_node::slot>> slots;
  for (int i = 0; i < 10; ++i)
    slots.push_back(node.send(a, "add", R"({"amount":1})"));
  node.settle_actors();
  node.settle();
  std::int64_t accepted = 0;
  for (const auto& slot : slots) {
    REQUIRE(slot->answer);
    if (*slot->answer)
      ++accepted;
    else
      CHECK(slot->answer->error().code == "OVERLOADED");
  }
  CHECK(accepted == 4);
  CHECK(total_of(node.ask(a, "read_total", "{}")) == 1 + accepted);
}
