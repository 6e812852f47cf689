#include "domain/archive/retention.hpp"

#include "tests/fixtures/spec.hpp"

using namespace logline;
using namespace logline::archive;
using fixtures::start_of_time;

namespace {

using retention_spec = fixtures::spec<retention_definition>;

const place_hold court{"case-7", "acme", "", "", std::nullopt, std::nullopt, "court order"};
const hold_placed held{"case-7", "acme", "", "", std::nullopt, std::nullopt, "court order", "tester"};

}  // namespace

TEST_CASE("set_hot and clear_hot: act, refuse nonsense, stay quiet when nothing changes") {
  retention_spec().when(set_hot{"task_queue", 30}).then(hot_set{"task_queue", 30});
  retention_spec().given(hot_set{"task_queue", 30}).when(set_hot{"task_queue", 30}).then_nothing();
  retention_spec().when(set_hot{"task_queue", 0}).then_rejected("INVALID_INPUT", "/days");
  retention_spec().given(hot_set{"task_queue", 30}).when(clear_hot{"task_queue"}).then(hot_cleared{"task_queue"});
  retention_spec().when(clear_hot{"task_queue"}).then_nothing();
}

TEST_CASE("hold and release: act, refuse what names nothing, stay quiet when repeated", "[RET-04]") {
  retention_spec().when(court).then(held);
  retention_spec().given(held).when(court).then_nothing();
  retention_spec()
      .given(held)
      .when(place_hold{"case-7", "zeta", "", "", std::nullopt, std::nullopt, "other"})
      .then_rejected("CONFLICT");
  retention_spec()
      .when(place_hold{"all", "", "", "", std::nullopt, std::nullopt, "everything"})
      .then_rejected("INVALID_INPUT", "/tenant");
  retention_spec()
      .when(place_hold{"r", "", "", "", core::gseq{9}, core::gseq{8}, "range"})
      .then_rejected("INVALID_INPUT", "/to_gseq");
  retention_spec().given(held).when(release_hold{"case-7", "over"}).then(hold_released{"case-7", "over", "tester"});
  retention_spec().when(release_hold{"case-7", "over"}).then_nothing();
}

TEST_CASE("records stay hot as long as their type says, and never longer than the site says", "[RET-01]") {
  retention policy;
  CHECK(hot_days(policy, "timeline") == 90);
  CHECK(hot_days(policy, "task_queue") == 365);
  evolve(policy, hot_set{"task_queue", 7});
  CHECK(hot_days(policy, "task_queue") == 7);

  const record_facts task{"acme", "task_queue", "q", core::gseq{5}, start_of_time};
  CHECK_FALSE(is_over(policy, task, start_of_time + core::days(7) - core::duration_us{1}, 365));
  CHECK(is_over(policy, task, start_of_time + core::days(7), 365));
  const record_facts flag{"acme", "flag", "f", core::gseq{6}, start_of_time};
  CHECK_FALSE(is_over(policy, flag, start_of_time + core::days(100), 365));
  CHECK(is_over(policy, flag, start_of_time + core::days(100), 100));
  evolve(policy, hot_cleared{"task_queue"});
  CHECK_FALSE(is_over(policy, task, start_of_time + core::days(7), 365));
}

TEST_CASE("a hold covers what it names, by tenant, type, key and range, until it is released", "[RET-04]") {
  retention policy;
  const record_facts record{"acme", "task_queue", "q", core::gseq{50}, start_of_time};
  CHECK_FALSE(is_held(policy, record));
  evolve(policy, held, {core::eseq{1}, start_of_time});
  CHECK(is_held(policy, record));
  CHECK_FALSE(is_held(policy, {"zeta", "task_queue", "q", core::gseq{50}, start_of_time}));
  evolve(policy, hold_released{"case-7", "over", "tester"});
  CHECK_FALSE(is_held(policy, record));

  evolve(policy, hold_placed{"r", "", "", "", core::gseq{50}, core::gseq{60}, "range", "tester"},
         {core::eseq{2}, start_of_time});
  CHECK(is_held(policy, record));
  CHECK_FALSE(is_held(policy, {"acme", "task_queue", "q", core::gseq{49}, start_of_time}));
  CHECK_FALSE(is_held(policy, {"acme", "task_queue", "q", core::gseq{61}, start_of_time}));
  evolve(policy, hold_placed{"e", "", "task_queue", "z", std::nullopt, std::nullopt, "one", "tester"},
         {core::eseq{3}, start_of_time});
  CHECK(is_held(policy, {"acme", "task_queue", "z", core::gseq{1}, start_of_time}));
  CHECK_FALSE(is_held(policy, {"acme", "flag", "z", core::gseq{1}, start_of_time}));
}
