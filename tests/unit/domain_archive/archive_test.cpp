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
  archive_spec().given(archived).when(request_run{std::nullopt, ""}).then(archive_requested{std::nullopt, "", "tester"});
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

TEST_CASE("record_check: the range checked longest ago comes next", "[ARC-05]") {
  archive_spec().given(archived).when(record_check{core::gseq{1}, std::nullopt}).then(unit_checked{core::gseq{1}});
  archive_spec()
      .given(archived)
      .when(record_check{core::gseq{1}, "gone"})
      .then(unit_damaged{core::gseq{1}, "gone"});
  archive_spec().when(record_check{core::gseq{1}, std::nullopt}).then_rejected("NOT_FOUND");

  partition_archive state;
  CHECK(next_to_check(state) == nullptr);
  evolve(state, archived, {core::eseq{1}, start_of_time});
  evolve(state, more, {core::eseq{2}, start_of_time + core::hours(1)});
  CHECK(next_to_check(state)->first_gseq == core::gseq{1});
  evolve(state, unit_checked{core::gseq{1}}, {core::eseq{3}, start_of_time + core::hours(2)});
  CHECK(next_to_check(state)->first_gseq == core::gseq{51});
  evolve(state, unit_damaged{core::gseq{51}, "gone"}, {core::eseq{4}, start_of_time + core::hours(3)});
  CHECK(state.ranges[1].damage == "gone");
  CHECK(next_to_check(state)->first_gseq == core::gseq{1});
}
