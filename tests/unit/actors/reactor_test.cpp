#include <catch2/catch.hpp>

#include "domain/catalogue.hpp"
#include "domain/core/json.hpp"
#include "journal/open.hpp"
#include "tests/fixtures/account_entity.hpp"
#include "tests/fixtures/stepped_node.hpp"

using namespace logline;
using fixtures::stepped_node;

namespace {

const core::entity_type* find_type(std::string_view name) {
  const auto* account = fixtures::find_account(name);
  return account != nullptr ? account : domain::find_entity_type(name);
}

std::unique_ptr<journal::partition_log> new_log() {
  journal::log_settings settings;
  settings.clock = [] { return core::timestamp{}; };
  return journal::make_memory_log(settings);
}

// What is added to source is added to mirror; 13 is sent where nothing lives; 14 is more than mirror takes.
core::result<std::vector<core::outgoing_command>> mirror(const core::record& r) {
  if (r.entity.key != "source") return std::vector<core::outgoing_command>{};
  auto event = core::from_msgpack<fixtures::added>(r.payload);
  if (!event) return event.error();
  const std::string type = event->amount == 13 ? "nothing" : "account";
  const std::int64_t amount = event->amount == 14 ? 5'000 : event->amount;
  return std::vector{core::outgoing_command::of({"t", type, "mirror"}, fixtures::add{amount, {}})};
}

const core::reactor_type mirroring{"mirroring", "Mirrors additions.", "account", "added", mirror};

core::result<core::task_outcome> handle(const core::address& queue, const core::uuid&, const core::document& payload) {
  if (core::json_text(payload) == R"({"bad":true})") return core::invalid_input("no such thing");
  core::task_outcome out;
  out.commands.push_back(core::outgoing_command::of({queue.tenant, "account", "handled"}, fixtures::add{1, {}}));
  return out;
}

const core::task_handler counting{"count", "Counts.", handle};

stepped_node::options with(std::uint64_t seed) {
  stepped_node::options o;
  o.seed = seed;
  o.types = find_type;
  o.reactors = {&mirroring};
  o.handlers = {&counting};
  return o;
}

std::string state_of(stepped_node& node, const std::string& address) {
  auto view = node.show(address);
  return view ? core::json_text(view->state) : view.error().code;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

double figure(stepped_node& node, const std::string& name) {
  for (const auto& f : node.door().figures())
    if (f.name == name) return f.value;
  return -1;
}

}  // namespace

TEST_CASE("a reactor's commands take effect once, whenever the node dies") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    auto log = new_log();
    std::mt19937_64 engine{seed};
    for (int life = 0; life < 4; ++life) {
      stepped_node node{*log, with(seed * 10 + life)};
      for (int i = 0; i < 5; ++i)
        node.send("t/account/source", "add", R"({"amount":2})", "k" + std::to_string(life) + std::to_string(i));
      const auto steps = engine() % 60;
      for (std::uint64_t s = 0; s < steps && node.step(); ++s) {
      }
    }
    stepped_node node{*log, with(seed)};
    node.settle();
    const auto source = state_of(node, "t/account/source");
    const auto target = state_of(node, "t/account/mirror");
    CAPTURE(seed, source, target);
    const auto total = [](const std::string& json) {
      const auto begin = json.find("\"total\"");
      return json.substr(begin, json.find(',', begin) - begin);
    };
    if (has(source, "\"total\"")) CHECK(total(source) == total(target));
  }
}

TEST_CASE("a command that is refused for good goes to the dead letters, once, and the reactor goes on") {
  auto log = new_log();
  {
    stepped_node node{*log, with(1)};
    for (const int amount : {1, 13, 14, 2})
      REQUIRE(node.ask("t/account/source", "add", R"({"amount":)" + std::to_string(amount) + "}"));
    node.settle();
    CHECK(has(state_of(node, "t/account/mirror"), R"("total":3)"));
    CHECK(figure(node, "logline_reactions_refused_total") == 2);
  }
  stepped_node node{*log, with(2)};
  node.settle();
  auto letters = node.ask("t/timeline/dead_letters.mirroring", "tail", "{}");
  REQUIRE(letters);
  const auto text = core::json_text(letters->reply);
  CHECK(has(text, "UNKNOWN_TYPE"));
  CHECK(has(text, "INVALID_INPUT"));
  std::size_t count = 0;
  for (auto at = text.find("\"reactor\""); at != std::string::npos; at = text.find("\"reactor\"", at + 1))
    ++count;
  CHECK(count == 2);
}

TEST_CASE("a reactor waits out an overload") {
  auto log = new_log();
  auto options = with(1);
  options.limits.door.commands_max = 2;
  options.handlers.clear();
  stepped_node node{*log, options};
  for (int i = 0; i < 10; ++i)
    REQUIRE(node.ask("t/account/source", "add", R"({"amount":1})"));
  for (int i = 0; i < 200; ++i)
    node.advance(core::milliseconds(50));
  CHECK(has(state_of(node, "t/account/mirror"), R"("total":10)"));
}

TEST_CASE("the worker does each task once, and what a former life held is taken up again", "[TSK-14]") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    auto log = new_log();
    std::mt19937_64 engine{seed};
    for (int life = 0; life < 3; ++life) {
      stepped_node node{*log, with(seed * 7 + life)};
      for (int i = 0; i < 4; ++i)
        node.send("t/task_queue/q", "enqueue", R"({"kind":"count","payload":{}})",
                  "k" + std::to_string(life) + std::to_string(i));
      const auto steps = 40 + engine() % 150;
      for (std::uint64_t s = 0; s < steps && node.step(); ++s) {
      }
    }
    stepped_node node{*log, with(seed)};
    node.settle();
    std::size_t enqueued = 0;
    std::size_t completed = 0;
    REQUIRE(log->read(core::gseq{1}, [&](const core::record& r) {
      enqueued += r.event == "task_enqueued" ? 1 : 0;
      completed += r.event == "task_completed" ? 1 : 0;
      return true;
    }));
    CAPTURE(seed);
    CHECK(enqueued == completed);
    if (enqueued > 0) CHECK(has(state_of(node, "t/account/handled"), "\"additions\":" + std::to_string(enqueued)));
  }
}

TEST_CASE("a task the handler cannot do fails for good, with the reason") {
  auto log = new_log();
  stepped_node node{*log, with(5)};
  REQUIRE(node.ask("t/task_queue/q", "enqueue", R"({"kind":"count","payload":{"bad":true}})"));
  node.settle();
  auto dead = node.ask("t/task_queue/q", "dead", "{}");
  REQUIRE(dead);
  CHECK(has(core::json_text(dead->reply), "no such thing"));
  CHECK(figure(node, "logline_tasks_failed_total") == 1);
}

TEST_CASE("a follower that dies is started again, and too many deaths stop the node") {
  static int calls = 0;
  static int failing = 0;
  calls = 0;
  const core::reactor_type unwilling{"unwilling", "", "account", "added",
                                     [](const core::record&) -> core::result<std::vector<core::outgoing_command>> {
                                       if (++calls <= failing) return core::invalid_input("not today");
                                       return std::vector<core::outgoing_command>{};
                                     }};
  auto options = with(1);
  options.reactors = {&unwilling};
  options.handlers.clear();
  SECTION("it comes back") {
    failing = 3;
    auto log = new_log();
    stepped_node node{*log, options};
    REQUIRE(node.ask("t/account/source", "add", R"({"amount":1})"));
    for (int i = 0; i < 100; ++i)
      node.advance(core::milliseconds(100));
    CHECK(calls == 4);
    CHECK_FALSE(node.gave_up());
  }
  SECTION("it does not") {
    failing = 1'000'000;
    auto log = new_log();
    stepped_node node{*log, options};
    REQUIRE(node.ask("t/account/source", "add", R"({"amount":1})"));
    for (int i = 0; i < 600; ++i)
      node.advance(core::milliseconds(200));
    CHECK(node.gave_up());
    std::string reports;
    for (const auto& line : node.reports())
      reports += line + '\n';
    CHECK(has(reports, "reactor unwilling died"));
    CHECK(has(reports, "too often"));
  }
}

TEST_CASE("a command that waits and comes again with its key takes effect once", "[ENG-03]") {
  auto log = new_log();
  auto options = with(6);
  options.reactors.clear();
  options.handlers.clear();
  stepped_node node{*log, options};
  const std::string queue = "t/task_queue/q";
  const std::string lease = R"({"worker_id":"w","limit":1,"wait_ms":30000})";
  auto first = node.send(queue, "lease", lease, "poll-1");
  node.settle();
  auto again = node.send(queue, "lease", lease, "poll-1");
  auto other = node.send(queue, "lease", R"({"worker_id":"w","limit":2,"wait_ms":30000})", "poll-1");
  node.settle();
  REQUIRE(node.ask(queue, "enqueue", R"({"kind":"a"})"));
  REQUIRE(node.ask(queue, "enqueue", R"({"kind":"a"})"));
  REQUIRE(first->answer);
  REQUIRE(again->answer);
  if (!*first->answer) FAIL((*first->answer).error().code << " " << (*first->answer).error().message);
  REQUIRE(*again->answer);
  CHECK((*first->answer)->reply == (*again->answer)->reply);
  CHECK((*again->answer)->replayed);
  REQUIRE(other->answer);
  CHECK(other->answer->error().code == "IDEMPOTENCY_MISMATCH");
  std::size_t leased = 0;
  REQUIRE(log->read(core::gseq{1}, [&](const core::record& r) {
    leased += r.event == "task_leased" ? 1 : 0;
    return true;
  }));
  CHECK(leased == 1);
}

TEST_CASE("views, retries and mirrors go on while the wall clock is behind engine time", "[ENG-06]") {
  auto log = new_log();
  core::timestamp wall{1'800'000'000'000'000};
  auto options = with(7);
  options.now = wall;
  options.wall = [&wall] { return wall; };
  stepped_node node{*log, options};
  REQUIRE(node.ask("t/account/source", "add", R"({"amount":1})"));
  wall = wall - core::seconds(3'600);
  REQUIRE(node.ask("t/account/source", "add", R"({"amount":1})"));
  for (int i = 0; i < 100; ++i) {
    node.pass(core::milliseconds(5));
    wall = wall + core::milliseconds(5);
    node.settle();
  }
  CHECK(*log->view_cursor("directory") == log->head().position);
}
