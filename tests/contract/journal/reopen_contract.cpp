// What the log in RocksDB promises across an orderly end.
#include "tests/contract/journal/journal_fixture.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::journal::fixtures;

TEST_CASE("a log goes on where it ended", "[contract][JRN-08]") {
  rocks_fixture f;
  append_request keyed = request("a", 0, 3);
  keyed.idempotency = core::idempotency{"key", core::sha256("body"), "reply"};
  keyed.wake_at = start_of_time + core::hours(1);
  append_all(*f.log, {keyed, request("b", 0, 600)});
  const snapshot s{core::eseq{3}, core::gseq{3}, 1, core::sha256("state"), "\x80"};
  REQUIRE(f.log->put_snapshot(entity("a"), s));
  REQUIRE(f.log->put_view("directory", core::gseq{603}, std::vector<partition_log::view_row>{{"a", "1"}}));
  REQUIRE(f.log->put_cursor("intake", core::gseq{600}));
  const log_head before = f.log->head();
  const auto proof = *f.log->inclusion_proof(core::gseq{5}, 603);
  f.log.reset();

  open_report report;
  f.log = opened(f.options, &report);
  CHECK(report.label == "@A");
  CHECK(report.head.value == 603);
  CHECK(report.signed_head.value == 603);
  CHECK(report.tail_records == 0);
  CHECK(report.derived_from.value == 0);
  CHECK(report.notes.empty());
  CHECK(!report.created);

  const log_head after = f.log->head();
  CHECK(after.position == before.position);
  CHECK(after.chain == before.chain);
  CHECK(after.root == before.root);
  CHECK(after.at == before.at);
  CHECK(records_of(*f.log).size() == 603);
  CHECK(f.log->last_sequence(entity("a"))->value == 3);
  CHECK((*f.log->find_command(entity("a"), "key"))->value == 1);
  CHECK((*f.log->find_snapshot(entity("a")))->sequence.value == 3);
  CHECK(f.log->view_cursor("directory")->value == 603);
  CHECK(f.log->cursor("intake")->value == 600);
  CHECK(*f.log->inclusion_proof(core::gseq{5}, 603) == proof);
  std::size_t wakes = 0;
  REQUIRE(f.log->each_wake([&](const core::address&, core::timestamp) { ++wakes; }));
  CHECK(wakes == 1);

  CHECK(append_one(*f.log, request("a", 3)).first.value == 604);
  CHECK(refused(*f.log, request("b", 0)).code == errc::conflict);
}

TEST_CASE("an empty log opens again") {
  rocks_fixture f;
  CHECK(f.log->head().position.value == 0);
  f.log.reset();
  f.log = opened(f.options);
  CHECK(f.log->head().position.value == 0);
  append_one(*f.log, request("a", 0));
}

TEST_CASE("a log opened for reading shows everything and takes nothing") {
  rocks_fixture f;
  append_one(*f.log, request("a", 0, 300));
  const log_head head = f.log->head();
  f.log.reset();
  f.options.read_only = true;
  const auto log = opened(f.options);
  CHECK(log->head().root == head.root);
  CHECK(records_of(*log).size() == 300);
  CHECK(records_of(*log, entity("a"), 250).size() == 51);
  CHECK(!*log->find_command(entity("a"), "key"));
  CHECK(log->inclusion_proof(core::gseq{1}, 300));
  CHECK(refused(*log, request("a", 300)).code == errc::stopped);
  CHECK(log->put_cursor("x", core::gseq{1}).error().code == errc::stopped);
  CHECK(!log->checkpoint(false)->empty());
}

TEST_CASE("there is nothing to read where there is no log") {
  manual_clock clock;
  temporary_directory directory;
  partition_options options = options_with(clock, directory.path());
  options.read_only = true;
  const auto log = open_partition(options);
  REQUIRE(!log);
  CHECK(log.error().code == errc::not_found);
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("a log is opened once at a time in a process", "[contract][JRN-04]") {
  rocks_fixture f;
  const auto second = open_partition(f.options);
  REQUIRE(!second);
  CHECK(second.error().code == errc::store_locked);
  append_one(*f.log, request("a", 0));
}

TEST_CASE("another site's or partition's store is not opened") {
  rocks_fixture f;
  append_one(*f.log, request("a", 0));
  f.log.reset();
  f.options.log.site = "there";
  CHECK(open_partition(f.options).error().code == errc::store_failed);
}

TEST_CASE("below the disk floor a log takes no writes, and goes on when there is room again", "[contract][JRN-11]") {
  manual_clock clock;
  temporary_directory directory;
  partition_options options = options_with(clock, directory.path());
  disk_space space{1'000'000, 10'000'000};
  options.measure_disk = [&]() -> result<disk_space> { return space; };
  SECTION("in bytes") {
    options.free_bytes_min = 900'000;
  }
  SECTION("as a part of the disk") {
    options.free_fraction_min = 0.09;
  }
  const auto log = opened(options);
  append_one(*log, request("a", 0));
  space.free_bytes = 800'000;
  // Measured now and then only: a few commits may still go through.
  std::uint64_t accepted = 1;
  std::optional<error> refusal;
  for (; accepted < 300 && !refusal; ++accepted) {
    const append_request r = request("a", accepted);
    if (auto results = log->append({&r, 1}); !results) refusal = results.error();
  }
  REQUIRE(refusal);
  CHECK(refusal->code == errc::disk_full);
  const std::uint64_t head = log->head().position.value;
  CHECK(head == accepted - 1);
  CHECK(records_of(*log).size() == head);
  space.free_bytes = 1'000'000;
  append_one(*log, request("a", head));
}
