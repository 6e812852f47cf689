#include "domain/operations/flag.hpp"

#include "domain/core/json.hpp"
#include "tests/fixtures/spec.hpp"

using namespace logline;
using namespace logline::operations;
using fixtures::start_of_time;

namespace {

using flag_spec = fixtures::spec<flag_definition>;

core::document json(std::string_view text) {
  return core::document_from_json(text).value();
}

const auto soon = start_of_time + core::minutes(5);
const flag_set on{json("true"), "launch", "tester", std::nullopt};
const flag_set on_for_now{json("true"), "launch", "tester", soon};

}  // namespace

TEST_CASE("set: acts, refuses a time that has passed, stays quiet when nothing changes") {
  flag_spec().when(set_flag{json("true"), "launch", std::nullopt}).then(on);
  flag_spec()
      .given(on)
      .when(set_flag{json("0.62"), "tuned", std::nullopt})
      .then(flag_set{json("0.62"), "tuned", "tester", {}});
  flag_spec().given(on).when(set_flag{json("true"), "launch", soon}).then(on_for_now);
  flag_spec().when(set_flag{json("true"), "late", start_of_time}).then_rejected("INVALID_INPUT", "/expires");
  flag_spec().given(on).when(set_flag{json("true"), "again", std::nullopt}).then_nothing();
}

TEST_CASE("unset: acts, and stays quiet where nothing is set") {
  flag_spec().given(on).when(unset_flag{"rollback"}).then(flag_unset{"rollback", "tester"});
  flag_spec().when(unset_flag{"rollback"}).then_nothing();
  flag_spec().given(on, flag_unset{"rollback", "tester"}).when(unset_flag{"again"}).then_nothing();
}

TEST_CASE("a flag with an end wakes the node then, and falls back to unset by itself") {
  flag state;
  evolve(state, on, {core::eseq{1}, start_of_time});
  CHECK_FALSE(next_wake(state));
  evolve(state, on_for_now, {core::eseq{2}, start_of_time});
  REQUIRE(next_wake(state) == soon);
  CHECK(decide(state, core::woken{}, fixtures::context_at(start_of_time)).events().empty());
  const auto rung = decide(state, core::woken{}, fixtures::context_at(soon));
  REQUIRE(rung.events().size() == 1);
  CHECK(rung.events().front().name == "flag_expired");
  evolve(state, flag_expired{});
  CHECK(std::holds_alternative<unset>(state.now));
  CHECK_FALSE(next_wake(state));
}
