#include "actors/fold_check.hpp"

#include <catch2/catch.hpp>

#include "journal/open.hpp"
#include "tests/fixtures/stepped_node.hpp"

using namespace logline;
using fixtures::stepped_node;

namespace {

// An entity that breaks the law: what `drifted` folds to depends on how often it was folded by anybody.
struct mark {};
struct drift {};
struct marked {};
struct drifted {};
struct drifter {
  std::int64_t value = 0;
};
std::int64_t folds = 0;

constexpr auto describe(core::type_tag<mark>) {
  return core::description<mark>("mark", "Is well.");
}
constexpr auto describe(core::type_tag<drift>) {
  return core::description<drift>("drift", "Is not.");
}
constexpr auto describe(core::type_tag<marked>) {
  return core::description<marked>("marked", "Was well.");
}
constexpr auto describe(core::type_tag<drifted>) {
  return core::description<drifted>("drifted", "Was not.");
}
constexpr auto describe(core::type_tag<drifter>) {
  return core::description<drifter>("drifter", "A value.", core::field("value", &drifter::value));
}
core::decision decide(const drifter&, const mark&, const core::context&) {
  return core::decision{}.emit(marked{});
}
core::decision decide(const drifter&, const drift&, const core::context&) {
  return core::decision{}.emit(drifted{});
}
void evolve(drifter& state, const marked&) {
  ++state.value;
}
void evolve(drifter& state, const drifted&) {
  state.value += ++folds;
}
struct drifter_definition {
  static constexpr std::string_view name = "drifter";
  static constexpr std::string_view doc = "Folds differently each time.";
  static constexpr std::uint32_t fold_version = 1;
  using state = drifter;
  using commands = core::type_list<mark, drift>;
  using events = core::type_list<marked, drifted>;
};
const core::typed_entity<drifter_definition> drifter_type;

const core::entity_type* find_drifter(std::string_view name) {
  return name == "drifter" ? &drifter_type : nullptr;
}

}  // namespace

TEST_CASE("a fold that differs is found, with the entity and the first event that does", "[REP-04]") {
  journal::log_settings settings;
  settings.clock = [] { return core::timestamp{}; };
  auto log = journal::make_memory_log(settings);
  stepped_node::options with;
  with.types = find_drifter;
  stepped_node node{*log, with};
  for (const auto* key : {"a", "b", "c"})
    for (int n = 0; n < 3; ++n)
      REQUIRE(node.ask(std::string{"t/drifter/"} + key, "mark", "{}"));
  node.advance(core::seconds(1));  // the directory follows
  std::vector<std::string> lines;
  actors::alerts board{[&](actors::severity, const std::string& line) { lines.push_back(line); }};
  const auto live = [&](const core::address& entity) { return node.show(entity.text()); };
  const auto never = [] { return false; };

  auto clean = actors::check_folds(*log, find_drifter, live, {}, never);
  REQUIRE(clean);
  CHECK(clean->entities == 3);
  CHECK(clean->differing == 0);
  actors::tell_folds(*clean, {}, board);
  CHECK_FALSE(board.is_active("FOLD_NONDETERMINISM"));

  const auto bad = node.ask("t/drifter/b", "drift", "{}");
  REQUIRE(bad);
  REQUIRE(node.ask("t/drifter/b", "mark", "{}"));
  node.advance(core::seconds(1));
  auto report = actors::check_folds(*log, find_drifter, live, {}, never);
  REQUIRE(report);
  CHECK(report->differing == 1);
  REQUIRE(report->findings.size() == 1);
  const auto& found = report->findings.front();
  CHECK(found.entity.text() == "t/drifter/b");
  CHECK(found.first_bad == core::eseq{4});
  CHECK(found.position == bad->position);
  CHECK(found.event == "drifted");
  actors::tell_folds(*report, {}, board);
  CHECK(board.is_active("FOLD_NONDETERMINISM"));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("t/drifter/b: event drifted at eseq 4") != std::string::npos);
  // A clean sample proves nothing about the others.
  actors::tell_folds(*clean, {100, 1}, board);
  CHECK(board.is_active("FOLD_NONDETERMINISM"));
  actors::tell_folds(*clean, {}, board);
  CHECK_FALSE(board.is_active("FOLD_NONDETERMINISM"));
}

TEST_CASE("a state that is not that of its events is found, too", "[REP-04]") {
  journal::log_settings settings;
  settings.clock = [] { return core::timestamp{}; };
  auto log = journal::make_memory_log(settings);
  stepped_node::options with;
  with.types = find_drifter;
  stepped_node node{*log, with};
  REQUIRE(node.ask("t/drifter/a", "mark", "{}"));
  node.advance(core::seconds(1));
  const auto forged = [](const core::address&) -> core::result<actors::entity_view> {
    return actors::entity_view{core::eseq{1}, {}, core::sha256("another state")};
  };
  auto report = actors::check_folds(*log, find_drifter, forged, {}, [] { return false; });
  REQUIRE(report);
  REQUIRE(report->findings.size() == 1);
  CHECK_FALSE(report->findings[0].first_bad);
  CHECK(report->findings[0].sequence == core::eseq{1});
}

TEST_CASE("a nightly sample is one in a hundred, another one each night", "[REP-04]") {
  std::size_t first = 0;
  std::size_t both = 0;
  for (int n = 0; n < 20'000; ++n) {
    const core::address entity{"t", "drifter", std::to_string(n)};
    const bool tonight = actors::fold_sample{100, 1}.has(entity);
    first += tonight ? 1 : 0;
    both += tonight && actors::fold_sample{100, 2}.has(entity) ? 1 : 0;
    CHECK(actors::fold_sample{}.has(entity));
  }
  CHECK(first > 120);
  CHECK(first < 280);
  CHECK(both < 20);
}
