#include "actors/replaying.hpp"

#include <catch2/catch.hpp>

#include "actors/duty.hpp"
#include "domain/catalogue.hpp"
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

std::unique_ptr<journal::partition_log> new_log(std::function<core::timestamp()> clock = [] {
  return core::timestamp{};
}) {
  journal::log_settings settings;
  settings.clock = std::move(clock);
  return journal::make_memory_log(settings);
}

int reacted = 0;
core::result<std::vector<core::outgoing_command>> react(const core::record& r) {
  if (r.entity.key != "a") return std::vector<core::outgoing_command>{};
  ++reacted;
  return std::vector{core::outgoing_command::of({"t", "account", "mirror"}, fixtures::add{1, {}})};
}
const core::reactor_type reacting{"reacting", "Reacts.", "account", "added", react};

int worked = 0;
core::result<core::task_outcome> work(const core::address&, const core::uuid&, const core::document&) {
  ++worked;
  return core::task_outcome{};
}
const core::task_handler working{"count", "Counts.", work};

/// A copy that counts who calls it.
class counting_copy final : public journal::mirror_target {
 public:
  int calls = 0;
  journal::result<journal::mirror_position> open() override {
    ++calls;
    return journal::mirror_position{};
  }
  journal::outcome append(std::span<const journal::record_view>, const journal::mirror_position&) override {
    ++calls;
    return core::done{};
  }
  journal::outcome rest() override {
    ++calls;
    return core::done{};
  }
};

/// Everything that could act: a reactor, a worker with a task that is due, a mirror, a duty and an alarm.
struct busy_node {
  std::shared_ptr<counting_copy> copy = std::make_shared<counting_copy>();
  int duties = 0;

  stepped_node::options with(bool replay) {
    stepped_node::options o;
    o.types = find_type;
    o.replay = replay;
    o.reactors = {&reacting};
    o.handlers = {&working};
    o.mirrors = {{"copy", copy}};
    o.duties.push_back(std::make_shared<actors::duty>(
        actors::duty{"count", core::schedule::every(core::seconds(1)), [this](const std::stop_token&) -> core::outcome {
                       ++duties;
                       return core::done{};
                     }}));
    return o;
  }
};

void fill(journal::partition_log& log) {
  stepped_node::options plain;
  plain.types = find_type;
  stepped_node before{log, plain};
  REQUIRE(before.ask("t/account/a", "add", R"({"amount":2})"));
  REQUIRE(before.ask("t/account/a", "set_alarm", R"({"after_ms":1000})"));
  REQUIRE(before.ask("t/task_queue/q", "enqueue", R"({"kind":"count","payload":{}})"));
}

}  // namespace

TEST_CASE("a node that replays has no effects, whoever could have some", "[REP-01]") {
  auto log = new_log();
  fill(*log);
  const auto head = log->head().position;
  reacted = worked = 0;
  busy_node muted;
  {
    stepped_node node{*log, muted.with(true)};
    node.settle();
    // The alarm is loaded with its entity, and its time passes.
    REQUIRE(node.show("t/account/a"));
    for (int s = 0; s < 100; ++s)
      node.advance(core::seconds(1));
    const auto refused = node.ask("t/account/a", "add", R"({"amount":1})");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "READ_ONLY");
    REQUIRE(node.ask("t/account/a", "read_total", "{}"));
  }
  CHECK(log->head().position == head);
  CHECK(std::tuple{reacted, worked, muted.copy->calls, muted.duties} == std::tuple{0, 0, 0, 0});
  // The same parts act where nothing is replayed.
  busy_node live;
  {
    stepped_node node{*log, live.with(false)};
    for (int s = 0; s < 100; ++s)
      node.advance(core::seconds(1));
  }
  CHECK(log->head().position > head);
  CHECK(reacted > 0);
  CHECK(worked > 0);
  CHECK(live.copy->calls > 0);
  CHECK(live.duties > 0);
}

TEST_CASE("a replay hands on a stretch of the log, at the pace it had", "[REP-01]") {
  core::timestamp now{1'000'000};
  auto log = new_log([&] { return now; });
  for (std::uint64_t n = 1; n <= 5; ++n) {
    now = core::timestamp{static_cast<std::int64_t>(n) * 1'000'000};
    journal::append_request r;
    r.entity = {"t", n % 2 == 0 ? "flag" : "account", "k"};
    r.expected = core::eseq{(n - 1) / 2};
    const bool is_flag = n % 2 == 0;
    r.events.push_back(is_flag ? journal::event_draft{{}, "flag_unset", 1, "\x80", {}, core::visibility::tenant, {}, {}}
                               : journal::event_draft{{}, "added", 1, "\x80", {}, core::visibility::tenant, {}, {}});
    const std::array requests{std::move(r)};
    REQUIRE(log->append(requests));
  }
  std::vector<std::uint64_t> seen;
  std::vector<std::int64_t> waits;
  actors::replay_plan plan;
  plan.from = core::gseq{2};
  plan.to = core::gseq{4};
  plan.speed = 10;
  const auto wait = [&](core::duration_us due) { waits.push_back(due.us); };
  const auto sink = [&](const core::record& r) -> core::outcome {
    seen.push_back(r.position.value);
    return core::done{};
  };
  auto done = actors::replay_records(*log, find_type, plan, wait, sink);
  REQUIRE(done);
  CHECK(seen == std::vector<std::uint64_t>{2, 3, 4});
  CHECK(waits == std::vector<std::int64_t>{0, 100'000, 200'000});
  CHECK(done->last == core::gseq{4});
  seen.clear();
  waits.clear();
  plan.types = {"flag"};
  plan.speed = 0;
  REQUIRE(actors::replay_records(*log, find_type, plan, wait, sink));
  CHECK(seen == std::vector<std::uint64_t>{2, 4});
  CHECK(waits.empty());
}

TEST_CASE("a replay stops at what the program does not know, unless it is to be left out", "[REP-08]") {
  auto log = new_log();
  std::uint64_t sequence = 0;
  const auto append = [&](const char* type, const char* event, std::uint16_t version) {
    journal::append_request r;
    r.entity = {"t", type, std::to_string(++sequence)};
    r.expected = core::eseq{0};
    r.events.push_back({{}, event, version, "\x80", {}, core::visibility::tenant, {}, {}});
    const std::array requests{std::move(r)};
    REQUIRE(log->append(requests));
  };
  append("account", "added", 1);
  append("account", "added", 2);
  append("account", "imploded", 1);
  append("teapot", "poured", 1);
  append("account", "added", 1);
  std::vector<std::uint64_t> seen;
  const auto sink = [&](const core::record& r) -> core::outcome {
    seen.push_back(r.position.value);
    return core::done{};
  };
  const auto wait = [](core::duration_us) {};
  actors::replay_plan plan;
  auto stopped = actors::replay_records(*log, find_type, plan, wait, sink);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == "UNKNOWN_SCHEMA");
  CHECK(stopped.error().message.find("gseq 2") != std::string::npos);
  CHECK(seen == std::vector<std::uint64_t>{1});
  seen.clear();
  plan.skip_unknown = true;
  auto done = actors::replay_records(*log, find_type, plan, wait, sink);
  REQUIRE(done);
  CHECK(seen == std::vector<std::uint64_t>{1, 5});
  CHECK(done->unknown == 3);
}

namespace {

struct pinged {};
constexpr auto describe(core::type_tag<pinged>) {
  return core::description<pinged>("pinged", "Somebody pinged.");
}
struct ping {};
constexpr auto describe(core::type_tag<ping>) {
  return core::description<ping>("ping", "Pings.");
}
struct bell {
  std::int64_t pings = 0;
};
constexpr auto describe(core::type_tag<bell>) {
  return core::description<bell>("bell", "Counts.", core::field("pings", &bell::pings));
}
core::decision decide(const bell&, const ping&, const core::context&) {
  return core::decision{}.emit(pinged{});
}
void evolve(bell& state, const pinged&) {
  ++state.pings;
}
struct bell_definition {
  static constexpr std::string_view name = "bell";
  static constexpr std::string_view doc = "Counts pings; rang once.";
  static constexpr std::uint32_t fold_version = 1;
  using state = bell;
  using commands = core::type_list<ping>;
  using events = core::type_list<pinged>;
  static constexpr std::array<std::string_view, 1> retired{"rang"};
};
const core::typed_entity<bell_definition> bell_type;

}  // namespace

TEST_CASE("events of retired kinds are kept, counted, and not folded", "[REP-08]") {
  const auto find = [](std::string_view name) -> const core::entity_type* {
    return name == "bell" ? &bell_type : nullptr;
  };
  auto log = new_log();
  journal::append_request r;
  r.entity = {"t", "bell", "b"};
  r.expected = core::eseq{0};
  for (const auto* event : {"pinged", "rang", "pinged"})
    r.events.push_back({{}, event, 1, "\x80", {}, core::visibility::tenant, {}, {}});
  const std::array requests{std::move(r)};
  REQUIRE(log->append(requests));
  CHECK(actors::standing_of(find, "bell", "rang", 1) == actors::event_standing::retired);
  auto done = actors::replay_records(
      *log, find, {}, [](core::duration_us) {}, [](const core::record&) -> core::outcome { return core::done{}; });
  REQUIRE(done);
  CHECK(done->records == 3);
  CHECK(done->retired == 1);
  auto folded = actors::load_entity(*log, bell_type, {"t", "bell", "b"});
  REQUIRE(folded);
  CHECK(folded->skipped == 1);
  CHECK(static_cast<const bell*>(folded->state.get())->pings == 2);
}
