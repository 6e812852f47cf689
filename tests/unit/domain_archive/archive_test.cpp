#include "domain/archive/archive.hpp"

#include "tests/fixtures/spec.hpp"

using namespace logline;
using namespace logline::archive;
using fixtures::start_of_time;

namespace {

using archive_spec = fixtures::spec<archive_definition>;

const core::digest end = core::sha256("end");
const archive_requested asked{core::gseq{50}, "audit", "tester"};
const record_unit unit{core::gseq{1}, core::gseq{50}, end, 2, 700, "here"};
const range_archived archived{core::gseq{1}, core::gseq{50}, end, 2, 700, "here"};
const range_archived more{core::gseq{51}, core::gseq{60}, end, 1, 70, "here"};

}  // namespace

TEST_CASE("run: asks once, and not for what is there") {
  archive_spec().when(request_run{core::gseq{50}, "audit"}).then(asked);
  archive_spec().given(asked).when(request_run{core::gseq{50}, "again"}).then_nothing();
  archive_spec().given(archived).when(request_run{core::gseq{50}, "late"}).then_nothing();
  archive_spec()
      .given(archived)
      .when(request_run{std::nullopt, ""})
      .then(archive_requested{std::nullopt, "", "tester"});
}

TEST_CASE("record_unit: a range is archived by an event, in order and once", "[ARC-02]") {
  archive_spec().when(unit).then(archived);
  archive_spec().given(archived).when(unit).then_nothing();
  archive_spec()
      .given(archived)
      .when(record_unit{core::gseq{52}, core::gseq{60}, end, 1, 70, "here"})
      .then_rejected("CONFLICT");
  partition_archive state;
  evolve(state, archived, {core::eseq{1}, start_of_time});
  evolve(state, more, {core::eseq{2}, start_of_time});
  CHECK(state.archived_to == core::gseq{60});
  CHECK(state.ranges.size() == 2);
}

TEST_CASE("finish_run and fail_run end what was wanted, and say why") {
  archive_spec().given(asked).when(finish_run{}).then(archive_finished{});
  archive_spec().when(finish_run{}).then_nothing();
  archive_spec().given(asked).when(fail_run{"away"}).then(archive_failed{"away"});
  archive_spec().given(archive_failed{"away"}).when(fail_run{"away"}).then_nothing();
  archive_spec().given(archive_failed{"away"}).when(finish_run{}).then(archive_finished{});
}

TEST_CASE("record_check: notes what a check found, of a range there is") {
  archive_spec().given(archived).when(record_check{core::gseq{1}, std::nullopt}).then(unit_checked{core::gseq{1}});
  archive_spec().given(archived).when(record_check{core::gseq{1}, "gone"}).then(unit_damaged{core::gseq{1}, "gone"});
  archive_spec().when(record_check{core::gseq{1}, std::nullopt}).then_rejected("NOT_FOUND");
  partition_archive state;
  evolve(state, archived, {core::eseq{1}, start_of_time});
  evolve(state, unit_damaged{core::gseq{1}, "gone"}, {core::eseq{2}, start_of_time + core::days(1)});
  CHECK(state.ranges[0].damage == "gone");
  evolve(state, unit_checked{core::gseq{1}}, {core::eseq{3}, start_of_time + core::days(2)});
  CHECK_FALSE(state.ranges[0].damage);
}

TEST_CASE("each month a twentieth is checked, so that within twenty months all are", "[ARC-05]") {
  constexpr std::uint64_t ranges = 47;
  partition_archive state;
  std::uint64_t records = 0;
  const auto next_meta = [&](core::timestamp at) { return core::record_meta{core::eseq{++records}, at}; };
  auto now = *core::parse_rfc3339("2026-01-10T00:00:00Z");
  for (std::uint64_t i = 1; i <= ranges; ++i)
    evolve(state, range_archived{core::gseq{i}, core::gseq{i}, end, 1, 1, "here"}, next_meta(now));
  CHECK(check_due(state, now) == nullptr);
  std::size_t checks = 0;
  for (int month = 0; month < 20; ++month) {
    now = now + core::days(31);
    std::size_t this_month = 0;
    for (const auto* due = check_due(state, now); due != nullptr; due = check_due(state, now)) {
      evolve(state, unit_checked{due->first_gseq}, next_meta(now));
      REQUIRE(++this_month <= 3);
    }
    CHECK(this_month == 3);
    checks += this_month;
  }
  CHECK(checks >= ranges);
  for (const auto& range : state.ranges)
    CHECK(range.checked > range.archived);
}
